import { describe, expect, it } from 'vitest';
import { UnreachableError } from '../../../src/reconcile/errors.ts';
import { MemoryState, World, type WrittenJob } from '../world.ts';

const A = 'a.example';
const MINUTE_MS = 60_000;
const POLICY = { graceMs: 15 * MINUTE_MS };
const ONE: WrittenJob = { name: 'one', max_upload_records: 2000 };

async function settled(policy: object = POLICY, state?: MemoryState): Promise<World> {
  const world = await World.open({ policy: { ...POLICY, ...policy } }, state);
  await world.settle({ [A]: [ONE] });
  return world;
}

describe('a fresh change of somebody', () => {
  it('is reported at once, and put right when its grace is over, without waiting for a sweep', async () => {
    const world = await settled();
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.sweep();
    expect(world.told('drift.found')).toMatchObject([{ job: 'one', heals: false }]);
    expect(world.board.toJson()).toMatchObject({
      scopes: [
        {
          jobs: [
            {
              sync: 'drift',
              reason:
                'Somebody changed enabled of job 1 at Cloudflare, and the setting "drift_grace_seconds" leaves it so ' +
                'until 2026-11-23 09:15 UTC; then it is put right. To keep it, run "logpushd drift accept a.example/one", ' +
                'or "logpushd pause a.example/one" for more time.',
            },
          ],
        },
      ],
    });
    await world.wait(15 * MINUTE_MS - 1);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: false }]);
    await world.wait(1);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }]);
    await world.sweep();
    expect(world.entries(A).drifting).toBeUndefined();
  });

  it('is counted from when it was first seen, whatever is looked at since, and over a restart', async () => {
    const state = new MemoryState();
    const before = await settled({}, state);
    before.cloudflare.tamper('one', { enabled: false }, A);
    await before.sweep();
    await before.wait(10 * MINUTE_MS);
    await before.sweep();
    await before.loop.stop();
    const world = await World.open({ policy: POLICY, cloudflare: before.cloudflare }, state);
    world.source.text = before.source.text;
    await world.clock.advance(14 * MINUTE_MS);
    await world.sweep();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: false }]);
    await world.wait(MINUTE_MS);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }]);
  });

  it('does not hold back what the manifest changes of the same job', async () => {
    const world = await settled();
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.sweep();
    world.write({ [A]: [{ ...ONE, max_upload_records: 3000 }] });
    await world.change();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: false, max_upload_records: 3000 }]);
  });

  it('that was undone by hand leaves the next one a grace of its own', async () => {
    const world = await settled();
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.sweep();
    world.cloudflare.tamper('one', { enabled: true }, A);
    await world.wait(10 * MINUTE_MS);
    await world.sweep();
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.sweep();
    await world.wait(10 * MINUTE_MS);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: false }]);
    await world.wait(5 * MINUTE_MS);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }]);
  });

  it('is put right again where the first write failed, without another grace', async () => {
    const world = await settled();
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.sweep();
    world.cloudflare.fail(
      'update one',
      new UnreachableError({ action: 'update', cause: 'connection refused' }),
    );
    await world.wait(15 * MINUTE_MS);
    expect(world.told('change.failed')).toHaveLength(1);
    await world.wait(MINUTE_MS);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }]);
  });

  it.each<[string, object, (world: World) => void, readonly string[]]>([
    ['of a job that was deleted', {}, (world) => world.cloudflare.tamper('one', null, A), ['create one']],
    [
      'of a job that was made, with prune: all',
      { prune: 'all' },
      (world) => {
        world.cloudflare.plant(
          { name: 'new', dataset: 'dns_logs', enabled: true, destination_conf: 's3://x/y?region=r' },
          A,
        );
      },
      ['delete new'],
    ],
  ])('%s is put right after the same time', async (_, policy, happen, writes) => {
    const world = await settled(policy);
    happen(world);
    await world.sweep();
    await world.wait(15 * MINUTE_MS - 1);
    expect(world.cloudflare.writes()).toEqual([]);
    await world.wait(1);
    expect(world.cloudflare.writes()).toEqual(writes);
  });

  it.each<[string, object, (world: World) => void]>([
    [
      'of the destination: logs that go elsewhere do not go on to',
      {},
      (world) => world.cloudflare.tamper('one', { destination_conf: 's3://else/where?region=r' }, A),
    ],
    ['without a grace', { graceMs: 0 }, (world) => world.cloudflare.tamper('one', { enabled: false }, A)],
  ])('is put right at once %s', async (_, policy, happen) => {
    const world = await settled(policy);
    happen(world);
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual(['update one']);
    expect(world.entries(A).drifting).toBeUndefined();
  });

  it('is left alone for good in mode warn', async () => {
    const world = await settled({ mode: 'warn' });
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.sweep();
    await world.wait(60 * MINUTE_MS);
    expect(world.cloudflare.writes()).toEqual([]);
  });
});
