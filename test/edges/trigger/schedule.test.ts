import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ScheduleError, startSchedule } from '../../../src/edges/trigger/schedule.ts';

describe('on the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-11-23T09:58:30Z') });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  function started(cron: string, timezone = 'UTC') {
    const ticks: string[] = [];
    const schedule = startSchedule({ cron, timezone, onTick: () => ticks.push(new Date().toISOString()) });
    return { ticks, schedule };
  }

  test('it ticks at the times of its expression', async () => {
    const { ticks, schedule } = started('*/15 * * * *');
    await vi.advanceTimersByTimeAsync(40 * 60_000);
    expect(ticks.map((tick) => tick.slice(11, 16))).toEqual(['10:00', '10:15', '10:30']);
    schedule.stop();
  });

  test('a sixth field, in front, is seconds', async () => {
    const { ticks, schedule } = started('*/20 * * * * *');
    await vi.advanceTimersByTimeAsync(65_000);
    expect(ticks.map((tick) => tick.slice(14, 19))).toEqual(['58:40', '59:00', '59:20']);
    schedule.stop();
  });

  test('the hour is the one of the time zone', async () => {
    const { schedule } = started('0 3 * * *', 'Asia/Tokyo');
    expect(schedule.nextRun()?.toISOString()).toBe('2026-11-23T18:00:00.000Z');
    schedule.stop();
  });

  test('the next run is known, until it is stopped', async () => {
    const { ticks, schedule } = started('*/15 * * * *');
    expect(schedule.nextRun()?.toISOString()).toBe('2026-11-23T10:00:00.000Z');
    schedule.stop();
    schedule.stop();
    expect(schedule.nextRun()).toBeNull();
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect(ticks).toEqual([]);
  });

  test('it prints nothing, not even when it fell asleep', async () => {
    const printed = [
      vi.spyOn(process.stdout, 'write'),
      vi.spyOn(process.stderr, 'write'),
      vi.spyOn(console, 'log'),
      vi.spyOn(console, 'warn'),
    ];
    const { schedule } = started('* * * * * *');
    await vi.advanceTimersByTimeAsync(2_500);
    vi.setSystemTime(new Date('2026-11-23T11:00:00Z'));
    await vi.advanceTimersByTimeAsync(2_500);
    expect(printed.flatMap((spy) => spy.mock.calls)).toEqual([]);
    vi.restoreAllMocks();
    schedule.stop();
  });

  test('what was slept through is made up by one tick', async () => {
    const { ticks, schedule } = started('* * * * *');
    await vi.advanceTimersByTimeAsync(31_000);
    expect(ticks).toHaveLength(1);
    // The machine was suspended: the wall clock jumps while no timer runs.
    vi.setSystemTime(new Date('2026-11-23T14:20:10Z'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ticks.filter((tick) => tick > '2026-11-23T14:20')).not.toEqual([]);
    expect(ticks.length).toBeLessThanOrEqual(3);
    schedule.stop();
  });
});

describe('refused with a remedy', () => {
  test.each([
    ['', 'UTC', 'The schedule "" is not a cron expression'],
    ['61 * * * *', 'UTC', 'minute: '],
    ['0 0 30 2 *', 'UTC', 'impossible'],
    ['* * * * * * *', 'UTC', 'expected 5 or 6 fields but got 7'],
    ['*/0 * * * *', 'UTC', 'is not a cron expression'],
    ['hourly', 'UTC', 'Write 5 fields, as in "*/15 * * * *"'],
    ['* * * * *', 'Europe/Atlantis', '"Europe/Atlantis" is not a time zone. Write a name such as "UTC"'],
    ['* * * * *', '../../etc/localtime', 'is not a time zone'],
    ['* * * * *', '', 'is not a time zone'],
  ])('%j in %j', (cron, timezone, text) => {
    const start = () => startSchedule({ cron, timezone, onTick: () => undefined });
    expect(start).toThrow(ScheduleError);
    expect(start).toThrow(text);
  });
});
