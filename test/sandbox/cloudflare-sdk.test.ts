import Cloudflare from 'cloudflare';
import { describe, expect, it } from 'vitest';
import { openSandbox } from './open-sandbox.ts';

/** The official SDK as a client: what it sends must be understood, and what it types must be there. */

async function withClient() {
  const sandbox = await openSandbox({ token: 'sdk-token' });
  const client = new Cloudflare({ apiToken: 'sdk-token', baseURL: sandbox.url, maxRetries: 0 });
  const scopes = [{ zone_id: sandbox.zone }, { account_id: sandbox.account }];
  return { ...sandbox, client, scopes };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const CONF = 'https://logs.example.net/in?header_Authorization=Bearer%20x';

describe('the official SDK', () => {
  it('creates, lists, reads, updates and deletes jobs of zones and accounts', async () => {
    const { client, scopes } = await withClient();
    for (const scope of scopes) {
      const dataset = 'zone_id' in scope ? ('http_requests' as const) : ('audit_logs' as const);
      const created = await client.logpush.jobs.create({
        ...scope,
        destination_conf: CONF,
        dataset,
        name: 'sdk',
        enabled: true,
        frequency: 'high',
        kind: '',
        filter: '{"where":{"key":"RayID","operator":"eq","value":"x"}}',
        max_upload_bytes: 5_000_000,
        output_options: { field_names: ['RayID'], timestamp_format: 'rfc3339', 'CVE-2021-44228': true },
      });
      expect(created).toMatchObject({
        id: expect.any(Number),
        dataset,
        destination_conf: CONF,
        enabled: true,
        error_message: null,
        frequency: 'high',
        kind: '',
        last_complete: null,
        last_error: null,
        name: 'sdk',
        max_upload_bytes: 5_000_000,
        output_options: { field_names: ['RayID'], timestamp_format: 'rfc3339', 'CVE-2021-44228': true },
      });
      const id = created?.id ?? 0;
      expect(await all(client.logpush.jobs.list(scope))).toEqual([created]);
      expect(await all(client.logpush.datasets.jobs.get(dataset, scope))).toEqual([created]);
      expect(await client.logpush.jobs.get(id, scope)).toEqual(created);
      expect(await client.logpush.jobs.update(id, { ...scope, enabled: false })).toEqual({
        ...created,
        enabled: false,
      });
      expect(await client.logpush.jobs.delete(id, scope)).toEqual({});
      await expect(client.logpush.jobs.get(id, scope)).rejects.toMatchObject({ status: 404 });
      expect(await all(client.logpush.jobs.list(scope))).toEqual([]);
    }
  });

  it('reads fields', async () => {
    const { client, scopes } = await withClient();
    for (const scope of scopes) {
      const fields = await client.logpush.datasets.fields.get('http_requests', scope);
      expect(fields['RayID']).toEqual(expect.any(String));
    }
  });

  it('opens and lists instant logs', async () => {
    const { client, zone } = await withClient();
    const session = await client.logpush.edge.create({
      zone_id: zone,
      fields: 'RayID',
      sample: 1,
      filter: '',
    });
    expect(session).toMatchObject({
      destination_conf: expect.stringMatching(/^wss:/),
      fields: 'RayID',
      filter: '',
      sample: 1,
      session_id: expect.any(String),
    });
    expect(await all(client.logpush.edge.get({ zone_id: zone }))).toEqual([session]);
  });

  it('asks for ownership, validates it, and makes a job with it', async () => {
    const { client, scopes, model } = await withClient();
    for (const scope of scopes) {
      const destination_conf = 's3://bucket/path?region=us-west-2';
      expect(await client.logpush.ownership.create({ ...scope, destination_conf })).toMatchObject({
        filename: expect.stringMatching(/\.txt$/),
        message: '',
        valid: true,
      });
      const [kind, id] = 'zone_id' in scope ? ['zones', scope.zone_id] : ['accounts', scope.account_id];
      const { challenge } = model.handle({
        method: 'POST',
        target: `/client/v4/${kind}/${id}/logpush/ownership`,
        headers: { authorization: 'Bearer sdk-token' },
        body: JSON.stringify({ destination_conf }),
      });
      const ownership_challenge = challenge?.content ?? '';
      const proof = { ...scope, destination_conf, ownership_challenge };
      expect(await client.logpush.ownership.validate(proof)).toEqual({ valid: true });
      expect(await client.logpush.jobs.create({ ...proof, dataset: 'http_requests' })).toMatchObject({
        destination_conf,
      });
    }
  });

  it('validates destinations and origins', async () => {
    const { client, scopes } = await withClient();
    for (const scope of scopes) {
      expect(await client.logpush.validate.destination({ ...scope, destination_conf: CONF })).toEqual({
        valid: true,
        message: '',
      });
      expect(await client.logpush.validate.destinationExists({ ...scope, destination_conf: CONF })).toEqual({
        exists: false,
      });
      expect(await client.logpush.validate.origin({ ...scope, logpull_options: 'fields=RayID' })).toEqual({
        valid: true,
        message: '',
      });
    }
  });

  it('keeps transformers', async () => {
    const { client, account: account_id } = await withClient();
    const code = 'SELECT RayID FROM http_requests';
    const made = await client.logpush.transformers.create({ account_id, name: 't', code });
    expect(made).toMatchObject({
      id: 1,
      name: 't',
      dataset: 'http_requests',
      associated_jobs: [],
      description: '',
    });
    expect(await client.logpush.transformers.get(1, { account_id })).toEqual(made);
    expect(await client.logpush.transformers.update(1, { account_id, name: 'u', code })).toMatchObject({
      name: 'u',
    });
    expect(await all(client.logpush.transformers.list({ account_id }))).toMatchObject([{ id: 1, name: 'u' }]);
    expect(await client.logpush.transformers.content.get(1, { account_id })).toEqual({ content: code });
    expect(await all(client.logpush.transformers.versions.list(1, { account_id }))).toMatchObject([
      { id: 2 },
      { id: 1 },
    ]);
    const rows = client.logpush.transformers.preview({ account_id, input: { RayID: 'r' }, sql: code });
    expect(await all(rows)).toEqual([{ RayID: 'r' }]);
    expect(await client.logpush.transformers.delete(1, { account_id })).toEqual({ id: 1 });
  });

  it('lists zones and accounts over all pages', async () => {
    const { client, model, zone, account } = await withClient();
    for (let index = 0; index < 9; index += 1) model.addZone({ name: `z${index}.example` });
    const zones = await all(client.zones.list({ per_page: 5 }));
    expect(new Set(zones.map(({ id }) => id)).size).toBe(12);
    for (const key of 'id account activated_on created_on development_mode meta modified_on name name_servers original_dnshost original_name_servers original_registrar owner plan'.split(
      ' ',
    )) {
      expect(zones[0]).toHaveProperty(key);
    }
    const found = client.zones.list({
      name: 'contains:example.com',
      account: { id: account },
      status: 'active',
      type: ['full', 'partial'],
    });
    expect((await all(found)).map(({ name }) => name)).toEqual(['example.com', 'shop.example.com']);
    expect(await client.zones.get({ zone_id: zone })).toMatchObject({ name: 'example.com' });
    expect(await all(client.accounts.list())).toMatchObject([
      { id: account, name: 'Example Inc', type: expect.any(String) },
    ]);
    expect(await client.accounts.get({ account_id: account })).toMatchObject({ name: 'Example Inc' });
  });

  it('verifies its token', async () => {
    const { client, account } = await withClient();
    expect(await client.user.tokens.verify()).toMatchObject({ id: expect.any(String), status: 'active' });
    expect(await client.accounts.tokens.verify({ account_id: account })).toMatchObject({ status: 'active' });
  });

  it('reads audit logs over all pages, filtered', async () => {
    const { client, account: account_id, zone: zone_id } = await withClient();
    const made = await client.logpush.jobs.create({ zone_id, destination_conf: CONF });
    await client.logpush.jobs.delete(made?.id ?? 0, { zone_id });
    const window = { account_id, since: '2026-10-01', before: '2026-10-02', limit: 1 };
    const entries = await all(client.accounts.logs.audit.list(window));
    expect(entries.map((entry) => entry.action?.type)).toEqual(['delete', 'create']);
    const [entry] = entries;
    for (const key of ['id', 'account', 'action', 'actor', 'raw', 'resource', 'zone'])
      expect(entry).toHaveProperty(key);
    const filtered = await all(
      client.accounts.logs.audit.list({ ...window, raw_method: { not: ['DELETE'] } }),
    );
    expect(filtered.map((one) => one.action?.type)).toEqual(['create']);
    const before = { ...window, action_time: '2026-10-01' };
    expect(await client.accounts.logs.audit.history(entry?.id ?? '', before)).toHaveLength(1);
    expect(await all(client.accounts.logs.audit.productCategories({ account_id }))).not.toEqual([]);
  });

  it('gets Cloudflare’s errors as it knows them', async () => {
    const { client, zone: zone_id, url } = await withClient();
    await expect(client.logpush.jobs.create({ zone_id, destination_conf: 'ftp://x' })).rejects.toMatchObject({
      status: 400,
      errors: [{ code: 1002 }],
    });
    const stranger = new Cloudflare({ apiToken: 'wrong', baseURL: url, maxRetries: 0 });
    await expect(all(stranger.zones.list())).rejects.toMatchObject({
      status: 403,
      errors: [{ code: 10_000 }],
    });
    const byKey = new Cloudflare({
      apiEmail: 'me@example.com',
      apiKey: 'sdk-token',
      baseURL: url,
      maxRetries: 0,
    });
    expect(await all(byKey.zones.list())).toHaveLength(3);
  });
});
