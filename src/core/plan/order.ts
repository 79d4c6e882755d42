import type { Scope } from '../job/job.ts';
import { compareText } from '../problem.ts';
import type { Action, Change, Plan } from './change.ts';

/**
 * Updates free nothing and need nothing, so they go first; a replace needs room for a moment only, and a create may
 * take the last of it; a gap in logs cannot be healed, so deletes go last.
 */
const USUAL: readonly Action[] = ['update', 'adopt', 'replace', 'create', 'delete'];
const WHEN_FULL: readonly Action[] = ['update', 'adopt', 'delete', 'replace', 'create'];

const OVERLAP =
  'The new job is created before the old one is deleted: for a short time both deliver, nothing is lost.';
const GAP =
  'The zone has no room for two jobs: the old one is deleted first, and logs of the moments between are lost.';

/**
 * The order of writing: create before delete, so that no logs are lost, unless the zone is too full for the
 * new jobs. Independent of the order of the input. Decides for each replace which half comes first, and says so.
 */
export function orderChanges(
  changes: readonly Change[],
  liveCount: number,
  scope: Scope,
  jobsPerZone: number,
): readonly Change[] {
  const limit = scope.kind === 'zone' ? jobsPerZone : Number.POSITIVE_INFINITY;
  const count = (action: Action): number => changes.filter((change) => change.action === action).length;
  const peak = liveCount + Math.max(count('create'), count('replace') > 0 ? 1 : 0);
  const order = peak > limit && count('delete') > 0 ? WHEN_FULL : USUAL;
  const sorted = changes.toSorted(
    (a, b) =>
      order.indexOf(a.action) - order.indexOf(b.action) || compareText(a.name, b.name) || idOf(a) - idOf(b),
  );
  return withRoom(sorted, liveCount, limit);
}

/** Takes out the replaces that would lose logs: nobody has consented to that. */
export function withoutGaps(ordered: readonly Change[]): Pick<Plan, 'changes' | 'withheld'> {
  const lossy = ordered
    .filter((change) => change.action === 'replace')
    .filter(({ deleteFirst }) => deleteFirst);
  return {
    changes: ordered.filter((change) => !lossy.some((one) => one === change)),
    withheld: lossy.map(({ action, name, class: whose, fields, live, desired }) => ({
      action,
      name,
      id: live.id,
      class: whose,
      reason:
        `Replacing job ${live.id} needs a free place, and the zone has none: the old job would be deleted first, and ` +
        'logs of the moments between lost; delete another job, or allow it with the setting guard.allow_gap.',
      fields,
      origin: desired.origin,
    })),
  };
}

function withRoom(sorted: readonly Change[], liveCount: number, limit: number): readonly Change[] {
  let jobs = liveCount;
  return sorted.map((change) => {
    if (change.action === 'create') jobs += 1;
    if (change.action === 'delete') jobs -= 1;
    if (change.action !== 'replace') return change;
    const deleteFirst = jobs >= limit;
    return { ...change, deleteFirst, reason: `${change.reason} ${deleteFirst ? GAP : OVERLAP}` };
  });
}

function idOf(change: Change): number {
  return change.action === 'create' ? 0 : change.live.id;
}
