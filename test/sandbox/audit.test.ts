import { describe, expect, it } from 'vitest';
import { openSandbox } from './open-sandbox.ts';

const WINDOW = 'since=2026-10-01T00:00:00Z&before=2026-10-02';

async function written() {
  const sandbox = await openSandbox();
  const { id } = await sandbox.create({ name: 'a' });
  sandbox.advance(1000);
  await sandbox.put(id, { enabled: true });
  sandbox.advance(1000);
  await sandbox.call(
    'PUT',
    `/zones/${sandbox.zone}/logpush/jobs/${id}`,
    { kind: 'edge' },
    { 'x-sandbox-actor': 'eve@example.com' },
  );
  sandbox.advance(1000);
  await sandbox.call('DELETE', `/zones/${sandbox.zone}/logpush/jobs/${id}`, undefined, {
    authorization: '',
    'x-auth-email': 'key@example.com',
    'x-auth-key': 'k',
  });
  sandbox.advance(1000);
  await sandbox.list();
  const read = async (query: string) =>
    (await sandbox.call('GET', `/accounts/${sandbox.account}/logs/audit?${query}`)).json;
  const types = async (query: string) =>
    (await read(`${WINDOW}&direction=asc&${query}`)).result.map((one: any) => one.action.type);
  return { ...sandbox, id, read, types };
}

describe('the audit log', () => {
  it('holds every write to a job and no read, newest first', async () => {
    const { read, zone, id, account } = await written();
    const { result } = await read(WINDOW);
    expect(result.map((one: any) => [one.action.type, one.action.result])).toEqual([
      ['delete', 'success'],
      ['update', 'failure'],
      ['update', 'success'],
      ['create', 'success'],
    ]);
    expect(result[3]).toMatchObject({
      account: { id: account, name: 'Example Inc' },
      action: { time: '2026-10-01T00:00:00.000Z' },
      actor: { context: 'api_token', email: 'owner@example.com', token_name: 'sandbox token', type: 'user' },
      raw: { method: 'POST', status_code: 200, uri: `/client/v4/zones/${zone}/logpush/jobs` },
      resource: { id: String(id), product: 'logpush', scope: 'zones', request: { name: 'a' } },
      zone: { id: zone, name: 'example.com' },
    });
  });

  it('names the ray and id of the answer, so that a client knows its own writes', async () => {
    const { call, zone, read } = await written();
    const answer = await call('POST', `/zones/${zone}/logpush/jobs`, {
      destination_conf: 'https://h.example/x',
    });
    const [entry] = (await read(WINDOW)).result;
    expect(entry.raw.cf_ray_id).toBe(answer.headers.get('cf-ray'));
    expect(entry.id).toBe(answer.headers.get('cf-auditlog-id'));
  });

  it('tells token, key and dashboard apart', async () => {
    const { read } = await written();
    const { result } = await read(WINDOW);
    expect(result.map((one: any) => [one.actor.context, one.actor.email])).toEqual([
      ['api_key', 'key@example.com'],
      ['dash', 'eve@example.com'],
      ['api_token', 'owner@example.com'],
      ['api_token', 'owner@example.com'],
    ]);
  });

  it.each([
    ['raw_method=POST&raw_method=DELETE', ['create', 'delete']],
    ['raw_method.not=PUT', ['create', 'delete']],
    ['action_type=update&action_result=success', ['update']],
    ['actor_email=eve@example.com', ['update']],
    ['actor_context.not=api_token', ['update', 'delete']],
    ['raw_status_code=400', ['update']],
    ['zone_name=example.com&action_type=create', ['create']],
    ['zone_name=example.org', []],
    ['resource_product=logpush&resource_scope=zones&action_type=create', ['create']],
    ['product_category=analytics_and_logs&action_type=create', ['create']],
  ])('is filtered by %s', async (query, expected) => {
    const { types } = await written();
    expect(await types(query)).toEqual(expected);
  });

  it('is cut to the time asked for', async () => {
    const { read } = await written();
    const { result } = await read('since=2026-10-01T00:00:01Z&before=2026-10-01T00:00:03Z');
    expect(result.map((one: any) => one.action.type)).toEqual(['update', 'update']);
  });

  it('comes in pages that new entries do not shift', async () => {
    const { read, create } = await written();
    const first = await read(`${WINDOW}&limit=3`);
    await create();
    const second = await read(`${WINDOW}&limit=3&cursor=${first.result_info.cursor}`);
    expect([...first.result, ...second.result].map((one: any) => one.action.type)).toEqual([
      'delete',
      'update',
      'update',
      'create',
    ]);
    expect(second.result_info.cursor).toBe('');
  });

  it('belongs to the account of the zone', async () => {
    const { call, model } = await written();
    const other = model.addAccount('Other Ltd');
    expect((await call('GET', `/accounts/${other.id}/logs/audit?${WINDOW}`)).json.result).toEqual([]);
  });

  it.each([
    '',
    'since=2026-10-01',
    'since=x&before=y',
    `${WINDOW}&limit=0`,
    `${WINDOW}&limit=1001`,
    `${WINDOW}&cursor=zzz`,
    `${WINDOW}&product_category=odd`,
  ])('refuses "%s"', async (query) => {
    const { call, account } = await written();
    expect((await call('GET', `/accounts/${account}/logs/audit?${query}`)).status).toBe(400);
  });

  it('leads from one entry to the others on the same job', async () => {
    const { call, account, read } = await written();
    const [newest, ...others] = (await read(WINDOW)).result;
    const { json } = await call('GET', `/accounts/${account}/logs/audit/${newest.id}/history?${WINDOW}`);
    expect(json.result.map((one: any) => one.id)).toEqual(others.map((one: any) => one.id));
    expect(json.result_info.history_status).toBe('exact');
    expect((await call('GET', `/accounts/${account}/logs/audit/nothing/history?${WINDOW}`)).status).toBe(404);
  });
});
