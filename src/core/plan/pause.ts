import type { DesiredScope, Pause } from '../job/job.ts';
import { minuteText } from '../minute.ts';

const DAY_MS = 86_400_000;

/** Longer than an incident takes: a pause of that length is told of like one without end. */
const LONG_MS = 3 * DAY_MS;

/** Those that have not ended. */
export function pausesInForce(pauses: readonly Pause[] | undefined, now: number): readonly Pause[] {
  return (pauses ?? []).filter((pause) => now < endOf(pause));
}

/** What keeps a job from being written: a pause of its own, else that of its scope. */
export function pauseOver(
  { pauses = [] }: Pick<DesiredScope, 'pauses'>,
  job: string | undefined,
): Pause | undefined {
  return (
    pauses.find((pause) => pause.job !== undefined && pause.job === job) ??
    pauses.find((pause) => pause.job === undefined)
  );
}

/** Milliseconds since the epoch; infinite where it stands until somebody ends it. */
export function endOf({ until }: Pause): number {
  return until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
}

/** When it is to be told of next that this pause still stands; infinite for one that ends soon by itself. */
export function nextReminder(pause: Pause, now: number): number {
  const since = Date.parse(pause.since);
  if (endOf(pause) - since <= LONG_MS) return Number.POSITIVE_INFINITY;
  const days = Math.max(0, Math.floor((now - since) / DAY_MS));
  return since + (days + 1) * DAY_MS;
}

/** Why nothing is written, and what ends it. */
export function whyPaused(pause: Pause, { name }: { readonly name: string }): string {
  const target = targetOf(pause, { name });
  const until = pause.until === undefined ? 'until it is resumed' : `until ${minuteText(pause.until)}`;
  const why = pause.reason === undefined ? '' : ` (${pause.reason})`;
  return `${target} is paused since ${minuteText(pause.since)}, ${until}${why}: nothing is written there. "logpushd resume ${target}" ends it.`;
}

/** As a person names it. */
export function targetOf({ job }: Pick<Pause, 'job'>, { name }: { readonly name: string }): string {
  return job === undefined ? name : `${name}/${job}`;
}
