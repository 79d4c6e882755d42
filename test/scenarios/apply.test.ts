import { describe, expect, it } from 'vitest';
import { World, writesOf, zoneWith } from './world.ts';

const HTTP =
  '{ name: http, filter: { where: { key: ClientIP, operator: eq, value: 1.2.3.4 } }, output_options: { field_names: [RayID, ClientIP], sample_rate: 0.5 } }';
const DNS = '{ name: dns, dataset: dns_logs, max_upload_records: 5000 }';

describe('applying a manifest', () => {
  it('makes the jobs it asks for, and then plans nothing', async () => {
    const world = await World.open();
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    expect(world.jobs()).toMatchObject({
      http: {
        enabled: true,
        dataset: 'http_requests',
        output_options: { field_names: ['RayID', 'ClientIP'], sample_rate: 0.5 },
      },
      dns: { enabled: true, dataset: 'dns_logs', max_upload_records: 5000 },
    });
    const { plans } = await world.plan();
    expect(
      plans.flatMap(({ changes, withheld, unverifiable }) => [...changes, ...withheld, ...unverifiable]),
    ).toEqual([]);
  });

  it('costs one listing a scope when nothing changed, and no write', async () => {
    const world = await World.open();
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    expect(await world.callsDuring(() => world.apply())).toEqual([
      'GET /zones?page=1&per_page=50',
      'GET /zones/ID/logpush/jobs',
    ]);
  });

  it('asks for no list of zones when the manifest names them by id', async () => {
    const world = await World.open();
    const id = String(world.sandbox.model.scope('example.com')?.id);
    await world.manifest(zoneWith(HTTP).replace('zone: example.com', `zone: ${id}`));
    expect(await world.callsDuring(() => world.apply())).toEqual([
      'GET /zones/ID/logpush/jobs',
      'GET /zones/ID/logpush/datasets/http_requests/fields',
      'POST /zones/ID/logpush/jobs',
    ]);
  });

  it('sends only what changed, and the whole output_options when one of them did', async () => {
    const world = await World.open();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    await world.edit('http', {
      output_options: { field_names: ['RayID', 'ClientIP'], sample_rate: 0.5, stringify_object: true },
    });
    await world.manifest(zoneWith(HTTP.replace('0.5', '0.25')));
    await world.settle();
    expect(world.jobs()['http']?.['output_options']).toEqual({
      field_names: ['RayID', 'ClientIP'],
      sample_rate: 0.25,
      stringify_object: true,
    });
  });

  it('deletes what left the manifest, and only what it made itself', async () => {
    const world = await World.open();
    await world.create({
      name: 'of-somebody',
      dataset: 'dns_logs',
      destination_conf: 's3://other/x?region=auto&endpoint=e.example.com&access-key-id=k&secret-access-key=s',
    });
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(['http', 'of-somebody']);
  });

  it.each([
    ['never', ['dns', 'http', 'of-somebody']],
    ['owned', ['http', 'of-somebody']],
    ['all', ['http']],
  ])('with prune %s leaves %s', async (prune, left) => {
    const world = await World.open();
    await world.create({
      name: 'of-somebody',
      dataset: 'dns_logs',
      destination_conf: 'https://logs.example.com/in',
    });
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    world.settings({ prune });
    await world.manifest(zoneWith(HTTP));
    await world.apply();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(left);
  });

  it('makes a new job when the dataset changes, and deletes the old one once that delivers', async () => {
    let passedMs = 0;
    const world = await World.open({ now: () => Date.now() + passedMs });
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    const former = world.id('dns');
    await world.manifest(zoneWith(HTTP, DNS.replace('dns_logs', 'spectrum_events')));
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual(['POST /zones/ID/logpush/jobs']);
    const { plans } = await world.plan();
    expect(plans).toMatchObject([{ changes: [], withheld: [{ action: 'delete', name: 'dns', id: former }] }]);
    passedMs = 120_000;
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([
      'DELETE /zones/ID/logpush/jobs/ID',
    ]);
    expect(world.jobs()['dns']).toMatchObject({ dataset: 'spectrum_events' });
    expect(world.id('dns')).not.toBe(former);
    expect((await world.plan()).plans).toMatchObject([{ changes: [], withheld: [] }]);
  });

  it('deletes the old job at once where the settings leave no time', async () => {
    const world = await World.open();
    world.settings({ 'guard.overlap_seconds': '0' });
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    await world.manifest(zoneWith(HTTP, DNS.replace('dns_logs', 'spectrum_events')));
    const calls = await world.callsDuring(() => world.settle());
    expect(writesOf(calls)).toEqual(['POST /zones/ID/logpush/jobs', 'DELETE /zones/ID/logpush/jobs/ID']);
  });

  it('finishes a replace that broke off after the new job was made', async () => {
    const world = await World.open();
    world.settings({ 'guard.overlap_seconds': '0' });
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    await world.manifest(zoneWith(HTTP, DNS.replace('dns_logs', 'spectrum_events')));
    world.sandbox.faults.add({
      method: 'DELETE',
      times: 5,
      outcome: {
        kind: 'answer',
        status: 400,
        body: { success: false, errors: [{ code: 1000, message: 'no' }], messages: [], result: null },
      },
    });
    expect((await world.apply()).outcomes.map(({ result }) => result)).toEqual(['failed']);
    expect(world.sandbox.model.jobs('example.com')).toHaveLength(3);
    world.sandbox.faults.clear();
    await world.settle();
    expect(
      world.sandbox.model
        .jobs('example.com')
        .map(({ config }) => config['dataset'])
        .toSorted(),
    ).toEqual(['http_requests', 'spectrum_events']);
    expect((await world.plan()).plans.flatMap(({ changes }) => changes)).toEqual([]);
  });

  it('never deletes, disables or replaces a protected job, also not after it left the manifest', async () => {
    const world = await World.open();
    const protectedDns = DNS.replace('}', ', protect: true }');
    await world.manifest(zoneWith(HTTP, protectedDns));
    await world.settle();
    for (const jobs of [
      [HTTP],
      [HTTP, protectedDns.replace('dns_logs', 'spectrum_events')],
      [HTTP, protectedDns.replace('}', ', enabled: false }')],
    ]) {
      await world.manifest(zoneWith(...jobs));
      const { plans } = await world.apply();
      expect(plans.flatMap(({ withheld }) => withheld.map(({ name }) => name))).toContain('dns');
      expect(world.jobs()['dns']).toMatchObject({ dataset: 'dns_logs', enabled: true });
    }
  });

  it('rotates a secret when its file changes, and shows neither value', async () => {
    const world = await World.open();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    await world.secret('s3-secret', 'another/secret+value');
    const { plans } = await world.plan();
    expect(plans[0]?.changes).toMatchObject([
      {
        action: 'update',
        class: 'pending',
        fields: [{ path: 'destination_conf.secret-access-key', secret: true, before: null, after: null }],
      },
    ]);
    await world.settle();
    expect(world.jobs()['http']?.['destination_conf']).toContain(
      'secret-access-key=another%2Fsecret%2Bvalue',
    );
  });

  it('leaves a job alone whose secret is missing, says which, and goes on with the others', async () => {
    const world = await World.open();
    await world.manifest(
      zoneWith(
        DNS,
        `{ name: lost, destination_conf: 'https://logs.example.com/in?header_Authorization=\${secret:not-there}' }`,
      ),
    );
    const { plans } = await world.apply();
    expect(Object.keys(world.jobs())).toEqual(['dns']);
    expect(plans[0]?.withheld).toMatchObject([
      { name: 'lost', reason: expect.stringContaining('not-there') },
    ]);
  });

  it('does not prune a job whose secret went missing', async () => {
    const world = await World.open();
    await world.secret('one', 'first-value');
    await world.manifest(
      zoneWith(
        DNS,
        `{ name: secretive, destination_conf: 'https://logs.example.com/in?header_Authorization=\${secret:one}' }`,
      ),
    );
    await world.settle();
    await world.write('secrets/one', '');
    await world.apply();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(['dns', 'secretive']);
  });

  it('writes out the fields of a job that asks for all, where the list of the defaults is not served', async () => {
    const world = await World.open({ switches: { fields_default: 'missing' } });
    await world.manifest(
      zoneWith(
        '{ name: dns, dataset: dns_logs, output_options: { field_names: { all_except: [ColoCode] } } }',
      ),
    );
    await world.settle();
    const options = world.jobs()['dns']?.['output_options'];
    expect(options).toMatchObject({ field_names: expect.arrayContaining(['QueryName', 'Timestamp']) });
    expect(JSON.stringify(options)).not.toContain('ColoCode');
  });

  it('sends logpull_options to an HTTPS destination as the equal output_options', async () => {
    const world = await World.open();
    await world.manifest(
      zoneWith(
        "{ name: a, logpull_options: 'fields=RayID&timestamps=rfc3339', destination_conf: 'https://logs.example.com/in' }",
      ),
    );
    await world.settle();
    expect(world.jobs()['a']).toMatchObject({
      output_options: { field_names: ['RayID'], timestamp_format: 'rfc3339' },
    });
    expect(world.jobs()['a']).not.toHaveProperty('logpull_options');
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
  });
});
