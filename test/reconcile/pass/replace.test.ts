import { describe, expect, it } from 'vitest';
import { UnknownOutcomeError } from '../../../src/reconcile/errors.ts';
import { World } from '../world.ts';

const A = 'a.example';
const MINUTE = 60_000;
const job = (name: string, fields: object = {}) => ({ name, ...fields });
const before = { [A]: [job('keep'), job('one')] };
const after = { [A]: [job('keep'), job('one', { dataset: 'dns_logs' })] };

/** A daemon that has just made the new job of a replace. */
async function overlapping(): Promise<World> {
  const world = await World.open();
  await world.settle(before);
  world.write(after);
  await world.change();
  return world;
}

function datasets(world: World): readonly unknown[] {
  return world.cloudflare.jobs(A).map((one) => one['dataset']);
}

describe('a replace whose create was carried out and not answered', () => {
  it('finds the new job, and deletes the old one beside it', async () => {
    const world = await World.open({ policy: { overlapMs: 0 } });
    await world.settle({ 'a.example': [{ name: 'one' }] });
    world.write({ 'a.example': [{ name: 'one', dataset: 'dns_logs' }] });
    world.cloudflare.fail('create one', (carryOut) => {
      carryOut();
      throw new UnknownOutcomeError({ action: 'create', cause: 'no answer' });
    });
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([{ result: 'applied', id: 2 }]);
    expect(world.told('invariant.violated')).toEqual([]);
    expect(world.cloudflare.jobs('a.example')).toMatchObject([{ id: 2, dataset: 'dns_logs' }]);
  });
});

describe('a create whose job somebody else has made since the scope was read', () => {
  it('is left to the next look, and turns nothing off', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one'), job('two')] });
    world.cloudflare.fail('create one', () => {
      world.cloudflare.plant({ name: 'two', dataset: 'http_requests', enabled: true }, A);
      throw new UnknownOutcomeError({ action: 'create', cause: 'no answer' });
    });
    await world.pass();
    expect(world.told('invariant.violated')).toEqual([]);
    expect(world.cloudflare.writes()).toEqual(['create one']);
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['two']);
  });
});

describe('a replace by the daemon', () => {
  it('leaves the old job until the overlap is over, and looks just once in that time', async () => {
    const world = await overlapping();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.entries(A).entries.find(({ name }) => name === 'one')).toMatchObject({
      superseded: expect.any(Number),
      supersededAt: new Date(world.clock.now()).toISOString(),
    });
    world.forget();
    await world.wait(15 * MINUTE - 1);
    expect(world.cloudflare.calls).toEqual([]);
    await world.wait(1);
    expect(world.cloudflare.writes()).toEqual(['delete one']);
    expect(datasets(world)).toEqual(['http_requests', 'dns_logs']);
    expect(world.entries(A).entries.find(({ name }) => name === 'one')).not.toHaveProperty('superseded');
  });

  it('ends with the first sweep that finds the new job delivering', async () => {
    const world = await overlapping();
    await world.wait(2 * MINUTE);
    await world.sweep();
    expect(datasets(world)).toHaveLength(3);
    world.cloudflare.deliver(A, world.clock.now());
    await world.sweep();
    expect(datasets(world)).toEqual(['http_requests', 'dns_logs']);
  });

  it.each([
    ['early', 5 * MINUTE],
    ['after the overlap', 20 * MINUTE],
  ])('is ended by the next process, also where that starts %s', async (_, downMs) => {
    const world = await overlapping();
    await world.loop.stop();
    const again = await World.open({ cloudflare: world.cloudflare }, world.state);
    again.write(after);
    await again.clock.advance(downMs);
    await again.sweep();
    await again.wait(15 * MINUTE);
    expect(again.cloudflare.writes()).toEqual(['create one', 'delete one']);
    expect(datasets(again)).toEqual(['http_requests', 'dns_logs']);
  });

  it('goes on to a third dataset only when the first old job has gone', async () => {
    const world = await overlapping();
    world.write({ [A]: [job('keep'), job('one', { dataset: 'firewall_events' })] });
    await world.change();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    for (let pass = 0; pass < 4; pass += 1) {
      await world.wait(15 * MINUTE);
      await world.sweep();
    }
    expect(world.cloudflare.writes()).toEqual(['create one', 'delete one', 'create one', 'delete one']);
    expect(datasets(world)).toEqual(['http_requests', 'firewall_events']);
    expect(world.entries(A).entries).toHaveLength(2);
  });

  it('makes nothing when the manifest goes back, and leaves nothing behind', async () => {
    const world = await overlapping();
    const ids = world.cloudflare.jobs(A).map(({ id }) => id);
    world.write(before);
    await world.change();
    await world.wait(15 * MINUTE);
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual(['create one', 'delete one']);
    expect(world.cloudflare.jobs(A).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(world.entries(A).entries.find(({ name }) => name === 'one')).toMatchObject({ id: ids[1] });
  });

  it('leaves neither half when the job leaves the manifest', async () => {
    const world = await overlapping();
    world.write({ [A]: [job('keep')] });
    await world.change();
    expect(datasets(world)).toEqual(['http_requests']);
    expect(world.entries(A).entries.map(({ name }) => name)).toEqual(['keep']);
  });

  it('forgets an old job that somebody has deleted', async () => {
    const world = await overlapping();
    world.cloudflare.tamper('one', null, A);
    await world.sweep();
    expect(world.entries(A).entries.find(({ name }) => name === 'one')).not.toHaveProperty('superseded');
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });
});

describe('a replace in a zone that is full', () => {
  const withheld = async (): Promise<{ readonly world: World; readonly digest: string }> => {
    const world = await World.open({ policy: { jobsPerZone: 2 } });
    await world.settle(before);
    world.write(after);
    await world.change();
    const held = world.told('scope.planned').flatMap(({ plan }) => plan.withheld);
    return { world, digest: held.find(({ action }) => action === 'replace')?.digest ?? '' };
  };

  it('waits for consent, and is done once by the daemon that gets it', async () => {
    const { world, digest } = await withheld();
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.loop.approve('0000000000000000')).toBeNull();
    expect(world.loop.approve(digest)).toHaveLength(1);
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create one']);
    expect(world.loop.approve(digest)).toBeNull();
  });

  it('takes no approval of what is not withheld any more', async () => {
    const { world, digest } = await withheld();
    world.write({ [A]: [job('keep'), job('one', { dataset: 'firewall_events' })] });
    await world.change();
    expect(world.loop.approve(digest)).toBeNull();
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual([]);
  });
});

describe('an approval of a replace in a full zone', () => {
  const others = ['k1', 'k2', 'k3'].map((name) => job(name));
  const http = { [A]: [...others, job('one')] };
  const dns = { [A]: [...others, job('one', { dataset: 'dns_logs' })] };
  const digestOf = (world: World): string | undefined =>
    world.told('scope.planned').at(-1)?.plan.withheld[0]?.digest;

  it('lets it through once, and not the very same a second time', async () => {
    const world = await World.open();
    await world.settle(http);
    const id = world.cloudflare.id('one', A);
    world.write(dns);
    await world.change();
    const digest = digestOf(world);
    expect(world.loop.approve(String(digest))).toHaveLength(1);
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create one']);

    await world.wait(2 * MINUTE);
    world.cloudflare.tamper('one', null, A);
    const destination_conf = 's3://bucket/one/{DATE}?region=us-east-1';
    world.cloudflare.plant({ id, name: 'one', enabled: true, destination_conf }, A);
    world.write(http);
    await world.change();
    world.forget();
    world.write(dns);
    await world.change();
    expect(digestOf(world)).toBe(digest);
    expect(world.cloudflare.writes()).toEqual([]);
  });
});
