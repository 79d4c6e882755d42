import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterLook, isSettled, nextLook, wayOut, type Looks } from '../../../src/core/plan/doubt.ts';

const RULE = { listings: 3, ms: 120_000 };
const START = Date.parse('2026-01-12T09:30:00Z');

/** Looks at these seconds after the start. */
function looksAt(...seconds: readonly number[]): Looks {
  return seconds.reduce<Looks>((looks, at) => afterLook(looks, START + at * 1000, RULE), []);
}

describe('a doubt', () => {
  it.each<[string, readonly number[], boolean]>([
    ['by nothing', [], false],
    ['by one look', [0], false],
    ['by any number of looks within less than the time', [0, 30, 60, 90, 119], false],
    ['by two looks, however far apart', [0, 500], false],
    ['by three looks over the time', [0, 60, 120], true],
    ['by three looks over a longer time', [0, 100, 900], true],
    ['by three looks of which two are close together', [0, 119, 120], false],
    ['by no look from before the clock went backwards', [0, 60, -500, -440], false],
    ['by enough looks after the clock went backwards', [0, 60, -500, -440, -380], true],
    ['by a clock that jumps forward once', [0, 86_400], false],
  ])('is settled %s', (_, seconds, settled) => {
    expect(isSettled(looksAt(...seconds), RULE)).toBe(settled);
  });

  it('stays settled, whatever the clock says later', () => {
    expect(looksAt(0, 60, 120, -500, 10_000)).toEqual(looksAt(0, 60, 120));
  });

  it('begins anew where what is remembered is no time', () => {
    expect(afterLook(['soon'], START, RULE)).toEqual([new Date(START).toISOString()]);
  });

  it('is settled by looking when the next look helps, whatever the clock did before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 })), (seconds) => {
        let looks = looksAt(...seconds, 0);
        for (let more = 0; more < RULE.listings && !isSettled(looks, RULE); more += 1) {
          looks = afterLook(looks, nextLook(looks, RULE), RULE);
        }
        expect(isSettled(looks, RULE)).toBe(true);
      }),
    );
  });

  it('says what decides it and when it goes on', () => {
    expect(wayOut(looksAt(0, 60), RULE)).toBe(
      '3 listings over 120 seconds decide it, 2 of them taken; the daemon takes the next one at 09:32:00 UTC, or run "logpushd apply" then.',
    );
  });
});
