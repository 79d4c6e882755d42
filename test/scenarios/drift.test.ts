import { describe, expect, it } from 'vitest';
import { World, writesOf, zoneWith } from './world.ts';

const HTTP = '{ name: http, output_options: { sample_rate: 0.5 } }';

async function settled(...jobs: string[]): Promise<World> {
  const world = await World.open();
  await world.manifest(zoneWith(...jobs));
  await world.settle();
  return world;
}

describe('a change behind our back', () => {
  it('is drift, told with its fields, and put right', async () => {
    const world = await settled(HTTP);
    await world.edit('http', { enabled: false });
    const { plans } = await world.plan();
    expect(plans[0]?.changes).toMatchObject([
      { action: 'update', class: 'drift', fields: [{ path: 'enabled', before: false, after: true }] },
    ]);
    await world.settle();
    expect(world.jobs()['http']).toMatchObject({ enabled: true });
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'drift.found', job: 'http', heals: true }),
    );
  });

  it('is drift too when the job was deleted', async () => {
    const world = await settled(HTTP);
    await world.remove('http');
    expect((await world.plan()).plans[0]?.changes).toMatchObject([{ action: 'create', class: 'drift' }]);
    await world.settle();
    expect(world.jobs()['http']).toMatchObject({ enabled: true });
  });

  it('is drift too when the job was renamed: it is known by its id', async () => {
    const world = await settled(HTTP);
    const id = world.id('http');
    await world.edit('http', { name: 'renamed' });
    await world.settle();
    expect(world.jobs()['http']).toMatchObject({ id });
    expect(Object.keys(world.jobs())).toEqual(['http']);
  });

  it('is a conflict when the manifest moved too', async () => {
    const world = await settled(HTTP);
    await world.edit('http', { output_options: { sample_rate: 0.1 } });
    await world.manifest(zoneWith(HTTP.replace('0.5', '0.9')));
    expect((await world.plan()).plans[0]?.changes).toMatchObject([
      { class: 'conflict', fields: [{ path: 'output_options.sample_rate', before: 0.1, after: 0.9 }] },
    ]);
  });

  it('is in sync again when the manifest follows it, and known as wanted from then on', async () => {
    const world = await settled(HTTP);
    await world.edit('http', { output_options: { sample_rate: 0.1 } });
    await world.manifest(zoneWith(HTTP.replace('0.5', '0.1')));
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
    await world.edit('http', { output_options: { sample_rate: 0.5 } });
    expect((await world.plan()).plans[0]?.changes).toMatchObject([{ class: 'drift' }]);
  });

  it('is only reported in mode warn, while the manifest is still applied', async () => {
    const world = await settled(HTTP, '{ name: dns, dataset: dns_logs }');
    world.settings({ mode: 'warn' });
    await world.edit('http', { enabled: false });
    await world.manifest(zoneWith(HTTP, '{ name: dns, dataset: dns_logs, max_upload_records: 2000 }'));
    const { plans, outcomes } = await world.apply();
    expect(outcomes.map(({ change }) => change.name)).toEqual(['dns']);
    expect(plans[0]?.withheld).toMatchObject([
      { name: 'http', class: 'drift', reason: expect.stringContaining('warn') },
    ]);
    expect(world.jobs()).toMatchObject({ http: { enabled: false }, dns: { max_upload_records: 2000 } });
  });

  it('stays drift, not pending, after another field of the same job was applied in mode warn', async () => {
    const world = await settled(HTTP);
    world.settings({ mode: 'warn' });
    await world.edit('http', { enabled: false });
    await world.manifest(zoneWith('{ name: http, output_options: { sample_rate: 0.7 } }'));
    await world.apply();
    expect(world.jobs()['http']).toMatchObject({ enabled: false, output_options: { sample_rate: 0.7 } });
    expect((await world.plan()).plans[0]?.withheld).toMatchObject([
      { class: 'drift', fields: [{ path: 'enabled' }] },
    ]);
  });

  it('is only reported in mode observe, as is everything else', async () => {
    const world = await settled(HTTP);
    world.settings({ mode: 'observe' });
    await world.edit('http', { enabled: false });
    await world.manifest(zoneWith(HTTP, '{ name: dns, dataset: dns_logs }'));
    expect(writesOf(await world.callsDuring(() => world.apply()))).toEqual([]);
    expect((await world.plan()).plans[0]?.withheld.map(({ name, class: why }) => `${name} ${why}`)).toEqual([
      'dns pending',
      'http drift',
    ]);
  });

  it('is left to others for a field that is ignored', async () => {
    const world = await settled(
      '{ name: http, ignore: [enabled, output_options.sample_rate], output_options: { sample_rate: 0.5 } }',
    );
    await world.edit('http', { enabled: false, output_options: { sample_rate: 0.1 } });
    expect((await world.plan()).plans[0]).toMatchObject({ changes: [], withheld: [] });
  });
});

describe('a job that somebody else made', () => {
  const FOREIGN = {
    name: 'http',
    dataset: 'http_requests',
    enabled: true,
    destination_conf:
      's3://logs/a/{DATE}?access-key-id=AKIAEXAMPLEEXAMPLE&secret-access-key=wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCY&endpoint=s3.example.com&region=auto',
  };

  it('is adopted without a write when it already is as wanted, and pruned from then on', async () => {
    const world = await World.open();
    await world.create(FOREIGN);
    await world.manifest(zoneWith('{ name: http }'));
    expect((await world.plan()).plans[0]?.changes).toEqual([]);
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
    await world.manifest(zoneWith('{ name: other, dataset: dns_logs }'));
    await world.settle();
    expect(Object.keys(world.jobs())).toEqual(['other']);
  });

  it.each([
    ['always', true],
    ['if_equal', false],
    ['never', false],
  ])('that differs is changed with adopt %s: %s', async (adopt, changed) => {
    const world = await World.open();
    await world.create({ ...FOREIGN, enabled: false });
    world.settings({ adopt });
    await world.manifest(zoneWith('{ name: http }'));
    const { plans } = await world.apply();
    expect(world.jobs()['http']?.['enabled']).toBe(changed);
    expect(plans[0]?.withheld.length).toBe(changed ? 0 : 1);
  });

  it('is left alone when there are two of its name, and both are named', async () => {
    const world = await World.open();
    await world.create(FOREIGN);
    await world.create({ ...FOREIGN, enabled: false });
    await world.manifest(zoneWith('{ name: http }'));
    const { plans } = await world.apply();
    expect(world.sandbox.model.jobs('example.com').map(({ config }) => config['enabled'])).toEqual([
      true,
      false,
    ]);
    expect(plans[0]?.withheld).toMatchObject([{ name: 'http', reason: expect.stringMatching(/1001.*1002/) }]);
  });

  it('is chosen by id when the manifest pins it', async () => {
    const world = await World.open();
    await world.create({ ...FOREIGN, enabled: false });
    await world.create({ ...FOREIGN, enabled: false });
    await world.manifest(zoneWith('{ name: http, id: 1002 }'));
    await world.settle();
    expect(world.sandbox.model.jobs('example.com').map(({ config }) => config['enabled'])).toEqual([
      false,
      true,
    ]);
  });
});
