import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/edges/clock/system-clock.ts';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T10:00:00Z') });
});

afterEach(() => {
  vi.useRealTimers();
});

test('sleeping takes as long as it is told, also for longer than one timer can', async () => {
  const clock = systemClock();
  let isAwake = false;
  const sleeping = clock.sleep(30 * DAY_MS, new AbortController().signal).then(() => (isAwake = true));
  await vi.advanceTimersByTimeAsync(30 * DAY_MS - 1);
  expect(isAwake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await sleeping;
  expect(clock.now()).toBe(Date.parse('2026-12-23T10:00:00Z'));
});

test('sleeping ends with the reason of its signal, and leaves no timer', async () => {
  const stop = new AbortController();
  const sleeping = systemClock().sleep(DAY_MS, stop.signal);
  stop.abort(new Error('the process is stopping'));
  await expect(sleeping).rejects.toThrow('the process is stopping');
  await expect(systemClock().sleep(1, stop.signal)).rejects.toThrow('the process is stopping');
  expect(vi.getTimerCount()).toBe(0);
});

test('the monotonic clock does not follow the wall clock back', () => {
  const clock = systemClock();
  const before = clock.monotonic();
  vi.setSystemTime(new Date('2020-01-01T00:00:00Z'));
  expect(clock.now()).toBe(Date.parse('2020-01-01T00:00:00Z'));
  expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
});
