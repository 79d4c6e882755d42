import type { Match } from './match.ts';
import { modeOf, refusalOfMode } from './policy.ts';
import type { PlanContext, Step } from './step.ts';

/** A job that a create of ours made once too often: its copy stays, so nothing is lost when it goes. */
export function planSurplus(
  { desired, live, kept }: Match['surplus'][number],
  { desired: scope, policy }: PlanContext,
): Step {
  const { name, origin } = desired;
  const what = `Job ${live.id} is the same as job ${kept.id}: surplus of a create whose answer was lost, or that was carried out twice.`;
  const refusal =
    refusalOfMode(modeOf(scope, policy, desired), false) ??
    (policy.removeSurplus
      ? null
      : 'The setting guard.remove_surplus is false, so both deliver; set it to true, or delete one of them.');
  const common = { name, action: 'delete', class: 'pending', fields: [], origin } as const;
  if (refusal !== null) return { withheld: [{ ...common, id: live.id, reason: `${what} ${refusal}` }] };
  return { changes: [{ ...common, reason: `${what} Deleting it loses nothing.`, live, keeps: kept }] };
}
