import { describe, expect, it } from 'vitest';
import { clockDiagnosis, rateDiagnosis, tokenDiagnosis } from '../../../src/core/doctor/connection.ts';

const NOW = Date.parse('2026-11-23T09:00:00Z');

describe('the token', () => {
  it.each([
    ['without an end', { status: 'active', expiresOn: undefined }, 'ok'],
    ['for a long time', { status: 'active', expiresOn: '2027-11-23T09:00:00Z' }, 'ok'],
    ['for 14 days', { status: 'active', expiresOn: '2026-12-07T09:00:00Z' }, 'ok'],
    ['for less than 14 days', { status: 'active', expiresOn: '2026-12-07T08:59:59Z' }, 'warn'],
    ['until a moment ago', { status: 'active', expiresOn: '2026-11-23T09:00:00Z' }, 'fail'],
    ['until nobody knows', { status: 'active', expiresOn: 'one day' }, 'unknown'],
    ['but is called expired', { status: 'expired', expiresOn: undefined }, 'fail'],
    ['but is called disabled', { status: 'disabled', expiresOn: '2027-11-23T09:00:00Z' }, 'fail'],
    ['as far as answers go', { isAccepted: true, why: 'A reason.' }, 'unknown'],
    ['not at all', { trouble: { says: 'No.', next: 'Do it.' } }, 'fail'],
  ] as const)('that is valid %s is %s', (_, token, state) => {
    expect(tokenDiagnosis(token, NOW)).toMatchObject({ check: 'token', state });
  });
});

describe('the clock', () => {
  it.each([
    [null, 'unknown'],
    [0, 'ok'],
    [29_999, 'ok'],
    [-30_000, 'warn'],
    [299_999, 'warn'],
    [300_000, 'fail'],
    [-86_400_000, 'fail'],
  ])('that is %s ms off is %s', (aheadMs, state) => {
    expect(clockDiagnosis(aheadMs)).toMatchObject({ check: 'clock', state });
  });

  it('is said to be behind or ahead, so that it is turned the right way', () => {
    expect(clockDiagnosis(60_000).says).toContain('60 s behind');
    expect(clockDiagnosis(-60_000).says).toContain('60 s ahead of');
  });
});

describe('the rate limit', () => {
  const sight = { remaining: undefined, used: 3, limit: 960, heldMs: 0 };

  it.each([
    ['not told', sight, 'ok', '3 of 960'],
    ['plentiful', { ...sight, remaining: 96 }, 'ok', '96 calls'],
    ['nearly used up', { ...sight, remaining: 95 }, 'warn', '95 calls'],
    ['used up', { ...sight, heldMs: 1500 }, 'fail', 'wait 2 s'],
  ])('that is %s is told so', (_, rate, state, says) => {
    const row = rateDiagnosis(rate, true);
    expect(row).toMatchObject({ check: 'rate limit', state });
    expect(row.says).toContain(says);
  });

  it('is unknown where Cloudflare has not answered', () => {
    expect(rateDiagnosis(sight, false)).toMatchObject({ state: 'unknown' });
  });
});
