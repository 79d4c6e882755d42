import type { Scope } from '../../core/job/job.ts';
import type { Drifting } from '../../core/plan/ledger-entry.ts';
import {
  NOTHING_OWNED,
  type OpenTransformer,
  type OwnedTransformer,
  type TransformerLedger,
} from '../../core/transformer/owned.ts';
import { StateError } from '../errors.ts';
import { Pages } from '../ledger/pages.ts';
import type { StateStore } from '../ports.ts';

const FORMAT = 1;
const PREFIX = 'transformers.';

type Account = Pick<Scope, 'id' | 'name'>;

/** What the state holds of one account. */
interface AccountPage {
  /** For people who read it. */
  readonly account: string;
  readonly ledger: TransformerLedger;
}

type Change = (before: TransformerLedger) => TransformerLedger;

/**
 * Which transformers are ours, one page an account: saved before a create is sent and after every write, as the ledger of jobs is.
 * The store is read when the first page is asked for, so that nothing is where no transformer is managed.
 */
export class TransformerBook {
  readonly #store: StateStore;
  #pages: Promise<Pages<AccountPage>> | null = null;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** @throws StateError for what logpushd did not write. */
  async of({ id }: Pick<Scope, 'id'>): Promise<TransformerLedger> {
    return (await this.#read()).of(PREFIX + id)?.ledger ?? NOTHING_OWNED;
  }

  /** Whether a restart would know all that is known now. */
  async isSaved({ id }: Pick<Scope, 'id'>): Promise<boolean> {
    return (await this.#read()).isSaved(PREFIX + id);
  }

  async ownedTransformers(): Promise<number> {
    return (await this.#read()).all().reduce((sum, { ledger }) => sum + ledger.owned.length, 0);
  }

  /** What has happened is known from then on, also where it cannot be saved. */
  async learn(account: Account, change: Change): Promise<void> {
    await (await this.#read()).learn(PREFIX + account.id, changed(account, change));
  }

  /** Called right before a create is sent, which must not happen where this fails. */
  async begin(account: Account, open: OpenTransformer): Promise<void> {
    const begun: Change = ({ creating, ...rest }) => ({
      ...rest,
      creating: [...creating.filter(({ name }) => name !== open.name), open],
    });
    await (await this.#read()).intend(PREFIX + account.id, changed(account, begun));
  }

  /** The create surely was not carried out. */
  async abandon(account: Account, name: string): Promise<void> {
    await this.learn(account, ({ creating, ...rest }) => ({
      ...rest,
      creating: creating.filter((one) => one.name !== name),
    }));
  }

  /** Takes one in, or renews what is remembered of it. Ends a create of that name. */
  async record(account: Account, entry: OwnedTransformer): Promise<void> {
    await this.learn(account, ({ owned, creating, ...rest }) => ({
      ...rest,
      owned: [...owned.filter(({ id, name }) => id !== entry.id && name !== entry.name), entry],
      creating: creating.filter(({ name }) => name !== entry.name),
    }));
  }

  async forget(account: Account, id: number): Promise<void> {
    await this.learn(account, ({ owned, ...rest }) => ({
      ...rest,
      owned: owned.filter((one) => one.id !== id),
    }));
  }

  #read(): Promise<Pages<AccountPage>> {
    this.#pages ??= this.#load().catch((error: unknown) => {
      this.#pages = null;
      throw error;
    });
    return this.#pages;
  }

  async #load(): Promise<Pages<AccountPage>> {
    const texts = [...(await this.#store.load())].filter(([key]) => key.startsWith(PREFIX));
    return new Pages(this.#store, new Map(texts.map(([key, text]) => [key, parsePage(key, text)])), textOf);
  }
}

function changed({ name }: Account, change: Change) {
  return (before: AccountPage | undefined): AccountPage | undefined => {
    const ledger = change(before?.ledger ?? NOTHING_OWNED);
    const isWorthIt = Object.values(ledger).some((list) => list.length > 0);
    return isWorthIt ? { account: name, ledger } : undefined;
  };
}

function textOf({ account, ledger }: AccountPage): string {
  return `${JSON.stringify({ version: FORMAT, account, ...ledger }, null, 2)}\n`;
}

function parsePage(key: string, text: string): AccountPage {
  const page = parseJson(text);
  if (isRecord(page) && page['version'] === FORMAT) {
    const { account, owned, creating, drifting = [] } = page;
    if (typeof account === 'string' && isListOf(owned, isOwned) && isListOf(creating, isOpen)) {
      if (isListOf(drifting, isDrifting)) return { account, ledger: { owned, creating, drifting } };
    }
  }
  throw new StateError(
    `The state of ${key} is not what this logpushd writes. Restore it from a backup; or delete it: transformers in the manifest are ` +
      'then taken over again by name, and the rest is left alone.',
  );
}

function isListOf<One>(value: unknown, isOne: (one: unknown) => one is One): value is readonly One[] {
  return Array.isArray(value) && value.every(isOne);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isOwned(value: unknown): value is OwnedTransformer {
  if (!isRecord(value)) return false;
  const { id, name, applied } = value;
  return Number.isSafeInteger(id) && typeof name === 'string' && typeof applied === 'string';
}

function isDrifting(value: unknown): value is Drifting {
  return isRecord(value) && typeof value['key'] === 'string' && typeof value['since'] === 'string';
}

function isOpen(value: unknown): value is OpenTransformer {
  if (!isRecord(value)) return false;
  const { name, since, beside, looks } = value;
  return (
    typeof name === 'string' &&
    typeof since === 'string' &&
    Array.isArray(beside) &&
    beside.every((id) => Number.isSafeInteger(id)) &&
    Array.isArray(looks) &&
    looks.every((look) => typeof look === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
