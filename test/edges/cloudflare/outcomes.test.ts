import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import {
  ChangedError,
  NotAllowedError,
  NotFoundError,
  RateLimitedError,
  RejectedError,
  StoppedError,
  UnknownOutcomeError,
  UnreachableError,
  UnusableAnswerError,
  type ReconcileError,
} from '../../../src/reconcile/errors.ts';
import { aLiveJob, aScope, jobFields } from '../../builders.ts';
import { bench, NOW, rejectionOf } from './client-bench.ts';
import {
  answers,
  envelope,
  failure,
  hangUp,
  inTurn,
  rawAnswer,
  reset,
  silent,
  startFaultServer,
  type FaultServer,
  type Script,
} from './fault-server.ts';

const ZONE = aScope();
const BODY = jobFields({
  name: 'http',
  dataset: 'http_requests',
  destination_conf: 's3://acme/x?region=us-west-2',
});
const JOB = { id: 7, name: 'http', dataset: 'http_requests', enabled: true, destination_conf: 's3://acme/x' };
const made = answers(200, envelope(JOB));
const good = answers(200, envelope([]));
const HTML = { 'Content-Type': 'text/html' };

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: Script): Promise<FaultServer> {
  const server = await startFaultServer(script);
  servers.push(server);
  return server;
}

const cutAfter =
  (bytes: number): Script =>
  (socket) =>
    void socket.end(rawAnswer(200, envelope(JOB)).subarray(0, bytes));

type Kind = new (...details: never[]) => ReconcileError;
type Row = readonly [what: string, script: Script, outcome: Kind | 'done', sent: number];

async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'done',
    (error: unknown) => (error as object).constructor,
  );
}

const QUICK = { GET: 60, POST: 60, PUT: 60, DELETE: 60 };
const timeoutsFor = (script: Script) => (script === silent ? { timeouts: QUICK } : {});

describe('a create', () => {
  const rows: readonly Row[] = [
    ['created', made, 'done', 1],
    ['created with 201', answers(201, envelope(JOB)), 'done', 1],
    ['created, lists null', answers(200, envelope(JOB, { errors: null, messages: null })), 'done', 1],
    ['created, called text', answers(200, envelope(JOB), { 'Content-Type': 'text/plain' }), 'done', 1],
    ['created, gzip', answers(200, gzipSync(envelope(JOB)), { 'Content-Encoding': 'gzip' }), 'done', 1],
    // Not carried out, and told so: whoever asked looks again before another one is sent.
    ['429', answers(429, failure(10100, 'slow')), RateLimitedError, 1],
    ['429 in HTML', answers(429, '<html>', HTML), RateLimitedError, 1],
    ['429 empty', answers(429, '', { 'Retry-After': '2' }), RateLimitedError, 1],
    // Sent again where that can help.
    [
      'a blip of the token, then created',
      inTurn(answers(403, failure(10000, 'Authentication error')), made),
      'done',
      2,
    ],
    ['403/10000 for ever', answers(403, failure(10000, 'Authentication error')), NotAllowedError, 3],
    ['401', answers(401, failure(1000, 'Invalid API token')), NotAllowedError, 3],
    ['403/9109', answers(403, failure(9109, 'Unauthorized')), NotAllowedError, 1],
    ['400/6003', answers(400, failure(6003, 'Invalid request headers')), NotAllowedError, 1],
    [
      '403/1004 quota',
      answers(403, failure(1004, 'creating a new job is not allowed: exceeded max jobs allowed')),
      RejectedError,
      1,
    ],
    [
      '400/1004 fields',
      answers(400, failure(1004, 'creating a new job is not allowed: Bot Management fields are not allowed')),
      RejectedError,
      1,
    ],
    ['400/1002', answers(400, failure(1002, 'incorrect ownership challenge')), RejectedError, 1],
    ['400 without a code', answers(400, failure(0, 'unexpected end of JSON input')), RejectedError, 1],
    ['404/7003', answers(404, failure(7003, 'Could not route')), NotFoundError, 1],
    ['409', answers(409, failure(1009, 'conflict')), RejectedError, 1],
    ['200 that says failure', answers(200, failure(1002, 'no')), RejectedError, 1],
    // In doubt: never sent again.
    ['400/1007', answers(400, failure(1007, 'already exists')), UnknownOutcomeError, 1],
    ['500 in an envelope', answers(500, failure(1000, 'internal')), UnknownOutcomeError, 1],
    ['502 in HTML', answers(502, '<html>', HTML), UnknownOutcomeError, 1],
    ['503', answers(503, ''), UnknownOutcomeError, 1],
    ['504 in HTML', answers(504, '<html>gateway</html>', HTML), UnknownOutcomeError, 1],
    ['520', answers(520, 'error code: 520', HTML), UnknownOutcomeError, 1],
    ['530', answers(530, 'error code: 1016', HTML), UnknownOutcomeError, 1],
    ['408', answers(408, failure(1, 'time-out')), UnknownOutcomeError, 1],
    ['reset', reset, UnknownOutcomeError, 1],
    ['hung up on', hangUp, UnknownOutcomeError, 1],
    ['never answered', silent, UnknownOutcomeError, 1],
    ['cut in the status line', cutAfter(9), UnknownOutcomeError, 1],
    ['cut in the headers', cutAfter(40), UnknownOutcomeError, 1],
    ['cut in the body', cutAfter(130), UnknownOutcomeError, 1],
    ['200 empty', answers(200, ''), UnknownOutcomeError, 1],
    ['204', answers(204, '', { 'Content-Length': '' }), UnknownOutcomeError, 1],
    ['200 in HTML', answers(200, '<html>portal</html>', HTML), UnknownOutcomeError, 1],
    ['200 and half an object', answers(200, envelope(JOB).slice(0, -9)), UnknownOutcomeError, 1],
    ['200, result null', answers(200, envelope(null)), UnknownOutcomeError, 1],
    ['200, result without an id', answers(200, envelope({ name: 'http' })), UnknownOutcomeError, 1],
    ['200, id as text', answers(200, envelope({ ...JOB, id: '7' })), UnknownOutcomeError, 1],
    [
      '200, success false and no reason',
      answers(200, '{"success":false,"errors":[]}'),
      UnknownOutcomeError,
      1,
    ],
    [
      '200, success and errors',
      answers(200, envelope(JOB, { errors: [{ code: 1, message: 'x' }] })),
      UnknownOutcomeError,
      1,
    ],
    ['200, broken gzip', answers(200, envelope(JOB), { 'Content-Encoding': 'gzip' }), UnknownOutcomeError, 1],
    [
      '200, far too large',
      answers(200, brotliCompressSync(Buffer.alloc(9 * 1024 * 1024)), { 'Content-Encoding': 'br' }),
      UnknownOutcomeError,
      1,
    ],
    ['302', answers(302, '', { Location: '/elsewhere' }), UnknownOutcomeError, 1],
    ['403 in HTML', answers(403, '<html>blocked</html>', HTML), UnknownOutcomeError, 1],
    ['404 in HTML', answers(404, '<html>what</html>', HTML), UnknownOutcomeError, 1],
    ['not HTTP', (socket) => void socket.end('SSH-2.0-OpenSSH\r\n'), UnknownOutcomeError, 1],
  ];
  it.each(rows)('that is %s', async (_, script, expected, sent) => {
    const server = await serve(script);
    const { api } = bench(server.origin, timeoutsFor(script));
    expect(await outcomeOf(api.createJob(ZONE, BODY, NOW))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });

  it('is tried five times where nothing can be sent', async () => {
    const server = await startFaultServer(silent);
    await server.close();
    const { api, calls, clock } = bench(server.origin);
    const error = await rejectionOf(api.createJob(ZONE, BODY, NOW));
    expect(error).toBeInstanceOf(UnreachableError);
    const { host } = new URL(server.origin);
    expect(error.message).toContain(
      `Cloudflare could not be reached to create job "http" in example.com: connection refused (${host}).`,
    );
    expect(calls.map(({ attempt, status }) => [attempt, status])).toEqual(
      [1, 2, 3, 4, 5].map((attempt) => [attempt, 'none']),
    );
    expect(clock.slept).toEqual([250, 500, 1000, 2000]);
  });

  it('keeps every error, the status and the ray', async () => {
    const errors = [
      { code: 1002, message: 'one' },
      { code: 1003, message: 'two' },
    ];
    const body = JSON.stringify({ success: false, errors, result: null });
    const server = await serve(answers(400, body, { 'CF-RAY': '8c1-AMS' }));
    const error = await rejectionOf(bench(server.origin).api.createJob(ZONE, BODY, NOW));
    expect(error).toMatchObject({ status: 400, errors, ray: '8c1-AMS' });
    expect(error.message).toContain(
      'Cloudflare refused to create job "http" in example.com: HTTP 400, one (1002); two (1003). ',
    );
  });

  it('gives the job as Cloudflare stored it, and the ray', async () => {
    const server = await serve(answers(200, envelope({ ...JOB, name: 'stored' }), { 'CF-Ray': '8c1-AMS' }));
    const written = await bench(server.origin).api.createJob(ZONE, BODY, NOW);
    expect(written).toMatchObject({ job: { id: 7, name: 'stored' }, ray: '8c1-AMS' });
  });
});

describe('a read', () => {
  const rows: readonly Row[] = [
    ['answered', good, 'done', 1],
    ['500, then answered', inTurn(answers(500, ''), good), 'done', 2],
    [
      'three times 502, then answered',
      inTurn(answers(502, '', HTML), answers(503, ''), answers(504, ''), good),
      'done',
      4,
    ],
    ['reset, then answered', inTurn(reset, good), 'done', 2],
    ['cut, then answered', inTurn(cutAfter(60), good), 'done', 2],
    ['429, then answered', inTurn(answers(429, ''), good), 'done', 2],
    ['a blip of the token, then answered', inTurn(answers(403, failure(10000, 'x')), good), 'done', 2],
    ['530 for ever', answers(530, ''), UnreachableError, 5],
    ['reset for ever', reset, UnreachableError, 5],
    ['never answered', silent, UnreachableError, 5],
    ['429 for ever', answers(429, '', { 'Retry-After': '1' }), RateLimitedError, 5],
    ['429 for ever and five minutes each', answers(429, ''), RateLimitedError, 2],
    ['403/10000 for ever', answers(403, failure(10000, 'x')), NotAllowedError, 3],
    [
      '403/1004',
      answers(403, failure(1004, "reading job for product 'access' is not allowed")),
      NotAllowedError,
      1,
    ],
    [
      '200/1004',
      answers(200, failure(1004, "reading job for product 'access' is not allowed")),
      NotAllowedError,
      1,
    ],
    ['403 in HTML', answers(403, '<html>', HTML), NotAllowedError, 1],
    ['404', answers(404, failure(1001, 'no such zone')), NotFoundError, 1],
    ['400/7003', answers(400, failure(7003, 'Could not route to /zones/x')), NotFoundError, 1],
    ['404 in HTML', answers(404, '<html>', HTML), UnusableAnswerError, 1],
    ['400', answers(400, failure(1, 'bad')), RejectedError, 1],
    ['200 in HTML', answers(200, '<html>', HTML), UnusableAnswerError, 1],
    ['302', answers(302, '', { Location: '/' }), UnusableAnswerError, 1],
    ['broken gzip', answers(200, 'x', { 'Content-Encoding': 'gzip' }), UnusableAnswerError, 1],
  ];
  it.each(rows)('that is %s', async (_, script, expected, sent) => {
    const server = await serve(script);
    const { api } = bench(server.origin, timeoutsFor(script));
    expect(await outcomeOf(api.listJobs(ZONE, NOW))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });
});

const fiveTimes = (...scripts: readonly Script[]): readonly Script[] =>
  Array.from({ length: 5 }, () => scripts).flat();

describe('an update', () => {
  const disabled = answers(200, envelope({ ...JOB, enabled: false }));
  const live = answers(200, envelope({ ...JOB, name: 'read again' }));
  const rows: readonly Row[] = [
    ['answered', made, 'done', 1],
    ['429, then answered', inTurn(answers(429, ''), made), 'done', 2],
    // It may have been carried out: the job is read before anything is sent again.
    ['500, and done', inTurn(answers(500, ''), disabled), 'done', 2],
    ['reset, and done', inTurn(reset, disabled), 'done', 2],
    ['500, and not done, then answered', inTurn(answers(500, ''), made, made), 'done', 3],
    ['500, and unread, then answered', inTurn(answers(500, ''), answers(500, ''), made, made), 'done', 4],
    ['500, and gone', inTurn(answers(500, ''), answers(404, failure(1001, 'gone'))), NotFoundError, 2],
    ['500, and 403', inTurn(answers(500, ''), answers(403, failure(9109, 'no'))), NotAllowedError, 2],
    ['500 each time, and not done', inTurn(...fiveTimes(answers(500, ''), made)), UnreachableError, 9],
    ['never answered', silent, UnreachableError, 6],
    ['404', answers(404, failure(1001, 'gone')), NotFoundError, 1],
    ['400 DNSError', answers(400, failure(1002, 'error validating destination: DNSError')), RejectedError, 1],
    ['400/1004', answers(400, failure(1004, 'filter is not allowed')), RejectedError, 1],
    [
      '403/1004 reading',
      answers(403, failure(1004, 'reading job for product x is not allowed')),
      NotAllowedError,
      1,
    ],
    ['302', answers(302, '', { Location: '/' }), UnusableAnswerError, 1],
    // Done, as it seems: the job is read to see.
    ['result null', inTurn(answers(200, envelope(null)), live), 'done', 2],
    ['another job as result', inTurn(answers(200, envelope({ ...JOB, id: 8 })), live), 'done', 2],
    ['200 empty', inTurn(answers(200, ''), live), 'done', 2],
    ['200 in HTML', inTurn(answers(200, '<html>', HTML), live), 'done', 2],
    [
      'result null and gone since',
      inTurn(answers(200, envelope(null)), answers(404, failure(1, 'gone'))),
      NotFoundError,
      2,
    ],
  ];
  it.each(rows)('that is %s', async (_, script, expected, sent) => {
    const server = await serve(script);
    const { api } = bench(server.origin, timeoutsFor(script));
    expect(await outcomeOf(api.updateJob(ZONE, 7, { enabled: false }, NOW))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });

  it.each([
    ['DNSError', 'error validating destination: DNSError', 'next-pass'],
    ['no such host', 'dial tcp: lookup logs.example.com: no such host', 'next-pass'],
    ['a failed test', 'error validating destination: access denied', 'next-pass'],
    ['a bad destination', 'error parsing input: region is missing', 'after-edit'],
  ])('that was refused with %s (%s) is worth another try: %s', async (_, message, retry) => {
    const server = await serve(answers(400, failure(1002, message)));
    const { api } = bench(server.origin);
    expect(await rejectionOf(api.updateJob(ZONE, 7, { enabled: false }, NOW))).toMatchObject({ retry });
    expect(server.requests).toHaveLength(1);
  });

  it('that may have been carried out is read, and then done or sent again', async () => {
    const server = await serve(inTurn(reset, made, reset, disabled));
    const written = await bench(server.origin).api.updateJob(ZONE, 7, { enabled: false }, NOW);
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'PUT', 'GET']);
    expect(written.job.fields).toMatchObject({ enabled: false });
  });

  it('that may have been carried out is sent again where a read cannot tell', async () => {
    const hidden = answers(200, envelope(JOB));
    const server = await serve(inTurn(reset, hidden, hidden));
    await bench(server.origin).api.updateJob(ZONE, 7, { filter: '' }, NOW);
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'PUT']);
  });

  it('that may have been carried out is not sent again where it would take away what somebody has added', async () => {
    const added = answers(200, envelope({ ...JOB, output_options: { sample_rate: 1, batch_prefix: 'x' } }));
    const server = await serve(inTurn(reset, added));
    const { api } = bench(server.origin);
    const update = api.updateJob(ZONE, 7, { output_options: { sample_rate: 0.5 } }, NOW);
    await expect(update).rejects.toThrow(/batch_prefix of job 7 turned up/);
    await expect(update).rejects.toBeInstanceOf(ChangedError);
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  it.each([
    ['is not sent again where it would undo what somebody has set', 1, 'x', ChangedError, ['PUT', 'GET']],
    ['is done where it is the only one that changed something', 0.5, '', 'done', ['PUT', 'GET']],
    ['is sent again where nothing changed', 1, '', 'done', ['PUT', 'GET', 'PUT']],
    ['is sent again where somebody has set what it sets', 0.1, '', 'done', ['PUT', 'GET', 'PUT']],
  ])('of options that all are shown %s', async (_, rate, prefix, expected, methods) => {
    const showing = (sample_rate: number, batch_prefix: string): object => ({
      ...JOB,
      output_options: { sample_rate, batch_prefix },
    });
    const server = await serve(
      inTurn(reset, answers(200, envelope(showing(rate, prefix))), answers(200, envelope(showing(0.5, '')))),
    );
    const seen = aLiveJob({ id: 7, fields: { output_options: { sample_rate: 1, batch_prefix: '' } } });
    const body = { output_options: { sample_rate: 0.5, batch_prefix: '' } };
    const { api } = bench(server.origin);
    expect(await outcomeOf(api.updateJob(ZONE, 7, body, { ...NOW, seen }))).toBe(expected);
    expect(server.requests.map(({ method }) => method)).toEqual(methods);
  });

  it('that is answered without the job gives what was read, with the ray of the update', async () => {
    const server = await serve(inTurn(answers(200, envelope(null), { 'CF-Ray': 'put-1' }), live));
    const written = await bench(server.origin).api.updateJob(ZONE, 7, { enabled: false }, NOW);
    expect(written).toMatchObject({ job: { id: 7, name: 'read again' }, ray: 'put-1' });
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });
});

describe('an update that is read again', () => {
  const live = answers(200, envelope({ ...JOB, name: 'read again' }));

  it.each([
    ['what Cloudflare said was done', envelope(null), {}, undefined],
    ['what may not have been done', '<html>', HTML, true],
  ])('tells of %s', async (_, body, headers, isGuessed) => {
    const server = await serve(inTurn(answers(200, body, headers), live));
    const written = await bench(server.origin).api.updateJob(ZONE, 7, { enabled: false }, NOW);
    expect(written.isGuessed).toBe(isGuessed);
  });
});

describe('a delete that may have been carried out', () => {
  type Again = readonly [what: string, isGone: () => Promise<boolean>, expected: Row[2], sent: number];
  it.each<Again>([
    ['done', async () => true, 'done', 1],
    ['sent again', async () => false, 'done', 2],
    ['given up', () => Promise.reject(new ChangedError('job 8 is gone')), ChangedError, 1],
  ])('is %s where its caller says so', async (_, isGone, expected, sent) => {
    const server = await serve(inTurn(answers(500, ''), answers(200, envelope({}))));
    const { api } = bench(server.origin);
    expect(await outcomeOf(api.deleteJob(ZONE, 7, { ...NOW, isGone }))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });
});

describe('a delete', () => {
  const rows: readonly Row[] = [
    ['answered {}', answers(200, envelope({})), 'done', 1],
    ['answered with the id', answers(200, envelope({ id: 7 })), 'done', 1],
    ['answered null', answers(200, envelope(null)), 'done', 1],
    ['answered empty', answers(200, ''), 'done', 1],
    ['answered 204', answers(204, '', { 'Content-Length': '' }), 'done', 1],
    ['404', answers(404, failure(1001, 'Invalid logpush job identifier')), 'done', 1],
    ['404 empty', answers(404, ''), 'done', 1],
    ['404 for the way to the zone', answers(404, failure(7003, 'Could not route')), NotFoundError, 1],
    // It may have been carried out: the job is read before anything is sent again.
    ['reset, and done', inTurn(reset, answers(404, failure(1001, 'gone'))), 'done', 2],
    [
      '500, and not done, then answered',
      inTurn(answers(500, ''), made, answers(200, envelope({}))),
      'done',
      3,
    ],
    ['500 each time, and not done', inTurn(...fiveTimes(answers(500, ''), made)), UnreachableError, 9],
    [
      '429 for long',
      inTurn(answers(429, '', { 'Retry-After': '60' }), answers(200, envelope({}))),
      'done',
      2,
    ],
    ['404 in HTML', answers(404, '<html>', HTML), UnusableAnswerError, 1],
    ['200 in HTML', answers(200, '<html>', HTML), UnusableAnswerError, 1],
    ['200 that says failure', answers(200, failure(1004, 'deleting is not allowed')), RejectedError, 1],
    ['403', answers(403, failure(9109, 'no')), NotAllowedError, 1],
    ['never answered', silent, UnreachableError, 6],
  ];
  it.each(rows)('that is %s', async (_, script, expected, sent) => {
    const server = await serve(script);
    const { api } = bench(server.origin, timeoutsFor(script));
    expect(await outcomeOf(api.deleteJob(ZONE, 7, NOW))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });
});

describe('a write that goes by a look of the last ten seconds', () => {
  const held = (seconds: number): Script => answers(429, '', { 'Retry-After': String(seconds) });
  const rows: readonly Row[] = [
    ['held up for a moment', inTurn(held(9), answers(200, envelope({}))), 'done', 2],
    ['held up for longer', held(11), RateLimitedError, 1],
    ['held up after another look', inTurn(answers(500, ''), made, held(11)), RateLimitedError, 3],
  ];
  it.each(rows)('and is %s', async (_, script, expected, sent) => {
    const server = await serve(script);
    const { api } = bench(server.origin);
    expect(await outcomeOf(api.deleteJob(ZONE, 7, { ...NOW, freshMs: 10_000 }))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });

  it('is no update that was held up for longer', async () => {
    const server = await serve(held(11));
    const { api } = bench(server.origin);
    const update = api.updateJob(ZONE, 7, { enabled: false }, { ...NOW, freshMs: 10_000 });
    expect(await outcomeOf(update)).toBe(RateLimitedError);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a check of a destination', () => {
  const valid = answers(200, envelope({ valid: true, message: '' }));
  const rows: readonly Row[] = [
    ['answered', valid, 'done', 1],
    ['429, then answered', inTurn(answers(429, ''), valid), 'done', 2],
    ['a blip of the token, then answered', inTurn(answers(403, failure(10000, 'x')), valid), 'done', 2],
    // It may have written to the destination already.
    ['500', answers(500, ''), UnreachableError, 1],
    ['reset', reset, UnreachableError, 1],
    ['never answered', silent, UnreachableError, 1],
    ['answered without a verdict', answers(200, envelope(null)), UnusableAnswerError, 1],
    ['403', answers(403, failure(9109, 'no')), NotAllowedError, 1],
  ];
  it.each(rows)('that is %s', async (_, script, expected, sent) => {
    const server = await serve(script);
    const { api } = bench(server.origin, timeoutsFor(script));
    const destination = new Secret('s3://acme/x?region=us-west-2');
    expect(await outcomeOf(api.validateDestination(ZONE, destination, NOW))).toBe(expected);
    expect(server.requests).toHaveLength(sent);
  });
});

describe('being stopped', () => {
  async function stopDuring(
    call: (api: ReturnType<typeof bench>['api'], options: typeof NOW) => Promise<unknown>,
    first?: Script,
  ) {
    const stop = new AbortController();
    const server = await serve((socket, request, count) => {
      if (count === 1 && first) first(socket, request, count);
      stop.abort();
    });
    const { api } = bench(server.origin);
    const error = await rejectionOf(call(api, { ...NOW, signal: stop.signal }));
    return { error, sent: server.requests.length };
  }

  it('before a call sends nothing', async () => {
    const server = await serve(made);
    const stopped = { ...NOW, signal: AbortSignal.abort() };
    const { api } = bench(server.origin);
    for (const call of [
      api.createJob(ZONE, BODY, stopped),
      api.deleteJob(ZONE, 1, stopped),
      api.listJobs(ZONE, stopped),
    ]) {
      expect(await rejectionOf(call)).toBeInstanceOf(StoppedError);
    }
    expect(server.connections()).toBe(0);
  });

  it('during a read ends it', async () => {
    const { error, sent } = await stopDuring((api, options) => api.listJobs(ZONE, options));
    expect([error.constructor, sent]).toEqual([StoppedError, 1]);
  });

  it('while a create waits for its answer leaves its outcome unknown', async () => {
    const { error, sent } = await stopDuring((api, options) => api.createJob(ZONE, BODY, options));
    expect([error.constructor, sent]).toEqual([UnknownOutcomeError, 1]);
    expect(error.message).toContain('logpushd was stopped before the answer came');
  });

  it('while an update waits for its answer leaves its outcome unknown', async () => {
    const { error } = await stopDuring((api, options) => api.updateJob(ZONE, 7, { enabled: true }, options));
    expect(error).toBeInstanceOf(UnknownOutcomeError);
  });

  /** Stops right after the answer that is not worth waiting for. */
  async function stopAfter(
    script: Script,
    call: (api: ReturnType<typeof bench>['api'], options: typeof NOW) => Promise<unknown>,
  ) {
    const stop = new AbortController();
    const server = await serve(script);
    const { transport } = bench(server.origin).options;
    const { api } = bench(server.origin, {
      transport: {
        async send(request, signal) {
          const outcome = await transport.send(request, signal);
          stop.abort();
          return outcome;
        },
      },
    });
    const outcome = await call(api, { ...NOW, signal: stop.signal }).catch((error: unknown) => error);
    return { outcome, sent: server.requests.length };
  }

  it.each([503, 429])('between two attempts of a read ends it (%i)', async (status) => {
    const { outcome, sent } = await stopAfter(answers(status, ''), (api, options) =>
      api.listJobs(ZONE, options),
    );
    expect(outcome).toBeInstanceOf(StoppedError);
    expect(sent).toBe(1);
  });

  it('between two attempts of an update says what became of the first', async () => {
    const { outcome, sent } = await stopAfter(answers(503, ''), (api, options) =>
      api.updateJob(ZONE, 7, { enabled: true }, options),
    );
    expect(outcome).toBeInstanceOf(UnreachableError);
    expect(sent).toBe(1);
  });

  it('just as the answer of a create arrives keeps the answer', async () => {
    const { outcome } = await stopAfter(made, (api, options) => api.createJob(ZONE, BODY, options));
    expect(outcome).toMatchObject({ job: { id: 7 } });
  });
});

describe('a 429', () => {
  it('holds every other call of the credential for as long as it says', async () => {
    const server = await serve(inTurn(answers(429, '', { 'Retry-After': '17' }), good));
    const { api, budget, clock } = bench(server.origin);
    await Promise.all([api.listJobs(ZONE, NOW), api.listJobs(ZONE, NOW)]);
    expect(clock.slept).toContain(17_000);
    expect(budget.snapshot()).toMatchObject({ share: 0.4, inFlight: 0 });
  });
});
