import { describe, expect, it } from 'vitest';
import { idOf } from '../../src/sandbox/model/ids.ts';
import { DaemonWorld } from './daemon-world.ts';
import { World, zoneWith } from './world.ts';

const MINUTE_MS = 60_000;
const ZONES = Array.from({ length: 200 }, (_, index) => `zone-${index}.example`);

describe('two hundred zones whose bucket is gone', () => {
  async function gone(): Promise<DaemonWorld> {
    const world = await DaemonWorld.open({ zones: ZONES });
    world.sandbox.model.failDestination('acme-logs');
    world.write(ZONES, 'acme-logs');
    await world.sweep();
    return world;
  }

  it('are one hold, few calls, and no failure for each of them', async () => {
    const world = await gone();
    expect(world.told('destination.held')).toMatchObject([{ destination: 's3://acme-logs', jobs: 3 }]);
    expect(world.told('change.failed')).toHaveLength(3);
    expect(world.writes).toBeLessThanOrEqual(16);
    expect(world.told('change.parked')).toHaveLength(197);
    expect(world.told('pass.finished').at(-1)?.summary).toMatchObject({ applied: 0, failed: 200 });
    expect(world.board.toJson()).toMatchObject({ held_destinations: [{ destination: 's3://acme-logs' }] });
  });

  it('cost one write a try, later each time, up to every half hour', async () => {
    const world = await gone();
    const before = world.writes;
    await world.wait(4 * 60 * MINUTE_MS);
    // After 1, 3, 7, 15 and 31 minutes, then every 30.
    expect(world.writes - before).toBeLessThanOrEqual(5 + 7);
    expect(world.writes - before).toBeGreaterThanOrEqual(10);
    expect(world.told('destination.held')).toHaveLength(1);
    expect(world.told('change.failed')).toHaveLength(3);
  });

  it('all get their jobs once it is back, with one word about it', async () => {
    const world = await gone();
    await world.wait(5 * MINUTE_MS);
    world.sandbox.model.healDestination('acme-logs');
    await world.wait(30 * MINUTE_MS);
    expect(world.told('destination.released')).toMatchObject([{ destination: 's3://acme-logs' }]);
    await world.sweep();
    expect(ZONES.filter((zone) => world.jobs(zone).length === 1)).toHaveLength(200);
    expect(world.board.toJson()).toMatchObject({ held_destinations: [] });
  });

  it('do not keep jobs from going elsewhere, nor from being deleted', async () => {
    const zones = ZONES.slice(0, 5);
    const world = await DaemonWorld.open({ zones });
    world.write(zones, 'other');
    await world.sweep();
    world.sandbox.model.failDestination('acme-logs');
    world.write(zones.slice(0, 4), 'acme-logs');
    world.text += `  - { zone: ${zones[4]}, jobs: [] }\n`;
    await world.sweep();
    expect(world.told('destination.held')).toHaveLength(1);
    expect(world.jobs(zones[4] ?? '')).toEqual([]);
    world.write(zones, 'other', ', max_upload_records: 2000');
    await world.sweep();
    expect(zones.map((zone) => world.jobs(zone)[0]?.['max_upload_records'])).toEqual(Array(5).fill(2000));
  });
});

it('apply has a line for each job, also for those that are not sent to a destination that fails', async () => {
  const world = await World.open({ switches: { dns_failures: ['bad.example.com'] } });
  const names = ['a', 'b', 'c', 'd'];
  await world.manifest(
    zoneWith(...names.map((name) => `{ name: ${name}, destination_conf: 'https://bad.example.com/in' }`)),
  );
  const { out } = await world.run('apply');
  for (const name of names) expect(out).toContain(`failed   create   ${name}  example.com`);
  expect(out).toMatch(/create {3}d .*\n +.*bad\.example\.com/);
});

describe('what Cloudflare refuses', () => {
  it('is sent once, told once, and again after an hour', async () => {
    const world = await DaemonWorld.open({
      zones: ['example.com'],
      switches: { unavailable_datasets: ['http_requests'] },
    });
    world.write(['example.com'], 'acme-logs');
    for (let time = 0; time < 5; time += 1) {
      await world.sweep();
      await world.wait(10 * MINUTE_MS);
    }
    expect(world.writes).toBe(1);
    expect(world.told('change.failed')).toHaveLength(1);
    expect(world.told('pass.finished').map(({ summary }) => summary.failed)).toEqual([1, 1, 1, 1, 1]);
    expect(world.board.toJson()).toMatchObject({
      scopes: [
        {
          last_error: expect.stringMatching(/not allowed.*sent again at 10:00 UTC/),
          jobs: [{ sync: 'pending', reason: expect.stringContaining('not allowed') }],
        },
      ],
    });
    await world.wait(10 * MINUTE_MS);
    expect(world.writes).toBe(2);
  });

  it('is sent again at once when a job of the zone has gone, as it may have been one too many', async () => {
    const world = await DaemonWorld.open({ zones: ['example.com'], switches: { jobs_per_zone: 1 } });
    const job = (name: string): string =>
      `{ name: ${name}, dataset: http_requests, destination_conf: 's3://b/${name}/{DATE}?region=r' }`;
    const write = (...names: readonly string[]): void => {
      world.text = `version: 1\nzones: [{ zone: example.com, jobs: [${names.map(job).join(', ')}] }]\n`;
    };
    write('first');
    await world.sweep();
    write('first', 'second');
    await world.sweep();
    await world.sweep();
    expect(world.writes).toBe(2);
    write('second');
    await world.sweep();
    await world.sweep();
    expect(world.jobs('example.com')).toMatchObject([{ name: 'second' }]);
  });

  it('is sent again at once also when somebody else has deleted a job of the zone', async () => {
    const world = await DaemonWorld.open({ zones: ['example.com'], switches: { jobs_per_zone: 1 } });
    const { model } = world.sandbox;
    const zone = idOf('zone', 'example.com');
    const { id } = model.plantJob(zone, { name: 'theirs', destination_conf: 's3://c/{DATE}?region=r' });
    world.write(['example.com'], 'acme-logs');
    await world.sweep();
    await world.sweep();
    expect(world.writes).toBe(1);
    model.handle({
      method: 'DELETE',
      target: `/client/v4/zones/${zone}/logpush/jobs/${String(id)}`,
      headers: { authorization: 'Bearer a-person' },
      body: '',
    });
    await world.sweep();
    expect(world.jobs('example.com')).toMatchObject([{ name: 'http' }]);
  });

  it('because another job delivers there is told with its name, and sent again once an hour', async () => {
    const world = await DaemonWorld.open({
      zones: ['example.com'],
      switches: { duplicate_destination: 'reject' },
    });
    const job = (name: string): string =>
      `{ name: ${name}, dataset: http_requests, destination_conf: 's3://b/x/{DATE}?region=r' }`;
    world.text = `version: 1\nzones: [{ zone: example.com, jobs: [${['a', 'b'].map(job).join(', ')}] }]\n`;
    await world.sweep();
    await world.wait(50 * MINUTE_MS);
    expect(world.writes).toBe(2);
    expect(world.told('change.failed').map(({ error }) => error.message)).toEqual([
      expect.stringMatching(/Job "a" \(1001\) of example\.com delivers there already\./),
    ]);
    expect(world.board.toJson()).toMatchObject({
      scopes: [{ jobs: [{ name: 'a' }, { name: 'b', reason: expect.stringContaining('Job "a" (1001)') }] }],
    });
    await world.wait(20 * MINUTE_MS);
    expect(world.writes).toBe(3);
    world.sandbox.model.changeSwitches({ duplicate_destination: 'allow' });
    await world.wait(2 * 60 * MINUTE_MS);
    expect(world.jobs('example.com')).toMatchObject([{ name: 'a' }, { name: 'b' }]);
  });

  it('because a name cannot be looked up is tried after a minute, later each time, up to every half hour', async () => {
    const world = await DaemonWorld.open({
      zones: ['example.com'],
      switches: { dns_failures: ['acme-logs'] },
    });
    world.write(['example.com'], 'acme-logs');
    await world.sweep();
    const times: number[] = [];
    for (let minute = 1; minute <= 130; minute += 1) {
      const before = world.writes;
      await world.wait(MINUTE_MS);
      if (world.writes > before) times.push(minute);
    }
    expect(times).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
  });
});

it('a create that is never answered is sent again ever later, up to every half hour, and made in the end', async () => {
  const world = await DaemonWorld.open({ zones: ['example.com'], switches: { create_504: 'all' } });
  world.write(['example.com'], 'acme-logs');
  await world.sweep();
  await world.wait(3 * 60 * MINUTE_MS);
  expect(world.writes).toBeLessThanOrEqual(5 + 6);
  expect(world.writes).toBeGreaterThanOrEqual(8);
  world.sandbox.model.changeSwitches({ create_504: 'off' });
  await world.wait(31 * MINUTE_MS);
  expect(world.jobs('example.com')).toHaveLength(1);
});
