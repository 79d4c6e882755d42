import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../../src/reconcile/errors.ts';
import { World, type WorldOptions } from '../world.ts';

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

  it('goes before that once a person has approved it, as where Cloudflare never takes it in the other zone', async () => {
    const world = await moving((each) => each.cloudflare.fail('create one', REFUSED));
    const { outcomes } = await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep', 'one']);
    const waiting = outcomes.find(({ result }) => result === 'skipped');
    expect(waiting?.reason).toContain(`logpushd apply --approve ${waiting?.digest}`);
    await world.pass({ consents: (digest) => digest === waiting?.digest });
    expect(world.cloudflare.names(A)).toEqual(['keep']);
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

describe('two full zones that swap a job', () => {
  const [two, kept] = [{ name: 'two' }, ['k1', 'k2', 'k3'].map((name) => ({ name }))];
  const swapped = { [A]: ['k1', 'k2', 'k3', 'two'], [B]: ['k1', 'k2', 'k3', 'one'] };
  const names = (world: World) => ({ [A]: world.cloudflare.names(A), [B]: world.cloudflare.names(B) });

  async function swapping(options: WorldOptions = {}): Promise<World> {
    const world = await World.open(options);
    world.cloudflare.jobsPerZone = 4;
    await world.settle({ [A]: [...kept, one], [B]: [...kept, two] });
    world.write({ [A]: [...kept, two], [B]: [...kept, one] });
    return world;
  }

  it('both wait, and say by which approval or setting they need not', async () => {
    const world = await swapping();
    const { outcomes } = await world.pass();
    const waiting = outcomes.filter(({ result }) => result === 'skipped');
    expect(waiting.map(({ change }) => change.name).toSorted()).toEqual(['one', 'two']);
    for (const { reason, digest } of waiting) {
      expect(digest).toMatch(/^[0-9a-f]{16}$/);
      expect(reason).toContain(`logpushd apply --approve ${digest}`);
      expect(reason).toContain(`"logpushd approve ${digest}"`);
      expect(reason).toContain('guard.allow_gap');
    }
    expect(world.cloudflare.writes().filter((write) => write.startsWith('delete'))).toEqual([]);
  });

  it('come to an end once one of the two deletes is approved, and no other job goes before it is made', async () => {
    const world = await swapping();
    const { outcomes } = await world.pass();
    const digest = outcomes.find(({ scope, result }) => scope.name === A && result === 'skipped')?.digest;
    world.cloudflare.calls.length = 0;
    await world.pass({ consents: (approved) => approved === digest });
    expect(names(world)).toEqual(swapped);
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create two', 'delete two', 'create one']);
  });

  it('come to an end by the setting', async () => {
    const world = await swapping({ policy: { allowGap: true } });
    await world.pass();
    expect(names(world)).toEqual(swapped);
  });

  it('are approved at the daemon, and the approval is used up', async () => {
    const world = await swapping();
    await world.change();
    const [told] = world.told('change.skipped');
    const digest = /--approve (?<digest>[0-9a-f]{16})/u.exec(told?.reason ?? '')?.groups?.['digest'] ?? '';
    expect(world.loop.approve(digest)).toEqual([`zone.${told?.scope.id}`]);
    await world.loop.idle();
    expect(names(world)).toEqual(swapped);
    expect(world.loop.approve(digest)).toBeNull();
  });

  it('lets no job go by the setting for which the other zone would still have no room', async () => {
    const world = await swapping({ policy: { allowGap: true } });
    world.write({ [A]: kept, [B]: [...kept, two, one] });
    await world.pass();
    expect(world.cloudflare.names(A)).toContain('one');
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
