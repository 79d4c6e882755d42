import { describe, expect, it } from 'vitest';
import type { Pause } from '../../../src/core/job/job.ts';
import { nextReminder, pauseOver, pausesInForce, whyPaused } from '../../../src/core/plan/pause.ts';

const SINCE = '2026-11-23T09:00:00.000Z';
const UNTIL = '2026-11-23T13:00:00.000Z';
const HOUR_MS = 3_600_000;
const since = Date.parse(SINCE);

const ofScope: Pause = { since: SINCE, until: UNTIL, reason: 'INC-42' };
const ofJob: Pause = { job: 'http', since: SINCE };

describe('a pause', () => {
  it.each([
    [UNTIL.replace('13:00', '12:59'), [ofScope, ofJob]],
    [UNTIL, [ofJob]],
  ])('holds at %s, or has ended', (now, expected) => {
    expect(pausesInForce([ofScope, ofJob], Date.parse(now))).toEqual(expected);
  });

  it.each([
    ['http', [ofScope, ofJob], ofJob],
    ['dns', [ofScope, ofJob], ofScope],
    ['dns', [ofJob], undefined],
    [undefined, [ofJob], undefined],
    [undefined, [ofScope], ofScope],
  ])('over %s is its own, else that of the scope', (job, pauses, expected) => {
    expect(pauseOver({ pauses }, job)).toBe(expected);
  });

  it.each([
    ['without end', ofJob, 24 * HOUR_MS],
    ['of four days', { since: SINCE, until: '2026-11-27T09:00:00.000Z' }, 24 * HOUR_MS],
    ['of three days', { since: SINCE, until: '2026-11-26T09:00:00.000Z' }, Infinity],
    ['of four hours', ofScope, Infinity],
  ])('%s is told of each day, or not at all', (_, pause, ms) => {
    expect(nextReminder(pause, since) - since).toBe(ms);
    expect(nextReminder(pause, since + 24 * HOUR_MS) - since).toBe(2 * ms);
  });

  it('says since when, until when, why, and what ends it', () => {
    expect(whyPaused(ofScope, { name: 'example.com' })).toBe(
      'example.com is paused since 2026-11-23 09:00 UTC, until 2026-11-23 13:00 UTC (INC-42): nothing is written ' +
        'there. "logpushd resume example.com" ends it.',
    );
    expect(whyPaused(ofJob, { name: 'example.com' })).toBe(
      'example.com/http is paused since 2026-11-23 09:00 UTC, until it is resumed: nothing is written there. ' +
        '"logpushd resume example.com/http" ends it.',
    );
  });
});
