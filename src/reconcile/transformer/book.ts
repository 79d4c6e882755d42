import type { Scope } from '../../core/job/job.ts';
import {
  NOTHING_OWNED,
  type OpenTransformer,
  type OwnedTransformer,
  type TransformerLedger,
} from '../../core/transformer/owned.ts';
import { StateError } from '../errors.ts';
import type { StateStore } from '../ports.ts';

const FORMAT = 1;
const PREFIX = 'transformers.';

/**
 * Which transformers are ours, one page an account: saved before a create is sent and after every write, as the ledger of jobs is.
 * The store is read when the first page is asked for, so that nothing is where no transformer is managed.
 */
export class TransformerBook {
  readonly #store: StateStore;
  #pages: Promise<Map<string, TransformerLedger>> | null = null;
  readonly #unsaved = new Set<string>();

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** @throws StateError for what logpushd did not write. */
  async of({ id }: Pick<Scope, 'id'>): Promise<TransformerLedger> {
    return (await this.#read()).get(PREFIX + id) ?? NOTHING_OWNED;
  }

  /** Whether a restart would know all that is known now. */
  isSaved({ id }: Pick<Scope, 'id'>): boolean {
    return !this.#unsaved.has(PREFIX + id);
  }

  async ownedTransformers(): Promise<number> {
    return [...(await this.#read()).values()].reduce((sum, { owned }) => sum + owned.length, 0);
  }

  /** What has happened is known from then on, also where it cannot be saved. */
  async learn(account: Scope, ledger: TransformerLedger): Promise<void> {
    (await this.#read()).set(PREFIX + account.id, ledger);
    this.#unsaved.add(PREFIX + account.id);
    await this.#save(account, ledger);
  }

  /** Called right before a create is sent, which must not happen where this fails. */
  async begin(account: Scope, open: OpenTransformer): Promise<void> {
    const before = await this.of(account);
    const creating = [...before.creating.filter(({ name }) => name !== open.name), open];
    const ledger = { ...before, creating };
    await this.#save(account, ledger);
    (await this.#read()).set(PREFIX + account.id, ledger);
  }

  /** The create surely was not carried out. */
  async abandon(account: Scope, name: string): Promise<void> {
    const { owned, creating } = await this.of(account);
    await this.learn(account, { owned, creating: creating.filter((one) => one.name !== name) });
  }

  /** Takes one in, or renews what is remembered of it. Ends a create of that name. */
  async record(account: Scope, entry: OwnedTransformer): Promise<void> {
    const { owned, creating } = await this.of(account);
    const others = owned.filter(({ id, name }) => id !== entry.id && name !== entry.name);
    await this.learn(account, {
      owned: [...others, entry],
      creating: creating.filter(({ name }) => name !== entry.name),
    });
  }

  async forget(account: Scope, id: number): Promise<void> {
    const { owned, creating } = await this.of(account);
    await this.learn(account, { owned: owned.filter((one) => one.id !== id), creating });
  }

  #read(): Promise<Map<string, TransformerLedger>> {
    this.#pages ??= this.#load().catch((error: unknown) => {
      this.#pages = null;
      throw error;
    });
    return this.#pages;
  }

  async #load(): Promise<Map<string, TransformerLedger>> {
    const texts = [...(await this.#store.load())].filter(([key]) => key.startsWith(PREFIX));
    return new Map(texts.map(([key, text]) => [key, parsePage(key, text)]));
  }

  async #save({ id, name }: Scope, ledger: TransformerLedger): Promise<void> {
    const key = PREFIX + id;
    const text = `${JSON.stringify({ version: FORMAT, account: name, ...ledger }, null, 2)}\n`;
    if (ledger.owned.length === 0 && ledger.creating.length === 0) await this.#store.remove(key);
    else await this.#store.save(key, text);
    this.#unsaved.delete(key);
  }
}

function parsePage(key: string, text: string): TransformerLedger {
  const page = parseJson(text);
  if (isRecord(page) && page['version'] === FORMAT) {
    const { owned, creating } = page;
    if (Array.isArray(owned) && owned.every(isOwned) && Array.isArray(creating) && creating.every(isOpen)) {
      return { owned, creating };
    }
  }
  throw new StateError(
    `The state of ${key} is not what this logpushd writes. Restore it from a backup; or delete it: transformers in the manifest are ` +
      'then taken over again by name, and the rest is left alone.',
  );
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
