import { afterEach, describe, expect, it } from 'vitest';
import { createLogpushReader } from '../../../src/edges/cloudflare/client.ts';
import { NotAllowedError, RateLimitedError, UnusableAnswerError } from '../../../src/reconcile/errors.ts';
import type { ScopeRef } from '../../../src/reconcile/ports.ts';
import { openSandbox, START } from '../../sandbox/open-sandbox.ts';
import { benchOptions, NOW, rejectionOf } from './client-bench.ts';
import { answers, startFaultServer, type FaultServer, type Script } from './fault-server.ts';

const ZONE: ScopeRef = { kind: 'zone', id: '0123456789abcdef0123456789abcdef', name: 'example.com' };
const OTHER: ScopeRef = { kind: 'zone', id: 'fedcba9876543210fedcba9876543210', name: 'example.net' };
const ACCOUNT: ScopeRef = { kind: 'account', id: 'aaaabbbbccccddddaaaabbbbccccdddd', name: 'Example Inc' };
const WINDOW = { since: Date.parse('2026-11-22T09:00:00Z'), before: Date.parse('2026-11-23T09:00:00Z') };

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function read(script: Script, scopes: readonly ScopeRef[] = [ZONE]) {
  const server = await startFaultServer(script);
  servers.push(server);
  const reader = createLogpushReader(benchOptions(server.origin).options);
  return { server, reading: reader.readPushes(scopes, WINDOW, NOW) };
}

const row = (dimensions: object = {}) => ({
  count: 2,
  sum: { bytes: 400, records: 10 },
  dimensions: {
    jobId: 7,
    status: 200,
    final: 1,
    datetimeFifteenMinutes: '2026-11-23T08:45:00Z',
    ...dimensions,
  },
});
const data = (viewer: object): string => JSON.stringify({ data: { viewer }, errors: null });
const refusal = (message: string, code: string): string =>
  JSON.stringify({ data: null, errors: [{ message, path: ['viewer'], extensions: { code } }] });
const zones = (rows: readonly object[]) =>
  data({ zones: [{ zoneTag: ZONE.id, logpushHealthAdaptiveGroups: rows }] });

describe('what was pushed', () => {
  it('is asked for in one query for several zones, and told by zone', async () => {
    const { server, reading } = await read(answers(200, zones([row({ final: 0, status: 503 })])), [
      ZONE,
      OTHER,
    ]);
    expect(await reading).toEqual(
      new Map([
        [
          `zone.${ZONE.id}`,
          [
            {
              jobId: 7,
              status: 503,
              isFinal: false,
              from: Date.parse('2026-11-23T08:45:00Z'),
              count: 2,
              bytes: 400,
              records: 10,
            },
          ],
        ],
        [`zone.${OTHER.id}`, []],
      ]),
    );
    expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/client/v4/graphql'],
    ]);
    const { query } = JSON.parse(server.requests[0]?.body ?? '');
    expect(query).toContain(`zones(filter: { zoneTag_in: ["${ZONE.id}", "${OTHER.id}"] })`);
    expect(query).toContain('datetime_geq: "2026-11-22T09:00:00Z", datetime_lt: "2026-11-23T09:00:00Z"');
  });

  it('is asked for of an account by its own tag', async () => {
    const answer = data({ accounts: [{ logpushHealthAdaptiveGroups: [row()] }] });
    const { server, reading } = await read(answers(200, answer), [ACCOUNT]);
    expect((await reading).get(`account.${ACCOUNT.id}`)).toHaveLength(1);
    expect(server.requests[0]?.body).toContain('accountTag');
  });

  it.each([
    ['the right is missing', refusal("zone 'x' does not have access to the path", 'authz'), NotAllowedError],
    ['the account is another', refusal('not authorized for that account', 'authz'), NotAllowedError],
    ['the queries are used up', refusal('rate limiter budget depleted', 'budget'), RateLimitedError],
    ['a field is not as documented', zones([row({ final: 'yes' })]), UnusableAnswerError],
    ['the answer holds no groups', data({}), UnusableAnswerError],
    ['there may be more groups', zones(Array.from({ length: 9_999 }, () => row())), UnusableAnswerError],
  ])('is known to be unknown where %s', async (_, body, kind) => {
    const { server, reading } = await read(answers(200, body));
    expect(await rejectionOf(reading)).toBeInstanceOf(kind);
    expect(server.requests).toHaveLength(1);
  });

  it('that is refused is told in the words of GraphQL, without a number that it does not have', async () => {
    const { reading } = await read(answers(200, refusal('no access to the path', 'authz')));
    expect(String(await rejectionOf(reading))).toContain('no access to the path (authz)');
    expect(String(await rejectionOf(reading))).not.toContain('(0)');
  });

  it('that is one query too many for GraphQL holds no other call', async () => {
    const server = await startFaultServer(answers(429, '{}', { 'Retry-After': '300' }));
    servers.push(server);
    const { options, clock, budget } = benchOptions(server.origin);
    const { signal } = NOW;
    expect(await rejectionOf(createLogpushReader(options).readPushes([ZONE], WINDOW, NOW))).toBeInstanceOf(
      RateLimitedError,
    );
    expect(server.requests).toHaveLength(1);
    (await budget.acquire('change', signal)).release({ isSent: true });
    expect(clock.monotonic()).toBe(0);
  });

  it('is read from a sandbox, with failures by their code', async () => {
    const sandbox = await openSandbox();
    const job = await sandbox.create({ name: 'a', enabled: true });
    sandbox.advance(3_600_000);
    await sandbox.get(job.id);
    sandbox.model.failDestination('logs.example.net', 1105);
    sandbox.advance(3_600_000);
    const reader = createLogpushReader(benchOptions(sandbox.origin).options);
    const scope: ScopeRef = { kind: 'zone', id: sandbox.zone, name: 'example.com' };
    const window = { since: START, before: START + 7_300_000 };
    const groups = (await reader.readPushes([scope], window, NOW)).get(`zone.${sandbox.zone}`) ?? [];
    expect(new Set(groups.map(({ jobId, status, isFinal }) => [jobId, status, isFinal].join(' ')))).toEqual(
      new Set([`${job.id} 200 true`, `${job.id} 1105 false`]),
    );
    sandbox.model.changeSwitches({ graphql_permission: 'missing' });
    expect(await rejectionOf(reader.readPushes([scope], window, NOW))).toBeInstanceOf(NotAllowedError);
  });
});
