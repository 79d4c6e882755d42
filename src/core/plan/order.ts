import type { Scope } from '../job/job.ts';
import { compareText } from '../problem.ts';
import type { Action, Change } from './change.ts';

/** Updates free nothing and need nothing, so they go first; a gap in logs cannot be healed, so deletes go last. */
const USUAL: readonly Action[] = ['update', 'adopt', 'create', 'replace', 'delete'];
const WHEN_FULL: readonly Action[] = ['update', 'adopt', 'delete', 'create', 'replace'];

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
  const peak = liveCount + count('create') + (count('replace') > 0 ? 1 : 0);
  const order = peak > limit && count('delete') > 0 ? WHEN_FULL : USUAL;
  const sorted = changes.toSorted(
    (a, b) =>
      order.indexOf(a.action) - order.indexOf(b.action) || compareText(a.name, b.name) || idOf(a) - idOf(b),
  );
  return withRoom(sorted, liveCount, limit);
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
