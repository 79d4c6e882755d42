import { describe, expect, it, afterEach } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import type { ClientOptions } from '../../../src/edges/cloudflare/call.ts';
import {
  createLogpushApi,
  createLogpushReader,
  withoutWrites,
} from '../../../src/edges/cloudflare/client.ts';
import type { WireRequest } from '../../../src/edges/cloudflare/transport.ts';
import {
  NotFoundError,
  ReconcileError,
  RejectedError,
  UnusableAnswerError,
} from '../../../src/reconcile/errors.ts';
import { aScope, jobFields } from '../../builders.ts';
import { bench, benchOptions, NOW, rejectionOf, TOKEN } from './client-bench.ts';
import {
  answers,
  envelope,
  failure,
  inTurn,
  startFaultServer,
  type FaultServer,
  type Script,
} from './fault-server.ts';

const ZONE = aScope();
const ACCOUNT = aScope({ kind: 'account' });
const DESTINATION = new Secret(
  'r2://logs/x?account-id=a&access-key-id=AKIAKEYKEYKEY&secret-access-key=s3cr3ts3cr3t',
);
const JOB = { id: 7, name: 'http', dataset: 'http_requests', destination_conf: DESTINATION.reveal() };

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: Script): Promise<FaultServer> {
  const server = await startFaultServer(script);
  servers.push(server);
  return server;
}

type Api = ReturnType<typeof bench>['api'];

describe('each call', () => {
  const zone = `/client/v4/zones/${ZONE.id}/logpush`;
  const account = `/client/v4/accounts/${ACCOUNT.id}/logpush`;
  const verdict = { valid: true, message: 'ok' };
  const ask = { destination_conf: DESTINATION.reveal() };
  const table: readonly {
    name: string;
    call: (api: Api) => Promise<unknown>;
    line: string;
    endpoint: string;
    body?: object;
    result: unknown;
    gives: unknown;
  }[] = [
    {
      name: 'listJobs',
      call: (api) => api.listJobs(ACCOUNT, NOW),
      line: `GET ${account}/jobs`,
      endpoint: '/{scope}/logpush/jobs',
      result: [JOB],
      gives: [expect.objectContaining({ id: 7, name: 'http' })],
    },
    {
      name: 'createJob',
      call: (api) =>
        api.createJob(
          ZONE,
          jobFields({ name: 'a', filter: '', destination_conf: ask.destination_conf }),
          NOW,
        ),
      line: `POST ${zone}/jobs`,
      endpoint: '/{scope}/logpush/jobs',
      body: { name: 'a', filter: '', ...ask },
      result: JOB,
      gives: expect.objectContaining({ job: expect.objectContaining({ id: 7 }) }),
    },
    {
      name: 'getJob',
      call: (api) => api.getJob(ZONE, 7, NOW),
      line: `GET ${zone}/jobs/7`,
      endpoint: '/{scope}/logpush/jobs/{id}',
      result: JOB,
      gives: expect.objectContaining({ id: 7 }),
    },
    {
      name: 'updateJob',
      call: (api) => api.updateJob(ZONE, 7, { enabled: true, output_options: { field_names: ['a'] } }, NOW),
      line: `PUT ${zone}/jobs/7`,
      endpoint: '/{scope}/logpush/jobs/{id}',
      body: { enabled: true, output_options: { field_names: ['a'] } },
      result: JOB,
      gives: expect.objectContaining({ job: expect.objectContaining({ id: 7 }) }),
    },
    {
      name: 'deleteJob',
      call: (api) => api.deleteJob(ZONE, 7, NOW),
      line: `DELETE ${zone}/jobs/7`,
      endpoint: '/{scope}/logpush/jobs/{id}',
      result: {},
      gives: { ray: undefined },
    },
    {
      name: 'listDatasetJobs',
      call: (api) => api.listDatasetJobs(ZONE, 'dns_logs', NOW),
      line: `GET ${zone}/datasets/dns_logs/jobs`,
      endpoint: '/{scope}/logpush/datasets/{dataset}/jobs',
      result: [],
      gives: [],
    },
    {
      name: 'listFields',
      call: (api) => api.listFields(ZONE, 'dns_logs', NOW),
      line: `GET ${zone}/datasets/dns_logs/fields`,
      endpoint: '/{scope}/logpush/datasets/{dataset}/fields',
      result: { ColoCode: 'where', Odd: 3 },
      gives: new Map([
        ['ColoCode', 'where'],
        ['Odd', ''],
      ]),
    },
    {
      name: 'listDefaultFields',
      call: (api) => api.listDefaultFields(ACCOUNT, 'audit_logs', NOW),
      line: `GET ${account}/datasets/audit_logs/fields/default`,
      endpoint: '/{scope}/logpush/datasets/{dataset}/fields/default',
      result: ['ActorID', 'When'],
      gives: new Map([
        ['ActorID', ''],
        ['When', ''],
      ]),
    },
    {
      name: 'requestOwnership',
      call: (api) => api.requestOwnership(ZONE, DESTINATION, NOW),
      line: `POST ${zone}/ownership`,
      endpoint: '/{scope}/logpush/ownership',
      body: ask,
      result: { ...verdict, filename: 'x/ownership-challenge-1.txt' },
      gives: { ...verdict, filename: 'x/ownership-challenge-1.txt' },
    },
    {
      name: 'validateOwnership',
      call: (api) => api.validateOwnership(ZONE, DESTINATION, new Secret('00000000'), NOW),
      line: `POST ${zone}/ownership/validate`,
      endpoint: '/{scope}/logpush/ownership/validate',
      body: { ...ask, ownership_challenge: '00000000' },
      result: { valid: false },
      gives: { valid: false, message: '' },
    },
    {
      name: 'validateDestination',
      call: (api) => api.validateDestination(ZONE, DESTINATION, NOW),
      line: `POST ${zone}/validate/destination`,
      endpoint: '/{scope}/logpush/validate/destination',
      body: ask,
      result: verdict,
      gives: verdict,
    },
    {
      name: 'destinationExists',
      call: (api) => api.destinationExists(ZONE, DESTINATION, NOW),
      line: `POST ${zone}/validate/destination/exists`,
      endpoint: '/{scope}/logpush/validate/destination/exists',
      body: ask,
      result: { exists: false },
      gives: false,
    },
    {
      name: 'validateOrigin',
      call: (api) => api.validateOrigin(ZONE, 'fields=RayID', 'http_requests', NOW),
      line: `POST ${zone}/validate/origin`,
      endpoint: '/{scope}/logpush/validate/origin',
      body: { logpull_options: 'fields=RayID', dataset: 'http_requests' },
      result: { valid: false, message: 'no such field' },
      gives: {
        valid: false,
        message: 'no such field',
        meaning: expect.objectContaining({ kind: 'after-edit' }),
      },
    },
    {
      name: 'verifyToken',
      call: (api) => api.verifyToken(undefined, NOW),
      line: 'GET /client/v4/user/tokens/verify',
      endpoint: '/user/tokens/verify',
      result: { id: 'abc', status: 'active', expires_on: '2027-01-01T00:00:00Z' },
      gives: { id: 'abc', status: 'active', expiresOn: '2027-01-01T00:00:00Z' },
    },
  ];
  it.each(table)('$name is $line', async ({ call, line, endpoint, body, result, gives }) => {
    const server = await serve(answers(200, envelope(result), {}));
    const { api, calls } = bench(server.origin);
    expect(await call(api)).toEqual(gives);
    const [request] = server.requests;
    expect(`${request?.method} ${request?.path}`).toBe(line);
    expect(request?.body === '' ? undefined : JSON.parse(request?.body ?? '')).toEqual(body);
    expect(request?.headers['content-type']).toBe(body === undefined ? undefined : 'application/json');
    expect(request?.headers).toMatchObject({ accept: 'application/json', authorization: `Bearer ${TOKEN}` });
    expect(calls).toEqual([
      expect.objectContaining({ method: request?.method, endpoint, status: 200, attempt: 1, errors: [] }),
    ]);
  });
});

describe('a single job', () => {
  it('that is not there is null', async () => {
    const server = await serve(answers(404, failure(1001, 'Invalid logpush job identifier')));
    expect(await bench(server.origin).api.getJob(ZONE, 7, NOW)).toBeNull();
  });

  it('is not gone because the way to its zone is not found', async () => {
    const server = await serve(answers(404, failure(7003, 'Could not route to /zones/x')));
    expect(await rejectionOf(bench(server.origin).api.getJob(ZONE, 7, NOW))).toBeInstanceOf(NotFoundError);
  });

  it.each([null, {}, { ...JOB, id: 8 }, [JOB], 'job'])('cannot be read from %j', async (result) => {
    const server = await serve(answers(200, envelope(result)));
    expect(await rejectionOf(bench(server.origin).api.getJob(ZONE, 7, NOW))).toBeInstanceOf(
      UnusableAnswerError,
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('of id %d is a bug, and no request', async (id) => {
    const server = await serve(answers(200, envelope(JOB)));
    const error = await rejectionOf(bench(server.origin).api.getJob(ZONE, id, NOW));
    expect(error).not.toBeInstanceOf(ReconcileError);
    expect(server.requests).toEqual([]);
  });
});

describe('a dataset', () => {
  it.each(['..', '.', '', 'a/b', 'a b', '%2e%2e', 'a?b', 'ä', 'x'.repeat(257)])(
    'called %j is refused before anything is sent',
    async (dataset) => {
      const server = await serve(answers(200, envelope([])));
      const { api } = bench(server.origin);
      for (const call of [
        () => api.listDatasetJobs(ZONE, dataset, NOW),
        () => api.listFields(ZONE, dataset, NOW),
        () => api.listDefaultFields(ZONE, dataset, NOW),
      ]) {
        expect(await rejectionOf(call())).toBeInstanceOf(RejectedError);
      }
      expect(server.requests).toEqual([]);
    },
  );

  it.each([null, 3, 'text', [1], [['a']]])('whose fields are %j is not understood', async (result) => {
    const server = await serve(answers(200, envelope(result)));
    const error = await rejectionOf(bench(server.origin).api.listFields(ZONE, 'dns_logs', NOW));
    expect(error).toBeInstanceOf(UnusableAnswerError);
  });
});

describe('a verdict', () => {
  const refused = answers(400, failure(1002, 'error validating destination: access denied'));
  const message = 'error validating destination: access denied (1002)';

  it('may come as a refusal', async () => {
    const server = await serve(refused);
    const { api } = bench(server.origin);
    const meaning = expect.objectContaining({ name: 'destination-refused' });
    expect(await api.validateDestination(ZONE, DESTINATION, NOW)).toEqual({ valid: false, message, meaning });
    expect(await api.validateOrigin(ZONE, 'x', 'y', NOW)).toEqual({ valid: false, message, meaning });
    expect(await api.validateOwnership(ZONE, DESTINATION, DESTINATION, NOW)).toEqual({
      valid: false,
      message,
      meaning,
    });
    expect(await api.requestOwnership(ZONE, DESTINATION, NOW)).toEqual({
      valid: false,
      message,
      meaning,
      filename: '',
    });
  });

  it('of an ownership request may be no though the call succeeds', async () => {
    const result = { filename: '', valid: false, message: 'cannot write' };
    const server = await serve(answers(200, envelope(result)));
    expect(await bench(server.origin).api.requestOwnership(ZONE, DESTINATION, NOW)).toEqual(result);
  });

  it('may be left out of an ownership answer with a file', async () => {
    const server = await serve(answers(200, envelope({ filename: 'a.txt' })));
    expect(await bench(server.origin).api.requestOwnership(ZONE, DESTINATION, NOW)).toMatchObject({
      valid: true,
    });
  });

  it.each([{}, { valid: 'true' }, { valid: 1 }])('cannot be read from %j', async (result) => {
    const server = await serve(answers(200, envelope(result)));
    const error = await rejectionOf(bench(server.origin).api.validateDestination(ZONE, DESTINATION, NOW));
    expect(error).toBeInstanceOf(UnusableAnswerError);
  });

  it('shows no secret in its message', async () => {
    const said = `cannot write to ${DESTINATION.reveal()}`;
    const server = await serve(answers(200, envelope({ valid: false, message: said })));
    const { message } = await bench(server.origin).api.validateDestination(ZONE, DESTINATION, NOW);
    expect(message).toBe('cannot write to […]');
  });
});

describe('a call that is sent again', () => {
  it('says why before it waits, but for a 429, of which the budget tells', async () => {
    const server = await serve(
      inTurn(
        (socket) => void socket.destroy(),
        answers(503, failure(1000, 'x')),
        answers(429, failure(1000, 'x'), { 'Retry-After': '1' }),
        answers(200, envelope([])),
      ),
    );
    const told: [why: number | undefined, slept: number][] = [];
    const { options, clock } = benchOptions(server.origin);
    const onRetry: ClientOptions['onRetry'] = ({ status }) => void told.push([status, clock.slept.length]);
    await createLogpushApi({ ...options, onRetry }).listJobs(ZONE, NOW);
    expect(told).toEqual([
      [undefined, 0],
      [503, 1],
    ]);
  });
});

describe('calls told to metrics and traces', () => {
  it('are one for each attempt, with status, codes, ray, and what it is for', async () => {
    const server = await serve(
      inTurn(
        (socket) => void socket.destroy(),
        answers(503, failure(1000, 'x'), { 'CF-Ray': 'r2' }),
        answers(200, envelope([]), { 'CF-Ray': 'r3' }),
      ),
    );
    const { api, calls } = bench(server.origin);
    await api.listJobs(ZONE, { ...NOW, passId: 'p-7' });
    const what = {
      method: 'GET',
      endpoint: '/{scope}/logpush/jobs',
      scope: `zone.${ZONE.id}`,
      passId: 'p-7',
    };
    expect(calls).toEqual([
      {
        ...what,
        status: 'none',
        attempt: 1,
        errors: [],
        durationMs: 0,
      },
      {
        ...what,
        status: 503,
        attempt: 2,
        errors: [1000],
        ray: 'r2',
        durationMs: 0,
      },
      {
        ...what,
        status: 200,
        attempt: 3,
        errors: [],
        ray: 'r3',
        durationMs: 0,
      },
    ]);
  });
});

describe('a client that cannot write', () => {
  it('has no method that does', () => {
    const reader = createLogpushReader(benchOptions('http://127.0.0.1:1').options);
    expect(Object.keys(reader).toSorted()).toEqual([
      'destinationExists',
      'getJob',
      'listAccounts',
      'listDatasetJobs',
      'listDefaultFields',
      'listFields',
      'listJobs',
      'listZones',
      'readAuditLog',
      'readPushes',
      'validateDestination',
      'validateOrigin',
      'validateOwnership',
      'verifyToken',
    ]);
  });

  it('reads and checks', async () => {
    const server = await serve(answers(200, envelope({ exists: true })));
    const reader = createLogpushReader(benchOptions(server.origin).options);
    expect(await reader.destinationExists(ZONE, DESTINATION, NOW)).toBe(true);
  });

  it.each([
    ['POST', '/zones/z/logpush/jobs'],
    ['PUT', '/zones/z/logpush/jobs/1'],
    ['DELETE', '/zones/z/logpush/jobs/1'],
    ['POST', '/zones/z/logpush/ownership'],
    ['PUT', '/zones/z/logpush/validate/destination'],
    ['POST', '/zones/z/logpush/jobs?x=/logpush/validate/destination'],
    ['POST', '/zones/z/logpush/jobs#/logpush/validate/destination'],
    ['POST', '/zones/z/logpush/validate/destination/../../jobs'],
  ] as const)('has a transport that refuses %s %s as a bug', async (method, path) => {
    const sent: WireRequest[] = [];
    const guarded = withoutWrites({
      async send(request) {
        sent.push(request);
        return { kind: 'answer', status: 200, headers: {}, body: '' };
      },
    });
    const request = { method, url: `https://api.example.com/client/v4${path}`, headers: {}, timeoutMs: 1 };
    const error = await rejectionOf(guarded.send(request, NOW.signal));
    expect(error).not.toBeInstanceOf(ReconcileError);
    expect(sent).toEqual([]);
  });
});

describe('the base URL', () => {
  it.each(['', 'api.cloudflare.com', 'ftp://x', 'https://user:hunter22@x/client/v4'])(
    '%j is refused, and not shown',
    (baseUrl) => {
      const { options } = benchOptions('http://127.0.0.1:1');
      expect(() => createLogpushReader({ ...options, baseUrl })).toThrow(
        /^The base URL of the Cloudflare API is not/,
      );
      expect(() => createLogpushReader({ ...options, baseUrl })).not.toThrow(/hunter22/);
    },
  );

  it('may end with a slash', async () => {
    const server = await serve(answers(200, envelope([])));
    const { options } = benchOptions(server.origin);
    await createLogpushReader({ ...options, baseUrl: `${server.origin}/client/v4/` }).listJobs(ZONE, NOW);
    expect(server.requests[0]?.path).toBe(`/client/v4/zones/${ZONE.id}/logpush/jobs`);
  });
});
