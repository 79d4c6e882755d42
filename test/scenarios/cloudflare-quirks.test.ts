import { describe, expect, it } from 'vitest';
import type { Switches } from '../../src/sandbox/switches.ts';
import { World, writesOf, zoneWith } from './world.ts';

const JOBS = [
  '{ name: a, filter: \'{"where":{"key":"ClientIP","operator":"eq","value":"1.2.3.4"}}\', max_upload_records: 0, output_options: { output_type: csv, field_names: [RayID, ClientIP], sample_rate: 1, batch_prefix: \'\', CVE-2021-44228: false } }',
  '{ name: b, dataset: dns_logs, max_upload_bytes: 5000000, max_upload_interval_seconds: 30, filter: null }',
  "{ name: c, logpull_options: 'fields=RayID,ClientIP&timestamps=rfc3339' }",
];

/** One row a switch, each away from its default. */
const QUIRKS: readonly Partial<Switches>[] = [
  {},
  { zero_values: 'return' },
  { output_options_echo: 'filled' },
  { filter_reads: 'get' },
  { filter_reads: 'none' },
  { secrets: 'masked' },
  { delete_result: 'id' },
  { delete_result: 'null' },
  { success_lists: 'null' },
  { output_options_put: 'merge' },
  { immutable_fields: 'ignore' },
  { extra_keys: 'future' },
  { unknown_keys: 'drop' },
  { job_ids: 'per-scope' },
  { create_status: '201' },
  {
    zero_values: 'return',
    output_options_echo: 'filled',
    filter_reads: 'none',
    secrets: 'masked',
    success_lists: 'null',
  },
];

describe.each(QUIRKS.map((switches) => ({ name: JSON.stringify(switches), switches })))(
  'with an API of $name',
  ({ switches }) => {
    it('applies once and then never writes again', async () => {
      const world = await World.open({ switches });
      await world.manifest(zoneWith(...JOBS));
      await world.settle();
      for (const _ of [1, 2]) expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
    });

    it('writes a change of the manifest once', async () => {
      const world = await World.open({ switches });
      await world.manifest(zoneWith(...JOBS));
      await world.settle();
      await world.manifest(
        zoneWith(...JOBS)
          .replace('1.2.3.4', '5.6.7.8')
          .replace('RayID, ClientIP', 'RayID'),
      );
      expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([
        'PUT /zones/ID/logpush/jobs/ID',
      ]);
      expect(world.jobs()['a']).toMatchObject({
        filter: expect.stringContaining('5.6.7.8'),
        output_options: { field_names: ['RayID'] },
      });
      expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
    });
  },
);

describe('what the API does not show', () => {
  it('is unverifiable: told, and read singly no more', async () => {
    const world = await World.open({ switches: { filter_reads: 'none' } });
    await world.manifest(zoneWith(JOBS[0]!));
    await world.settle();
    expect((await world.plan()).plans[0]?.unverifiable).toMatchObject([
      { name: 'a', fields: [{ path: 'filter', class: 'unverifiable' }] },
    ]);
    expect(await world.callsDuring(() => world.apply())).toEqual([
      'GET /zones?page=1&per_page=50',
      'GET /zones/ID/logpush/jobs',
    ]);
  });

  it('is found by a single read where only the listing leaves it out', async () => {
    const world = await World.open({ switches: { filter_reads: 'get' } });
    await world.manifest(zoneWith(JOBS[0]!));
    await world.settle();
    await world.edit('a', { filter: '' });
    expect((await world.plan()).plans[0]?.changes).toMatchObject([
      { class: 'drift', fields: [{ path: 'filter' }] },
    ]);
    await world.settle();
    expect(world.jobs()['a']?.['filter']).toContain('1.2.3.4');
  });

  it('does not hide that a masked secret was changed in the manifest', async () => {
    const world = await World.open({ switches: { secrets: 'masked' } });
    await world.manifest(zoneWith('{ name: a }'));
    await world.settle();
    await world.secret('s3-secret', 'quite-another-one');
    expect(writesOf(await world.callsDuring(() => world.settle()))).toHaveLength(1);
    expect(world.jobs()['a']?.['destination_conf']).toContain('quite-another-one');
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
  });
});

describe('a create whose answer is lost', () => {
  it('is looked up, not sent again', async () => {
    const world = await World.open();
    world.sandbox.faults.add({ method: 'POST', nth: 1, times: 1, outcome: { kind: 'drop', when: 'after' } });
    await world.manifest(zoneWith('{ name: a }'));
    const calls = await world.callsDuring(() => world.settle());
    expect(writesOf(calls)).toEqual(['POST /zones/ID/logpush/jobs']);
    expect(world.sandbox.model.jobs('example.com')).toHaveLength(1);
  });

  it('is ours when it turns up only later, whatever the settings say about adoption', async () => {
    const world = await World.open();
    world.settings({ adopt: 'never' });
    world.sandbox.faults.add({ method: 'POST', nth: 1, times: 1, outcome: { kind: 'drop', when: 'after' } });
    world.sandbox.faults.add({
      method: 'GET',
      path: '/zones/*/logpush/jobs',
      nth: 2,
      times: 1,
      outcome: { kind: 'rewrite', set: { result: [] } },
    });
    await world.manifest(zoneWith('{ name: a }'));
    expect((await world.apply()).outcomes).toMatchObject([
      { result: 'failed', error: { name: 'UnknownOutcomeError' } },
    ]);
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
    expect(world.sandbox.model.jobs('example.com')).toHaveLength(1);
    expect((await world.plan()).plans[0]).toMatchObject({ changes: [], withheld: [] });
  });

  it('is made by a later pass when it never arrived', async () => {
    const world = await World.open();
    world.sandbox.faults.add({ method: 'POST', nth: 1, times: 1, outcome: { kind: 'drop', when: 'before' } });
    await world.manifest(zoneWith('{ name: a }'));
    expect((await world.apply()).outcomes).toMatchObject([{ result: 'failed' }]);
    expect((await world.apply()).plans[0]).toMatchObject({ changes: [], withheld: [{ action: 'create' }] });
    await world.agePastDoubts();
    await world.settle();
    expect(world.sandbox.model.jobs('example.com')).toHaveLength(1);
  });
});

describe('an API in trouble', () => {
  const GONE = {
    success: false,
    errors: [{ code: 1001, message: 'DNSError: no such host' }],
    messages: [],
    result: null,
  };

  it('is told in its own words, and costs other jobs nothing', async () => {
    const world = await World.open();
    await world.manifest(zoneWith('{ name: a }', '{ name: b, dataset: dns_logs }'));
    await world.settle();
    world.sandbox.faults.add({
      method: 'PUT',
      nth: 1,
      times: 1,
      outcome: { kind: 'answer', status: 400, body: GONE },
    });
    await world.manifest(
      zoneWith(
        '{ name: a, max_upload_records: 2000 }',
        '{ name: b, dataset: dns_logs, max_upload_records: 2000 }',
      ),
    );
    const { outcomes } = await world.apply();
    expect(outcomes.map(({ change, result }) => `${change.name} ${result}`)).toEqual([
      'a failed',
      'b applied',
    ]);
    expect(outcomes[0]?.error?.message).toContain('DNSError: no such host (1001)');
  });

  it('says which limit a zone has reached', async () => {
    const world = await World.open();
    await world.manifest(zoneWith(...['a', 'b', 'c', 'd', 'e'].map((name) => `{ name: ${name} }`)));
    const { outcomes } = await world.apply();
    expect(outcomes.filter(({ result }) => result === 'failed').map(({ error }) => error?.message)).toEqual([
      expect.stringContaining('exceeded max jobs allowed'),
    ]);
  });

  it('deletes first where a zone is full, so that the new job finds a place', async () => {
    const world = await World.open();
    await world.manifest(zoneWith(...['a', 'b', 'c', 'd'].map((name) => `{ name: ${name} }`)));
    await world.settle();
    await world.manifest(zoneWith(...['a', 'b', 'c', 'e'].map((name) => `{ name: ${name} }`)));
    await world.settle();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(['a', 'b', 'c', 'e']);
  });

  it('never sees a write from a plan', async () => {
    const world = await World.open();
    await world.manifest(zoneWith('{ name: a }'));
    expect(writesOf(await world.callsDuring(() => world.plan()))).toEqual([]);
    expect(world.sandbox.model.jobs('example.com')).toEqual([]);
  });
});
