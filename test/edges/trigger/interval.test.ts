import { expect, test } from 'vitest';
import { longestInterval } from '../../../src/edges/trigger/interval.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

test.each([
  ['*/15 * * * *', 900],
  ['*/30 * * * * *', 30],
  ['0,10 * * * *', 50 * 60],
  ['@hourly', HOUR],
  ['0 8-18 * * *', 14 * HOUR],
  ['0 3 * * 1', 7 * DAY],
  ['0 3 * * 1-5', 3 * DAY],
  ['0 0 1 * *', 31 * DAY],
  ['0 0 1 1 *', 366 * DAY],
])('%s fires at least every %i seconds', (cron, seconds) => {
  expect(longestInterval(cron)).toBe(seconds);
});
