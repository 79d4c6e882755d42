import { afterLook, isSettled } from './doubt.ts';
import type { DoubtRule } from './doubt.ts';
import type { Copies, ScopeLedger } from './ledger-entry.ts';
import type { Match } from './match.ts';

/**
 * Jobs that are there more than once, as one more complete listing shows; undefined where none is. A deleted job is
 * shown for up to a minute (`cloudflare-api.md` §8.3), so of two equal ones one may be the shade of a job that
 * somebody has just made anew; were the other deleted beside it, nothing would be left.
 */
export function copiesAfter(
  { copies }: ScopeLedger,
  surplus: Match['surplus'],
  now: number,
  rule: DoubtRule,
): Copies | undefined {
  const ids = [...new Set(surplus.flatMap(({ live, kept }) => [live.id, kept.id]))].toSorted((a, b) => a - b);
  if (ids.length === 0) return undefined;
  const agrees = ids.every((id) => copies?.ids.includes(id));
  return { ids, looks: afterLook(agrees ? (copies?.looks ?? []) : [], now, rule) };
}

export function areCopiesDoubted(copies: Copies | undefined, rule: DoubtRule): copies is Copies {
  return copies !== undefined && !isSettled(copies.looks, rule);
}
