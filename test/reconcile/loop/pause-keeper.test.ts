import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/core/job/job.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import { MemoryState, World } from '../world.ts';

const A = 'a.example';
const B = 'b.example';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Two zones in sync. */
async function settled(state?: MemoryState, cloudflare?: World['cloudflare']): Promise<World> {
  const world = await World.open(cloudflare === undefined ? {} : { cloudflare }, state);
  await world.settle({ [A]: [{ name: 'one' }, { name: 'two' }], [B]: [{ name: 'one' }] });
  return world;
}

function scopeOf(world: World, name: string): Scope {
  const id = world.cloudflare.zones.find((zone) => zone.name === name)?.id ?? '';
  return { kind: 'zone', id, name };
}

/** Somebody disables every job that there is. */
function disableAll(world: World): void {
  for (const zone of [A, B]) {
    for (const job of world.cloudflare.jobs(zone))
      world.cloudflare.tamper(String(job['name']), { enabled: false }, zone);
  }
}

function enabled(world: World): readonly string[] {
  return [A, B].flatMap((zone) =>
    world.cloudflare
      .jobs(zone)
      .flatMap((job) => (job['enabled'] === true ? [`${zone}/${String(job['name'])}`] : [])),
  );
}

describe('a pause', () => {
  it('of a scope keeps all writes from it, while drift there is still told', async () => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), { ms: HOUR_MS, reason: 'INC-42' });
    disableAll(world);
    await world.sweep();
    expect(enabled(world)).toEqual([`${B}/one`]);
    const told = world.told('drift.found').map(({ scope, job, heals }) => [scope.name, job, heals]);
    expect(told).toContainEqual([A, 'one', false]);
    expect(world.board.toJson()).toMatchObject({
      scopes: [
        {
          pauses: [{ job: null, until: '2026-11-23T10:00:00.000Z', reason: 'INC-42' }],
          jobs: [
            {
              name: 'one',
              sync: 'drift',
              reason: expect.stringContaining('paused since 2026-11-23 09:00 UTC'),
            },
            { name: 'two', sync: 'drift' },
          ],
        },
        { pauses: [] },
      ],
    });
  });

  it('of a job keeps writes from that job alone', async () => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), { job: 'two' });
    disableAll(world);
    await world.sweep();
    expect(enabled(world)).toEqual([`${A}/one`, `${B}/one`]);
    expect(world.told('invariant.violated')).toEqual([]);
  });

  it.each<[string, (world: World) => void]>([
    [
      'a create',
      (world) =>
        world.write({ [A]: [{ name: 'one' }, { name: 'two' }, { name: 'new' }], [B]: [{ name: 'one' }] }),
    ],
    ['a delete', (world) => world.write({ [A]: [{ name: 'one' }], [B]: [{ name: 'one' }] })],
    [
      'an update',
      (world) =>
        world.write({
          [A]: [{ name: 'one', max_upload_records: 2000 }, { name: 'two' }],
          [B]: [{ name: 'one' }],
        }),
    ],
    [
      'a replace',
      (world) =>
        world.write({ [A]: [{ name: 'one', dataset: 'dns_logs' }, { name: 'two' }], [B]: [{ name: 'one' }] }),
    ],
    ['the making of what somebody deleted', (world) => world.cloudflare.tamper('two', null, A)],
  ])('keeps %s from being written, and what waited is written once it is resumed', async (_, change) => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), {});
    change(world);
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual([]);
    await world.pauses.resume(A);
    await world.loop.idle();
    expect(world.cloudflare.writes()).not.toEqual([]);
  });

  it('ends by itself, and what has drifted is put right then without waiting for a sweep', async () => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), { ms: HOUR_MS });
    disableAll(world);
    await world.sweep();
    await world.wait(HOUR_MS - 1);
    expect(enabled(world)).toEqual([`${B}/one`]);
    await world.wait(1);
    expect(enabled(world)).toEqual([`${A}/one`, `${A}/two`, `${B}/one`]);
    expect(world.told('pause.ended')).toMatchObject([{ scope: { name: A }, early: false }]);
    expect(world.entries(A).pauses).toBeUndefined();
  });

  it('stands after a restart, and ends at the time that was said', async () => {
    const state = new MemoryState();
    const before = await settled(state);
    await before.pauses.pause(scopeOf(before, A), { ms: HOUR_MS });
    await before.loop.stop();
    const world = await World.open({ cloudflare: before.cloudflare }, state);
    disableAll(world);
    world.source.text = before.source.text;
    await world.sweep();
    expect(enabled(world)).toEqual([`${B}/one`]);
    await world.wait(HOUR_MS);
    expect(enabled(world)).toContain(`${A}/one`);
  });

  it('stands in a scope where nothing is owned', async () => {
    const state = new MemoryState();
    const world = await World.open({}, state);
    await world.settle({ [A]: [], [B]: [{ name: 'one' }] });
    await world.pauses.pause(scopeOf(world, A), {});
    const again = await World.open({ cloudflare: world.cloudflare }, state);
    again.write({ [A]: [{ name: 'new' }], [B]: [{ name: 'one' }] });
    await again.sweep();
    expect(again.cloudflare.jobs(A)).toEqual([]);
  });

  it('makes void what was planned before it', async () => {
    const world = await settled();
    disableAll(world);
    const list = world.cloudflare.hold(`list ${B}`);
    const sweeping = world.sweep();
    await list.sent;
    await world.pauses.pause(scopeOf(world, A), {});
    list.go();
    await sweeping;
    await world.loop.idle();
    expect(enabled(world)).toEqual([`${B}/one`]);
  });

  it('that could not be kept does not stand, and says so', async () => {
    const world = await settled();
    world.state.failing = () => new StateError('The disk is full.');
    await expect(world.pauses.pause(scopeOf(world, A), {})).rejects.toThrow('The disk is full.');
    world.state.failing = () => null;
    disableAll(world);
    await world.sweep();
    expect(enabled(world)).toContain(`${A}/one`);
    expect(world.told('pause.began')).toEqual([]);
  });

  it('takes the place of one of the same target', async () => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), { ms: DAY_MS });
    await world.pauses.pause(scopeOf(world, A), { ms: HOUR_MS });
    await world.wait(HOUR_MS);
    expect(world.pauses.standing).toEqual([]);
  });

  it.each<[string, number | undefined, number]>([
    ['without end', undefined, 3],
    ['of a week', 7 * DAY_MS, 3],
    ['of two days', 2 * DAY_MS, 0],
  ])('%s is told of each day, or not', async (_, ms, times) => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), ms === undefined ? {} : { ms });
    for (let hour = 0; hour < 3 * 24; hour += 1) await world.wait(HOUR_MS);
    expect(world.told('pause.standing')).toHaveLength(times);
  });

  it('can be ended though its job is gone', async () => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), { job: 'vanished' });
    expect(await world.pauses.resume('a.example/vanished')).toMatchObject({ pause: { job: 'vanished' } });
    expect(await world.pauses.resume('a.example/vanished')).toBeNull();
  });

  it('is ended by its name in any case, but for that of its job', async () => {
    const world = await settled();
    await world.pauses.pause(scopeOf(world, A), {});
    await world.pauses.pause(scopeOf(world, A), { job: 'one' });
    expect(await world.pauses.resume('A.Example/One')).toBeNull();
    expect(await world.pauses.resume('A.Example/one')).toMatchObject({ pause: { job: 'one' } });
    expect(await world.pauses.resume('A.Example')).not.toBeNull();
    expect(world.pauses.standing).toEqual([]);
  });
});
