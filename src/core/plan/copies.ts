import { afterLook, isSettled } from './doubt.ts';
import type { DoubtRule } from './doubt.ts';
import type { Copies, ScopeLedger } from './ledger-entry.ts';
import type { Match } from './match.ts';

/**
 * Jobs that are there more than once, as one more complete listing shows. A deleted job is shown for up to a minute
 * (`cloudflare-api.md` §8.3), so of two equal ones one may be the shade of a job that somebody has just made anew;
 * were the other deleted beside it, nothing would be left.
 *
 * What is not seen this time, because a listing is old or the job cannot be resolved now, stays known: it may be
 * too late to see it for what it is once more. It has to be there for long again before it goes.
 */
export function copiesAfter(
  { copies }: ScopeLedger,
  surplus: Match['surplus'],
  now: number,
  rule: DoubtRule,
): Copies | undefined {
  const known = copies?.ids ?? [];
  const found = surplus.flatMap(({ live, kept }) => [live.id, kept.id]);
  if (found.length === 0) return copies && { ids: known, looks: [] };
  const agrees = found.every((id) => known.includes(id));
  const looks = afterLook(agrees ? (copies?.looks ?? []) : [], now, rule);
  return { ids: [...new Set([...known, ...found])].toSorted((a, b) => a - b), looks };
}

/** What is still to be known when these jobs are gone: the others, unless nothing of them is there too often. */
export function copiesWithout(
  { copies, entries }: Pick<ScopeLedger, 'copies' | 'entries'>,
  gone: readonly number[],
): Copies | undefined {
  if (copies === undefined || !copies.ids.some((id) => gone.includes(id))) return copies;
  const ids = copies.ids.filter((id) => !gone.includes(id));
  const isSpare = (id: number): boolean => entries.every((entry) => entry.id !== id);
  return ids.length > 1 && ids.some(isSpare) ? { ids, looks: copies.looks } : undefined;
}

export function areCopiesDoubted(copies: Copies | undefined, rule: DoubtRule): copies is Copies {
  return copies !== undefined && !isSettled(copies.looks, rule);
}
