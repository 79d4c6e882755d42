import { describe, expect, it } from 'vitest';
import { holdMsOf, rateLimitsOf, retryAfterMsOf } from '../../../src/edges/cloudflare/ratelimit.ts';

const NOW = Date.parse('2026-11-23T09:00:00Z');

describe('Retry-After', () => {
  const SKEWED = 'Mon, 23 Nov 2026 12:00:00 GMT';
  const table: readonly [string, Record<string, string>, number | undefined][] = [
    ['seconds', { 'retry-after': '30' }, 30_000],
    ['seconds with blanks', { 'retry-after': ' 7 ' }, 7_000],
    ['a fraction', { 'retry-after': '1.5' }, 1_500],
    ['zero, as one second', { 'retry-after': '0' }, 1_000],
    ['huge, as five minutes', { 'retry-after': '86400' }, 300_000],
    ['absurdly huge', { 'retry-after': '9'.repeat(400) }, 300_000],
    ['a date to come', { 'retry-after': 'Mon, 23 Nov 2026 09:00:20 GMT' }, 20_000],
    ['a date in the old form', { 'retry-after': 'Monday, 23-Nov-26 09:00:20 GMT' }, 20_000],
    ['a date gone by', { 'retry-after': 'Mon, 23 Nov 2026 08:00:00 GMT' }, 1_000],
    ['a date far off', { 'retry-after': 'Wed, 23 Nov 2050 09:00:00 GMT' }, 300_000],
    [
      'a date by a server whose clock is off',
      { 'retry-after': 'Mon, 23 Nov 2026 12:00:05 GMT', date: SKEWED },
      5_000,
    ],
    ['negative', { 'retry-after': '-5' }, undefined],
    ['words', { 'retry-after': 'soon, please' }, undefined],
    ['a bare word', { 'retry-after': 'never' }, undefined],
    ['hexadecimal', { 'retry-after': '0x10' }, undefined],
    ['not a number', { 'retry-after': 'NaN' }, undefined],
    ['empty', { 'retry-after': '' }, undefined],
    ['missing', {}, undefined],
  ];
  it.each(table)('reads %s', (_, headers, expected) => {
    expect(retryAfterMsOf(headers, NOW)).toBe(expected);
  });
});

describe('the hold after a 429', () => {
  const table: readonly [string, Record<string, string>, number][] = [
    ['what Retry-After says', { 'retry-after': '12', ratelimit: '"default";r=0;t=99' }, 12_000],
    ['the reset of the limit that is used up', { ratelimit: '"default";r=0;t=42' }, 42_000],
    ['the longest of two that are used up', { ratelimit: '"a";r=0;t=5, "b";r=0;t=50' }, 50_000],
    ['five minutes when something is left: another limit was met', { ratelimit: '"a";r=800;t=5' }, 300_000],
    ['five minutes when nothing is said', {}, 300_000],
    ['five minutes when nonsense is said', { 'retry-after': 'x', ratelimit: ';;;' }, 300_000],
  ];
  it.each(table)('is %s', (_, headers, expected) => {
    expect(holdMsOf(headers, NOW)).toBe(expected);
  });
});

describe('Ratelimit and Ratelimit-Policy', () => {
  const one = (
    name: string,
    remaining: number,
    resetSeconds: number,
    quota?: number,
    windowSeconds?: number,
  ) => ({
    name,
    remaining,
    resetSeconds,
    quota,
    windowSeconds,
  });
  const table: readonly [string, string | undefined, string | undefined, object[]][] = [
    [
      'the documented form',
      '"default";r=50;t=30',
      '"default";q=1200;w=300',
      [one('default', 50, 30, 1200, 300)],
    ],
    ['no policy', '"default";r=50;t=30', undefined, [one('default', 50, 30)]],
    [
      'a policy of another name, when it is the only one',
      '"a";r=5;t=3',
      '"burst";q=100;w=60',
      [one('a', 5, 3, 100, 60)],
    ],
    [
      'several items',
      '"default";r=9;t=8, "burst";r=1;t=2',
      '"burst";q=100;w=60, "default";q=1200;w=300',
      [one('default', 9, 8, 1200, 300), one('burst', 1, 2, 100, 60)],
    ],
    ['any order and blanks', '"d" ; t = 3 ; r = 4', undefined, [one('d', 4, 3)]],
    ['a name without quotes', 'default;r=4;t=3', undefined, [one('default', 4, 3)]],
    ['no name', 'r=4;t=3', undefined, [one('', 4, 3)]],
    ['further keys', '"d";r=4;t=3;pk=:abc:', undefined, [one('d', 4, 3)]],
    ['no reset, as one second', '"d";r=4', undefined, [one('d', 4, 1)]],
    ['a reset that is huge, as five minutes', '"d";r=4;t=99999999', undefined, [one('d', 4, 300)]],
    ['no remaining, as nothing said', '"d";t=3', undefined, []],
    ['a negative remaining, as nothing said', '"d";r=-4;t=3', undefined, []],
    ['nonsense', '%%%;;=;,,', 'what', []],
    ['nothing', undefined, undefined, []],
    ['far too much', '"d";r=1;t=1,'.repeat(1000), undefined, []],
  ];
  it.each(table)('reads %s', (_, ratelimit, policy, expected) => {
    const headers = {
      ...(ratelimit === undefined ? {} : { ratelimit }),
      ...(policy === undefined ? {} : { 'ratelimit-policy': policy }),
    };
    expect(rateLimitsOf(headers)).toEqual(expected);
  });
});
