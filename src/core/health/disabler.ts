import { type Attribution, CLOCKS_DIFFER_MS } from '../audit/attribution.ts';
import type { LiveJob } from '../job/job.ts';

/** Who disabled a job. */
export type Disabler = 'cloudflare' | 'person';

/** §8.1: Cloudflare disables what has delivered no batch for 24 hours. An hour less, as clocks and ranges differ. */
const SOONEST_DISABLED_MS = 23 * 3_600_000;

/**
 * Who disabled this job; null where nothing tells (`cloudflare-api.md` §8.1, §9).
 *
 * The audit log decides where it names somebody who can have done it. Else: Cloudflare disables only what fails, only
 * after a day, and leaves the error standing. What was disabled sooner after its last delivery, or without an error, was
 * disabled by somebody.
 *
 * @param seenAt when it was first seen disabled, milliseconds since the epoch. The clock of Cloudflare, by which the times
 *   of the job are, may be another one, so that its own times count as well
 * @param by the last write of others to this job
 */
export function disablerOf(
  { delivery: { lastComplete, lastError } }: Pick<LiveJob, 'delivery'>,
  seenAt: number,
  by: Attribution | null,
): Disabler | null {
  const [delivered, failed] = [timeOf(lastComplete), timeOf(lastError)];
  // It still tried to deliver after that write.
  const isLate = by !== null && Date.parse(by.at) + CLOCKS_DIFFER_MS < Math.max(delivered, failed);
  if (by !== null && !isLate) return by.way === 'cloudflare' ? 'cloudflare' : 'person';
  if (lastError === null || failed < delivered) return lastComplete === null ? null : 'person';
  const isTooSoon = lastComplete !== null && Math.max(seenAt, failed) - delivered < SOONEST_DISABLED_MS;
  return isTooSoon ? 'person' : 'cloudflare';
}

function timeOf(text: string | null): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
