import type { ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Problem } from '../../core/problem.ts';
import type { PassSummary, ReconcileEvent, Trigger } from '../event/events.ts';

/** What holds for everything; of the scopes one by one, see `scope-status.ts`. */
export interface Status {
  readonly manifest: {
    /** The one in force. */
    readonly revision: string | null;
    readonly valid: boolean;
    readonly problems: readonly Problem[];
    /** Of the one in force, beyond what its text shows. */
    readonly warnings: readonly Problem[];
    readonly error: string | null;
  };
  readonly lastPass: {
    readonly id: string;
    readonly triggers: readonly Trigger[];
    readonly finishedAt: string;
    readonly durationMs: number;
    readonly summary: PassSummary;
  } | null;
  /** Why the last pass could not even begin, while that stands. */
  readonly failure: string | null;
  /** Null where no Lease decides who writes. */
  readonly leadership: {
    /** Null: the Lease could not be read yet. */
    readonly role: 'leading' | 'standby' | null;
    /** Empty: nobody. */
    readonly holder: string;
    readonly term: number | null;
    /** Why the Lease could not be read or renewed, while that stands. */
    readonly error: string | null;
  } | null;
  /** What the manifest names and the last pass did not find. */
  readonly unresolved: readonly { readonly name: string; readonly reason: string }[];
  /** Why nothing can be asked of Cloudflare, while it refuses the token. */
  readonly token: { readonly refusedSince: string; readonly error: string } | null;
  /** Destinations to which nothing is written for now. */
  readonly heldDestinations: readonly {
    readonly destination: string;
    readonly since: string;
    readonly reason: string;
  }[];
  /** Why some scopes are not written to, while that stands. */
  readonly refusal: StandingRefusal | null;
  /** Why nothing is written any more until a restart; stands for good. */
  readonly writesOff: string | null;
}

interface StandingRefusal {
  readonly reason: string;
  readonly scopes: ReadonlySet<ScopeKey>;
  /** Which of them the passes under way have looked at again. */
  readonly reviewed: ReadonlyMap<string, ReadonlySet<ScopeKey>>;
}

export const INITIAL_STATUS: Status = {
  manifest: { revision: null, valid: false, problems: [], warnings: [], error: null },
  lastPass: null,
  failure: null,
  leadership: null,
  unresolved: [],
  token: null,
  heldDestinations: [],
  refusal: null,
  writesOff: null,
};

/** The state of the whole as far as the events up to now tell. Pure. */
export function statusAfter(status: Status, event: ReconcileEvent, at: string): Status {
  switch (event.type) {
    case 'manifest.accepted':
    case 'manifest.rejected':
    case 'manifest.warned':
    case 'manifest.unreadable':
      return { ...status, manifest: manifestAfter(status.manifest, event) };
    case 'scopes.known':
      return { ...status, failure: null, refusal: ofKnown(status.refusal, event.scopes.map(scopeKey)) };
    case 'pass.failed':
      return { ...status, failure: event.error.message };
    case 'pass.started':
      return { ...status, failure: null, unresolved: [] };
    case 'scope.unresolved':
      return { ...status, unresolved: withUnresolved(status.unresolved, event) };
    case 'scope.planned':
      return { ...status, refusal: reviewed(status.refusal, event.passId, scopeKey(event.plan.scope)) };
    case 'scope.unreadable':
      return { ...status, refusal: reviewed(status.refusal, event.passId, scopeKey(event.scope)) };
    case 'token.refused':
      return { ...status, token: { refusedSince: event.since, error: event.error.message } };
    case 'token.accepted':
      return { ...status, token: null };
    case 'destination.held':
    case 'destination.released':
      return { ...status, heldDestinations: heldAfter(status.heldDestinations, event, at) };
    case 'pass.refused':
      return { ...status, refusal: refusedAgain(status.refusal, event) };
    case 'invariant.violated':
      return { ...status, writesOff: status.writesOff ?? event.error.message };
    case 'pass.finished':
      return { ...status, refusal: afterPass(status.refusal, event), lastPass: lastPassOf(event, at) };
    default:
      return { ...status, leadership: leadershipAfter(status.leadership, event) };
  }
}

type EventOf<Type extends ReconcileEvent['type']> = Extract<ReconcileEvent, { type: Type }>;

const NOBODY = { role: null, holder: '', term: null, error: null } as const;

function leadershipAfter(before: Status['leadership'], event: ReconcileEvent): Status['leadership'] {
  switch (event.type) {
    case 'leader.standby':
      return { ...NOBODY, role: 'standby', holder: event.holder };
    case 'leader.elected':
      return { role: 'leading', holder: event.identity, term: event.term, error: null };
    case 'leader.lost':
      return { ...NOBODY, role: 'standby', error: before?.error ?? null };
    case 'leader.released':
      return { ...NOBODY, role: 'standby' };
    case 'lease.failed':
      return { ...(before ?? NOBODY), error: event.error.message };
    case 'lease.renewed':
      return before && { ...before, error: null };
    default:
      return before;
  }
}

function manifestAfter(
  manifest: Status['manifest'],
  event: EventOf<'manifest.accepted' | 'manifest.rejected' | 'manifest.warned' | 'manifest.unreadable'>,
): Status['manifest'] {
  switch (event.type) {
    case 'manifest.accepted':
      return { ...manifest, revision: event.revision, valid: true, problems: event.warnings, error: null };
    case 'manifest.rejected':
      return { ...manifest, valid: false, problems: event.problems, error: null };
    case 'manifest.warned':
      return { ...manifest, warnings: event.warnings };
    case 'manifest.unreadable':
      return { ...manifest, valid: false, error: event.error.message };
  }
}

function heldAfter(
  held: Status['heldDestinations'],
  event: EventOf<'destination.held' | 'destination.released'>,
  at: string,
): Status['heldDestinations'] {
  const others = held.filter(({ destination }) => destination !== event.destination);
  if (event.type === 'destination.released') return others;
  const reason = `${event.jobs} jobs were refused because of it, the last one so: ${event.error.message}`;
  return [...others, { destination: event.destination, since: at, reason }];
}

/** Two passes at a time tell of the same names. */
function withUnresolved(
  unresolved: Status['unresolved'],
  { name, reason }: EventOf<'scope.unresolved'>,
): Status['unresolved'] {
  return [...unresolved.filter((one) => one.name !== name), { name, reason }];
}

function reviewed(refusal: StandingRefusal | null, passId: string, key: ScopeKey): StandingRefusal | null {
  if (refusal === null || !refusal.scopes.has(key)) return refusal;
  const sofar = refusal.reviewed.get(passId) ?? new Set();
  return { ...refusal, reviewed: new Map(refusal.reviewed).set(passId, new Set([...sofar, key])) };
}

/** What the refused pass has looked at and does not refuse any more is free; what it did not look at stays. */
function refusedAgain(
  refusal: StandingRefusal | null,
  { passId, refusal: { reason }, scopes }: EventOf<'pass.refused'>,
): StandingRefusal {
  const others = refusal?.scopes.difference(refusal.reviewed.get(passId) ?? new Set()) ?? new Set();
  return { reason, scopes: others.union(new Set(scopes.map(scopeKey))), reviewed: new Map() };
}

function afterPass(
  refusal: StandingRefusal | null,
  { passId, summary }: EventOf<'pass.finished'>,
): StandingRefusal | null {
  if (refusal === null || summary.refused) return refusal;
  const seen = refusal.reviewed.get(passId);
  const left = without(refusal, (key) => seen?.has(key) ?? false);
  return left && { ...left, reviewed: new Map([...refusal.reviewed].filter(([id]) => id !== passId)) };
}

function without(
  refusal: StandingRefusal | null,
  isFree: (key: ScopeKey) => boolean,
): StandingRefusal | null {
  if (refusal === null) return null;
  const scopes = new Set([...refusal.scopes].filter((key) => !isFree(key)));
  return scopes.size === 0 ? null : { ...refusal, scopes };
}

function ofKnown(refusal: StandingRefusal | null, known: readonly ScopeKey[]): StandingRefusal | null {
  const keys = new Set(known);
  return without(refusal, (key) => !keys.has(key));
}

function lastPassOf(event: EventOf<'pass.finished'>, at: string): Status['lastPass'] {
  const { passId, triggers, durationMs, summary } = event;
  return { id: passId, triggers, finishedAt: at, durationMs, summary };
}
