import { isGap, type Change } from '../../core/plan/change.ts';
import type { Outcome } from './pass-terms.ts';

/**
 * Why a change is not written after what became of those before it, in its scope; null: it is.
 *
 * Two jobs must not be down because one create got no answer; and it may have left room to make the next one first. A copy
 * that could not be deleted is known as one only as long as the job that it is a copy of stays as it is.
 */
export function whyNotAfter(done: readonly Outcome[], change: Change): string | null {
  const copy = done.find((one) => isLeftCopyOf(one, change));
  if (copy) return `a copy of job "${change.name}" is still to be deleted, so this one is planned anew`;
  const inItsPlace = done.find(
    ({ change: other, result }) => result === 'failed' && makesRoom(other, change),
  );
  if (inItsPlace) return `job "${inItsPlace.change.name}", whose place it needs, was not deleted`;
  const failed = isGap(change) && done.find((one) => one.result === 'failed' && isGap(one.change));
  if (!failed) return null;
  return `the replace of job "${failed.change.name}" did not come to its end, so this one is planned anew`;
}

function makesRoom(other: Change, change: Change): boolean {
  if (other.action !== 'delete' || change.action === 'delete') return false;
  return other.makesRoomFor?.name === change.name;
}

/** What Cloudflare refuses for good must not keep the manifest from being carried out. */
function isLeftCopyOf({ change: done, result, error }: Outcome, change: Change): boolean {
  if (done.action !== 'delete' || result === 'applied' || error?.isRefusal === true) return false;
  return change.action !== 'create' && done.keeps !== undefined && done.keeps.id === change.live.id;
}
