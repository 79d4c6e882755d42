import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import type { SandboxOptions } from '../../src/sandbox/server.ts';
import { S3_KEY, S3_SECRET, World, writesOf, zoneWith } from './world.ts';

const HTTP = '{ name: http }';
const DNS = '{ name: dns, dataset: dns_logs }';

async function marking(options: SandboxOptions = {}): Promise<World> {
  const world = await World.open(options);
  world.settings({ 'ownership.name_suffix': '.gitops' });
  return world;
}

/** As on another machine, or after the disk was lost. */
function loseState(world: World): Promise<void> {
  return rm(join(world.folder, 'state'), { recursive: true });
}

function namesOf(world: World): readonly string[] {
  return Object.keys(world.jobs()).toSorted();
}

function planned({ plans }: PassResult) {
  return plans.flatMap(({ changes }) =>
    changes.map(({ action, name, class: whose }) => ({ action, name, class: whose })),
  );
}

describe('jobs that are marked by their names', () => {
  it('have the suffix at Cloudflare, and nowhere else', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP, DNS));
    const { plans } = await world.plan();
    expect(
      JSON.stringify(plans[0]?.changes.map(({ name, reason, fields }) => [name, reason, fields])),
    ).not.toContain('.gitops');
    await world.settle();
    expect(namesOf(world)).toEqual(['dns.gitops', 'http.gitops']);
    const told = world.events.flatMap((event) => (event.type === 'change.applied' ? [event.job?.name] : []));
    expect(told.toSorted()).toEqual(['dns', 'http']);
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
  });

  it.each(['masked', 'clear'] as const)(
    'are ours without a state, with nothing to do (%s secrets)',
    async (secrets) => {
      const world = await marking({ switches: { secrets } });
      await world.manifest(zoneWith(HTTP, DNS));
      await world.settle();
      await loseState(world);
      expect(planned(await world.plan())).toEqual([]);
      expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
    },
  );

  it('are pruned without a state when the manifest lacks them', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    await loseState(world);
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    expect(namesOf(world)).toEqual(['http.gitops']);
  });

  it('that differ without a state are pending, not drift', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    await loseState(world);
    await world.edit('http.gitops', { enabled: false });
    expect(planned(await world.plan())).toEqual([{ action: 'update', name: 'http', class: 'pending' }]);
    await world.settle();
    expect(world.jobs()['http.gitops']).toMatchObject({ enabled: true });
  });

  it('are not all removed by an empty manifest, also without a state', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    await loseState(world);
    await world.manifest(zoneWith());
    expect((await world.apply()).refusal).toMatchObject({ code: 'empty-manifest' });
  });

  it('get their suffix back when somebody takes it away', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    await world.edit('http.gitops', { name: 'http' });
    expect(planned(await world.plan())).toEqual([{ action: 'update', name: 'http', class: 'drift' }]);
    await world.settle();
    expect(namesOf(world)).toEqual(['http.gitops']);
  });

  it('are replaced without a state, and the replace is ended', async () => {
    let passedMs = 0;
    const world = await marking({ now: () => Date.now() + passedMs });
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    await loseState(world);
    await world.manifest(zoneWith(HTTP, DNS.replace('dns_logs', 'spectrum_events')));
    await world.settle();
    expect(world.sandbox.model.jobs('example.com')).toHaveLength(3);
    await loseState(world);
    await world.settle();
    passedMs = 120_000;
    await world.settle();
    expect(world.sandbox.model.jobs('example.com').map(({ config }) => config['dataset'])).toEqual([
      'http_requests',
      'spectrum_events',
    ]);
  });
});

describe('jobs without the suffix', () => {
  const NEAR = ['http', 'http.GITOPS', 'gitops.http', 'http.gitops.old', 'http-gitops', 'http.gitopѕ'];

  it('are left alone under every name that is near', async () => {
    const world = await marking();
    world.settings({ adopt: 'never' });
    for (const name of NEAR.slice(0, 3))
      await world.create({ name, dataset: 'http_requests', destination_conf: 'https://logs.example.com/in' });
    const before = world.jobs();
    await world.manifest(zoneWith(DNS));
    await world.settle();
    await world.manifest(zoneWith('{ name: other, dataset: dns_logs }'));
    await world.settle();
    expect(world.jobs()).toEqual({ ...before, 'other.gitops': expect.anything() });
  });

  it.each(NEAR.slice(3))('are left alone: %s', async (name) => {
    const world = await marking();
    await world.create({ name, dataset: 'http_requests', destination_conf: 'https://logs.example.com/in' });
    const before = world.jobs();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    expect(world.jobs()).toEqual({ ...before, 'http.gitops': expect.anything() });
  });

  it.each([
    ['always', ['http.gitops']],
    ['if_equal', ['http.gitops']],
    ['never', ['http']],
  ])('are taken over by a new name under adopt: %s', async (adopt, names) => {
    const world = await World.open();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    const id = world.id('http');
    await loseState(world);
    world.settings({ 'ownership.name_suffix': '.gitops', adopt });
    await world.apply();
    expect(namesOf(world)).toEqual(names);
    expect(Object.values(world.jobs()).map((job) => job['id'])).toEqual([id]);
  });

  it('beside one that has it are somebody else’s', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    await world.create({
      name: 'http',
      dataset: 'http_requests',
      destination_conf: 'https://logs.example.com/in',
    });
    const before = world.jobs();
    await loseState(world);
    const calls = await world.callsDuring(() => world.settle());
    expect(writesOf(calls)).toEqual([]);
    expect(world.jobs()).toEqual(before);
  });
});

describe('the suffix', () => {
  it.each([
    ['set', {}, { 'ownership.name_suffix': '.gitops' }, 'http.gitops'],
    ['changed', { 'ownership.name_suffix': '.gitops' }, { 'ownership.name_suffix': '-ours' }, 'http-ours'],
    ['removed', { 'ownership.name_suffix': '.gitops' }, { 'ownership.name_suffix': '' }, 'http'],
  ])('that is %s renames our jobs, and makes none anew', async (_, before, after, name) => {
    const world = await World.open();
    world.settings(before);
    await world.manifest(zoneWith(HTTP));
    await world.settle();
    world.settings(after);
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([
      'PUT /zones/ID/logpush/jobs/ID',
    ]);
    expect(namesOf(world)).toEqual([name]);
  });

  it('in a name of the manifest is an error', async () => {
    const world = await marking();
    await world.manifest(zoneWith('{ name: http.gitops }', `{ name: ${'x'.repeat(510)} }`));
    const { rejected, problems } = await world.apply();
    expect(rejected).toBe(true);
    expect(problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([
      'bad-name-suffix',
      'bad-name-suffix',
    ]);
  });
});

describe('the commands of a person', () => {
  it('export what is ours under its bare name, and then plan nothing', async () => {
    const world = await marking();
    await world.manifest(zoneWith(HTTP, DNS));
    await world.settle();
    const before = world.jobs();
    const { exitCode, out, err } = await world.run('export', '--zone', 'example.com');
    expect([exitCode, /gitops/.test(out + err)]).toEqual([0, false]);
    await world.write('manifest/jobs.yaml', out);
    for (const name of out.matchAll(/\$\{secret:(?<name>[^}]+)\}/gu))
      await world.secret(name[1] ?? '', /secret-access-key/.test(name[1] ?? '') ? S3_SECRET : S3_KEY);
    await loseState(world);
    expect(await world.run('plan', '--detailed-exitcode')).toMatchObject({ exitCode: 0 });
    expect(await world.run('apply')).toMatchObject({ exitCode: 0 });
    expect(world.jobs()).toEqual(before);
  });

  it('export what is not ours with a word about what would become of it', async () => {
    const world = await marking();
    const destination_conf = 'https://logs.example.com/in';
    await world.create({ name: 'legacy', dataset: 'http_requests', destination_conf });
    await world.create({ name: 'http', dataset: 'http_requests', destination_conf });
    await world.create({ name: 'http.gitops', dataset: 'http_requests', destination_conf });
    const { legacy, ...others } = world.jobs();
    const { out, err } = await world.run('export', '--zone', 'example.com');
    expect(err).toMatch(/legacy.*ownership\.name_suffix.*rename/);
    await world.write('manifest/jobs.yaml', out);
    await world.run('apply');
    expect(world.jobs()).toEqual({ ...others, 'legacy.gitops': { ...legacy, name: 'legacy.gitops' } });
  });

  it.each([{}, { 'ownership.name_suffix': '.gitops' }])(
    'apply a replace with exit code 0, at its begin, while both deliver, and at its end (%j)',
    async (settings) => {
      let passedMs = 0;
      const world = await World.open({ now: () => Date.now() + passedMs });
      world.settings(settings);
      await world.manifest(zoneWith(HTTP));
      expect(await world.run('apply')).toMatchObject({ exitCode: 0 });
      await world.manifest(zoneWith(HTTP.replace('}', ', dataset: spectrum_events }')));
      const datasets = () => world.sandbox.model.jobs('example.com').map(({ config }) => config['dataset']);
      const both = ['http_requests', 'spectrum_events'];
      for (const there of [both, both]) {
        expect(await world.run('apply')).toMatchObject({ exitCode: 0 });
        expect(datasets()).toEqual(there);
      }
      passedMs = 120_000;
      expect(await world.run('apply')).toMatchObject({ exitCode: 0 });
      expect(datasets()).toEqual(['spectrum_events']);
    },
  );
});
