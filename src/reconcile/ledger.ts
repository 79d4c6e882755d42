import type { Scope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type {
  Collapse,
  Copies,
  Fingerprint,
  Healing,
  LedgerEntry,
  OpenCreate,
  ScopeLedger,
} from '../core/plan/ledger-entry.ts';
import { EMPTY_LEDGER } from '../core/plan/ledger-entry.ts';
import { StateError } from './errors.ts';
import type { Clock, StateStore } from './ports.ts';

const FORMAT = 1;

interface Page {
  readonly scope: Scope;
  readonly ledger: ScopeLedger;
}

/** `reliability.md` invariant 15. */
const LEAVING_MS = 60_000;

/**
 * Which jobs are ours, one page a scope.
 *
 * A page is saved before a create is sent and after every write, so that a crash at any point leaves either a
 * finished entry or an open create, and the next listings tell which of the two the world is in. What has
 * happened is known from then on, also where it cannot be saved: only a restart forgets it, and each further save
 * tries again. What is only intended is neither known nor done before it is saved.
 */
export class Ledger {
  readonly fingerprint: Fingerprint;
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #pages: Map<ScopeKey, Page>;
  /** Pages of which the store does not have what has happened. */
  readonly #unsaved = new Set<ScopeKey>();

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

  /** Whether a restart would know all that is known now. */
  isSaved(scope: Pick<Scope, 'kind' | 'id'>): boolean {
    return !this.#unsaved.has(scopeKey(scope));
  }

  /** Every scope in which we own a job or may be about to. */
  scopes(): readonly Scope[] {
    return [...this.#pages.values()].filter(({ ledger }) => isInUse(ledger)).map(({ scope }) => scope);
  }

  get ownedJobs(): number {
    return [...this.#pages.values()].reduce((sum, { ledger }) => sum + ledger.entries.length, 0);
  }

  /** Called right before a create is sent, which must not happen where this fails. */
  async beginCreate(scope: Scope, create: Omit<OpenCreate, 'since' | 'looks'>): Promise<void> {
    const since = new Date(this.#clock.now()).toISOString();
    const before = this.of(scope);
    const others = before.creating.filter(({ name }) => name !== create.name);
    const creating = [...others, { ...create, since, looks: [] }];
    await this.#save(scope, this.#current({ ...before, creating }));
  }

  /** The create surely was not carried out. */
  async abandonCreate(scope: Scope, name: string): Promise<void> {
    await this.#change(scope, ({ creating }) => ({ creating: creating.filter((one) => one.name !== name) }));
  }

  /** What a further look has left open. */
  async recordDoubts(
    scope: Scope,
    doubts: Pick<ScopeLedger, 'creating' | 'collapse' | 'copies'>,
  ): Promise<void> {
    const { entries, deleted } = this.of(scope);
    await this.#learn(scope, { entries, ...doubts, ...(deleted && { deleted }) });
  }

  /** Takes a job into the ledger, or renews what is remembered of it. Ends a create of that name. */
  async record(scope: Scope, entry: LedgerEntry): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString();
    await this.#change(scope, ({ entries, creating }) => {
      const isRenewal = entries.some(({ id }) => id === entry.id);
      const open = isRenewal ? undefined : creating.find(({ name }) => name === entry.name);
      const known = entries.find(({ name }) => name === entry.name);
      const created = open ? { at, beside: open.beside } : (entry.created ?? known?.created);
      const others = entries.filter((one) => one.name !== entry.name && one.id !== entry.id);
      return {
        entries: [...others, { ...entry, ...(created && { created }) }],
        creating: creating.filter((one) => one !== open),
      };
    });
  }

  /** The job with this id is gone. The old half of its replace, where that is still there, stays ours. */
  async forget(scope: Scope, id: number): Promise<void> {
    await this.#change(scope, ({ entries }) => ({ entries: entries.flatMap((one) => without(one, id)) }));
  }

  /** The same, because it was deleted just now: it is not there any more, whatever is listed. */
  async recordDelete(scope: Scope, id: number): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString();
    await this.#change(scope, ({ entries, deleted = [] }) => ({
      entries: entries.flatMap((one) => without(one, id)),
      deleted: [...deleted, { id, at }],
    }));
  }

  /** Ids of the jobs that may still be listed though they are deleted. */
  leaving(scope: Pick<Scope, 'kind' | 'id'>): readonly number[] {
    return this.#leaving(this.of(scope).deleted).map(({ id }) => id);
  }

  /** Whether it remembers deletes that are over. The next save forgets them. */
  hasOldDeletes(scope: Scope): boolean {
    const { deleted = [] } = this.of(scope);
    return this.#leaving(deleted).length < deleted.length;
  }

  #leaving(deleted: ScopeLedger['deleted'] = []): NonNullable<ScopeLedger['deleted']> {
    const now = this.#clock.now();
    return deleted.filter(({ at }) => Math.abs(now - Date.parse(at)) < LEAVING_MS);
  }

  async #change(scope: Scope, change: (before: ScopeLedger) => Partial<ScopeLedger>): Promise<void> {
    const before = this.of(scope);
    await this.#learn(scope, { ...before, ...change(before) });
  }

  async #learn(scope: Scope, after: ScopeLedger): Promise<void> {
    const ledger = this.#current(after);
    this.#pages.set(scopeKey(scope), { scope, ledger });
    this.#unsaved.add(scopeKey(scope));
    await this.#save(scope, ledger);
  }

  #current({ deleted, ...rest }: ScopeLedger): ScopeLedger {
    const leaving = this.#leaving(deleted);
    return { ...rest, ...(leaving.length > 0 && { deleted: leaving }) };
  }

  async #save(scope: Scope, ledger: ScopeLedger): Promise<void> {
    const key = scopeKey(scope);
    if (isInUse(ledger) || ledger.deleted !== undefined) {
      await this.#store.save(key, `${JSON.stringify({ version: FORMAT, scope, ...ledger }, null, 2)}\n`);
      this.#pages.set(key, { scope, ledger });
    } else {
      await this.#store.remove(key);
      this.#pages.delete(key);
    }
    this.#unsaved.delete(key);
  }
}

function isInUse({ entries, creating }: ScopeLedger): boolean {
  return entries.length > 0 || creating.length > 0;
}

function without(entry: LedgerEntry, id: number): readonly LedgerEntry[] {
  const { superseded, supersededAt: _, ...rest } = entry;
  if (superseded === id) return [rest];
  if (entry.id !== id) return [entry];
  return superseded === undefined ? [] : [{ ...rest, id: superseded, applied: {}, unverifiable: [] }];
}

function parsePage(key: ScopeKey, text: string): Page {
  const page = parseJson(text);
  if (!isPage(page) || scopeKey(page.scope) !== key) {
    throw new StateError(
      `The state of ${key} is damaged: it is not what logpushd writes. Restore it from a backup, or delete it: ` +
        'jobs in the manifest are then adopted again by name, and the rest is left alone and reported.',
    );
  }
  const { version: _, scope, ...ledger } = page;
  return { scope, ledger };
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
  const { scope, entries, creating, collapse, copies, deleted } = value;
  return (
    isRecord(scope) &&
    (scope['kind'] === 'zone' || scope['kind'] === 'account') &&
    typeof scope['id'] === 'string' &&
    typeof scope['name'] === 'string' &&
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    Array.isArray(creating) &&
    creating.every(isOpenCreate) &&
    (collapse === undefined || isCollapse(collapse)) &&
    (copies === undefined || isCopies(copies)) &&
    (deleted === undefined || (Array.isArray(deleted) && deleted.every(isDelete)))
  );
}

function isCreated(value: unknown): value is LedgerEntry['created'] {
  if (!isRecord(value)) return false;
  const { at, beside } = value;
  return typeof at === 'string' && isIds(beside);
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one));
}

function isCollapse(value: unknown): value is Collapse {
  return isRecord(value) && isIds(value['gone']) && isTexts(value['looks']);
}

function isDelete(value: unknown): boolean {
  return isRecord(value) && Number.isSafeInteger(value['id']) && typeof value['at'] === 'string';
}

function isCopies(value: unknown): value is Copies {
  return isRecord(value) && isIds(value['ids']) && isTexts(value['looks']);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isOpenCreate(value: unknown): value is OpenCreate {
  if (!isRecord(value)) return false;
  const { name, since, protect, dataset, place, beside, looks } = value;
  return (
    [name, since, dataset, place].every((one) => typeof one === 'string') &&
    typeof protect === 'boolean' &&
    isIds(beside) &&
    isTexts(looks)
  );
}

function isEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value)) return false;
  const { name, id, dataset, protect, applied, unverifiable, created, healings } = value;
  const { superseded, supersededAt } = value;
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
    (created === undefined || isCreated(created)) &&
    (supersededAt === undefined || typeof supersededAt === 'string') &&
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
