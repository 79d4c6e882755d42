import type { Attribution } from '../audit/attribution.ts';
import type { DesiredJob, DesiredScope, LiveJob } from '../job/job.ts';
import type { Action, Change, DifferenceClass, FieldDiff, Plan, Withheld } from './change.ts';
import { whyUnproven } from './challenge.ts';
import type { Deleted, Drifting, Fingerprint } from './ledger-entry.ts';
import type { PlanPolicy } from './policy.ts';
import { modeOf, refusalOfDestination, refusalOfMode } from './policy.ts';

/** What is known while one job of a scope is decided on. */
export interface PlanContext {
  readonly desired: DesiredScope;
  readonly policy: PlanPolicy;
  readonly fingerprint: Fingerprint;
  /** Unowned live jobs that already are what a replace would create. */
  readonly twins: readonly LiveJob[];
  /** Names of creates whose answer was lost. */
  readonly creating: readonly string[];
  /** Deletes whose answer was lost. */
  readonly deleting: readonly Deleted[];
  /** What was seen to have moved by looks before this one. */
  readonly drifting: readonly Drifting[];
  /** Of others, to the job of this id, since it was last as wanted; as far as the audit log tells. */
  readonly lastWriteOf: (id: number) => Attribution | null;
  /** Whether a person has approved what is withheld under this digest. */
  readonly approves: (digest: string) => boolean;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
}

/** What one job adds to the plan of its scope. */
export type Step = Partial<
  Pick<Plan, 'changes' | 'withheld' | 'unmanaged' | 'unverifiable' | 'adoptable' | 'lookAgainAt'>
>;

/** What is held back, besides why. */
export interface Held {
  readonly action: Action;
  readonly class: DifferenceClass;
  readonly fields: readonly FieldDiff[];
  readonly id?: number;
}

export function withhold(desired: Pick<DesiredJob, 'name' | 'origin'>, reason: string, held: Held): Step {
  return { withheld: [{ ...held, name: desired.name, reason, origin: desired.origin }] };
}

/** Holds a job back whose destination is not proven yet and by nothing; null where it can be sent. */
export function withholdUnproven(desired: DesiredJob, held: Held, context: PlanContext): Step | null {
  const { desired: scope, policy, now } = context;
  const why = whyUnproven(desired, scope.scope, policy, now);
  if (why === null) return null;
  const { withheld = [] } = withhold(desired, why, held);
  return { withheld: withheld.map((one) => ({ ...one, waitsFor: 'challenge' })) };
}

/** A change that was planned and is not written now. */
export function heldBack(change: Change, reason: string): Withheld {
  const { name, action, class: whose, fields, origin } = change;
  return {
    name,
    action,
    class: whose,
    reason,
    fields,
    ...(change.action === 'create' ? {} : { id: change.live.id }),
    ...(origin && { origin }),
  };
}

/** Why nothing of this job may be written, or null: its destination, or its mode. */
export function refusalOfJob(desired: DesiredJob, isDrift: boolean, context: PlanContext): string | null {
  return (
    refusalOfDestination(desired, context.policy.allowedDestinations) ??
    refusalOfMode(modeOf(context.desired, context.policy, desired), isDrift)
  );
}
