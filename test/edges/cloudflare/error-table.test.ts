import { afterEach, describe, expect, it } from 'vitest';
import { createLogpushReader } from '../../../src/edges/cloudflare/client.ts';
import { ERROR_TABLE } from '../../../src/edges/cloudflare/error-table.ts';
import type { FailureKind } from '../../../src/reconcile/failure-kinds.ts';
import { ReconcileError } from '../../../src/reconcile/errors.ts';
import { openSandbox } from '../../sandbox/open-sandbox.ts';
import { aScope, jobFields } from '../../builders.ts';
import { bench, NOW, rejectionOf } from './client-bench.ts';
import { answers, failure, startFaultServer, type FaultServer } from './fault-server.ts';

const ZONE = aScope();
const BODY = jobFields({ name: 'http', destination_conf: 's3://acme/x?region=us-west-2' });

type Call = 'list' | 'create' | 'update' | 'delete' | 'query';
/** What Cloudflare is known to answer, word for word where it was recorded, and how it is to be understood. */
type Recorded = readonly [row: string, kind: FailureKind, call: Call, status: number, body: string];

const NOT_ALLOWED = 'creating a new job is not allowed';
const TEST_FAILED = 'error validating destination: error writing object: error uploading';
/** As the docs of the GraphQL Analytics API have it, under Error responses. */
function graphqlError(message: string, code: string): string {
  return JSON.stringify({ data: null, errors: [{ message, path: ['viewer'], extensions: { code } }] });
}

// prettier-ignore
const RECORDED: readonly Recorded[] = [
  ['rate-limit', 'later', 'create', 429, failure(10_429, 'Rate limit reached.')],
  ['rate-limit', 'later', 'list', 429, '<html>slow down</html>'],
  ['analytics-refused', 'missing-right', 'query', 200, graphqlError("zone 'x' does not have access to the path", 'authz')],
  ['analytics-budget', 'later', 'query', 200, graphqlError('limit reached, please try reduced time period', 'budget')],
  ['server-error', 'retry', 'create', 504, '<html>gateway</html>'],
  ['server-error', 'retry', 'list', 500, failure(1000, 'internal error')],
  ['already-exists', 'conflict', 'create', 400, failure(1007, 'whatever it says')],
  ['already-exists', 'conflict', 'update', 400, failure(1007, 'whatever it says')],
  ['token-invalid', 'missing-right', 'list', 401, failure(1000, 'Invalid API Token')],
  ['token-refused', 'missing-right', 'list', 403, failure(10_000, 'Authentication error')],
  ['token-refused', 'missing-right', 'create', 403, failure(10_000, 'Unable to authenticate request')],
  ['token-unauthorized', 'missing-right', 'list', 403, failure(9109, 'Unauthorized to access requested resource')],
  ['credentials-malformed', 'missing-right', 'list', 400, failure(6003, 'Invalid request headers')],
  ['credentials-malformed', 'missing-right', 'list', 400, failure(9106, 'Missing X-Auth-Key, X-Auth-Email')],
  ['product-right', 'missing-right', 'list', 403, failure(1004, "reading job for product 'access' is not allowed")],
  ['product-right', 'missing-right', 'create', 403, failure(1004, "creating job for product 'x' is not allowed")],
  ['reading-right', 'missing-right', 'list', 403, failure(1004, 'listing jobs is not allowed')],
  ['dataset-quota', 'entitlement', 'create', 403, failure(1004, `${NOT_ALLOWED}: exceeded max jobs allowed for audit_logs dataset`)],
  ['max-jobs', 'quota', 'create', 403, failure(1004, `${NOT_ALLOWED}: exceeded max jobs allowed`)],
  ['bad-filter', 'after-edit', 'create', 400, failure(1004, `${NOT_ALLOWED}: bad predicate: failed to decode value "\\"200,201\\"", supported kinds: []uint64`)],
  ['not-in-plan', 'entitlement', 'create', 400, failure(1004, `${NOT_ALLOWED}: Bot Management fields are not allowed`)],
  ['feature-missing', 'entitlement', 'list', 403, failure(1004, 'feature not available for this account')],
  ['feature-missing', 'entitlement', 'create', 403, failure(1004, 'feature not available for this account')],
  ['not-allowed', 'unknown', 'create', 403, failure(1004, `${NOT_ALLOWED}: the moon is full`)],
  ['not-allowed', 'unknown', 'delete', 403, failure(1004, 'deleting a job is not allowed')],
  ['no-route', 'gone', 'list', 404, failure(7003, 'Could not route to /zones/x/logpush/jobs, perhaps your object identifier is invalid?')],
  ['no-api', 'gone', 'list', 404, failure(7003, 'Could not route to /zones, perhaps your object identifier is invalid?')],
  ['nothing-to-read', 'gone', 'list', 404, failure(1003, 'no such dataset')],
  ['not-found', 'gone', 'update', 404, failure(1003, 'Invalid logpush job identifier')],
  ['not-found', 'gone', 'update', 404, ''],
  ['forbidden', 'missing-right', 'update', 403, failure(4711, 'no')],
  ['destination-dns', 'destination', 'update', 400, failure(1002, `${TEST_FAILED}: DNSError: lookup logs.example.com: no such host`)],
  ['azure-sas', 'after-edit', 'create', 400, failure(1002, 'signedResourceTypes must be Object only (srt=o)')],
  ['destination-test', 'destination', 'create', 400, failure(1002, `${TEST_FAILED}: status 403`)],
  ['destination-test', 'destination', 'create', 400, failure(1002, `${TEST_FAILED}: BucketOwnerEnforced ownership`)],
  ['ownership', 'ownership', 'create', 400, failure(1002, 'invalid ownership challenge: expired')],
  ['bad-destination', 'after-edit', 'create', 400, failure(1002, 'error parsing input: region is missing')],
  ['destination-conversion', 'after-edit', 'update', 400, failure(1002, 'a job cannot be converted to a Datadog job; create a new one')],
  ['destination-refused', 'destination', 'create', 400, failure(1002, 'no such bucket')],
  ['destination-invalid', 'destination', 'create', 400, failure(0, 'error validating destination: access denied')],
  ['empty-filter', 'after-edit', 'create', 400, failure(0, 'unexpected end of JSON input')],
  ['in-use', 'conflict', 'update', 409, failure(1009, 'transformer 7 is in use by a job')],
  ['transformer-mismatch', 'after-edit', 'create', 400, failure(1001, 'transformer 7 not found for this account')],
  ['transformer-mismatch', 'after-edit', 'update', 400, failure(1001, 'transformer dataset does not match job dataset')],
  ['bad-request', 'after-edit', 'update', 400, failure(1001, 'kind cannot be changed')],
  ['unknown', 'unknown', 'create', 418, failure(4711, 'what')],
  ['unknown', 'unknown', 'create', 200, failure(4711, 'what')],
  ['blocked', 'missing-right', 'list', 403, '<html>blocked</html>'],
  ['unreadable', 'retry', 'list', 200, '<html>portal</html>'],
  ['unreadable', 'retry', 'create', 404, '<html>portal</html>'],
];

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function errorAfter(call: Call, status: number, body: string): Promise<ReconcileError> {
  const server = await startFaultServer(
    answers(status, body, body.startsWith('<') ? { 'Content-Type': 'text/html' } : {}),
  );
  servers.push(server);
  const { api, options } = bench(server.origin, { retry: { maxAttempts: 1, maxBlips: 0 } });
  const sent = {
    list: () => api.listJobs(ZONE, NOW),
    create: () => api.createJob(ZONE, BODY, NOW),
    update: () => api.updateJob(ZONE, 7, { enabled: false }, NOW),
    delete: () => api.deleteJob(ZONE, 7, NOW),
    query: () => createLogpushReader(options).readPushes([ZONE], { since: 0, before: 1 }, NOW),
  };
  const error = await rejectionOf(sent[call]());
  if (error instanceof ReconcileError) return error;
  throw error;
}

describe('an answer that says no', () => {
  it.each(RECORDED)('of the row %s is of the kind %s (%s, %s): %s', async (row, kind, call, status, body) => {
    const error = await errorAfter(call, status, body);
    expect(error.meaning).toMatchObject({ name: row });
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(`${error.meaning?.says} ${error.meaning?.next}`);
  });

  it('is in the table with at least one recorded answer for each row', () => {
    expect(new Set(RECORDED.map(([row]) => row))).toEqual(new Set(ERROR_TABLE.map(({ name }) => name)));
    expect(new Set(ERROR_TABLE.map(({ name }) => name)).size).toBe(ERROR_TABLE.length);
  });

  it('has an example of the text that a row goes by', () => {
    const unlike = ERROR_TABLE.filter(({ when, example = '' }) => when.text?.test(example) === false);
    expect(unlike.map(({ name }) => name)).toEqual([]);
  });

  it('is explained in two short sentences or so, for each row', () => {
    for (const { says, next } of ERROR_TABLE) {
      expect(says).toMatch(/^[A-Z].+\.$/);
      expect(next).toMatch(/^[A-Z].+\.$/);
    }
  });
});

describe('an answer of the sandbox', () => {
  const https = jobFields({
    name: 'a',
    dataset: 'http_requests',
    destination_conf: 'https://gone.example/x',
  });
  const one = jobFields({
    name: 'a',
    dataset: 'http_requests',
    destination_conf: 's3://b/x?region=r&access-key-id=k&secret-access-key=s&endpoint=e.example',
  });

  it.each([
    ['max-jobs', { jobs_per_zone: 0 }, one],
    ['dataset-quota', { unavailable_datasets: ['http_requests'] }, one],
    ['not-in-plan', { bot_management: 'missing' }, { ...one, output_options: { field_names: ['BotScore'] } }],
    ['already-exists', { duplicate_destination: 'reject' }, one],
    ['destination-dns', { dns_failures: ['gone.example'] }, https],
    ['ownership', {}, { ...one, ...jobFields({ destination_conf: 's3://b/x?region=r' }) }],
    ['bad-filter', {}, { ...one, filter: '{"where":{"key":"A","operator":"like","value":"x"}}' }],
    ['token-refused', { forbidden_scopes: ['example.com'] }, one],
    ['server-error', { create_504: 'all' }, one],
  ])('is understood as %s', async (row, switches, body) => {
    const sandbox = await openSandbox({ zones: ['example.com'] });
    await sandbox.control('PATCH', '/switches', switches);
    const { api } = bench(sandbox.origin, { retry: { maxAttempts: 1, maxBlips: 0 } });
    const scope = aScope({ id: sandbox.zone });
    if (row === 'already-exists') await api.createJob(scope, body, NOW);
    const error = await rejectionOf(api.createJob(scope, body, NOW));
    expect(error).toMatchObject({ meaning: { name: row } });
  });
});
