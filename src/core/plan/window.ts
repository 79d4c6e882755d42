import type { Action, Change, Withheld } from './change.ts';
import { heldBack } from './step.ts';

/** The times at which a window opens, as a cron expression gives them: each list holds numbers that match. */
export interface Opening {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  readonly month: readonly number[];
  /** 0 is Sunday. */
  readonly dayOfWeek: readonly number[];
}

/** When changes of some kinds may be written, and else not. */
export interface ChangeWindow {
  readonly actions: readonly Action[];
  /** As written. */
  readonly cron: string;
  readonly opening: Opening;
  readonly ms: number;
  /** IANA name. */
  readonly timezone: string;
}

const DAY_MS = 86_400_000;
/** The 29th of February comes within so many days. */
const FURTHEST_DAYS = 8 * 366;

/** Those that may be written now, and the others with when their next window opens. */
export function withinWindows(
  changes: readonly Change[],
  windows: readonly ChangeWindow[],
  now: number,
): { readonly changes: readonly Change[]; readonly withheld: readonly Withheld[] } {
  if (windows.length === 0) return { changes, withheld: [] };
  const waits = new Map(
    [...new Set(changes.map(({ action }) => action))].map((one) => [one, waitOf(one, windows, now)]),
  );
  const waitFor = (change: Change): Wait | null =>
    isEnding(change) ? null : (waits.get(change.action) ?? null);
  return {
    changes: changes.filter((change) => waitFor(change) === null),
    withheld: changes.flatMap((change) => {
      const wait = waitFor(change);
      if (wait === null) return [];
      const held = heldBack(change, whyClosed(change.action, wait));
      return [wait.opensAt === null ? held : { ...held, until: new Date(wait.opensAt).toISOString() }];
    }),
  };
}

/** Deletes one of two that deliver the same: nothing is lost, and it ends what began while a window was open. */
function isEnding(change: Change): boolean {
  return change.action === 'delete' && change.keeps !== undefined;
}

interface Wait {
  readonly window: ChangeWindow;
  readonly opensAt: number | null;
}

/** Null where no window is about such changes, or one is open. */
function waitOf(action: Action, windows: readonly ChangeWindow[], now: number): Wait | null {
  const about = windows.filter(({ actions }) => actions.includes(action));
  const waits = about.map((window) => ({ window, opensAt: opensAt(window, now) }));
  if (waits.some((wait) => wait.opensAt === now)) return null;
  return waits.toSorted((a, b) => (a.opensAt ?? Infinity) - (b.opensAt ?? Infinity))[0] ?? null;
}

/** `now` while it is open; null where it never opens. */
export function opensAt({ opening, ms, timezone }: ChangeWindow, now: number): number | null {
  const first = Math.floor((now - ms) / DAY_MS) - 1;
  for (let day = first; day < first + FURTHEST_DAYS; day += 1) {
    for (const time of openingsOn(day, opening, timezone)) {
      if (time > now) return time;
      if (now < time + ms) return now;
    }
  }
  return null;
}

/** In order, as times of the world: those whose date in the time zone is this one. */
function openingsOn(day: number, opening: Opening, timezone: string): readonly number[] {
  const date = new Date(day * DAY_MS);
  const fits =
    opening.month.includes(date.getUTCMonth() + 1) &&
    opening.dayOfMonth.includes(date.getUTCDate()) &&
    opening.dayOfWeek.includes(date.getUTCDay());
  if (!fits) return [];
  return opening.hour
    .flatMap((hour) => opening.minute.map((minute) => day * DAY_MS + (hour * 60 + minute) * 60_000))
    .map((local) => timeOf(local, timezone))
    .toSorted((a, b) => a - b);
}

/** The time at which clocks there show this. Of what they skip in spring, the moment after; of what they show twice, one of the two. */
function timeOf(local: number, timezone: string): number {
  const guess = local - offsetAt(local, timezone);
  return local - offsetAt(guess, timezone);
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

function whyClosed(action: Action, { window: { cron, timezone }, opensAt: opens }: Wait): string {
  const what = `The setting "windows" lets logpushd ${action} jobs at certain times only`;
  if (opens === null) return `${what}, and "${cron}" never opens; correct it.`;
  const time = new Date(opens).toISOString().slice(0, 16).replace('T', ' ');
  return `${what}: the next window opens at ${time} UTC ("${cron}", ${timezone}). It is written then by itself.`;
}
