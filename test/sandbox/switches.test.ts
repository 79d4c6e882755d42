import { describe, expect, it } from 'vitest';
import { defaultSwitches } from '../../src/sandbox/switch-check.ts';
import { SWITCHES, type SwitchName } from '../../src/sandbox/switches.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const HTTPS = 'https://logs.example.net/in?header_Authorization=Bearer%20hush&other=1';
const FILTER = '{"where":{"key":"RayID","operator":"eq","value":"x"}}';

async function post(sandbox: OpenSandbox, fields: Record<string, unknown> = {}) {
  return sandbox.call('POST', `/zones/${sandbox.zone}/logpush/jobs`, { destination_conf: HTTPS, ...fields });
}

async function turn(sandbox: OpenSandbox, switches: Record<string, unknown>) {
  const answer = await sandbox.control('PATCH', '/switches', switches);
  expect([answer.status, answer.json.error]).toEqual([200, undefined]);
}

/** For each switch: what holds by default, and what after turning it. */
const PROOFS: Record<SwitchName, (sandbox: OpenSandbox) => Promise<void>> = {
  zero_values: async (s) => {
    const { id } = await s.create({ name: '' });
    expect(await s.get(id)).not.toHaveProperty('name');
    await turn(s, { zero_values: 'return' });
    expect(await s.get(id)).toMatchObject({
      name: '',
      filter: '',
      filter_attack_traffic: false,
      logpull_options: '',
      max_upload_bytes: 0,
      max_upload_interval_seconds: 0,
      max_upload_records: 0,
      output_options: null,
    });
  },
  output_options_echo: async (s) => {
    const { id } = await s.create({ output_options: { output_type: 'csv' } });
    expect((await s.get(id)).output_options).toEqual({ output_type: 'csv' });
    await turn(s, { output_options_echo: 'filled' });
    expect((await s.get(id)).output_options).toEqual({
      'CVE-2021-44228': false,
      batch_prefix: '',
      batch_suffix: '',
      field_delimiter: ',',
      output_type: 'csv',
      record_delimiter: '',
      record_prefix: '',
      record_suffix: '\n',
      record_template: '',
      sample_rate: 1,
      timestamp_format: 'unixnano',
    });
  },
  filter_reads: async (s) => {
    const { id } = await s.create({ filter: FILTER });
    const shown = async () => [(await s.list())[0].filter, (await s.get(id)).filter];
    expect(await shown()).toEqual([FILTER, FILTER]);
    await turn(s, { filter_reads: 'get' });
    expect(await shown()).toEqual([undefined, FILTER]);
    await turn(s, { filter_reads: 'none' });
    expect(await shown()).toEqual([undefined, undefined]);
  },
  secrets: async (s) => {
    const { id } = await s.create({ destination_conf: HTTPS });
    expect((await s.get(id)).destination_conf).toBe(HTTPS);
    await turn(s, { secrets: 'masked' });
    expect((await s.get(id)).destination_conf).toBe(
      'https://logs.example.net/in?header_Authorization=***&other=1',
    );
  },
  delete_result: async (s) => {
    const resultOf = async () => {
      const { id } = await s.create();
      return [id, (await s.call('DELETE', `/zones/${s.zone}/logpush/jobs/${id}`)).json.result];
    };
    expect((await resultOf())[1]).toEqual({});
    await turn(s, { delete_result: 'id' });
    const [id, result] = await resultOf();
    expect(result).toEqual({ id });
    await turn(s, { delete_result: 'null' });
    expect((await resultOf())[1]).toBeNull();
  },
  success_lists: async (s) => {
    expect((await s.call('GET', '/zones')).json).toMatchObject({ errors: [], messages: [] });
    await turn(s, { success_lists: 'null' });
    expect((await s.call('GET', '/zones')).json).toMatchObject({ errors: null, messages: null });
  },
  output_options_put: async (s) => {
    const { id } = await s.create({ output_options: { sample_rate: 0.5, batch_prefix: 'p' } });
    await s.put(id, { output_options: { sample_rate: 0.1 } });
    expect((await s.get(id)).output_options).toEqual({ sample_rate: 0.1 });
    await turn(s, { output_options_put: 'merge' });
    await s.put(id, { output_options: { batch_suffix: 's' } });
    expect((await s.get(id)).output_options).toEqual({ sample_rate: 0.1, batch_suffix: 's' });
  },
  put_revalidation: async (s) => {
    const { id } = await s.create();
    await turn(s, { dns_failures: ['logs.example.net'] });
    expect((await s.put(id, { enabled: true })).status).toBe(400);
    await turn(s, { put_revalidation: 'off' });
    expect((await s.put(id, { enabled: true })).status).toBe(200);
  },
  dns_failures: async (s) => {
    expect((await post(s)).status).toBe(200);
    await turn(s, { dns_failures: ['logs.example.net'] });
    const refused = await post(s);
    expect(refused.status).toBe(400);
    expect(refused.json.errors[0].message).toMatch(
      /^error validating destination: error writing object: error uploading.*DNSError/,
    );
  },
  immutable_fields: async (s) => {
    const { id } = await s.create();
    for (const fields of [{ kind: 'edge' }, { dataset: 'dns_logs' }]) {
      expect((await s.put(id, fields)).status).toBe(400);
    }
    await turn(s, { immutable_fields: 'ignore' });
    expect((await s.put(id, { kind: 'edge', dataset: 'dns_logs', name: 'n' })).json.result).toMatchObject({
      kind: '',
      dataset: 'http_requests',
      name: 'n',
    });
  },
  jobs_per_zone: async (s) => {
    for (const name of ['a', 'b', 'c', 'd']) await s.create({ name });
    expect((await post(s)).status).toBe(403);
    await turn(s, { jobs_per_zone: 5 });
    expect((await post(s)).status).toBe(200);
    await turn(s, { jobs_per_zone: null });
    expect((await post(s)).status).toBe(200);
  },
  jobs_per_account: async (s) => {
    const postToAccount = () =>
      s.call('POST', `/accounts/${s.account}/logpush/jobs`, {
        destination_conf: HTTPS,
        dataset: 'audit_logs',
      });
    for (let count = 0; count < 6; count += 1) expect((await postToAccount()).status).toBe(200);
    await turn(s, { jobs_per_account: 6 });
    expect((await postToAccount()).status).toBe(403);
  },
  duplicate_destination: async (s) => {
    expect((await post(s)).status).toBe(200);
    expect((await post(s)).status).toBe(200);
    await turn(s, { duplicate_destination: 'reject' });
    const refused = await post(s);
    expect([refused.status, refused.json.errors[0].code]).toEqual([400, 1007]);
    const { id } = await s.create({ destination_conf: 'https://elsewhere.example.net/' });
    expect((await s.put(id, { destination_conf: HTTPS })).json.errors[0].code).toBe(1007);
    expect((await s.put(id, { destination_conf: 'https://elsewhere.example.net/', name: 'n' })).status).toBe(
      200,
    );
  },
  ownership: async (s) => {
    const refused = await post(s, { destination_conf: 'gs://bucket/logs' });
    expect([refused.status, refused.json.errors[0].code]).toEqual([400, 1002]);
    await turn(s, { ownership: 'off' });
    expect((await post(s, { destination_conf: 'gs://bucket/logs' })).status).toBe(200);
  },
  ownership_failure: async (s) => {
    await s.control('POST', '/destinations', { match: 'bucket', fail: true });
    const ask = () =>
      s.call('POST', `/zones/${s.zone}/logpush/ownership`, { destination_conf: 'gs://bucket/logs' });
    expect((await ask()).json).toMatchObject({
      success: true,
      result: { filename: '', valid: false, message: expect.stringContaining('error writing object') },
    });
    await turn(s, { ownership_failure: 'error' });
    const refused = await ask();
    expect([refused.status, refused.json.success]).toEqual([400, false]);
  },
  lost_response: async (s) => {
    expect((await post(s)).status).toBe(200);
    await turn(s, { lost_response: 'create' });
    await expect(post(s)).rejects.toThrow('fetch failed');
    expect(await s.list()).toHaveLength(2);
  },
  rate_limit: async (s) => {
    await turn(s, { rate_limit_requests: 2 });
    const ask = async (times: number) => {
      let answer = await s.call('GET', '/zones');
      for (let count = 1; count < times; count += 1) answer = await s.call('GET', '/zones');
      return answer;
    };
    expect([...(await ask(3)).headers.keys()]).not.toContain('ratelimit');
    await turn(s, { rate_limit: 'headers' });
    const withHeaders = await ask(3);
    expect(withHeaders.status).toBe(200);
    expect(withHeaders.headers.get('ratelimit')).toBe('"default";r=0;t=300');
    expect(withHeaders.headers.get('ratelimit-policy')).toBe('"default";q=2;w=300');
    expect(withHeaders.headers.get('retry-after')).toBeNull();
    await turn(s, { rate_limit: 'window' });
    const refused = await ask(1);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '300']);
    s.advance(300_000);
    expect((await ask(2)).status).toBe(200);
    expect((await ask(1)).status).toBe(429);
  },
  rate_limit_requests: async (s) => {
    await turn(s, { rate_limit: 'bucket', rate_limit_requests: 3, rate_limit_window_seconds: 30 });
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await s.call('GET', '/zones')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    s.advance(15_000); // a bucket of 3 in 30 s gains one and a half in 15 s
    expect((await s.call('GET', '/zones')).headers.get('ratelimit')).toMatch(/^"default";r=0;/);
    s.advance(5000);
    expect((await s.call('GET', '/zones')).status).toBe(200);
    expect((await s.call('GET', '/zones')).headers.get('retry-after')).toBe('10');
  },
  rate_limit_window_seconds: async (s) => {
    await turn(s, { rate_limit: 'window', rate_limit_requests: 1, rate_limit_window_seconds: 5 });
    await s.call('GET', '/zones');
    expect((await s.call('GET', '/zones')).headers.get('retry-after')).toBe('5');
    s.advance(5000);
    expect((await s.call('GET', '/zones')).status).toBe(200);
  },
  rate_limit_block_seconds: async (s) => {
    await turn(s, {
      rate_limit: 'block',
      rate_limit_requests: 1,
      rate_limit_window_seconds: 5,
      rate_limit_block_seconds: 60,
    });
    await s.call('GET', '/zones');
    expect((await s.call('GET', '/zones')).headers.get('retry-after')).toBe('60');
    s.advance(30_000); // the window is over, the block is not
    expect((await s.call('GET', '/zones')).headers.get('retry-after')).toBe('30');
    const other = await s.call('GET', '/zones', undefined, { authorization: 'Bearer other' });
    expect(other.status).toBe(200);
    s.advance(30_000);
    expect((await s.call('GET', '/zones')).status).toBe(200);
  },
  auto_disable: async (s) => {
    const { id } = await failing(s);
    await turn(s, { auto_disable: 'off' });
    s.advance(48 * 3_600_000);
    expect((await s.get(id)).enabled).toBe(true);
    await turn(s, { auto_disable: 'on' });
    expect(await s.get(id)).toMatchObject({ enabled: true });
    s.advance(60_000);
    expect((await s.get(id)).enabled).toBe(false);
  },
  auto_disable_after_seconds: async (s) => {
    const { id } = await failing(s);
    await turn(s, { auto_disable_after_seconds: 120 });
    s.advance(120_000);
    expect((await s.get(id)).enabled).toBe(true);
    s.advance(60_000);
    expect((await s.get(id)).enabled).toBe(false);
  },
  delivery_interval_seconds: async (s) => {
    const { id } = await s.create({ enabled: true });
    s.advance(59_000);
    expect((await s.get(id)).last_complete).toBeNull();
    s.advance(1000);
    expect((await s.get(id)).last_complete).toBe('2026-10-01T00:01:00Z');
    await turn(s, { delivery_interval_seconds: 10 });
    s.advance(25_000);
    expect((await s.get(id)).last_complete).toBe('2026-10-01T00:01:20Z');
  },
  delete_lag_ms: async (s) => {
    const remove = async () => {
      const { id } = await s.create();
      await s.call('DELETE', `/zones/${s.zone}/logpush/jobs/${id}`);
      return id;
    };
    await remove();
    expect(await s.list()).toEqual([]);
    s.advance(1000);
    await turn(s, { delete_lag_ms: 500 });
    const id = await remove();
    expect(await s.list()).toHaveLength(1);
    expect((await s.put(id, { enabled: true })).status).toBe(404);
    s.advance(500);
    expect(await s.list()).toEqual([]);
    expect((await s.call('GET', `/zones/${s.zone}/logpush/jobs/${id}`)).status).toBe(404);
  },
  zero_trust_reads: async (s) => {
    s.model.plantJob('Example Inc', { dataset: 'gateway_dns', destination_conf: HTTPS });
    s.model.plantJob('Example Inc', { dataset: 'audit_logs', destination_conf: HTTPS });
    const list = () => s.call('GET', `/accounts/${s.account}/logpush/jobs`);
    expect((await list()).json.result).toHaveLength(2);
    await turn(s, { zero_trust_reads: 'refused' });
    const refused = await list();
    expect([refused.status, refused.json.errors[0]]).toEqual([
      403,
      { code: 1004, message: "reading job for product 'gateway_dns' is not allowed" },
    ]);
    await turn(s, { zero_trust_reads: 'hidden' });
    expect((await list()).json.result.map((job: any) => job.dataset)).toEqual(['audit_logs']);
  },
  create_504: async (s) => {
    const splunk =
      'splunk://h:8088/services/collector/raw?channel=c&insecure-skip-verify=false&sourcetype=s&header_Authorization=t';
    expect((await post(s, { destination_conf: splunk })).status).toBe(200);
    await turn(s, { create_504: 'splunk' });
    const page = await post(s, { destination_conf: splunk });
    expect([page.status, page.headers.get('content-type')]).toEqual([504, 'text/html; charset=UTF-8']);
    expect(page.text).toContain('504 Gateway');
    expect((await post(s)).status).toBe(200);
    await turn(s, { create_504: 'all' });
    expect((await post(s)).status).toBe(504);
    expect(await s.list()).toHaveLength(2);
  },
  extra_keys: async (s) => {
    const { id } = await s.create();
    expect(await s.get(id)).toHaveProperty('time_created');
    await turn(s, { extra_keys: 'none' });
    expect(await s.get(id)).not.toHaveProperty('time_created');
    await turn(s, { extra_keys: 'future' });
    expect(await s.get(id)).toMatchObject({
      delivery_class: 'standard',
      time_created: '2026-10-01T00:00:00Z',
    });
  },
  unknown_keys: async (s) => {
    const body = { brand_new: 1, output_options: { newest: true, sample_rate: 0.5 } };
    expect(await s.create(body)).toMatchObject(body);
    await turn(s, { unknown_keys: 'drop' });
    const dropped = await s.create(body);
    expect(dropped).not.toHaveProperty('brand_new');
    expect(dropped.output_options).toEqual({ sample_rate: 0.5 });
    await turn(s, { unknown_keys: 'reject' });
    expect((await post(s, body)).json.errors[0].message).toContain('unknown field "brand_new"');
  },
  zone_totals: async (s) => {
    const info = async () => (await s.call('GET', '/zones')).json.result_info;
    expect(await info()).toEqual({ page: 1, per_page: 20, count: 3, total_count: 3, total_pages: 1 });
    await turn(s, { zone_totals: 'absent' });
    expect(await info()).toEqual({ page: 1, per_page: 20, count: 3 });
  },
  zone_vanishes: async (s) => {
    for (const index of [1, 2, 3, 4]) s.model.addZone({ name: `z${index}.example` });
    const page = async (number: number) =>
      (await s.call('GET', `/zones?per_page=5&page=${number}`)).json.result.map((zone: any) => zone.name);
    expect(await page(2)).toEqual(['z3.example', 'z4.example']);
    await turn(s, { zone_vanishes: 'on' });
    expect(await page(1)).toHaveLength(5);
    expect(await page(2)).toEqual(['z4.example']);
  },
  name_rules: async (s) => {
    expect((await post(s, { name: 'with_underscore and space' })).status).toBe(200);
    await turn(s, { name_rules: 'strict' });
    expect((await post(s, { name: 'with_underscore' })).status).toBe(400);
    expect((await post(s, { name: 'fine-name.1' })).status).toBe(200);
  },
  empty_filter: async (s) => {
    for (const filter of ['', null]) expect((await post(s, { filter })).status).toBe(200);
    await turn(s, { empty_filter: 'reject' });
    for (const filter of ['', null]) {
      expect((await post(s, { filter })).json.errors[0].message).toContain('unexpected end of JSON input');
    }
  },
  firewall_filter: async (s) => {
    const fields = {
      dataset: 'firewall_events',
      filter: '{"where":{"key":"Action","operator":"eq","value":"block"}}',
    };
    expect((await post(s, fields)).status).toBe(200);
    await turn(s, { firewall_filter: 'reject' });
    expect((await post(s, fields)).json.errors[0]).toMatchObject({ code: 1004 });
  },
  upload_interval: async (s) => {
    expect((await post(s, { max_upload_interval_seconds: 30 })).status).toBe(200);
    await turn(s, { upload_interval: 'zero-only' });
    expect((await post(s, { max_upload_interval_seconds: 30 })).status).toBe(400);
    expect((await post(s, { max_upload_interval_seconds: 0 })).status).toBe(200);
  },
  field_names: async (s) => {
    const fields = { output_options: { field_names: ['ClientIP', 'NoSuchField'] } };
    expect((await post(s, fields)).status).toBe(200);
    await turn(s, { field_names: 'checked' });
    expect((await post(s, fields)).json.errors[0].message).toContain('"NoSuchField"');
  },
  unknown_datasets: async (s) => {
    expect((await post(s, { dataset: 'newest_logs' })).status).toBe(400);
    await turn(s, { unknown_datasets: 'accept' });
    expect((await post(s, { dataset: 'newest_logs' })).status).toBe(200);
  },
  unknown_schemes: async (s) => {
    const conf = 'crowdstrike://ingest.example.com/services/collector?token=k';
    expect((await post(s, { destination_conf: conf })).json.errors[0].message).toContain(
      'unsupported scheme',
    );
    await turn(s, { unknown_schemes: 'accept' });
    expect((await post(s, { destination_conf: conf })).json.result.destination_conf).toBe(conf);
  },
  unavailable_datasets: async (s) => {
    expect((await post(s, { dataset: 'dns_logs' })).status).toBe(200);
    await turn(s, { unavailable_datasets: ['dns_logs'] });
    const refused = await post(s, { dataset: 'dns_logs' });
    expect([refused.status, refused.json.errors[0].message]).toEqual([
      403,
      'creating a new job is not allowed: exceeded max jobs allowed for dns_logs dataset',
    ]);
  },
  bot_management: async (s) => {
    const fields = { output_options: { field_names: ['BotScore'] } };
    expect((await post(s, fields)).status).toBe(200);
    await turn(s, { bot_management: 'missing' });
    expect((await post(s, fields)).json.errors[0]).toEqual({
      code: 1004,
      message: 'creating a new job is not allowed: Bot Management fields are not allowed',
    });
  },
  transformers: async (s) => {
    const list = () => s.call('GET', `/accounts/${s.account}/logpush/transformers`);
    expect((await list()).status).toBe(200);
    await turn(s, { transformers: 'missing' });
    expect((await list()).status).toBe(403);
  },
  forbidden_scopes: async (s) => {
    const list = () => s.call('GET', `/zones/${s.zone}/logpush/jobs`);
    expect((await list()).status).toBe(200);
    await turn(s, { forbidden_scopes: ['example.com'] });
    const refused = await list();
    expect([refused.status, refused.json.errors[0].code]).toEqual([403, 10_000]);
    expect((await s.call('GET', `/zones/${s.zone}`)).status).toBe(200);
    await turn(s, { forbidden_scopes: [s.zone] });
    expect((await list()).status).toBe(403);
  },
  fields_default: async (s) => {
    const ask = () => s.call('GET', `/zones/${s.zone}/logpush/datasets/http_requests/fields/default`);
    expect((await ask()).json.result).toHaveProperty('RayID');
    await turn(s, { fields_default: 'missing' });
    expect((await ask()).status).toBe(404);
  },
  create_status: async (s) => {
    expect((await post(s)).status).toBe(200);
    await turn(s, { create_status: '201' });
    expect((await post(s)).status).toBe(201);
  },
  job_ids: async (s) => {
    const other = s.model.zones()[1]?.id ?? '';
    const idIn = async (zone: string) =>
      (await s.call('POST', `/zones/${zone}/logpush/jobs`, { destination_conf: HTTPS })).json.result.id;
    expect([await idIn(s.zone), await idIn(other)]).toEqual([1001, 1002]);
    await s.control('POST', '/reset');
    await turn(s, { job_ids: 'per-scope' });
    expect([await idIn(s.zone), await idIn(other)]).toEqual([1001, 1001]);
  },
  audit_lag_ms: async (s) => {
    await s.create();
    expect(await auditCount(s)).toBe(1);
    await turn(s, { audit_lag_ms: 90_000 });
    expect(await auditCount(s)).toBe(0);
    s.advance(90_000);
    expect(await auditCount(s)).toBe(1);
  },
  audit_lag: async (s) => {
    await turn(s, { audit_lag: 'batched', audit_lag_ms: 60_000 });
    await s.create();
    s.advance(59_999);
    await s.create();
    expect(await auditCount(s)).toBe(0);
    s.advance(1);
    expect(await auditCount(s)).toBe(2);
    await turn(s, { audit_lag: 'spread' });
    for (let more = 0; more < 8; more += 1) await s.put(1001, { enabled: true });
    s.advance(30_000);
    const half = await auditCount(s);
    s.advance(30_000);
    expect([half > 2, half < 10, await auditCount(s)]).toEqual([true, true, 10]);
  },
  audit_permission: async (s) => {
    await turn(s, { audit_permission: 'missing' });
    const path = `/accounts/${s.account}/logs/audit?since=2026-09-01&before=2026-12-01`;
    expect((await s.call('GET', path)).status).toBe(403);
    expect((await s.call('GET', `/zones/${s.zone}/logpush/jobs`)).status).toBe(200);
  },
  graphql_permission: async (s) => {
    await turn(s, { graphql_permission: 'missing' });
    const query = `{ viewer { zones(filter: { zoneTag: "${s.zone}" }) { logpushHealthAdaptiveGroups(filter: { datetime_geq: "2026-10-01T00:00:00Z", datetime_lt: "2026-10-02T00:00:00Z" }, limit: 9) { count } } } }`;
    const { status, json } = await s.call('POST', '/graphql', { query });
    expect([status, json.data, json.errors[0].extensions.code]).toEqual([200, null, 'authz']);
    expect((await s.call('GET', `/zones/${s.zone}/logpush/jobs`)).status).toBe(200);
  },
  audit_cursor: async (s) => {
    await s.create();
    await s.create();
    const info = async () =>
      (await s.call('GET', `/accounts/${s.account}/logs/audit?since=2026-09-01&before=2026-12-01&limit=1`))
        .json.result_info;
    expect(await info()).toEqual({
      count: 1,
      cursor: expect.any(String),
      cursors: { after: expect.any(String) },
    });
    await turn(s, { audit_cursor: 'cursor' });
    expect(await info()).toEqual({ count: 1, cursor: expect.any(String) });
    await turn(s, { audit_cursor: 'after' });
    expect(await info()).toEqual({ count: 1, cursors: { after: expect.any(String) } });
  },
  audit_auto_disable: async (s) => {
    const disableOne = async () => {
      const { id } = await failing(s);
      s.advance(25 * 3_600_000);
      // Nobody has to look at the job before.
      const count = await auditCount(s, '&actor_type=system');
      expect((await s.get(id)).enabled).toBe(false);
      return count;
    };
    const before = await disableOne();
    await turn(s, { audit_auto_disable: 'on' });
    expect([before, await disableOne()]).toEqual([0, 1]);
  },
};

async function failing(s: OpenSandbox) {
  await s.control('POST', '/destinations', { match: 'logs.example.net', fail: false });
  const job = await s.create({ enabled: true, destination_conf: HTTPS });
  await s.control('POST', '/destinations', { match: 'logs.example.net', fail: true, code: 1105 });
  return job;
}

async function auditCount(s: OpenSandbox, filter = ''): Promise<number> {
  const path = `/accounts/${s.account}/logs/audit?since=2026-09-01&before=2026-12-01${filter}`;
  return (await s.call('GET', path)).json.result.length;
}

describe('each switch', () => {
  it.each(Object.entries(PROOFS))('%s works both ways', async (_, prove) => {
    await expect(prove(await openSandbox())).resolves.toBeUndefined();
  });
});

describe('masked secrets', () => {
  it.each([
    [
      'r2://b/{DATE}?account-id=a&access-key-id=b&secret-access-key=c',
      'r2://b/{DATE}?account-id=a&access-key-id=***&secret-access-key=***',
    ],
    ['azure://c/path?sv=2024&sig=x%2Fy', 'azure://c/path?sv=***&sig=***'],
    ['sumo://h/receiver/v1/http/code==', 'sumo://h/receiver/v1/http/***'],
    [
      'https://log-api.newrelic.com/log/v1?Api-Key=k&format=cloudflare',
      'https://log-api.newrelic.com/log/v1?Api-Key=***&format=cloudflare',
    ],
    ['bq://projects/p?credentials=base64:e30=', 'bq://projects/p?credentials=***'],
    [
      'kinesis://s?region=r&sts-assume-role-arn=a&sts-external-id=e',
      'kinesis://s?region=r&sts-assume-role-arn=a&sts-external-id=***',
    ],
    ['https://h/x?header%5FX=1&other', 'https://h/x?header%5FX=***&other'],
    ['https://h/plain', 'https://h/plain'],
  ])('of %s', async (conf, masked) => {
    const sandbox = await openSandbox({ switches: { secrets: 'masked', ownership: 'off' } });
    expect((await sandbox.create({ destination_conf: conf })).destination_conf).toBe(masked);
  });
});

describe('the switch endpoint', () => {
  it('starts with the defaults of the table', async () => {
    const { control } = await openSandbox();
    const defaults = Object.fromEntries(Object.entries(SWITCHES).map(([name, of]) => [name, of.default]));
    expect((await control('GET', '/switches')).json).toEqual(defaults);
    expect(defaultSwitches()).toEqual(defaults);
  });

  it('takes switches at the start, changes some with PATCH, and with PUT sets all others to their default', async () => {
    const { control } = await openSandbox({ switches: { secrets: 'masked' } });
    expect((await control('PATCH', '/switches', { delete_result: 'id' })).json).toMatchObject({
      secrets: 'masked',
      delete_result: 'id',
    });
    expect((await control('PUT', '/switches', { delete_result: 'null' })).json).toMatchObject({
      secrets: 'clear',
      delete_result: 'null',
    });
  });

  it('changes nothing when one switch is wrong, and says what it takes', async () => {
    const { control } = await openSandbox();
    const answer = await control('PATCH', '/switches', {
      secrets: 'masked',
      delete_result: 'nil',
      jobs_per_zone: -1,
      dns_failures: 'host',
      no_such: 1,
    });
    expect(answer.status).toBe(400);
    for (const text of [
      '"delete_result" cannot be "nil"',
      '`empty`, `id`, `null`',
      '"jobs_per_zone"',
      '"dns_failures"',
      '"no_such" is not a switch',
    ]) {
      expect(answer.json.error).toContain(text);
    }
    expect((await control('GET', '/switches')).json).toMatchObject({ secrets: 'clear' });
  });
});
