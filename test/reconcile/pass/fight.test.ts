import { describe, expect, it } from 'vitest';
import { StateError } from '../../../src/reconcile/errors.ts';
import { World } from '../world.ts';

const A = 'a.example';
const MINUTE_MS = 60_000;

async function settled(): Promise<World> {
  const world = await World.open();
  await world.settle({ [A]: [{ name: 'http' }] });
  return world;
}

/** Somebody undoes it, and a while later a pass finds it. */
async function undone(world: World, minutes: number): Promise<void> {
  world.cloudflare.tamper('http', { enabled: false }, A);
  await world.wait(minutes * MINUTE_MS);
  await world.sweep();
}

async function fought(world: World): Promise<void> {
  for (let time = 0; time < 6; time += 1) await undone(world, 5);
}

const isEnabled = (world: World): unknown => world.cloudflare.jobs(A)[0]?.['enabled'];

describe('a field that is undone each time', () => {
  it('is healed five times and then left, which is told once', async () => {
    const world = await settled();
    await fought(world);
    await undone(world, 5);
    expect(isEnabled(world)).toBe(false);
    expect(world.cloudflare.writes()).toHaveLength(5);
    expect(world.told('drift.fought')).toMatchObject([
      { job: 'http', action: 'update', fields: [{ path: 'enabled' }], fight: { times: 5 } },
    ]);
    expect(world.board.toJson()).toMatchObject({
      scopes: [{ jobs: [{ sync: 'drift', reason: expect.stringContaining('again and again') }] }],
    });
  });

  it('is tried once an hour from then on, also after a restart', async () => {
    const world = await settled();
    await fought(world);
    const next = await World.open({ cloudflare: world.cloudflare }, world.state);
    next.write({ [A]: [{ name: 'http' }] });
    await next.clock.advance(world.clock.monotonic());
    world.cloudflare.calls.length = 0;
    for (let minutes = 0; minutes < 150; minutes += 10) await undone(next, 10);
    expect(next.cloudflare.writes()).toHaveLength(2);
    expect(next.told('drift.fought')).toEqual([]);
  });

  it('is healed as before once it was seen in sync an hour after the last try, and told when it begins again', async () => {
    const world = await settled();
    await fought(world);
    world.cloudflare.tamper('http', { enabled: true }, A);
    await world.wait(61 * MINUTE_MS);
    await world.sweep();
    world.forget();
    await undone(world, 5);
    expect(isEnabled(world)).toBe(true);
    await fought(world);
    expect(world.cloudflare.writes()).toHaveLength(5);
    expect(world.told('drift.fought')).toHaveLength(1);
  });

  it('stays fought for while it is in sync for less than an hour', async () => {
    const world = await settled();
    await fought(world);
    world.cloudflare.tamper('http', { enabled: true }, A);
    await world.wait(30 * MINUTE_MS);
    await world.sweep();
    world.forget();
    await undone(world, 5);
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.told('drift.fought')).toEqual([]);
  });

  it('is counted also where it is undone before anybody could read it', async () => {
    const world = await settled();
    world.cloudflare.show = (shown) => ({ ...shown, enabled: false });
    for (let minutes = 0; minutes < 180; minutes += 5) {
      await world.wait(5 * MINUTE_MS);
      await world.sweep();
    }
    expect(world.told('drift.fought')).toMatchObject([{ job: 'http', fight: { times: 5 } }]);
    const before = world.cloudflare.writes().length;
    for (let minutes = 0; minutes < 120; minutes += 5) {
      await world.wait(5 * MINUTE_MS);
      await world.sweep();
    }
    expect(world.cloudflare.writes()).toHaveLength(before + 2);
  });

  it('is counted and told once, also while nothing can be saved', async () => {
    const world = await settled();
    world.state.failing = () => new StateError('The disk is full.');
    for (let time = 0; time < 8; time += 1) await undone(world, 5);
    expect(world.cloudflare.writes()).toHaveLength(5);
    expect(world.told('drift.fought')).toHaveLength(1);
    world.state.failing = () => null;
    await undone(world, 5);
    expect(world.told('drift.fought')).toHaveLength(1);
  });

  it('is not sent again and again where Cloudflare does not show it, while nothing can be saved', async () => {
    const world = await World.open();
    world.cloudflare.show = (shown) => {
      const { filter: _, ...rest } = shown;
      return rest;
    };
    const filter = (value: string) => ({ where: { key: 'ClientIP', operator: 'eq', value } });
    await world.settle({ [A]: [{ name: 'http', filter: filter('1.1.1.1') }] });
    world.write({ [A]: [{ name: 'http', filter: filter('2.2.2.2') }] });
    world.state.failing = () => new StateError('The disk is full.');
    for (let time = 0; time < 8; time += 1) {
      await world.wait(5 * MINUTE_MS);
      await world.sweep();
    }
    expect(world.cloudflare.writes()).toHaveLength(1);
  });
});

describe('a job that is deleted each time', () => {
  it('is made five times and then left, which is told once', async () => {
    const world = await settled();
    for (let time = 0; time < 8; time += 1) {
      world.cloudflare.tamper('http', null, A);
      await world.wait(5 * MINUTE_MS);
      await world.sweep();
    }
    expect(world.cloudflare.names(A)).toEqual([]);
    expect(world.cloudflare.writes()).toHaveLength(5);
    expect(world.told('drift.fought')).toMatchObject([{ job: 'http', action: 'create' }]);
  });
});
