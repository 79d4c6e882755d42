import { minuteText } from '../minute.ts';
import type { Action, Change, Withheld } from './change.ts';
import { clocksOn, DAY_MS, timeOf } from './local-time.ts';
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

/** The 29th of February comes within so many days. */
const FURTHEST_DAYS = 8 * 366;

/** Those that may be written now, and the others with when their next window opens. */
export function withinWindows(
  changes: readonly Change[],
  windows: readonly ChangeWindow[],
  now: number,
): { readonly changes: readonly Change[]; readonly withheld: readonly Withheld[] } {
  const ending = changes.filter(isEnding);
  const rest = changes.filter((change) => !isEnding(change));
  const { open, closed } = splitByWindows(rest, windows, now, 'jobs');
  return {
    changes: changes.filter((change) => ending.includes(change) || open.includes(change)),
    withheld: closed.map(({ change, reason, until }) => ({ ...heldBack(change, reason), ...until })),
  };
}

interface Closed<Any> {
  readonly change: Any;
  readonly reason: string;
  /** RFC 3339; empty where no window ever opens. */
  readonly until: { readonly until?: string };
}

/** @param what as in `jobs` */
export function splitByWindows<Any extends { readonly action: Action }>(
  changes: readonly Any[],
  windows: readonly ChangeWindow[],
  now: number,
  what: string,
): { readonly open: readonly Any[]; readonly closed: readonly Closed<Any>[] } {
  if (windows.length === 0) return { open: changes, closed: [] };
  const waits = new Map(
    [...new Set(changes.map(({ action }) => action))].map((one) => [one, waitOf(one, windows, now)]),
  );
  return {
    open: changes.filter(({ action }) => !waits.get(action)),
    closed: changes.flatMap((change) => {
      const wait = waits.get(change.action);
      if (!wait) return [];
      const until = wait.opensAt === null ? {} : { until: new Date(wait.opensAt).toISOString() };
      return [{ change, reason: whyClosed(change.action, what, wait), until }];
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
  const after = now - ms;
  const first = Math.floor(after / DAY_MS) - 1;
  for (let day = first; day < first + FURTHEST_DAYS; day += 1) {
    const time = firstOn(day, opening, timezone, after);
    if (time === Infinity) continue;
    // What clocks skip at the end of a day comes after the beginning of the next one.
    return Math.max(now, Math.min(time, firstOn(day + 1, opening, timezone, after)));
  }
  return null;
}

/** The first opening of a day there that is later than this; Infinity where it has none. */
function firstOn(day: number, opening: Opening, timezone: string, after: number): number {
  const date = new Date(day * DAY_MS);
  const fits =
    opening.month.includes(date.getUTCMonth() + 1) &&
    opening.dayOfMonth.includes(date.getUTCDate()) &&
    opening.dayOfWeek.includes(date.getUTCDay());
  if (!fits) return Infinity;
  const clocks = clocksOn(day * DAY_MS, timezone);
  let first = Infinity;
  for (const hour of opening.hour) {
    for (const minute of opening.minute) {
      const time = timeOf(day * DAY_MS + (hour * 60 + minute) * 60_000, clocks);
      if (time > after && time < first) first = time;
    }
  }
  return first;
}

function whyClosed(
  action: Action,
  subject: string,
  { window: { cron, timezone }, opensAt: opens }: Wait,
): string {
  const what = `The setting "windows" lets logpushd ${action} ${subject} at certain times only`;
  if (opens === null) return `${what}, and "${cron}" never opens; correct it.`;
  return `${what}: the next window opens at ${minuteText(opens)} ("${cron}", ${timezone}). It is written then by itself.`;
}
