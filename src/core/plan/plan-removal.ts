import type { LiveJob } from '../job/job.ts';
import type { Change, DifferenceClass, Withheld } from './change.ts';
import { graceOf, heldUntil, madeKey, whyInGrace } from './grace.ts';
import type { Match, Superseded } from './match.ts';
import { overlapOf } from './overlap.ts';
import { modeOf, pruneOf, refusalOfMode, refusalOfPrune } from './policy.ts';
import type { PlanContext, Step } from './step.ts';

/** Deletes. A job that is paired never comes here; matching sees to that. */

/** An owned job that left the manifest. */
export function planLeftover({ live, entry }: Match['leftovers'][number], context: PlanContext): Step {
  const { desired, policy } = context;
  const refusal =
    refusalOfMode(modeOf(desired, policy, { name: entry.name }), false) ??
    refusalOfPrune(pruneOf(desired, policy), entry, desired.scope.kind);
  const reason = `Job ${live.id} is owned by logpushd and not in the manifest any more.`;
  return removal(entry.name, live, 'pending', refusal, reason);
}

/** The old half of a replace: its successor is at Cloudflare, so both deliver until this one goes. */
export function planSuperseded(superseded: Superseded, context: PlanContext): Step {
  const { live, entry, successor } = superseded;
  const refusal = refusalOfMode(modeOf(context.desired, context.policy, { name: entry.name }), false);
  const keeps = context.desired.jobs.some(({ name }) => name === entry.name) ? successor : undefined;
  const overlap = refusal === null ? overlapOf(superseded, context) : null;
  const reason = `Job ${live.id} was replaced by job ${successor.id} of the same name; deleting it ends the overlap.`;
  return {
    ...removal(entry.name, live, 'pending', refusal ?? overlap?.reason ?? null, reason, keeps),
    ...(overlap?.until !== undefined && { lookAgainAt: overlap.until }),
  };
}

/**
 * A job that is neither owned nor in the manifest: left alone unless `prune` is `all`. A twin stays in any
 * case: the person who is told of it is to choose.
 */
export function planUnmanaged(live: LiveJob, context: PlanContext): Step {
  const { desired, policy, twins } = context;
  const prune = pruneOf(desired, policy);
  if (prune.value !== 'all' || twins.includes(live)) return { unmanaged: [live] };
  // Nobody wrote it in the manifest and we never applied it: it appeared at Cloudflare, which is drift.
  const refusal = refusalOfMode(modeOf(desired, policy, { name: live.name }), true);
  const reason = `Job ${live.id} is not in the manifest, and ${prune.source} is "all".`;
  const until = refusal === null ? graceOf(madeKey(live.id), context) : null;
  if (until === null) return removal(live.name, live, 'drift', refusal, reason);
  const why = whyInGrace(
    `Somebody made job ${live.id} at Cloudflare`,
    `${desired.scope.name}/${live.name}`,
    until,
  );
  const { withheld = [] } = removal(live.name, live, 'drift', why, reason);
  return { withheld: heldUntil(withheld, until) };
}

function removal(
  name: string,
  live: LiveJob,
  whose: DifferenceClass,
  refusal: string | null,
  reason: string,
  keeps?: LiveJob,
): Step {
  if (refusal !== null) {
    const withheld: Withheld = {
      name,
      action: 'delete',
      id: live.id,
      class: whose,
      reason: refusal,
      fields: [],
    };
    return { withheld: [withheld] };
  }
  const change: Change = {
    action: 'delete',
    name,
    class: whose,
    reason,
    fields: [],
    live,
    ...(keeps && { keeps }),
  };
  return { changes: [change] };
}
