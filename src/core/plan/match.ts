import { differsForGood } from '../job/diff.ts';
import type { BlockedJob, DesiredJob, DesiredScope, LiveJob } from '../job/job.ts';
import { compareText } from '../problem.ts';
import type { Pairing } from './change.ts';
import { ownerOf } from './ledger-entry.ts';
import type { Fingerprint, LedgerEntry, OpenCreate, ScopeLedger } from './ledger-entry.ts';
import { arrivalsOf } from './open-create.ts';
import { surplusOf, suspectsOf } from './surplus.ts';
import type { Suspects, SurplusTerms } from './surplus.ts';

/**
 * Which live job is which desired one: by pinned id, then by the id the ledger remembers, then by exact name.
 *
 * Matching never chooses between equals. Two unowned jobs of one name are ambiguous, and a pin that points
 * nowhere pairs with nothing; the live jobs they might mean are set aside, so that nothing else takes or
 * prunes them.
 */
export interface Match {
  readonly paired: readonly Matched[];
  /** No live job. With an entry, logpushd knew one and it is gone. */
  readonly missing: readonly { readonly desired: DesiredJob; readonly entry?: LedgerEntry }[];
  readonly ambiguous: readonly { readonly desired: DesiredJob; readonly candidates: readonly LiveJob[] }[];
  /** Pinned to an id that is not in the listing, or that another job pins too. */
  readonly dangling: readonly { readonly desired: DesiredJob; readonly known: readonly LiveJob[] }[];
  /** In the manifest but not renderable now; its live jobs, if any, are set aside. */
  readonly blocked: readonly { readonly job: BlockedJob; readonly candidates: readonly LiveJob[] }[];
  /** Owned, or made by a create whose answer was lost, and not in the manifest. */
  readonly leftovers: readonly { readonly live: LiveJob; readonly entry: Remembered }[];
  readonly superseded: readonly Superseded[];
  /** Made once too often by a create of ours, beside the one that is kept. */
  readonly surplus: readonly {
    readonly desired: DesiredJob;
    readonly live: LiveJob;
    readonly kept: LiveJob;
  }[];
  readonly unmanaged: readonly LiveJob[];
}

export type MatchTerms = SurplusTerms;

/** What a delete has to know of a job that is ours. */
export type Remembered = Pick<LedgerEntry, 'name' | 'id' | 'protect'>;

/** The old half of a replace whose new half is at Cloudflare. */
export interface Superseded {
  readonly live: LiveJob;
  readonly entry: LedgerEntry;
  /** The new half. */
  readonly successor: LiveJob;
  /** When it was made, RFC 3339; unknown where that was not recorded. */
  readonly since: string | undefined;
}

export interface Matched extends Pairing {
  readonly entry?: LedgerEntry;
  /** Created or adopted by logpushd, or the outcome of its create whose answer was lost. */
  readonly owned: boolean;
}

/** Pairs the jobs of one scope. The result does not depend on the order of any input. */
export function matchJobs(
  desired: DesiredScope,
  live: readonly LiveJob[],
  ledger: ScopeLedger,
  terms: MatchTerms,
): Match {
  const board = new Board(live, ledger, terms.fingerprint);
  const jobs = desired.jobs.toSorted((a, b) => compareText(a.name, b.name));
  const blocked = desired.blocked.toSorted((a, b) => compareText(a.name, b.name));

  const pinned = jobs.filter(isPinned);
  const named = jobs.filter((job) => !isPinned(job));
  const byPin = pinned.map((job) => ({ job, live: board.take(job.id) }));
  const kept = blocked.map((job) => ({ job, candidates: board.takeKnown(job) }));
  const strays = byPin
    .filter((pair) => pair.live === undefined)
    .map(({ job }) => ({ desired: job, known: board.takeKnown({ name: job.name }) }));
  const surplus = named.flatMap((job) => matchSurplus(job, board, terms) ?? []);
  const single = named.filter((job) => !surplus.some(({ found: { desired: one } }) => one === job));
  const byLedger = single.map((job) => ({ job, found: matchLedger(job, board) }));
  const rest = byLedger.filter(({ found }) => found === undefined);
  const byName = rest.map(({ job }) => matchName(job, board));
  const found = [...byLedger.flatMap((each) => each.found ?? []), ...byName];
  const pins = byPin.flatMap(({ job, live: one }) =>
    one === undefined ? [] : pair(job, one, board.ownerOf(one.id), board),
  );

  return {
    paired: [...pins, ...surplus.map((each) => each.found), ...found.filter((each) => 'live' in each)],
    missing: found.filter((each) => 'missing' in each).map(({ missing }) => missing),
    ambiguous: found.filter((each) => 'candidates' in each),
    dangling: strays,
    blocked: kept,
    surplus: surplus.flatMap(({ others }) => others),
    ...leftOver(board),
  };
}

/** Whether going from live to desired needs a new job, because `dataset` or `kind` cannot be updated. */
export function needsReplace(desired: DesiredJob, live: LiveJob): boolean {
  return differsForGood(desired.fields, live.fields, desired.ignore);
}

type Found =
  | Matched
  | { readonly missing: Match['missing'][number] }
  | { readonly desired: DesiredJob; readonly candidates: readonly LiveJob[] };

function isPinned(job: DesiredJob): job is DesiredJob & { readonly id: number } {
  return job.id !== undefined;
}

function matchLedger(job: DesiredJob, board: Board): Found | undefined {
  const entry = board.entryNamed(job.name);
  if (entry === undefined) return undefined;
  const known = board.take(entry.id) ?? board.take(entry.superseded);
  if (known === undefined) return undefined;
  if (!needsReplace(job, known)) return pair(job, known, entry, board);
  // The old half of a replace may be wanted again before it has gone.
  const old = board.free().filter(({ id }) => id === entry.superseded);
  const fitting = [...board.lostCreates(job), ...old.filter((live) => !needsReplace(job, live))];
  const [first, ...others] = fitting;
  if (first === undefined) return pair(job, known, entry, board);
  board.release(known);
  if (others.length > 0) return { desired: job, candidates: board.takeAll([known, ...fitting]) };
  board.take(first.id);
  board.supersede(known, entry, first);
  return { desired: job, live: first, owned: true, superseded: known.id };
}

function matchName(job: DesiredJob, board: Board): Found {
  const candidates = board.named(job.name);
  const owned = candidates.filter(({ id }) => board.ownerOf(id) !== undefined);
  const [only, ...others] = owned.length === 1 ? owned : candidates;
  if (only === undefined) {
    const entry = board.entryNamed(job.name);
    // A known job that is still there was given to another by a pin; it is not gone.
    const isGone = entry !== undefined && !board.has(entry.id);
    return { missing: isGone ? { desired: job, entry } : { desired: job } };
  }
  if (others.length > 0) return { desired: job, candidates: board.takeAll(candidates) };
  board.take(only.id);
  return pair(job, only, board.ownerOf(only.id), board);
}

function pair(desired: DesiredJob, live: LiveJob, entry: LedgerEntry | undefined, board: Board): Matched {
  if (entry === undefined) return { desired, live, owned: board.arrivedBy(live) !== undefined };
  const { superseded, supersededAt } = entry;
  if (superseded === undefined || superseded === live.id) return { desired, live, entry, owned: true };
  return { desired, live, entry, owned: true, superseded, ...(supersededAt && { supersededAt }) };
}

/** The one that stays is ours, whichever of them the ledger knows. */
function matchSurplus(
  job: DesiredJob,
  board: Board,
  terms: MatchTerms,
): { readonly found: Matched; readonly others: Match['surplus'] } | null {
  const surplus = surplusOf(job, board.suspects(job, terms), terms);
  if (surplus === null) return null;
  const { kept, others } = surplus;
  const rest = others.map((live) => ({ desired: job, live, kept }));
  const entry = board.entryNamed(job.name);
  const former = board
    .free()
    .find(({ id }) => id === entry?.id && ![kept, ...others].some((one) => one.id === id));
  if (former !== undefined && (!needsReplace(job, former) || needsReplace(job, kept))) return null;
  board.takeAll([kept, ...others]);
  if (entry === undefined || entry.id === kept.id)
    return { found: pair(job, kept, entry, board), others: rest };
  if (former !== undefined) board.supersede(former, entry, kept);
  const superseded = former?.id ?? (board.has(entry.superseded ?? 0) ? entry.superseded : undefined);
  const found = { desired: job, live: kept, owned: true, ...(superseded !== undefined && { superseded }) };
  return { found, others: rest };
}

function leftOver(board: Board): Pick<Match, 'leftovers' | 'superseded' | 'unmanaged'> {
  const free = board.free();
  const superseded = free.flatMap((live) => board.supersessionOf(live.id) ?? []);
  const rest = free.filter(({ id }) => board.supersessionOf(id) === undefined);
  return {
    superseded,
    leftovers: rest.flatMap((live) => {
      const entry = rememberedOf(live, board);
      return entry === undefined ? [] : [{ live, entry }];
    }),
    unmanaged: rest.filter((live) => rememberedOf(live, board) === undefined),
  };
}

/** Of several that one create may have made, nobody knows which it was. */
function rememberedOf(live: LiveJob, board: Board): Remembered | undefined {
  const create = board.arrivedBy(live);
  if (create === undefined || board.arrivals(create).length > 1) return board.ownerOf(live.id);
  return { name: create.name, id: live.id, protect: create.protect };
}

/** The live jobs of a scope and who has been given which. */
class Board {
  readonly #live: ReadonlyMap<number, LiveJob>;
  readonly #ledger: ScopeLedger;
  readonly #taken = new Set<number>();
  readonly #former = new Map<number, Superseded>();
  /** Of each create whose answer was lost, what it may have made. */
  readonly #arrivals: ReadonlyMap<OpenCreate, readonly LiveJob[]>;

  constructor(live: readonly LiveJob[], ledger: ScopeLedger, fingerprint: Fingerprint) {
    this.#live = new Map(live.toSorted((a, b) => a.id - b.id).map((job) => [job.id, job]));
    const entries = ledger.entries.toSorted((a, b) => compareText(a.name, b.name) || a.id - b.id);
    this.#ledger = { ...ledger, entries };
    const sorted = [...this.#live.values()];
    this.#arrivals = new Map(
      ledger.creating.map((create) => [create, arrivalsOf(create, sorted, ledger, fingerprint)]),
    );
    for (const entry of entries) {
      const [former, successor] = [this.#live.get(entry.superseded ?? 0), this.#live.get(entry.id)];
      if (former && successor) this.supersede(former, entry, successor, entry.supersededAt);
    }
  }

  has(id: number): boolean {
    return this.#live.has(id);
  }

  free(): readonly LiveJob[] {
    return [...this.#live.values()].filter(({ id }) => !this.#taken.has(id));
  }

  /** The job of that id, if nobody has it yet. */
  take(id: number | undefined): LiveJob | undefined {
    if (id === undefined || this.#taken.has(id)) return undefined;
    const job = this.#live.get(id);
    if (job !== undefined) this.#taken.add(id);
    return job;
  }

  takeAll(jobs: readonly LiveJob[]): readonly LiveJob[] {
    for (const { id } of jobs) this.#taken.add(id);
    return jobs.toSorted((a, b) => a.id - b.id);
  }

  /** Every live job that a name, its ledger entry or its pin could mean. */
  takeKnown(job: { readonly name: string; readonly id?: number }): readonly LiveJob[] {
    const entry = this.entryNamed(job.name);
    const ids = new Set([job.id, entry?.id, entry?.superseded]);
    return this.takeAll(this.free().filter(({ id, name }) => ids.has(id) || name === job.name));
  }

  release(job: LiveJob): void {
    this.#taken.delete(job.id);
  }

  supersede(live: LiveJob, entry: LedgerEntry, successor: LiveJob, since?: string): void {
    this.#former.delete(successor.id);
    this.#former.set(live.id, { live, entry, successor, since });
  }

  /** Free jobs of that name, without the old halves of replaces. */
  named(name: string): readonly LiveJob[] {
    return this.free().filter((job) => job.name === name && !this.#former.has(job.id));
  }

  /** What a create whose answer was lost may have made, where it is what the job has to be. */
  lostCreates(job: DesiredJob): readonly LiveJob[] {
    const free = new Set(this.named(job.name));
    return [...this.#arrivals.values()].flat().filter((live) => free.has(live) && !needsReplace(job, live));
  }

  suspects(job: DesiredJob, terms: MatchTerms): Suspects {
    return suspectsOf(job, this.free(), this.#ledger, terms);
  }

  arrivals(create: OpenCreate): readonly LiveJob[] {
    return this.#arrivals.get(create) ?? [];
  }

  arrivedBy(live: LiveJob): OpenCreate | undefined {
    return [...this.#arrivals].find(([, jobs]) => jobs.includes(live))?.[0];
  }

  entryNamed(name: string): LedgerEntry | undefined {
    return this.#ledger.entries.find((entry) => entry.name === name);
  }

  ownerOf(id: number): LedgerEntry | undefined {
    return ownerOf(this.#ledger, id);
  }

  supersessionOf(id: number): Superseded | undefined {
    return this.#former.get(id);
  }
}
