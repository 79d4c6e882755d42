import { validateDetailed } from 'node-cron';

const DAY = 86_400;

/** The longest time between two firings of a cron expression that is valid, in seconds. A guess for what is rarer than yearly. */
export function longestInterval(expression: string): number {
  const { fields } = validateDetailed(expression);
  if (fields === undefined) return 0;
  const { second, minute, hour } = fields;
  const times = hour
    .flatMap((h) => minute.flatMap((m) => second.map((s) => (h * 60 + m) * 60 + s)))
    .toSorted((a, b) => a - b);
  const within = pausesIn(times);
  const overnight = DAY - (times.at(-1) ?? 0) + (times[0] ?? 0);
  return Math.max(...within, overnight + (longestRest(fields) - 1) * DAY);
}

interface Days {
  readonly dayOfMonth: readonly (number | string)[];
  readonly month: readonly (number | string)[];
  readonly dayOfWeek: readonly (number | string)[];
}

/** Days from one that fires to the next one that does, at most. */
function longestRest({ dayOfMonth, month, dayOfWeek }: Days): number {
  const start = Date.UTC(2024, 0, 1);
  const firing = Array.from({ length: 2 * 366 }, (_, day) => day).filter((day) => {
    const date = new Date(start + day * DAY * 1000);
    return (
      dayOfMonth.includes(date.getUTCDate()) &&
      month.includes(date.getUTCMonth() + 1) &&
      dayOfWeek.includes(date.getUTCDay())
    );
  });
  return firing.length < 2 ? 366 : Math.max(1, ...pausesIn(firing));
}

function pausesIn(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}
