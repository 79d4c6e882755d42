import type { Scope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type { Fingerprint, Healing, LedgerEntry, ScopeLedger } from '../core/plan/ledger-entry.ts';
import { EMPTY_LEDGER } from '../core/plan/ledger-entry.ts';
import { StateError } from './errors.ts';
import type { Clock, StateStore } from './ports.ts';

const FORMAT = 1;

interface Page {
  readonly scope: Scope;
  readonly ledger: ScopeLedger;
}

/**
 * Which jobs are ours, one page a scope.
 *
 * A page is saved before a create is sent and after every write, so that a crash at any point leaves either a
 * finished entry or a name in `creating`, and the next listing tells which of the two the world is in. What
 * is kept in memory is what was saved: a failed save changes nothing here either.
 */
export class Ledger {
  readonly fingerprint: Fingerprint;
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #pages: Map<ScopeKey, Page>;

  private constructor(store: StateStore, clock: Clock, fingerprint: Fingerprint, pages: Map<ScopeKey, Page>) {
    this.#store = store;
    this.#clock = clock;
    this.fingerprint = fingerprint;
    this.#pages = pages;
  }

  /** @throws StateError when the state cannot be read, or holds what logpushd did not write. */
  static async open(store: StateStore, clock: Clock): Promise<Ledger> {
    const texts = await store.load();
    const pages = new Map([...texts].map(([key, text]) => [key, parsePage(key, text)]));
    return new Ledger(store, clock, await store.fingerprint(), pages);
  }

  of(scope: Pick<Scope, 'kind' | 'id'>): ScopeLedger {
    return this.#pages.get(scopeKey(scope))?.ledger ?? EMPTY_LEDGER;
  }

  /** Every scope in which we own a job or may be about to. */
  scopes(): readonly Scope[] {
    return [...this.#pages.values()].map(({ scope }) => scope);
  }

  get ownedJobs(): number {
    return [...this.#pages.values()].reduce((sum, { ledger }) => sum + ledger.entries.length, 0);
  }

  /** Called right before a create is sent. */
  async beginCreate(scope: Scope, name: string): Promise<void> {
    const { entries, creating } = this.of(scope);
    const since = new Date(this.#clock.now()).toISOString();
    await this.#save(scope, {
      entries,
      creating: [...creating.filter((one) => one.name !== name), { name, since }],
    });
  }

  /** The create surely was not carried out. */
  async abandonCreate(scope: Scope, name: string): Promise<void> {
    const { entries, creating } = this.of(scope);
    await this.#save(scope, { entries, creating: creating.filter((one) => one.name !== name) });
  }

  /** Takes a job into the ledger, or renews what is remembered of it. Ends a create of that name. */
  async record(scope: Scope, entry: LedgerEntry): Promise<void> {
    const { entries, creating } = this.of(scope);
    await this.#save(scope, {
      entries: [...entries.filter((one) => one.name !== entry.name && one.id !== entry.id), entry],
      creating: creating.filter((one) => one.name !== entry.name),
    });
  }

  /** The job with this id is gone. */
  async forget(scope: Scope, id: number): Promise<void> {
    const { entries, creating } = this.of(scope);
    const kept = entries.filter((one) => one.id !== id);
    await this.#save(scope, { entries: kept.map((one) => withoutSuperseded(one, id)), creating });
  }

  async #save(scope: Scope, ledger: ScopeLedger): Promise<void> {
    const key = scopeKey(scope);
    if (ledger.entries.length === 0 && ledger.creating.length === 0) {
      await this.#store.remove(key);
      this.#pages.delete(key);
      return;
    }
    await this.#store.save(key, `${JSON.stringify({ version: FORMAT, scope, ...ledger }, null, 2)}\n`);
    this.#pages.set(key, { scope, ledger });
  }
}

function withoutSuperseded(entry: LedgerEntry, id: number): LedgerEntry {
  if (entry.superseded !== id) return entry;
  const { superseded: _, ...rest } = entry;
  return rest;
}

function parsePage(key: ScopeKey, text: string): Page {
  const page = parseJson(text);
  if (!isPage(page) || scopeKey(page.scope) !== key) {
    throw new StateError(
      `The state of ${key} is damaged: it is not what logpushd writes. Restore it from a backup, or delete it: ` +
        'jobs in the manifest are then adopted again by name, and the rest is left alone and reported.',
    );
  }
  return { scope: page.scope, ledger: { entries: page.entries, creating: page.creating } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type StoredPage = { readonly version: number; readonly scope: Scope } & ScopeLedger;

function isPage(value: unknown): value is StoredPage {
  if (!isRecord(value) || value['version'] !== FORMAT) return false;
  const { scope, entries, creating } = value;
  return (
    isRecord(scope) &&
    (scope['kind'] === 'zone' || scope['kind'] === 'account') &&
    typeof scope['id'] === 'string' &&
    typeof scope['name'] === 'string' &&
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    Array.isArray(creating) &&
    creating.every(
      (one) => isRecord(one) && typeof one['name'] === 'string' && typeof one['since'] === 'string',
    )
  );
}

function isEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value)) return false;
  const { name, id, dataset, protect, applied, unverifiable, superseded, healings } = value;
  return (
    typeof name === 'string' &&
    Number.isSafeInteger(id) &&
    typeof dataset === 'string' &&
    typeof protect === 'boolean' &&
    isRecord(applied) &&
    Object.values(applied).every((one) => typeof one === 'string') &&
    Array.isArray(unverifiable) &&
    unverifiable.every((one) => typeof one === 'string') &&
    (superseded === undefined || Number.isSafeInteger(superseded)) &&
    (healings === undefined || (isRecord(healings) && Object.values(healings).every(isHealing)))
  );
}

function isHealing(value: unknown): value is Healing {
  if (!isRecord(value)) return false;
  const { times, since, last, fought } = value;
  const isText = typeof since === 'string' && typeof last === 'string';
  return Number.isSafeInteger(times) && isText && typeof fought === 'boolean';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
