import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/edges/cloudflare/error-table.ts';
import { AttemptFailure } from '../../../src/edges/cloudflare/failure.ts';
import { TokenStanding, type Visit } from '../../../src/edges/cloudflare/token-standing.ts';
import {
  NotAllowedError,
  RateLimitedError,
  type ReconcileError,
  RejectedError,
  UnreachableError,
} from '../../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import type { Priority } from '../../../src/reconcile/ports.ts';
import { ManualClock } from '../../manual-clock.ts';

const MINUTE_MS = 60_000;
const TOKEN = 'the token';

function refusal(status: number, code: number): NotAllowedError {
  const errors = [{ code, message: 'no' }];
  const meaning = rowOf({ form: 'refusal', status, errors, nature: 'read' });
  return new NotAllowedError({ action: 'list', status, errors, meaning });
}
const REFUSED = refusal(403, 10000);

function setUp() {
  const clock = new ManualClock();
  const events: ReconcileEvent[] = [];
  const standing = new TokenStanding(clock, (event) => events.push(event));
  const enter = (path: string, priority: Priority = 'sweep', token = TOKEN): Promise<Visit> =>
    standing.enter({ action: `list ${path}`, path, priority, credential: async () => token });
  /** A call that is sent and ends so; rejects when it is not sent. */
  const call = async (path: string, failure: ReconcileError | null, priority?: Priority): Promise<void> => {
    const visit = await enter(path, priority);
    visit.check(TOKEN);
    visit.leave(failure);
  };
  /** What each of these zones is refused, side by side. */
  const refuseAll = async (...zones: readonly string[]): Promise<void> => {
    const visits = await Promise.all(zones.map((zone) => enter(`/zones/${zone}/logpush/jobs`)));
    for (const visit of visits) visit.check(TOKEN);
    for (const visit of visits) visit.leave(REFUSED);
  };
  return { clock, events, enter, call, refuseAll };
}

const A = '/zones/a/logpush/jobs';

describe('that the token is refused', () => {
  it('shows when several zones are, with no success between', async () => {
    const { call, refuseAll } = setUp();
    await refuseAll('a', 'b', 'c', 'd');
    await expect(call(A, null)).rejects.toMatchObject({ isAsked: false, errors: REFUSED.errors });
  });

  it('does not show where something on the way answers 401 for Cloudflare', async () => {
    const { call } = setUp();
    const meaning = rowOf({ form: 'page', status: 401, errors: [], nature: 'read' });
    for (const zone of ['a', 'b', 'c', 'd'])
      await call(
        `/zones/${zone}/logpush/jobs`,
        new NotAllowedError({ action: 'list', status: 401, meaning }),
      );
    await expect(call(A, null)).resolves.toBeUndefined();
  });

  it.each<[what: string, ReconcileError | null, isAccepted: boolean]>([
    ['a success', null, true],
    ['a job that is refused', new RejectedError({ action: 'x', status: 400, errors: REFUSED.errors }), true],
    ['a right that is missing for a product', refusal(403, 1004), true],
    ['no answer', new UnreachableError({ action: 'x', cause: 'refused' }), false],
    ['a rate limit', new RateLimitedError({ action: 'x', status: 429, errors: REFUSED.errors }), false],
    ['a block page', new NotAllowedError({ action: 'x', status: 403 }), false],
  ])('is over with %s: %s %s', async (_, failure, isAccepted) => {
    const { clock, call, refuseAll } = setUp();
    await refuseAll('a', 'b', 'c');
    await clock.advance(MINUTE_MS);
    await call(A, failure);
    const wasSent = await call(A, null).then(
      () => true,
      () => false,
    );
    expect(wasSent).toBe(isAccepted);
  });

  it.each(['/zones?page=1&per_page=50', '/accounts?page=1&per_page=50'])(
    'shows by %s alone, without which nothing can be looked at',
    async (path) => {
      const { call } = setUp();
      for (const zone of ['a', 'b', 'c']) await call(`/zones/${zone}/logpush/jobs`, null);
      await call(path, REFUSED);
      await expect(call(A, null)).rejects.toBeInstanceOf(NotAllowedError);
    },
  );

  it('does not show by the check for tokens of users, which refuses those of accounts', async () => {
    const { call } = setUp();
    await call('/user/tokens/verify', refusal(401, 1000));
    await expect(call(A, null)).resolves.toBeUndefined();
  });
});

describe('a right that the token lacks for audit logs alone', () => {
  it('says nothing about the token, however many accounts refuse it', async () => {
    const { call } = setUp();
    for (const account of ['a', 'b', 'c', 'd', 'e']) {
      await call(`/accounts/${account}/logs/audit?since=1`, REFUSED).catch(() => undefined);
    }
    await expect(call(A, null)).resolves.toBeUndefined();
  });
});

describe('a refusal that may be a blip', () => {
  it.each<[what: string, ReconcileError | null]>([
    ['no answer', new UnreachableError({ action: 'x', cause: 'refused' })],
    ['a rate limit', new RateLimitedError({ action: 'x', status: 429, errors: REFUSED.errors })],
    ['a success', null],
  ])('holds nobody back once the call has ended with %s', async (_, failure) => {
    const { enter, call } = setUp();
    const visit = await enter(A);
    visit.check(TOKEN);
    visit.refusedOnce();
    visit.leave(failure);
    await expect(call(A, null)).resolves.toBeUndefined();
  });
});

describe('while the token is refused', () => {
  it('one call tries it, and the others wait for what becomes of that', async () => {
    const { clock, enter, refuseAll } = setUp();
    await refuseAll('a', 'b', 'c');
    await clock.advance(MINUTE_MS);
    const probe = await enter(A);
    const others = ['/zones/b/x', '/zones/c/x'].map((path) => enter(path));
    probe.leave(null);
    for (const other of await Promise.all(others)) expect(() => other.check(TOKEN)).not.toThrow();
  });

  it('the tries are 1, 2, 4, 8 and then 15 minutes apart', async () => {
    const { clock, call, refuseAll } = setUp();
    await refuseAll('a', 'b', 'c');
    const minutes: number[] = [];
    for (let minute = 1; minute <= 50; minute += 1) {
      await clock.advance(MINUTE_MS);
      await call(A, REFUSED).then(
        () => minutes.push(minute),
        () => undefined,
      );
    }
    expect(minutes).toEqual([1, 3, 7, 15, 30, 45]);
  });

  it('is told after three refusals and five minutes, once, and again when it is accepted', async () => {
    const { clock, events, call, refuseAll } = setUp();
    await refuseAll('a', 'b', 'c');
    const told: string[] = [];
    for (let minute = 1; minute <= 50; minute += 1) {
      await clock.advance(MINUTE_MS);
      await call(A, minute < 40 ? REFUSED : null).catch(() => undefined);
      for (const { type } of events.splice(0)) told.push(`${minute} ${type}`);
    }
    expect(told).toEqual(['7 token.refused', '45 token.accepted']);
  });
});

describe('a call that is refused once', () => {
  it('keeps others from being sent when it is one of several, until one gets through', async () => {
    const { enter } = setUp();
    const [a, b, c, d] = await Promise.all(
      ['a', 'b', 'c', 'd'].map((zone) => enter(`/zones/${zone}/logpush/jobs`)),
    );
    for (const visit of [a, b, c]) visit?.check(TOKEN);
    for (const visit of [a, b, c]) visit?.refusedOnce();
    expect(() => d?.check(TOKEN)).toThrow(AttemptFailure);
    expect(() => a?.check(TOKEN)).not.toThrow();
    a?.leave(null);
    expect(() => d?.check(TOKEN)).not.toThrow();
  });
});
