export const DAY_MS = 86_400_000;

/** What the clocks of a time zone show around one of its days: how far they are ahead of UTC, in milliseconds. */
interface Clocks {
  readonly before: number;
  readonly after: number;
  /** When they are put forward or back, milliseconds since the epoch; where they are not, no time is later. */
  readonly changed: number;
}

/**
 * The clocks of all times whose date there is this one.
 *
 * @param midnight as clocks show it, read as UTC
 * @param timezone IANA name
 */
export function clocksOn(midnight: number, timezone: string): Clocks {
  // No time zone is further from UTC than a day, and none changes its clocks twice within three.
  let from = midnight - DAY_MS;
  let to = midnight + 2 * DAY_MS;
  const before = offsetAt(from, timezone);
  const after = offsetAt(to, timezone);
  if (before === after) return { before, after, changed: Infinity };
  while (to - from > 1000) {
    const middle = Math.floor((from + to) / 2000) * 1000;
    if (offsetAt(middle, timezone) === before) from = middle;
    else to = middle;
  }
  return { before, after, changed: to };
}

/**
 * When the clocks show this. What they show twice in autumn is the first of the two; what they skip in spring is as long
 * after the change as it should have been after it.
 *
 * @param local what they show, read as UTC
 */
export function timeOf(local: number, { before, after, changed }: Clocks): number {
  const first = local - before;
  const second = local - after;
  return first >= changed && second >= changed ? second : first;
}

/** How much clocks there are ahead of UTC, in milliseconds. */
function offsetAt(time: number, timezone: string): number {
  const parts = formatOf(timezone).formatToParts(time);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return shown - Math.floor(time / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  const format =
    known ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timeZone, format);
  return format;
}
