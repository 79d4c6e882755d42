import { describe, expect, it } from 'vitest';
import { NotFoundError, UnreachableError } from '../../../src/reconcile/errors.ts';
import { World, type WorldOptions } from '../world.ts';

const A = 'a.example';
const MINUTE = 60_000;
const WRONG = 'https://typo.example/in';
const RIGHT = 'https://logs.example/in';
const job = (name: string, fields: object = {}) => ({ name, ...fields });
const kept = ['a', 'b', 'c'].map((name) => job(name));
const before = { [A]: [...kept, job('old')] };

/** A zone with all of its four places taken. */
async function full(options: WorldOptions['policy'] = {}): Promise<World> {
  const world = await World.open({ policy: { ...options } });
  world.cloudflare.untaken.push('typo');
  await world.settle(before);
  world.cloudflare.jobsPerZone = 4;
  return world;
}

const asked = (world: World): number =>
  world.cloudflare.calls.filter((call) => call.startsWith('check')).length;

describe('a job that makes room for a new one', () => {
  it('stays while Cloudflare would not take the new one, and goes as soon as the manifest is right', async () => {
    const world = await full();
    world.write({ [A]: [...kept, job('new', { destination_conf: WRONG })] });
    await world.change();
    expect(world.cloudflare.names(A)).toEqual(['a', 'b', 'c', 'old']);
    const [failed] = world.told('change.failed');
    expect(failed).toMatchObject({ change: { action: 'delete', name: 'old' } });
    expect(failed?.error.message).toMatch(/take job "new" in a\.example, so job "old" \(4\) was not deleted/);
    expect(failed?.error.message).toContain('guard.check_before_delete');
    expect(world.told('change.skipped')).toMatchObject([
      {
        change: { action: 'create', name: 'new' },
        reason: 'job "old", whose place it needs, was not deleted',
      },
    ]);
    expect(world.cloudflare.writes()).toEqual([]);

    world.write({ [A]: [...kept, job('new', { destination_conf: RIGHT })] });
    await world.change();
    expect(world.cloudflare.names(A)).toEqual(['a', 'b', 'c', 'new']);
  });

  it('goes by itself once the destination takes logs again', async () => {
    const world = await full();
    world.write({ [A]: [...kept, job('new', { destination_conf: WRONG })] });
    await world.change();
    world.cloudflare.untaken.length = 0;
    await world.wait(MINUTE);
    expect(world.cloudflare.names(A)).toEqual(['a', 'b', 'c', 'new']);
  });

  it('stays for a replace that loses logs, too', async () => {
    const world = await full({ allowGap: true });
    world.write({ [A]: [...kept, job('old', { dataset: 'dns_logs', destination_conf: WRONG })] });
    await world.change();
    expect(world.cloudflare.jobs(A)).toMatchObject([{}, {}, {}, { id: 4, dataset: 'http_requests' }]);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('stays while nobody can be asked', async () => {
    const world = await full();
    const offline = new UnreachableError({ action: 'check', cause: 'connection refused' });
    world.cloudflare.fail(`check ${A}`, offline);
    world.write({ [A]: [...kept, job('new', { destination_conf: RIGHT })] });
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['a', 'b', 'c', 'old']);
  });

  it('goes where Cloudflare does not serve the check', async () => {
    const world = await full();
    world.cloudflare.fail(`check ${A}`, new NotFoundError({ action: 'check' }), Infinity);
    world.write({ [A]: [...kept, job('new', { destination_conf: RIGHT })] });
    await world.change();
    expect(world.cloudflare.names(A)).toEqual(['a', 'b', 'c', 'new']);
  });

  it('goes unchecked where the setting says so', async () => {
    const world = await full({ checkBeforeDelete: false });
    world.write({ [A]: [...kept, job('new', { destination_conf: WRONG })] });
    await world.change();
    expect(asked(world)).toBe(0);
    expect(world.cloudflare.names(A)).toContain('new');
  });
});

describe('Cloudflare is not asked', () => {
  it.each([
    ['for a job that finds room by itself', { [A]: [...kept.slice(1), job('old'), job('new')] }, 5],
    ['for a delete that nothing waits for', { [A]: kept }, 4],
    ['for an update', { [A]: [...kept, job('old', { max_upload_records: 2000 })] }, 4],
  ])('%s', async (_, after, places) => {
    const world = await full({ jobsPerZone: places });
    world.cloudflare.jobsPerZone = places;
    world.write(after);
    await world.change();
    expect(asked(world)).toBe(0);
    expect(world.cloudflare.names(A).toSorted()).toEqual(after[A]?.map(({ name }) => name).toSorted());
  });
});
