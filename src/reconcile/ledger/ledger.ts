import type { Pause, Scope, ScopeKey } from '../../core/job/job.ts';
import { isScopeKey, scopeKey } from '../../core/job/job.ts';
import { copiesWithout } from '../../core/plan/copies.ts';
import type {
  AskedChallenge,
  Deleted,
  Drifting,
  Fingerprint,
  LedgerEntry,
  OpenCreate,
  ScopeLedger,
} from '../../core/plan/ledger-entry.ts';
import { EMPTY_LEDGER, openDeletesOf } from '../../core/plan/ledger-entry.ts';
import { createdInSync } from '../../core/plan/surplus.ts';
import { type Page, parsePage, textOfPage } from './page.ts';
import { Pages } from './pages.ts';
import type { Clock, StateStore } from '../ports.ts';

/** `reliability.md` invariant 15. */
const LEAVING_MS = 60_000;

/** A day less than Cloudflare's token lives (`cloudflare-api.md` §6.3). */
const CHALLENGE_MS = 6 * 24 * 3_600_000;

/**
 * Which jobs are ours, one page a scope.
 *
 * A page is saved before a create is sent and after every write, so that a crash at any point leaves either a
 * finished entry or an open create, and the next listings tell which of the two the world is in.
 */
export class Ledger {
  readonly fingerprint: Fingerprint;
  readonly #clock: Clock;
  readonly #pages: Pages<Page>;

  private constructor(store: StateStore, clock: Clock, fingerprint: Fingerprint, pages: Map<ScopeKey, Page>) {
    this.#clock = clock;
    this.fingerprint = fingerprint;
    this.#pages = new Pages(store, pages, textOfPage);
  }

  /** @throws StateError when the state cannot be read, or holds what logpushd did not write. */
  static async open(store: StateStore, clock: Clock): Promise<Ledger> {
    const texts = await store.load();
    const ours = [...texts].filter(([key]) => isScopeKey(key));
    const pages = new Map(ours.map(([key, text]) => [key, parsePage(key, text)]));
    return new Ledger(store, clock, await store.fingerprint(), pages);
  }

  of(scope: Pick<Scope, 'kind' | 'id'>): ScopeLedger {
    return this.#pages.of(scopeKey(scope))?.ledger ?? EMPTY_LEDGER;
  }

  /** Whether a restart would know all that is known now. */
  isSaved(scope: Pick<Scope, 'kind' | 'id'>): boolean {
    return this.#pages.isSaved(scopeKey(scope));
  }

  /** Why nothing may be written any more by what it says here; null while it is ours. */
  get whyLost(): string | null {
    return this.#pages.isLost ? 'another logpushd has taken the state over' : null;
  }

  /** Every scope in which we own a job or may be about to. */
  scopes(): readonly Scope[] {
    return this.#pages
      .all()
      .filter(({ ledger }) => isInUse(ledger))
      .map(({ scope }) => scope);
  }

  get ownedJobs(): number {
    return this.#pages.all().reduce((sum, { ledger }) => sum + ledger.entries.length, 0);
  }

  /** Called right before a create is sent, which must not happen where this fails. */
  async beginCreate(scope: Scope, create: Omit<OpenCreate, 'since' | 'looks'>): Promise<void> {
    const since = new Date(this.#clock.now()).toISOString();
    await this.#save(scope, (before) => {
      const others = before.creating.filter(({ name }) => name !== create.name);
      return { ...before, creating: [...others, { ...create, since, looks: [] }] };
    });
  }

  /** The create surely was not carried out. */
  async abandonCreate(scope: Scope, name: string): Promise<void> {
    await this.#change(scope, ({ creating, ...rest }) => ({
      ...rest,
      creating: creating.filter((one) => one.name !== name),
    }));
  }

  /** What a further look has left open. */
  async recordDoubts(
    scope: Scope,
    doubts: Pick<ScopeLedger, 'creating' | 'collapse' | 'copies'>,
  ): Promise<void> {
    await this.#change(scope, ({ entries, deleted, challenges, pauses, drifting }) => ({
      entries,
      ...doubts,
      ...(deleted && { deleted }),
      ...(challenges && { challenges }),
      ...(pauses && { pauses }),
      ...(drifting && { drifting }),
    }));
  }

  /** Every pause of which is not known that it is over, also where nothing is owned. */
  pauses(): readonly { readonly scope: Scope; readonly pause: Pause }[] {
    return this.#pages
      .all()
      .flatMap(({ scope, ledger: { pauses = [] } }) => pauses.map((pause) => ({ scope, pause })));
  }

  /** What was asked for this destination and is not over; by its fingerprint. */
  challengeOf(scope: Pick<Scope, 'kind' | 'id'>, destination: string): AskedChallenge | undefined {
    return this.#lasting(this.of(scope).challenges).find((one) => one.destination === destination);
  }

  /** Called right before a challenge is asked for. */
  async beginChallenge(scope: Scope, challenge: AskedChallenge): Promise<void> {
    await this.#save(scope, (before) => ({ ...before, challenges: withChallenge(before, challenge) }));
  }

  /** What became of it. */
  async recordChallenge(scope: Scope, challenge: AskedChallenge): Promise<void> {
    await this.#change(scope, (before) => ({ ...before, challenges: withChallenge(before, challenge) }));
  }

  /** No challenge was made. */
  async forgetChallenge(scope: Scope, destination: string): Promise<void> {
    await this.#change(scope, ({ challenges = [], ...rest }) => ({
      ...rest,
      challenges: challenges.filter((one) => one.destination !== destination),
    }));
  }

  /** In place of one of the same job, or of the whole scope. It holds once this resolves. */
  async pause(scope: Scope, pause: Pause): Promise<void> {
    await this.#save(scope, (before) => ({ ...before, pauses: [...withoutPause(before, pause), pause] }));
  }

  /** It is over. */
  async resume(scope: Scope, pause: Pick<Pause, 'job'>): Promise<void> {
    await this.#change(scope, (before) => ({ ...before, pauses: withoutPause(before, pause) }));
  }

  #lasting(challenges: ScopeLedger['challenges'] = []): readonly AskedChallenge[] {
    const now = this.#clock.now();
    return challenges.filter(({ at }) => Math.abs(now - Date.parse(at)) < CHALLENGE_MS);
  }

  /** Takes a job into the ledger, or renews what is remembered of it. Ends a create of that name. */
  async record(scope: Scope, entry: LedgerEntry): Promise<void> {
    const now = this.#clock.now();
    await this.#change(scope, ({ entries, creating, ...rest }) => {
      const isRenewal = entries.some(({ id }) => id === entry.id);
      const open = isRenewal ? undefined : creating.find(({ name }) => name === entry.name);
      const known = entries.find(({ name }) => name === entry.name);
      const former = entry.created ?? known?.created;
      const created = open
        ? { at: new Date(now).toISOString(), beside: open.beside }
        : createdInSync({ id: entry.id, ...(former && { created: former }) }, rest, now);
      const others = entries.filter((one) => one.name !== entry.name && one.id !== entry.id);
      return {
        ...rest,
        entries: [...others, { ...entry, ...(created && { created }) }],
        creating: creating.filter((one) => one !== open),
      };
    });
  }

  /** Throws a StateError where what happens next in this scope could not be remembered. */
  async confirmSaves(scope: Scope): Promise<void> {
    await this.#save(scope, (known) => known);
  }

  /** The job with this id is gone. The old half of its replace, where that is still there, stays ours. */
  async forget(scope: Scope, id: number): Promise<void> {
    await this.#change(scope, (before) => withoutJob(before, id));
  }

  /** Called right before a delete is sent: until its answer is seen, a listing that shows the job proves nothing. */
  async beginDelete(scope: Scope, id: number): Promise<void> {
    await this.#change(scope, (before) => this.#withDelete(before, { id, unanswered: true }));
  }

  /** The same as {@link forget}, because it was deleted just now: it is not there any more, whatever is listed. */
  async recordDelete(scope: Scope, id: number): Promise<void> {
    await this.#change(scope, (before) => this.#withDelete(withoutJob(before, id), { id }));
  }

  #withDelete(before: ScopeLedger, one: Omit<Deleted, 'at'>): ScopeLedger {
    const others = (before.deleted ?? []).filter(({ id }) => id !== one.id);
    return { ...before, deleted: [...others, { ...one, at: new Date(this.#clock.now()).toISOString() }] };
  }

  /** Ids of the jobs that may still be listed though they are deleted. */
  leaving(scope: Pick<Scope, 'kind' | 'id'>): readonly number[] {
    const { deleted = [] } = this.of(scope);
    return this.#lately(deleted).flatMap(({ id, unanswered }) => (unanswered ? [] : [id]));
  }

  /** Whether it remembers deletes that are over. The next save forgets them. */
  hasOldDeletes(scope: Scope): boolean {
    const { deleted = [] } = this.of(scope);
    return this.#lately(deleted).length < deleted.length;
  }

  #lately(deleted: readonly Deleted[]): readonly Deleted[] {
    const now = this.#clock.now();
    const open = openDeletesOf({ deleted }, now);
    return deleted.filter(
      (one) => open.includes(one) || (!one.unanswered && Math.abs(now - Date.parse(one.at)) < LEAVING_MS),
    );
  }

  /** What a further look has found to have moved and not to be put right. */
  async recordDrifting(scope: Scope, drifting: readonly Drifting[]): Promise<void> {
    await this.#change(scope, (before) => ({ ...before, drifting }));
  }

  #change(scope: Scope, change: Change): Promise<void> {
    return this.#pages.learn(scopeKey(scope), (page) => this.#changed(scope, page, change));
  }

  #save(scope: Scope, intend: Change): Promise<void> {
    return this.#pages.intend(scopeKey(scope), (page) => this.#changed(scope, page, intend));
  }

  #changed(scope: Scope, page: Page | undefined, change: Change): Page | undefined {
    const ledger = this.#current(change(page?.ledger ?? EMPTY_LEDGER));
    return isWorthAPage(ledger) ? { scope, ledger } : undefined;
  }

  #current({ deleted = [], challenges, pauses = [], drifting = [], ...rest }: ScopeLedger): ScopeLedger {
    const leaving = this.#lately(deleted);
    const lasting = this.#lasting(challenges);
    return {
      ...rest,
      ...(leaving.length > 0 && { deleted: leaving }),
      ...(lasting.length > 0 && { challenges: lasting }),
      ...(pauses.length > 0 && { pauses }),
      ...(drifting.length > 0 && { drifting }),
    };
  }
}

type Change = (before: ScopeLedger) => ScopeLedger;

function isWorthAPage(ledger: ScopeLedger): boolean {
  const { deleted, challenges, pauses, drifting } = ledger;
  return isInUse(ledger) || [deleted, challenges, pauses, drifting].some((one) => one !== undefined);
}

function isInUse({ entries, creating }: ScopeLedger): boolean {
  return entries.length > 0 || creating.length > 0;
}

function withoutJob({ copies, ...before }: ScopeLedger, id: number): ScopeLedger {
  const entries = before.entries.flatMap((one) => without(one, id));
  const left = copiesWithout({ entries, ...(copies && { copies }) }, [id]);
  return { ...before, entries, ...(left && { copies: left }) };
}

function without(entry: LedgerEntry, id: number): readonly LedgerEntry[] {
  const { superseded, supersededAt: _, ...rest } = entry;
  if (superseded === id) return [rest];
  if (entry.id !== id) return [entry];
  return superseded === undefined ? [] : [{ ...rest, id: superseded, applied: {}, unverifiable: [] }];
}

function withoutPause({ pauses = [] }: ScopeLedger, target: Pick<Pause, 'job'>): readonly Pause[] {
  return pauses.filter(({ job }) => job !== target.job);
}

function withChallenge(
  { challenges = [] }: ScopeLedger,
  challenge: AskedChallenge,
): readonly AskedChallenge[] {
  return [...challenges.filter((one) => one.destination !== challenge.destination), challenge];
}
