import { describe, expect, it } from 'vitest';
import {
  attributionOf,
  attributionText,
  CLOCKS_DIFFER_MS,
  type DriftWindow,
} from '../../../src/core/audit/attribution.ts';
import { ADA, anAction, AT } from './entries.ts';

const T = Date.parse(AT);
const MINUTE = 60_000;
const DRIFT: DriftWindow = { action: 'update', job: 7, after: T - MINUTE, found: T + MINUTE };
const EVE = { ...ADA, email: 'eve@example.com' };

describe('a drift', () => {
  it('is by who wrote the job since it was last as wanted', () => {
    expect(attributionOf(DRIFT, [anAction()])).toEqual({ ...ADA, at: AT, action: 'update', others: 0 });
  });

  it('is by the last of several, and counts the others', () => {
    const actions = [anAction({ by: EVE, at: T + 2 }), anAction({ at: T }), anAction({ by: EVE, at: T + 1 })];
    expect(attributionOf(DRIFT, actions)).toMatchObject({ email: 'eve@example.com', others: 2 });
  });

  it.each([
    ['another job', { job: 8 }],
    ['a job that is not told', { job: null }],
    ['before it was last as wanted', { at: T - MINUTE - CLOCKS_DIFFER_MS }],
    ['after it was found', { at: T + MINUTE + CLOCKS_DIFFER_MS + 1 }],
  ])('is by nobody where the only write is about %s', (_, parts) => {
    expect(attributionOf(DRIFT, [anAction(parts)])).toBeNull();
  });

  it.each([
    ['create', 'delete', true],
    ['create', 'update', false],
    ['delete', 'create', true],
    ['update', 'update', true],
    ['update', 'delete', false],
    ['update', 'create', true],
  ] as const)('that is put right by %s is explained by a %s: %s', (action, cause, known) => {
    const found = attributionOf({ ...DRIFT, action }, [anAction({ action: cause })]);
    expect(found !== null).toBe(known);
  });

  it('of a job that is gone is by who deleted it, and counts who edited it before', () => {
    const actions = [anAction({ by: EVE }), anAction({ action: 'delete', at: T + 1 })];
    expect(attributionOf({ ...DRIFT, action: 'create' }, actions)).toMatchObject({
      email: 'ada@example.com',
      action: 'delete',
      others: 1,
    });
  });
});

describe('the text of an attribution', () => {
  it.each([
    [{}, 'ada@example.com in the dashboard at 2026-11-23 10:41:02 UTC from 203.0.113.7 (ray 8f00c0ffee)'],
    [
      { way: 'api_token', tokenName: 'ci $& x', agent: 'curl/8.7.1', others: 1 },
      'ada@example.com with the API token "ci $& x", program curl/8.7.1 at 2026-11-23 10:41:02 UTC from 203.0.113.7 (ray 8f00c0ffee), after 1 other write',
    ],
    [
      { way: 'cloudflare', email: null, address: null, ray: null },
      'Cloudflare itself at 2026-11-23 10:41:02 UTC',
    ],
    [
      { way: 'api_key', email: null, address: null, agent: null, others: 3 },
      'somebody with a global API key at 2026-11-23 10:41:02 UTC (ray 8f00c0ffee), after 3 other writes',
    ],
  ] as const)('%j', (parts, text) => {
    expect(attributionText({ ...ADA, at: AT, action: 'update', others: 0, ...parts })).toBe(text);
  });
});
