import { differencesOf } from '../job/diff.ts';
import type { Difference } from '../job/diff.ts';
import type { LiveJob } from '../job/job.ts';
import { isMaskable } from './classify.ts';

/**
 * The paths of all values that both looks at a job show, and that are not the same any more. What only one of
 * them shows proves nothing: a listing may leave out what a single read has, and secrets may be masked.
 */
export function changedPaths(before: LiveJob, after: LiveJob): readonly string[] {
  const back = new Set(shownDifferences(after, before));
  return shownDifferences(before, after).filter((path) => back.has(path));
}

/** Whether two jobs are the same in everything but their id. Only secrets may be hidden. */
export function isCopy(one: LiveJob, other: LiveJob): boolean {
  return [...differences(one, other), ...differences(other, one)].every(
    ({ path, liveText }) => liveText === undefined && isMaskable(path),
  );
}

function shownDifferences(one: LiveJob, other: LiveJob): readonly string[] {
  return differences(one, other)
    .filter(({ liveText }) => liveText !== undefined)
    .map(({ path }) => path);
}

function differences(one: LiveJob, other: LiveJob): readonly Difference[] {
  return differencesOf(one.fields, other.fields, []);
}
