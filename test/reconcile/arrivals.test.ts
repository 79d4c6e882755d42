import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/reconcile/errors.ts';
import { World } from './world.ts';

const [A, B] = ['a.example', 'b.example'];
const keep = { name: 'keep' };
const one = { name: 'one' };
const REFUSED = (): never => {
  throw new RejectedError({ action: 'create job "one" in b.example', cause: 'no' });
};

/** A daemon whose manifest has just moved a job from one zone to another. */
async function moving(prepare: (world: World) => void = () => undefined): Promise<World> {
  const world = await World.open();
  await world.settle({ [A]: [keep, one], [B]: [keep] });
  prepare(world);
  world.write({ [A]: [keep], [B]: [keep, one] });
  return world;
}

describe('a job that moves to another zone', () => {
  it('is deleted after it is made, in one pass', async () => {
    const world = await moving();
    const { outcomes } = await world.pass();
    expect(outcomes.map(({ result }) => result)).toEqual(['applied', 'applied']);
    expect(world.cloudflare.writes()).toEqual(['create one', 'delete one']);
    expect([world.cloudflare.names(A), world.cloudflare.names(B)]).toEqual([['keep'], ['keep', 'one']]);
  });

  it('stays where it is while it cannot be made, and goes once it was', async () => {
    const world = await moving((each) => each.cloudflare.fail('create one', REFUSED));
    const { outcomes } = await world.pass();
    expect(outcomes).toContainEqual(
      expect.objectContaining({
        result: 'skipped',
        reason: expect.stringContaining('in b.example, where it has not'),
      }),
    );
    expect(world.cloudflare.names(A)).toEqual(['keep', 'one']);
    await world.pass();
    expect([world.cloudflare.names(A), world.cloudflare.names(B)]).toEqual([['keep'], ['keep', 'one']]);
  });

  it('stays where it is when only that zone is looked at', async () => {
    const world = await moving();
    await world.pass({ includes: ({ name }) => name === A });
    expect(world.cloudflare.writes()).toEqual([]);
    await world.pass({ includes: ({ name }) => name === B });
    await world.pass({ includes: ({ name }) => name === A });
    expect(world.cloudflare.writes()).toEqual(['create one', 'delete one']);
  });

  it('stays where it is while the other zone cannot be read', async () => {
    const world = await moving((each) => each.cloudflare.fail(`list ${B}`, REFUSED));
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep', 'one']);
  });

  it('swaps its place with one of that zone', async () => {
    const world = await World.open();
    const two = { name: 'two' };
    await world.settle({ [A]: [one], [B]: [two] });
    world.write({ [A]: [two], [B]: [one] });
    await world.pass();
    expect([world.cloudflare.names(A), world.cloudflare.names(B)]).toEqual([['two'], ['one']]);
  });
});

describe('a job that leaves a zone', () => {
  it('waits for no zone that has it already, in whatever state', async () => {
    const world = await World.open();
    await world.settle({ [A]: [keep, one], [B]: [keep, one] });
    world.cloudflare.fail('update one', REFUSED);
    world.write({ [A]: [keep], [B]: [keep, { ...one, enabled: false }] });
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep']);
  });

  it('waits for no zone in which somebody else has such a job', async () => {
    const world = await World.open({ policy: { adopt: 'never' } });
    await world.settle({ [A]: [keep, one] });
    world.cloudflare.zone(B);
    world.cloudflare.plant({ name: 'one', enabled: true, dataset: 'dns_logs' }, B);
    world.write({ [A]: [keep], [B]: [one] });
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep']);
  });
});
