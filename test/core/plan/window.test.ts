import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/core/plan/change.ts';
import { opensAt, withinWindows } from '../../../src/core/plan/window.ts';
import { windowsFrom } from '../../../src/settings/windows.ts';
import { aDelete, anUpdate } from '../../edges/events.ts';
import { aLiveJob } from '../../builders.ts';

function windowOf(cron: string, duration: string, timezone: string, actions: readonly Action[] = ['delete']) {
  const [window] = windowsFrom([{ actions: [...actions], cron, duration, timezone }], 'UTC');
  if (window === undefined) throw new Error('there is no window');
  return window;
}

const OPEN = 'open';

/** 23 November 2026 is a Monday. In Berlin clocks go forward on 29 March 2026 at 2:00, and back on 25 October at 3:00. */
describe('a change window', () => {
  it.each([
    ['0 2 * * *', '2h', 'UTC', '2026-11-23T01:59:59.999Z', '2026-11-23T02:00:00.000Z'],
    ['0 2 * * *', '2h', 'UTC', '2026-11-23T02:00:00.000Z', OPEN],
    ['0 2 * * *', '2h', 'UTC', '2026-11-23T03:59:59.999Z', OPEN],
    ['0 2 * * *', '2h', 'UTC', '2026-11-23T04:00:00.000Z', '2026-11-24T02:00:00.000Z'],
    ['0 22 * * *', '4h', 'UTC', '2026-11-24T01:00:00.000Z', OPEN],
    ['0 2 * * *', '2h', 'Europe/Berlin', '2026-11-23T00:59:00.000Z', '2026-11-23T01:00:00.000Z'],
    ['0 2 * * *', '2h', 'Europe/Berlin', '2026-11-23T01:00:00.000Z', OPEN],
    ['0 2 * * *', '2h', 'America/New_York', '2026-11-23T02:00:00.000Z', '2026-11-23T07:00:00.000Z'],
    ['0 4 * * *', '1h', 'Europe/Berlin', '2026-03-29T00:00:00.000Z', '2026-03-29T02:00:00.000Z'],
    ['0 4 * * *', '1h', 'Europe/Berlin', '2026-10-25T00:00:00.000Z', '2026-10-25T03:00:00.000Z'],
    ['30 1 * * *', '1h', 'Europe/Berlin', '2026-10-24T12:00:00.000Z', '2026-10-24T23:30:00.000Z'],
    ['30 2 * * *', '1h', 'Europe/Berlin', '2026-03-29T00:00:00.000Z', '2026-03-29T01:30:00.000Z'],
    ['30 2 * * *', '1h', 'America/New_York', '2026-03-08T00:00:00.000Z', '2026-03-08T07:30:00.000Z'],
    ['30 1 * * *', '1h', 'America/New_York', '2026-03-08T00:00:00.000Z', '2026-03-08T06:30:00.000Z'],
    ['30 1 * * *', '1h', 'America/New_York', '2026-11-01T00:00:00.000Z', '2026-11-01T05:30:00.000Z'],
    ['30 1 * * *', '1h', 'America/New_York', '2026-11-01T06:30:00.000Z', '2026-11-02T06:30:00.000Z'],
    ['30 2 * * *', '1h', 'Europe/Berlin', '2026-10-25T01:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ['0 0 * * 0', '1h', 'Pacific/Auckland', '2026-11-23T12:00:00.000Z', '2026-11-28T11:00:00.000Z'],
    ['0 2 * * 1-5', '2h', 'UTC', '2026-11-27T05:00:00.000Z', '2026-11-30T02:00:00.000Z'],
    ['0 2 29 2 *', '2h', 'UTC', '2026-11-23T00:00:00.000Z', '2028-02-29T02:00:00.000Z'],

    ['0 0 * * 1', '7d', 'UTC', '2026-11-29T23:59:00.000Z', OPEN],
  ])('"%s" for %s in %s is at %s open, or opens at %s', (cron, duration, timezone, now, expected) => {
    const time = opensAt(windowOf(cron, duration, timezone), Date.parse(now));
    expect(time === Date.parse(now) ? OPEN : time && new Date(time).toISOString()).toBe(expected);
  });

  const CLOSED = Date.parse('2026-11-23T12:00:00Z');
  const night = windowOf('0 2 * * *', '2h', 'Europe/Berlin');
  const remove = aDelete();
  const update = anUpdate();

  it('withholds the kinds that it names, and says when the next one opens', () => {
    const { changes, withheld } = withinWindows([remove, update], [night], CLOSED);
    expect(changes).toEqual([update]);
    expect(withheld).toMatchObject([
      {
        action: 'delete',
        until: '2026-11-24T01:00:00.000Z',
        reason:
          'The setting "windows" lets logpushd delete jobs at certain times only: the next window opens at ' +
          '2026-11-24 01:00 UTC ("0 2 * * *", Europe/Berlin). It is written then by itself.',
      },
    ]);
  });

  it('of several for one kind is enough by itself, and the first to open counts', () => {
    const noon = windowOf('0 12 * * *', '1h', 'UTC');
    expect(withinWindows([remove], [night, noon], CLOSED).changes).toEqual([remove]);
    expect(withinWindows([remove], [night, noon], CLOSED + 3_600_000).withheld).toMatchObject([
      { until: '2026-11-24T01:00:00.000Z' },
    ]);
  });

  it('does not keep a copy beside the job that stays', () => {
    const copy = { ...remove, keeps: aLiveJob() };
    expect(withinWindows([copy], [night], CLOSED).changes).toEqual([copy]);
  });

  it('lets everything through where there is none', () => {
    expect(withinWindows([remove, update], [], CLOSED)).toEqual({ changes: [remove, update], withheld: [] });
  });
});
