import { describe, expect, it } from 'vitest';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

async function check(sandbox: OpenSandbox, path: string, body: unknown) {
  return sandbox.call('POST', `/zones/${sandbox.zone}/logpush/${path}`, body);
}

describe('validating', () => {
  it('says whether a destination would be accepted', async () => {
    const sandbox = await openSandbox();
    const verdict = async (conf: string) =>
      (await check(sandbox, 'validate/destination', { destination_conf: conf })).json.result;
    expect(await verdict('https://logs.example.net/in')).toEqual({ valid: true, message: '' });
    expect(await verdict('s3://bucket')).toEqual({
      valid: false,
      message: expect.stringContaining('region'),
    });
    await sandbox.control('POST', '/destinations', { match: 'logs.example.net' });
    expect(await verdict('https://logs.example.net/in')).toMatchObject({ valid: false });
    expect((await check(sandbox, 'validate/destination', {})).status).toBe(400);
  });

  it('knows whether a destination is in use, by bucket and path', async () => {
    const sandbox = await openSandbox({ switches: { ownership: 'off' } });
    await sandbox.create({ destination_conf: 's3://bucket/logs?region=us-west-2' });
    const exists = async (conf: string) =>
      (await check(sandbox, 'validate/destination/exists', { destination_conf: conf })).json.result.exists;
    expect(await exists('s3://bucket/logs?region=eu-west-1')).toBe(true);
    expect(await exists('s3://bucket/other?region=us-west-2')).toBe(false);
    expect(await exists('s3://foo')).toBe(false);
  });

  it.each([
    ['fields=RayID,ClientIP&timestamps=rfc3339&sample=0.001', true],
    ['https://api.cloudflare.com/client/v4/zones/x/logs/received?fields=RayID&CVE-2021-44228=true', true],
    ['fields=RayID%2CClientIP', true],
    [null, true],
    ['fields=NoSuchField', false],
    ['sample=0', false],
    ['timestamps=iso', false],
    ['colour=red', false],
  ])('judges the option string %s as %s', async (options, valid) => {
    const sandbox = await openSandbox();
    const { json } = await check(sandbox, 'validate/origin', {
      logpull_options: options,
      dataset: 'http_requests',
    });
    expect(json.result.valid).toBe(valid);
    expect(json.result.message === '').toBe(valid);
  });

  it('requires the option string', async () => {
    expect((await check(await openSandbox(), 'validate/origin', {})).status).toBe(400);
  });
});

describe('fields', () => {
  it('of firewall_events are more in an account: they tell the zone', async () => {
    const { call, zone, account } = await openSandbox();
    const fieldsOf = async (scope: string) =>
      Object.keys((await call('GET', `/${scope}/logpush/datasets/firewall_events/fields`)).json.result);
    const inZone = await fieldsOf(`zones/${zone}`);
    expect(await fieldsOf(`accounts/${account}`)).toEqual([...inZone, 'ZoneName'].toSorted());
    expect(inZone).toHaveLength(43);
  });

  it.each([
    ['http_requests', 'RayID', 100],
    ['firewall_events', 'Action', 43],
    ['dns_logs', 'QueryName', 9],
    ['spectrum_events', 'Application', 31],
    ['nel_reports', 'Phase', 7],
    ['page_shield_events', 'PolicyID', 10],
    ['zaraz_events', 'EventType', 7],
    ['audit_logs', 'ActorEmail', 15],
    ['audit_logs_v2', 'ActorEmail', 23],
    ['access_requests', 'AppUUID', 15],
    ['gateway_dns', 'QueryName', 82],
    ['gateway_http', 'URL', 60],
    ['gateway_network', 'SNI', 34],
    ['workers_trace_events', 'ScriptName', 13],
    ['turnstile_events', 'Sitekey', 13],
    ['network_analytics_logs', 'Outcome', 80],
  ])('%s has %s and at least %i fields, each described', async (dataset, field, count) => {
    const { call, account, zone } = await openSandbox();
    for (const scope of [`zones/${zone}`, `accounts/${account}`]) {
      const { json } = await call('GET', `/${scope}/logpush/datasets/${dataset}/fields`);
      expect(json.result[field]).toEqual(expect.stringMatching(/\w/));
      expect(Object.keys(json.result).length).toBeGreaterThanOrEqual(count);
      expect(Object.values(json.result)).not.toContain('');
      const defaults = (await call('GET', `/${scope}/logpush/datasets/${dataset}/fields/default`)).json
        .result;
      expect(Object.keys(defaults).length).toBeGreaterThan(0);
      expect(json.result).toMatchObject(defaults);
    }
  });

  it('of a dataset nobody knows are 404', async () => {
    const { call, zone } = await openSandbox();
    expect((await call('GET', `/zones/${zone}/logpush/datasets/nothing/fields`)).status).toBe(404);
  });
});

describe('instant logs', () => {
  it('open one session a zone, under both paths, for five minutes without a listener', async () => {
    const { call, zone, advance } = await openSandbox();
    const path = `/zones/${zone}/logpush/edge/jobs`;
    const { json } = await call('POST', path, {
      fields: 'RayID,ClientIP',
      sample: 10,
      filter: '',
      kind: 'instant-logs',
    });
    expect(json.result).toMatchObject({
      destination_conf: expect.stringMatching(
        /^wss:\/\/logs\.cloudflare\.com\/instant-logs\/ws\/sessions\/[0-9a-f]{32}$/,
      ),
      fields: 'RayID,ClientIP',
      filter: '',
      sample: 10,
    });
    expect((await call('GET', `/zones/${zone}/logpush/edge`)).json.result).toEqual([json.result]);
    expect((await call('POST', path, {})).json.errors[0].message).toContain('exceeded max jobs allowed');
    advance(300_000);
    expect((await call('GET', path)).json.result).toEqual([]);
    expect((await call('POST', `/zones/${zone}/logpush/edge`, {})).status).toBe(200);
  });

  it('refuse a bad predicate with the text of the real API', async () => {
    const { call, zone } = await openSandbox();
    const filter = '{"where":{"key":"EdgeResponseStatus","operator":"in","value":"200,201"}}';
    const { json } = await call('POST', `/zones/${zone}/logpush/edge/jobs`, { filter });
    expect(json.errors).toEqual([
      {
        code: 1004,
        message: String.raw`creating a new instant logs job is not allowed: bad predicate: failed to decode value "\"200,201\"", supported kinds: []uint64`,
      },
    ]);
  });
});

describe('transformers', () => {
  const sql =
    "SELECT RayID, EdgeResponseStatus AS status FROM http_requests WHERE ClientCountry = 'de' AND EdgeResponseStatus >= 500";

  async function withTransformer() {
    const sandbox = await openSandbox();
    const path = `/accounts/${sandbox.account}/logpush/transformers`;
    const made = await sandbox.call('POST', path, { name: 'errors', code: sql, description: 'd' });
    return { ...sandbox, path, made: made.json.result };
  }

  it('are created, read, changed in versions and deleted', async () => {
    const { call, path, made, advance } = await withTransformer();
    expect(made).toEqual({
      id: 1,
      name: 'errors',
      description: 'd',
      dataset: 'http_requests',
      created_at: '2026-10-01T00:00:00Z',
      updated_at: '2026-10-01T00:00:00Z',
      associated_jobs: [],
    });
    advance(1000);
    const changed = await call('PUT', `${path}/1`, { name: 'renamed', code: 'SELECT * FROM http_requests' });
    expect(changed.json.result).toMatchObject({
      name: 'renamed',
      description: '',
      updated_at: '2026-10-01T00:00:01Z',
    });
    const versions = (await call('GET', `${path}/1/versions`)).json.result;
    expect(versions.map((version: any) => version.id)).toEqual([2, 1]);
    expect((await call('GET', `${path}/1/versions?limit=1`)).json.result).toHaveLength(1);
    expect((await call('GET', `${path}/1/content`)).json.result.content).toBe('SELECT * FROM http_requests');
    expect((await call('GET', `${path}/1/content?version_id=1`)).json.result.content).toBe(sql);
    expect((await call('DELETE', `${path}/1`)).json.result).toEqual({ id: 1 });
    expect((await call('GET', path)).json.result).toEqual([]);
    expect((await call('GET', `${path}/1`)).status).toBe(404);
  });

  it('preview a record', async () => {
    const { call, path } = await withTransformer();
    const preview = async (input: object) =>
      (await call('POST', `${path}/preview`, { input, sql })).json.result;
    expect(await preview({ RayID: 'r', ClientCountry: 'de', EdgeResponseStatus: 503 })).toEqual([
      { RayID: 'r', status: 503 },
    ]);
    expect(await preview({ RayID: 'r', ClientCountry: 'de', EdgeResponseStatus: 200 })).toEqual([]);
  });

  it('attach to jobs of the same dataset, and then cannot be deleted', async () => {
    const { call, path, zone, create } = await withTransformer();
    const conf = 'https://logs.example.net/in';
    const { id } = await create({ name: 'j', transformer_id: 1 });
    expect((await call('GET', `${path}/1`)).json.result.associated_jobs).toEqual([
      { id, name: 'j', object_tag: zone, object_type: 'zone' },
    ]);
    expect((await call('DELETE', `${path}/1`)).status).toBe(409);
    const wrong = await call('POST', `/zones/${zone}/logpush/jobs`, {
      destination_conf: conf,
      dataset: 'dns_logs',
      transformer_id: 1,
    });
    expect(wrong.json.errors[0].message).toBe('transformer dataset does not match job dataset');
    await call('PUT', `/zones/${zone}/logpush/jobs/${id}`, { transformer_id: null });
    expect((await call('DELETE', `${path}/1`)).status).toBe(200);
  });

  it.each([
    ['no name', { code: sql }, 400],
    ['no code', { name: 'n' }, 400],
    ['no select', { name: 'n', code: 'DROP TABLE x' }, 400],
    ['an unknown dataset', { name: 'n', code: 'SELECT * FROM nothing' }, 400],
    ['too much code', { name: 'n', code: `SELECT ${'A, '.repeat(5000)}A FROM http_requests` }, 413],
    ['a long name', { name: 'n'.repeat(256), code: sql }, 400],
  ])('refuse %s', async (_, body, status) => {
    const { call, path } = await withTransformer();
    expect((await call('POST', path, body)).status).toBe(status);
  });
});
