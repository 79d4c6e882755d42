/**
 * What one answer cannot settle, listings do: whether a create whose answer was lost has made a job, whether most
 * jobs of a scope are really gone.
 *
 * A doubt is the times of the complete listings that spoke for one and the same answer. It is settled when there
 * are enough of them, spread evenly over a time. So a clock that jumps forward shortens it by one step at most,
 * and one that went backwards begins it anew.
 */
export type Looks = readonly string[];

/** When there are enough of them. */
export interface DoubtRule {
  /** Complete listings that have to agree, the first one included. */
  readonly listings: number;
  /** Milliseconds from the first of them to the last, at least. */
  readonly ms: number;
}

/** The looks after one more listing, taken at `now` (milliseconds since the epoch). */
export function afterLook(looks: Looks, now: number, rule: DoubtRule): Looks {
  if (isSettled(looks, rule)) return looks;
  const sinceLast = now - timeOf(looks.at(-1));
  const goesOn = sinceLast >= 0;
  if (goesOn && sinceLast < stepOf(rule)) return looks;
  return [...(goesOn ? looks : []), new Date(now).toISOString()];
}

export function isSettled(looks: Looks, { listings }: DoubtRule): boolean {
  return looks.length >= listings;
}

/** When the next listing counts that is taken, in milliseconds since the epoch. */
export function nextLook(looks: Looks, rule: DoubtRule): number {
  return timeOf(looks.at(-1)) + stepOf(rule);
}

/** How it is decided, for people: with what it takes, and when it goes on. */
export function wayOut(looks: Looks, rule: DoubtRule): string {
  const seconds = Math.round(rule.ms / 1000);
  const rest =
    looks.length === 0
      ? 'the next pass may take the first.'
      : `the daemon takes the next one at ${new Date(nextLook(looks, rule)).toISOString().slice(11, 19)} UTC, ` +
        'or run "logpushd apply" then.';
  return `${rule.listings} listings over ${seconds} seconds decide it, ${looks.length} of them taken; ${rest}`;
}

function stepOf({ listings, ms }: DoubtRule): number {
  return ms / (listings - 1);
}

/** Not a number where there is none, so that nothing goes on from it. */
function timeOf(look: string | undefined): number {
  return look === undefined ? Number.NaN : Date.parse(look);
}
