import { describe, expect, it } from 'vitest';
import { durationOf } from '../../src/core/duration.ts';

describe('a duration', () => {
  it.each([
    ['45s', 45_000],
    ['90m', 5_400_000],
    ['4h', 14_400_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
  ])('of %s is that many milliseconds', (text, ms) => {
    expect(durationOf(text)).toBe(ms);
  });

  it.each(['', '4', 'h', '4 h', '-4h', '0h', '1.5h', '4H', '4hours', '9999999h', '1h1h1h1h1h1h'])(
    'is not %j',
    (text) => {
      expect(durationOf(text)).toBeNull();
    },
  );
});
