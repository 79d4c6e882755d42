import { describe, expect, it } from 'vitest';
import { createBudget } from '../../../src/edges/cloudflare/budget.ts';
import { timeoutsFrom } from '../../../src/edges/cloudflare/call.ts';
import { createLogpushApi } from '../../../src/edges/cloudflare/client.ts';
import type { Transport, TransportFailure, WireResponse } from '../../../src/edges/cloudflare/transport.ts';
import { Secret } from '../../../src/core/secret.ts';
import { StoppedError, UnknownOutcomeError, UnreachableError } from '../../../src/reconcile/errors.ts';
import type { CallOptions } from '../../../src/reconcile/ports.ts';
import { aScope, jobFields } from '../../builders.ts';
import { ManualClock } from '../../manual-clock.ts';

const BODY = jobFields({ name: 'http', dataset: 'http_requests', destination_conf: 's3://acme/x' });
const CREATED = JSON.stringify({
  success: true,
  errors: [],
  messages: [],
  result: { id: 7, name: 'http', dataset: 'http_requests', destination_conf: 's3://acme/x' },
});

/** A process that is asked to end, and a client whose every request waits for the test to answer it. */
function setUp(requestsPerWindow = 100, mayWrite: () => boolean = () => true) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const answers: ((outcome: WireResponse | TransportFailure) => void)[] = [];
  const sent: string[] = [];
  const transport: Transport = {
    send: ({ method }) =>
      new Promise((resolve) => {
        sent.push(method);
        answers.push(resolve);
      }),
  };
  const api = createLogpushApi({
    baseUrl: 'http://127.0.0.1/client/v4',
    credentials: { kind: 'token', token: new Secret('a-token-of-the-test') },
    budget: createBudget({ requests: requestsPerWindow, windowSeconds: 300, share: 1 }, clock),
    transport,
    clock,
    random: () => 0.5,
    timeouts: timeoutsFrom(30_000),
    mayWrite,
  });
  const abandon = new AbortController();
  const call: CallOptions = {
    signal: abandon.signal,
    starting: stop.signal,
    priority: 'change',
  };
  const answer = (status: number, body: string): void =>
    answers.shift()?.({
      kind: 'answer',
      status,
      headers: { 'content-type': 'application/json' },
      body,
    });
  /** The transport gives up, as it does once the signal of the call is aborted. */
  const giveUp = (kind: TransportFailure['kind']): void => {
    abandon.abort();
    answers.shift()?.({ kind, cause: 'logpushd was stopped' });
  };
  return { clock, stop, api, call, sent, answer, giveUp };
}

/** All that can go on without an answer or time going on has done so. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a write while the process is asked to end', () => {
  it('goes on to its answer when it is under way', async () => {
    const { api, call, stop, answer } = setUp();
    const create = api.createJob(aScope(), BODY, call);
    await quiet();
    stop.abort();
    answer(200, CREATED);
    expect((await create).job.id).toBe(7);
  });

  it('is not sent any more when it waits for the budget', async () => {
    const { api, call, stop, sent, answer, clock } = setUp(1);
    const first = api.createJob(aScope(), BODY, call);
    const second = api.createJob(aScope(), BODY, call);
    await quiet();
    stop.abort();
    await expect(second).rejects.toThrow(StoppedError);
    answer(200, CREATED);
    await first;
    await clock.advance(600_000);
    expect(sent).toEqual(['POST']);
  });

  it('is not sent again when its first attempt failed, and does not count as not sent', async () => {
    const { api, call, stop, sent, answer, clock } = setUp();
    const update = api.updateJob(aScope(), 7, { enabled: true }, call);
    const outcome = update.catch((error: unknown) => error);
    await quiet();
    answer(503, '');
    await quiet();
    expect(clock.sleeping).toBeGreaterThan(0);
    stop.abort();
    expect(await outcome).toBeInstanceOf(UnreachableError);
    expect(sent).toEqual(['PUT']);
  });

  it('is not begun', async () => {
    const { api, call, stop, sent } = setUp();
    stop.abort();
    await expect(api.deleteJob(aScope(), 7, call)).rejects.toThrow(StoppedError);
    expect(sent).toEqual([]);
  });

  it('is still looked up when its answer was spoilt', async () => {
    const { api, call, stop, sent, answer } = setUp();
    const update = api.updateJob(aScope(), 7, { enabled: true }, call);
    await quiet();
    stop.abort();
    answer(200, '<html>');
    await quiet();
    answer(200, CREATED);
    expect((await update).job.id).toBe(7);
    expect(sent).toEqual(['PUT', 'GET']);
  });
});

describe('a replica that may not write', () => {
  it('sends nothing but reads, and says that nothing was sent', async () => {
    const { api, call, sent, answer } = setUp(100, () => false);
    const s3 = new Secret('s3://acme/x');
    const writes = [
      api.createJob(aScope(), BODY, call),
      api.updateJob(aScope(), 7, { enabled: true }, call),
      api.deleteJob(aScope(), 7, call),
      api.requestOwnership(aScope(), s3, call),
      api.validateDestination(aScope(), s3, call),
    ].map((write) => write.catch((error: unknown) => error));
    await quiet();
    expect(sent).toEqual([]);
    for (const write of writes) expect(await write).toBeInstanceOf(StoppedError);
    const read = api.getJob(aScope(), 7, call);
    await quiet();
    answer(200, CREATED);
    expect((await read)?.id).toBe(7);
  });

  it('is asked when the request is handed over, not when it begins to wait for the rate limit', async () => {
    let mayWrite = true;
    const { api, call, clock, sent, answer } = setUp(1, () => mayWrite);
    const first = api.getJob(aScope(), 7, call);
    await quiet();
    answer(200, CREATED);
    await first;
    const create = api.createJob(aScope(), BODY, call).catch((error: unknown) => error);
    await quiet();
    mayWrite = false;
    await clock.advance(600_000);
    await quiet();
    expect(sent).toEqual(['GET']);
    expect(await create).toBeInstanceOf(StoppedError);
  });

  it('sends nothing again either, and leaves in doubt what was sent before', async () => {
    let mayWrite = true;
    const { api, call, clock, sent, answer } = setUp(100, () => mayWrite);
    const update = api.updateJob(aScope(), 7, { enabled: true }, call).catch((error: unknown) => error);
    await quiet();
    mayWrite = false;
    answer(502, 'bad gateway');
    await quiet();
    await clock.advance(60_000);
    await quiet();
    answer(200, CREATED);
    expect(await update).toBeInstanceOf(UnreachableError);
    expect(sent).toEqual(['PUT', 'GET']);
  });
});

describe('a call that is abandoned while it is under way', () => {
  it.each([
    ['a create', 'unknown', UnknownOutcomeError],
    ['a create', 'not-sent', StoppedError],
    ['an update', 'unknown', UnknownOutcomeError],
    ['a delete', 'unknown', UnknownOutcomeError],
    ['a delete', 'not-sent', StoppedError],
    ['a read', 'unknown', StoppedError],
  ] as const)('is in doubt where it may have been carried out: %s, %s', async (what, kind, expected) => {
    const { api, call, giveUp } = setUp();
    const begin = {
      'a create': () => api.createJob(aScope(), BODY, call),
      'an update': () => api.updateJob(aScope(), 7, { enabled: true }, call),
      'a delete': () => api.deleteJob(aScope(), 7, call),
      'a read': () => api.listJobs(aScope(), call),
    }[what];
    const outcome = begin().catch((error: unknown) => error);
    await quiet();
    giveUp(kind);
    expect(await outcome).toBeInstanceOf(expected);
  });
});
