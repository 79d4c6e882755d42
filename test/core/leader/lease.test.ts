import { describe, expect, it } from 'vitest';
import {
  claimed,
  claimOn,
  type HeldLease,
  type LeaseRecord,
  microTime,
  released,
  sightingOf,
} from '../../../src/core/leader/lease.ts';

const TIMES = {
  leaseDurationMs: 30_000,
  renewDeadlineMs: 20_000,
  retryPeriodMs: 5_000,
  longestWriteMs: 60_000,
};
const AT = '2026-11-23T01:02:03.456000Z';

function record(overrides: Partial<LeaseRecord> = {}): LeaseRecord {
  const times = { acquireTime: AT, renewTime: AT };
  return { holderIdentity: 'a', leaseDurationSeconds: 30, ...times, leaseTransitions: 3, ...overrides };
}

function held(overrides: Partial<LeaseRecord> = {}, uid = 'u1'): HeldLease {
  return { record: record(overrides), uid, resourceVersion: '1' };
}

/** As seen for so many seconds without a change, by `b`. */
function claimAfter(seconds: number, overrides: Partial<LeaseRecord>) {
  return claimOn({ lease: held(overrides), sinceMs: 0 }, 'b', seconds * 1000, TIMES);
}

describe('the claim on a Lease', () => {
  it.each<[what: string, seconds: number, lease: Partial<LeaseRecord>, quietSeconds: number | null]>([
    ['its own', 0, { holderIdentity: 'b' }, 0],
    ['one that another holds', 29.9, {}, null],
    ['one that another has let expire', 30, {}, 90],
    ['one that was released', 0, { holderIdentity: '', leaseDurationSeconds: 1 }, 0],
    ['one that nobody ever held', 0, { holderIdentity: '', leaseDurationSeconds: 0, renewTime: null }, 30],
    ['one whose holder was taken out by hand', 0, { holderIdentity: '' }, 30],
    ['one with a duration of 1 written by hand', 1, { leaseDurationSeconds: 1 }, 90],
    ['one with a negative duration', 0.9, { leaseDurationSeconds: -5 }, null],
    ['one with an endless duration', 299, { leaseDurationSeconds: 1_000_000 }, null],
    ['one with an endless duration, later', 300, { leaseDurationSeconds: 1_000_000 }, 90],
    ['one that says it was renewed in the future', 30, { renewTime: '2099-01-01T00:00:00.000000Z' }, 90],
    ['one that says it was renewed long ago', 1, { renewTime: '1999-01-01T00:00:00.000000Z' }, null],
  ])('on %s, after %d s: %j', (_, seconds, lease, quietSeconds) => {
    const claim = claimAfter(seconds, lease);
    expect(claim && claim.quietMs / 1000).toBe(quietSeconds);
  });
});

describe('a sighting', () => {
  it.each<[what: string, next: HeldLease, sinceMs: number]>([
    ['begins anew when the holder renews', held({ renewTime: '2026-11-23T01:02:04.456000Z' }), 7],
    ['begins anew when the Lease was made anew', held({}, 'u2'), 7],
    ['goes on when only labels have changed', { ...held(), resourceVersion: '2' }, 1],
  ])('%s', (_, next, sinceMs) => {
    expect(sightingOf(next, { lease: held(), sinceMs: 1 }, 7)).toEqual({ lease: next, sinceMs });
  });
});

describe('what a holder writes', () => {
  it('counts a change of the holder, and keeps since when it holds', () => {
    expect(claimed(record(), 'b', 'now', TIMES)).toMatchObject({ acquireTime: 'now', leaseTransitions: 4 });
    expect(claimed(record(), 'a', 'now', TIMES)).toMatchObject({ acquireTime: AT, leaseTransitions: 3 });
    expect(claimed(null, 'a', 'now', TIMES)).toMatchObject({ renewTime: 'now', leaseTransitions: 0 });
  });

  it('gives it back so that it is taken at once', () => {
    expect(claimAfter(0, released(record(), AT))).toEqual({ quietMs: 0 });
  });

  it('has times with six digits of a second', () => {
    expect(microTime(Date.UTC(2026, 10, 23, 1, 2, 3, 4))).toBe('2026-11-23T01:02:03.004000Z');
  });
});
