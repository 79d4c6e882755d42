import { scopeKey } from '../job/job.ts';
import { type Change, type Plan } from '../plan/change.ts';
import { allowedRemovals, type GuardLimits } from '../plan/guard.ts';
import { heldBack, type TransformerChange, type TransformerPlan } from './change.ts';
import { type ChangeWindow, splitByWindows } from '../plan/window.ts';
import type { leftoversOf } from './plan.ts';
import type { UsingJob } from './transformer.ts';

type Leftovers = ReturnType<typeof leftoversOf>;
type Delete = Extract<TransformerChange, { action: 'delete' }>;

/**
 * The plan with the deletes of what is owned and not wanted any more. Cloudflare refuses to delete a transformer that a job
 * refers to, so one is only planned where the plans of the jobs take it out of all of them.
 */
export function withDeletes(
  plan: TransformerPlan,
  leftovers: Leftovers,
  jobPlans: readonly Plan[],
  windows: readonly ChangeWindow[],
  now: number,
): TransformerPlan {
  const leaving = leavingJobs(jobPlans);
  const decided = leftovers.map(({ live, refusal }) => {
    const users = live.jobs.filter((job) => !leaving.has(keyOf(job)));
    return { change: deleteOf(live), why: refusal ?? whyInUse(users) };
  });
  const allowed = decided.flatMap(({ change, why }) => (why === null ? [change] : []));
  const { open, closed } = splitByWindows(allowed, windows, now, 'transformers');
  return {
    ...plan,
    changes: [...plan.changes, ...open],
    withheld: [
      ...plan.withheld,
      ...decided.flatMap(({ change, why }) => (why === null ? [] : [heldBack(change, why)])),
      ...closed.map(({ change, reason, until }) => ({ ...heldBack(change, reason), ...until })),
    ],
  };
}

function deleteOf(live: Leftovers[number]['live']): Delete {
  const reason = 'It is owned and the manifest has it no more.';
  return { action: 'delete', name: live.name, class: 'pending', reason, fields: [], live };
}

/** Why it cannot be deleted while these jobs refer to it, or null. */
export function whyInUse(users: readonly UsingJob[]): string | null {
  if (users.length === 0) return null;
  const names = users.slice(0, 3).map(({ name, id }) => `"${name}" (${id})`);
  const rest = users.length > 3 ? ` and ${users.length - 3} more` : '';
  return (
    `Jobs refer to it: ${names.join(', ')}${rest}; take it out of them with "transformer: null", or give them another one, and it ` +
    'is deleted then.'
  );
}

/** Jobs that do not refer to a transformer of before once these plans are carried out. */
function leavingJobs(plans: readonly Plan[]): ReadonlySet<string> {
  return new Set(
    plans.flatMap(({ scope, changes }) =>
      changes.filter(isLeaving).map((change) => `${scopeKey(scope)}/${change.live.id}`),
    ),
  );
}

function isLeaving(change: Change): change is Exclude<Change, { action: 'create' }> {
  if (change.action === 'create') return false;
  return change.action === 'delete' || change.action === 'replace' || 'transformer_id' in change.body;
}

function keyOf({ scopeKey: key, id }: UsingJob): string {
  return `${key}/${id}`;
}

/** Withholds all deletes of a pass where they are more than the guard lets one pass remove. */
export function guardDeletes(
  plans: readonly TransformerPlan[],
  owned: number,
  limits: GuardLimits,
): readonly TransformerPlan[] {
  const deletes = plans.flatMap(({ changes }) => changes.filter(isDelete)).length;
  const allowed = allowedRemovals(limits, owned);
  if (deletes <= allowed) return plans;
  const why =
    `${deletes} transformers would be deleted, and one pass may delete ${allowed} of ${owned} owned ones; raise guard.max_removals ` +
    `(${limits.maxRemovals}) or guard.max_removal_share (${limits.maxRemovalShare}), or do it in steps.`;
  return plans.map((plan) => ({
    ...plan,
    changes: plan.changes.filter((change) => !isDelete(change)),
    withheld: [...plan.withheld, ...plan.changes.filter(isDelete).map((change) => heldBack(change, why))],
  }));
}

export function isDelete(change: TransformerChange): change is Delete {
  return change.action === 'delete';
}
