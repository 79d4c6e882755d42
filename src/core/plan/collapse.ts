import type { LiveJob } from '../job/job.ts';
import { afterLook, isSettled } from './doubt.ts';
import type { DoubtRule } from './doubt.ts';
import type { Collapse, ScopeLedger } from './ledger-entry.ts';

/**
 * The collapse that one more complete listing shows; undefined where enough jobs are left. A single job that is
 * gone was deleted by somebody; when most are gone, it may as well be the listing that is wrong.
 */
export function collapseAfter(
  { entries, collapse }: ScopeLedger,
  live: readonly LiveJob[],
  now: number,
  rule: DoubtRule,
): Collapse | undefined {
  const listed = new Set(live.map(({ id }) => id));
  const gone = entries.map(({ id }) => id).filter((id) => !listed.has(id));
  if (gone.length < 2 || gone.length <= entries.length / 2) return undefined;
  const agrees = gone.every((id) => collapse?.gone.includes(id));
  return {
    gone: gone.toSorted((a, b) => a - b),
    looks: afterLook(agrees ? (collapse?.looks ?? []) : [], now, rule),
  };
}

export function isDoubted(collapse: Collapse | undefined, rule: DoubtRule): collapse is Collapse {
  return collapse !== undefined && !isSettled(collapse.looks, rule);
}
