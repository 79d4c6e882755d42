import type { DriftAuthor } from '../../core/audit/attribution.ts';
import type { Scope, ScopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import type { GuardLimits, Refusal } from '../../core/plan/guard.ts';
import type { PlanPolicy } from '../../core/plan/plan.ts';
import type { Origin, Problem } from '../../core/problem.ts';
import type { Attributions } from '../drift/attributions.ts';
import type { TransformerPlan } from '../../core/transformer/change.ts';
import type { ManifestInForce } from '../manifest/desired.ts';
import type { Entrance } from './entrance.ts';
import type { ReconcileError } from '../errors.ts';
import type { Trigger } from '../event/events.ts';
import type { HeldScopes } from '../loop/held-scopes.ts';
import type { WriteSwitch } from './invariants.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock, Emit, LogpushApi, LogpushReader, MayWrite, Priority } from '../ports.ts';
import type { Proofs } from '../proof/proofs.ts';
import type { TransformerOutcome } from '../transformer/terms.ts';
import type { Transformers } from '../transformer/transformers.ts';
import type { Turn, Turns } from '../loop/turns.ts';

export interface PassPorts {
  readonly manifest: ManifestInForce;
  readonly reader: LogpushReader;
  /** Null for a pass that only plans: there is nothing to write with. */
  readonly writer: LogpushApi | null;
  readonly ledger: Ledger;
  readonly turns: Turns;
  readonly entrance: Entrance;
  /** Absent where no manifest has transformers. */
  readonly transformers?: Transformers;
  /** Absent: jobs are sent as the manifest has them, and Cloudflare refuses what it wants a proof of. */
  readonly proofs?: Proofs;
  /** Absent: nobody asks who changed a job. */
  readonly attributions?: Attributions;
  readonly clock: Clock;
  readonly mayWrite: MayWrite;
  readonly writes: WriteSwitch;
  readonly emit: Emit;
}

export interface PassRequest {
  readonly passId: string;
  readonly triggers: readonly Trigger[];
  readonly priority: Priority;
  /** Which of the manifest's scopes to look at, and which of the ledger's. */
  readonly includes: (scope: Scope) => boolean;
  readonly policy: PlanPolicy;
  readonly limits: GuardLimits;
  /** All of them are included. */
  readonly held?: HeldScopes | null;
  /** Whether a person has approved the refused plan of this digest. Asked once for each refusal. */
  readonly approves?: (digest: string) => boolean;
  /**
   * Whether a person has approved the withheld change of this digest. It names the job that goes, so that it cannot
   * let anything through a second time.
   */
  readonly consents?: (digest: string) => boolean;
  /** Ends reading at once, and keeps writes that have not begun from beginning. */
  readonly reading: AbortSignal;
  /** Ends a write in flight; aborted only when waiting any longer is worse than not knowing its outcome. */
  readonly writing: AbortSignal;
}

export interface Outcome {
  readonly scope: Scope;
  readonly change: Change;
  readonly result: 'applied' | 'failed' | 'skipped';
  readonly id?: number;
  readonly error?: ReconcileError;
  readonly reason?: string;
  /** What a person approves to let exactly this through, which waits for another scope. */
  readonly digest?: string;
  /** The other scope waits for this one too, so they are looked at together. */
  readonly isMutual?: boolean;
  /**
   * Of what Cloudflare refused: when it is looked at again by itself; null: with the next sweep, or when what it
   * waits for has come. Absent: as its error says.
   */
  readonly retryInMs?: number | null;
}

export interface PassResult {
  readonly revision: string;
  /** No manifest was in force, so nothing was looked at. */
  readonly rejected: boolean;
  readonly problems: readonly Problem[];
  /** All that the manifest is about, looked at or not; absent where nothing was looked at. */
  readonly known?: readonly Scope[];
  readonly plans: readonly Plan[];
  readonly unreadable: readonly { readonly scope: Scope; readonly error: ReconcileError }[];
  readonly unresolved: readonly {
    readonly name: string;
    readonly reason: string;
    readonly origin?: Origin;
  }[];
  readonly refusal: Refusal | null;
  /** What must be looked at together with the rest of what was refused. */
  readonly held?: HeldScopes;
  readonly outcomes: readonly Outcome[];
  /** Absent where the pass is about no transformers. */
  readonly transformers?: TransformerResult;
  /** Scopes that are to be looked at again soon, though nothing at Cloudflare failed. */
  readonly unsettled?: readonly Scope[];
  /** When to look at a scope again though nothing failed, milliseconds since the epoch. */
  readonly lookAgainAt?: ReadonlyMap<ScopeKey, number>;
  /** Of the drifts whose author the audit log tells; absent where nobody asked it. */
  readonly authors?: readonly DriftAuthor[];
  /** Why the pass could not even begin. */
  readonly failure?: ReconcileError;
}

export interface TransformerResult {
  readonly plans: readonly TransformerPlan[];
  readonly unreadable: readonly { readonly scope: Scope; readonly error: ReconcileError }[];
  readonly outcomes: readonly TransformerOutcome[];
}

/** A plan, and the turn at which the scope was read for it. */
export interface ReadyPlan {
  readonly plan: Plan;
  readonly seen: Turn;
  /** The same on the monotonic clock. */
  readonly readAt: number;
  /** False when a job is blocked only because Cloudflare did not tell its fields this time. */
  readonly isComplete: boolean;
}

/** The result of a pass that found no manifest in force. */
export function nothingLookedAt(revision: string, problems: PassResult['problems']): PassResult {
  return {
    revision,
    rejected: true,
    problems,
    plans: [],
    unreadable: [],
    unresolved: [],
    refusal: null,
    outcomes: [],
  };
}
