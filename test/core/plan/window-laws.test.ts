import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { opensAt } from '../../../src/core/plan/window.ts';
import { windowsFrom } from '../../../src/settings/windows.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const HORIZON = 10 * DAY;

/** Around days on which clocks change: by an hour, by half of one, at midnight, and by a whole day. */
const CHANGES = [
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/St_Johns', '2026-03-08'],
  ['Pacific/Auckland', '2026-09-27'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['America/Nuuk', '2026-03-29'],
  ['Africa/Cairo', '2026-04-24'],
  ['Asia/Beirut', '2026-03-29'],
  ['Pacific/Apia', '2011-12-30'],
] as const;

interface Shown {
  readonly time: number;
  /** What clocks show, read as UTC. */
  readonly local: number;
}

/** What the clocks there show, minute by minute: each thing once, and of what they skip as long after as it should be. */
function shownAround([timezone, day]: (typeof CHANGES)[number]): readonly Shown[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const shown: Shown[] = [];
  const start = Date.parse(day) - 4 * DAY;
  const localAt = (time: number): number => Date.parse(`${format.format(time).replace(' ', 'T')}Z`);
  let latest = localAt(start);
  for (let time = start + MINUTE; time < Date.parse(day) + HORIZON; time += MINUTE) {
    const local = localAt(time);
    for (let skipped = latest + MINUTE; skipped < local; skipped += MINUTE) {
      shown.push({ time: time + skipped - latest - MINUTE, local: skipped });
    }
    if (local <= latest) continue;
    shown.push({ time, local });
    latest = local;
  }
  return shown.toSorted((a, b) => a.time - b.time);
}

const SHOWN = new Map(CHANGES.map((change) => [change, shownAround(change)]));

const aList = (min: number, max: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant('*'),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }).map((list) => list.join(',')),
  );

const aSituation = fc.record({
  change: fc.constantFrom(...CHANGES),
  // The night that clocks change in is what is worth to be looked at.
  cron: fc
    .tuple(aList(0, 59), fc.oneof(aList(0, 4), aList(0, 23)), aList(0, 6))
    .map(([minute, hour, dayOfWeek]) => `${minute} ${hour} * * ${dayOfWeek}`),
  minutes: fc.constantFrom(1, 30, 60, 150, 24 * 60),
  aheadMinutes: fc.integer({ min: -36 * 60, max: 36 * 60 }),
});

describe('a change window', () => {
  it('opens when the clocks of its time zone show it, once, and never an hour early or late', () => {
    fc.assert(
      fc.property(aSituation, ({ change, cron, minutes, aheadMinutes }) => {
        const [timezone, day] = change;
        const duration = minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
        const [window] = windowsFrom([{ actions: ['delete'], cron, duration, timezone }], 'UTC');
        if (window === undefined) throw new Error('there is no window');
        const now = Date.parse(day) + aheadMinutes * MINUTE + 1;
        const { minute, hour, dayOfWeek } = window.opening;
        const expected = SHOWN.get(change)?.find(({ time, local }) => {
          const date = new Date(local);
          return (
            time > now - window.ms &&
            minute.includes(date.getUTCMinutes()) &&
            hour.includes(date.getUTCHours()) &&
            dayOfWeek.includes(date.getUTCDay())
          );
        });
        expect(opensAt(window, now)).toBe(expected && Math.max(now, expected.time));
      }),
      { numRuns: 500 },
    );
  });

  it.each(['* * * * 0,6', '* * * * *', '* * 29 2 *'])(
    '"%s" is computed with few looks at the clocks of its time zone',
    (cron) => {
      const looks = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
      const [window] = windowsFrom([{ actions: ['delete'], cron, duration: '2h' }], 'Europe/Berlin');
      if (window === undefined) throw new Error('there is no window');
      opensAt(window, Date.parse('2026-03-30T12:00:00Z'));
      expect(looks.mock.calls.length).toBeLessThan(100);
      looks.mockRestore();
    },
  );
});
