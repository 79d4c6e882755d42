import { describe, expect, it } from 'vitest';
import { openSandbox } from './open-sandbox.ts';

const FILTER = '{"where":{"key":"ClientCountry","operator":"eq","value":"de"}}';

describe('reading jobs', () => {
  it('answers with the keys of the real capture when nothing is set', async () => {
    const { create } = await openSandbox();
    expect(await create()).toEqual({
      dataset: 'http_requests',
      destination_conf: 'https://logs.example.net/in',
      enabled: false,
      error_message: null,
      frequency: 'high',
      id: 1001,
      kind: '',
      last_complete: null,
      last_error: null,
      time_created: '2026-10-01T00:00:00Z',
    });
  });

  it('sends the keys of envelope and job in alphabetical order', async () => {
    const { create, call, zone } = await openSandbox();
    await create({ name: 'a', enabled: true, filter: FILTER });
    const { json } = await call('GET', `/zones/${zone}/logpush/jobs`);
    expect(Object.keys(json)).toEqual(['errors', 'messages', 'result', 'success']);
    expect(Object.keys(json.result[0])).toEqual(Object.keys(json.result[0]).toSorted());
  });

  it('names each answer with a ray and an audit log id', async () => {
    const { call } = await openSandbox();
    const one = await call('GET', '/zones');
    const other = await call('GET', '/zones');
    expect(one.headers.get('cf-ray')).toMatch(/^[0-9a-f]{16}-SBX$/);
    expect(one.headers.get('cf-ray')).not.toBe(other.headers.get('cf-ray'));
    expect(one.headers.get('cf-auditlog-id')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('lists the jobs of one dataset under that dataset', async () => {
    const { create, call, zone } = await openSandbox();
    await create({ name: 'http' });
    await create({ name: 'dns', dataset: 'dns_logs' });
    const { json } = await call('GET', `/zones/${zone}/logpush/datasets/dns_logs/jobs`);
    expect(json.result.map((job: any) => job.name)).toEqual(['dns']);
  });

  it('keeps the jobs of zones and accounts apart', async () => {
    const { create, call, account } = await openSandbox();
    await create();
    const conf = 'https://logs.example.net/in';
    const made = await call('POST', `/accounts/${account}/logpush/jobs`, {
      destination_conf: conf,
      dataset: 'audit_logs',
    });
    expect(made.status).toBe(200);
    const { json } = await call('GET', `/accounts/${account}/logpush/jobs`);
    expect(json.result.map((job: any) => job.dataset)).toEqual(['audit_logs']);
  });
});

describe('creating jobs', () => {
  it('accepts the zeroes and empty strings that Terraform sends, and returns none of them', async () => {
    const { create, get } = await openSandbox();
    const zeroes = {
      name: '',
      filter: '',
      logpull_options: '',
      kind: '',
      frequency: 'high',
      enabled: false,
      max_upload_bytes: 0,
      max_upload_interval_seconds: 0,
      max_upload_records: 0,
    };
    const { id } = await create(zeroes);
    expect(Object.keys(await get(id))).toEqual([
      'dataset',
      'destination_conf',
      'enabled',
      'error_message',
      'frequency',
      'id',
      'kind',
      'last_complete',
      'last_error',
      'time_created',
    ]);
  });

  it('allows two jobs of the same name and destination', async () => {
    const { create, list } = await openSandbox();
    await create({ name: 'twin' });
    await create({ name: 'twin' });
    expect((await list()).map((job) => job.name)).toEqual(['twin', 'twin']);
  });

  it('never returns the ownership challenge', async () => {
    const { create, get } = await openSandbox();
    const { id } = await create({ ownership_challenge: 'abc' });
    expect(await get(id)).not.toHaveProperty('ownership_challenge');
  });

  it('returns output options with exactly the sent keys, and drops only a false CVE flag', async () => {
    const { create } = await openSandbox();
    const { output_options: options } = await create({
      output_options: { batch_prefix: '', sample_rate: 1, 'CVE-2021-44228': false },
    });
    expect(options).toEqual({ batch_prefix: '', sample_rate: 1 });
  });

  // what is wrong                 body beside the destination                         status  code  in the text
  it.each([
    ['an unknown dataset', { dataset: 'htp_requests' }, 400, 1001, 'unknown dataset'],
    ['a long name', { name: 'x'.repeat(513) }, 400, 1001, 'name is longer'],
    ['a flag that is none', { enabled: 'yes' }, 400, 1001, 'enabled is not'],
    ['an unknown kind', { kind: 'instant-logs' }, 400, 1001, 'kind is not'],
    ['edge with another dataset', { kind: 'edge', dataset: 'dns_logs' }, 400, 1001, 'http_requests only'],
    ['an unknown frequency', { frequency: 'often' }, 400, 1001, 'frequency is not'],
    ['too few bytes', { max_upload_bytes: 4_999_999 }, 400, 1001, 'between 5000000 and 1000000000'],
    ['too short an interval', { max_upload_interval_seconds: 29 }, 400, 1001, 'between 30 and 300'],
    ['too many records', { max_upload_records: 1_000_001 }, 400, 1001, 'between 1000 and 1000000'],
    [
      'attack traffic of dns',
      { filter_attack_traffic: true, dataset: 'dns_logs' },
      400,
      1001,
      'not available',
    ],
    ['options that are a list', { output_options: [] }, 400, 1001, 'not an object'],
    ['a sample rate of 0', { output_options: { sample_rate: 0 } }, 400, 1001, 'sample_rate'],
    ['a strange format', { output_options: { timestamp_format: 'iso' } }, 400, 1001, 'timestamp_format'],
    ['logpull options over https', { logpull_options: 'sample=1' }, 400, 1001, 'logpull_options'],
    ['a filter that is blank', { filter: ' ' }, 400, 1004, 'unexpected end of JSON input'],
    ['a filter without where', { filter: '{"key":"RayID"}' }, 400, 1004, 'Key is missing'],
    [
      'a filter too long',
      { filter: `{"where":{"key":"RayID","operator":"eq","value":"${'x'.repeat(1000)}"}}` },
      400,
      1004,
      '1000 bytes',
    ],
    [
      'neq',
      { filter: '{"where":{"key":"RayID","operator":"neq","value":"x"}}' },
      400,
      1004,
      'unknown operator',
    ],
    [
      'in with a comma string',
      { filter: '{"where":{"key":"EdgeResponseStatus","operator":"in","value":"200,201"}}' },
      400,
      1004,
      String.raw`bad predicate: failed to decode value "\"200,201\"", supported kinds: []uint64`,
    ],
    [
      'an object filter',
      { filter: '{"where":{"key":"Cookies","operator":"eq","value":"x"}}' },
      400,
      1004,
      'not supported',
    ],
    [
      'a transformer nobody made',
      { transformer_id: 9 },
      400,
      1001,
      'transformer 9 not found for this account',
    ],
  ])('refuses %s', async (_, fields, status, code, text) => {
    const { call, zone, list } = await openSandbox();
    const body = { destination_conf: 'https://logs.example.net/in', ...fields };
    const answer = await call('POST', `/zones/${zone}/logpush/jobs`, body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ success: false, result: null, messages: [], errors: [{ code }] });
    expect(answer.json.errors[0].message).toContain(text);
    expect(await list()).toEqual([]);
  });

  it('takes 30 operators in a filter and refuses 31', async () => {
    const { call, zone } = await openSandbox();
    const post = (operators: number) => {
      const depth = operators - 1;
      const leaf = '{"key":"RayID","operator":"eq","value":"x"}';
      const filter = `{"where":${'{"or":['.repeat(depth)}${leaf}${']}'.repeat(depth)}}`;
      return call('POST', `/zones/${zone}/logpush/jobs`, {
        destination_conf: 'https://logs.example.net/in',
        filter,
      });
    };
    expect((await post(30)).status).toBe(200);
    expect((await post(31)).json.errors[0].message).toContain('more than 30 operators');
  });

  it('refuses a body that is not a JSON object', async () => {
    const { call, zone } = await openSandbox();
    for (const body of ['{', '[]', '"x"']) {
      const answer = await call('POST', `/zones/${zone}/logpush/jobs`, body);
      expect([answer.status, answer.json.errors[0].code]).toEqual([400, 1001]);
    }
  });

  it('refuses the fifth job of a zone with 403 and code 1004', async () => {
    const { create, call, zone } = await openSandbox();
    for (const name of ['a', 'b', 'c', 'd']) await create({ name });
    const fifth = await call('POST', `/zones/${zone}/logpush/jobs`, {
      destination_conf: 'https://logs.example.net/in',
    });
    expect(fifth.status).toBe(403);
    expect(fifth.json.errors).toEqual([
      { code: 1004, message: 'creating a new job is not allowed: exceeded max jobs allowed' },
    ]);
  });
});

describe('destinations', () => {
  it.each([
    's3://bucket/logs/{DATE}?region=us-west-2&access-key-id=a&secret-access-key=b&endpoint=storage.example.net',
    'r2://bucket/{DATE}?account-id=a&access-key-id=b&secret-access-key=c',
    'datadog://intake.example.net/api/v2/logs?header_DD-API-KEY=k&ddsource=cloudflare',
    'datadog://intake.example.net/v1/input?header_DD-API_KEY=k',
    'splunk://splunk.example.net:8088/services/collector/raw?channel=c&insecure-skip-verify=false&sourcetype=s&header_Authorization=Splunk%20t',
    'https://log-api.newrelic.com/log/v1?Api-Key=k&format=cloudflare',
    'ibmcl://id.ingress.eu.logs.cloud.ibm.com/logs/v1/singles?ibm_api_key=k',
    'sentinelone://ingest.example.net/services/collector/raw?sourcetype=s&header_Authorization=Bearer%20t',
    'bq://projects/p/datasets/d/tables/t?credentials=base64:e30=',
    'kinesis://stream?region=eu-west-1&sts-assume-role-arn=arn',
  ])('takes %s and returns the same string', async (conf) => {
    const { create } = await openSandbox();
    expect((await create({ destination_conf: conf })).destination_conf).toBe(conf);
  });

  it.each([
    ['nothing', undefined, 'required'],
    ['no URI', 'bucket/path', 'not a URI'],
    ['an unknown scheme', 'ftp://host/path', 'unsupported scheme "ftp"'],
    ['s3 without region', 's3://bucket/path', 'lacks the parameter "region"'],
    [
      'half of an S3-compatible one',
      's3://b?region=r&access-key-id=a',
      'lacks the parameter "secret-access-key"',
    ],
    ['r2 without keys', 'r2://bucket?account-id=a', 'lacks the parameter "access-key-id"'],
    ['sumo without its path', 'sumo://host/x', 'receiver/v1/http'],
    ['kinesis without access', 'kinesis://stream?region=r', 'lacks the parameter'],
    ['4097 characters', `https://h/${'x'.repeat(4097)}`, '4096'],
  ])('refuses %s', async (_, conf, text) => {
    const { call, zone } = await openSandbox();
    const answer = await call('POST', `/zones/${zone}/logpush/jobs`, { destination_conf: conf });
    expect(answer.json.errors[0]).toMatchObject({ code: 1002, message: expect.stringContaining(text) });
  });

  it('takes the small batches that IBM Cloud Logs documents', async () => {
    const { create } = await openSandbox();
    const conf = 'ibmcl://id.ingress.eu.logs.cloud.ibm.com/logs/v1/singles?ibm_api_key=k';
    expect(await create({ destination_conf: conf, max_upload_bytes: 2_000_000 })).toMatchObject({
      max_upload_bytes: 2_000_000,
    });
  });
});

describe('updating jobs', () => {
  it('keeps top-level keys that are left out', async () => {
    const { create, put } = await openSandbox();
    const { id } = await create({ name: 'kept', filter: FILTER, max_upload_records: 5000 });
    const { json } = await put(id, { enabled: true });
    expect(json.result).toMatchObject({
      name: 'kept',
      filter: FILTER,
      max_upload_records: 5000,
      enabled: true,
    });
  });

  it('clears a filter with "", a number with 0, and anything with null', async () => {
    const { create, put, get } = await openSandbox();
    const { id } = await create({
      name: 'x',
      filter: FILTER,
      max_upload_records: 5000,
      output_options: { sample_rate: 0.5 },
    });
    await put(id, { filter: '', max_upload_records: 0, name: null, output_options: null });
    const keys = Object.keys(await get(id));
    for (const key of ['filter', 'max_upload_records', 'name', 'output_options'])
      expect(keys).not.toContain(key);
  });

  it('accepts an unchanged kind and dataset', async () => {
    const { create, put } = await openSandbox();
    const { id } = await create({ dataset: 'dns_logs' });
    expect((await put(id, { kind: '', dataset: 'dns_logs', name: 'n' })).status).toBe(200);
  });

  it('ignores what only Cloudflare writes', async () => {
    const { create, put } = await openSandbox();
    const { id } = await create();
    const { json } = await put(id, {
      id: 7,
      last_complete: '2020-01-01T00:00:00Z',
      error_message: 'x',
      name: 'n',
    });
    expect(json.result).toMatchObject({ id, last_complete: null, error_message: null, name: 'n' });
  });

  it('tests a destination that is new, whatever its scheme', async () => {
    const { create, put, control } = await openSandbox();
    const conf = (bucket: string) => `r2://${bucket}?account-id=a&access-key-id=b&secret-access-key=c`;
    const { id } = await create({ destination_conf: conf('old') });
    for (const match of ['old', 'new']) await control('POST', '/destinations', { match });
    expect((await put(id, { destination_conf: conf('old'), name: 'n' })).status).toBe(200);
    expect((await put(id, { destination_conf: conf('new') })).json.errors[0]).toMatchObject({ code: 1002 });
  });

  it('refuses to turn a job into a Datadog job', async () => {
    const { create, put } = await openSandbox();
    const { id } = await create();
    const answer = await put(id, { destination_conf: 'datadog://h/api/v2/logs?header_DD-API-KEY=k' });
    expect([answer.status, answer.json.errors[0].code]).toEqual([400, 1002]);
  });

  it('answers 404 for a job that is gone, and 400 for an id that is none', async () => {
    const { put, call, zone } = await openSandbox();
    expect((await put(4711, { enabled: true })).status).toBe(404);
    expect((await call('GET', `/zones/${zone}/logpush/jobs/4711`)).status).toBe(404);
    expect((await call('DELETE', `/zones/${zone}/logpush/jobs/4711`)).status).toBe(404);
    expect((await call('GET', `/zones/${zone}/logpush/jobs/0`)).status).toBe(400);
    expect((await call('GET', `/zones/${zone}/logpush/jobs/x`)).status).toBe(400);
  });
});

describe('routes', () => {
  it('answers 404 with code 7003 where nothing is', async () => {
    const { call, account, zone } = await openSandbox();
    for (const path of [
      '/nowhere',
      `/zones/${'0'.repeat(32)}/logpush/jobs`,
      '/zones/example.com/logpush/jobs',
      `/zones/${account}/logpush/jobs`,
      `/accounts/${zone}/logpush/jobs`,
      `/accounts/${account}/logpush/edge/jobs`,
      `/zones/${zone}/logpush/transformers`,
      `/zones/${zone}/logpush/jobs/`,
    ]) {
      const answer = await call('GET', path);
      expect([path, answer.status, answer.json.errors[0].code]).toEqual([path, 404, 7003]);
    }
  });

  it('answers 405 and names the methods for a method it does not have', async () => {
    const { call, zone } = await openSandbox();
    const answer = await call('PATCH', `/zones/${zone}/logpush/jobs`, {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect(answer.json.success).toBe(false);
  });

  it('refuses a body of more than a megabyte', async () => {
    const { call, zone } = await openSandbox();
    const answer = await call('POST', `/zones/${zone}/logpush/jobs`, 'x'.repeat(1024 * 1024 + 1));
    expect(answer.status).toBe(413);
  });
});

describe('credentials', () => {
  it('takes a bearer token, or email and global key, and any of them unless one was given', async () => {
    const { call } = await openSandbox();
    expect((await call('GET', '/zones', undefined, { authorization: 'Bearer anything' })).status).toBe(200);
    const sandbox = await openSandbox({ token: 'right' });
    const get = (headers: Record<string, string>) => fetch(`${sandbox.url}/zones`, { headers });
    expect((await get({ authorization: 'Bearer right' })).status).toBe(200);
    expect((await get({ 'x-auth-email': 'me@example.com', 'x-auth-key': 'right' })).status).toBe(200);
    for (const headers of [
      { authorization: 'Bearer wrong' },
      { 'x-auth-email': 'me@example.com', 'x-auth-key': 'wrong' },
    ]) {
      const answer = await get(headers);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ success: false, errors: [{ code: 10_000 }] });
    }
  });

  it('says what is missing without credentials', async () => {
    const { url } = await openSandbox();
    const codeOf = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/zones`, { headers });
      const { errors }: any = await response.json();
      return [response.status, errors[0].code];
    };
    expect(await codeOf({})).toEqual([400, 9106]);
    expect(await codeOf({ 'x-auth-email': 'me@example.com' })).toEqual([400, 9106]);
    expect(await codeOf({ authorization: 'Basic eDp5' })).toEqual([400, 6111]);
  });

  it('verifies tokens for the user and for an account', async () => {
    const { call, account } = await openSandbox({ token: 'test-token' });
    for (const path of ['/user/tokens/verify', `/accounts/${account}/tokens/verify`]) {
      expect((await call('GET', path)).json.result).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        status: 'active',
      });
      const wrong = await call('GET', path, undefined, { authorization: 'Bearer wrong' });
      expect([wrong.status, wrong.json.errors[0]]).toEqual([
        401,
        { code: 1000, message: 'Invalid API Token' },
      ]);
    }
  });
});
