import { describe, expect, it } from 'vitest';
import { RateLimitedError, UnknownOutcomeError, UnreachableError } from '../../../src/reconcile/errors.ts';
import { World, type WrittenJob } from '../world.ts';

const A = 'a.example';
const OFFLINE = new UnreachableError({ action: 'read', cause: 'connection refused' });

async function settled(...jobs: readonly WrittenJob[]): Promise<World> {
  const world = await World.open();
  await world.settle({ [A]: jobs });
  return world;
}

/** Somebody changes a job (or deletes it, for null) right after the scope was listed. */
function meddle(world: World, name: string, fields: Record<string, unknown> | null): void {
  world.cloudflare.fail(`list ${A}`, (carryOut) => {
    const listed = carryOut();
    world.cloudflare.tamper(name, fields, A);
    return listed;
  });
}

describe('a delete', () => {
  it.each<[string, Record<string, unknown>]>([
    ['renames', { name: 'mine' }],
    ['disables', { enabled: false }],
    ['redirects', { destination_conf: 's3://theirs/{DATE}?region=us-east-1' }],
    ['filters', { filter: '{"where":{"key":"a","operator":"eq","value":1}}' }],
  ])('is not sent when somebody %s the job after it was read', async (_, fields) => {
    const world = await settled({ name: 'keep', filter: null }, { name: 'one', filter: null });
    world.cloudflare.show = (job) => ({ filter: '', ...job });
    world.write({ [A]: [{ name: 'keep', filter: null }] });
    meddle(world, 'one', fields);
    const { outcomes } = await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ name: 'keep' }, fields]);
    expect(outcomes).toMatchObject([
      { result: 'skipped', reason: expect.stringContaining('changed since it was read') },
    ]);
  });

  it('is done when the job is gone already, and is remembered', async () => {
    const world = await settled({ name: 'keep' }, { name: 'one' });
    world.write({ [A]: [{ name: 'keep' }] });
    meddle(world, 'one', null);
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([{ result: 'applied' }]);
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.entries(A).entries).toMatchObject([{ name: 'keep' }]);
  });

  it('is not sent when the job cannot be read', async () => {
    const world = await settled({ name: 'keep' }, { name: 'one' });
    world.write({ [A]: [{ name: 'keep' }] });
    world.cloudflare.fail('get one', OFFLINE);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed', error: OFFLINE }]);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('does not mind what only one of two looks shows', async () => {
    const world = await settled({ name: 'keep' }, { name: 'one', filter: null });
    world.cloudflare.show = (job, call) => ({
      ...job,
      ...(call === 'get' && { filter: '{"where":{}}', error: 1 }),
    });
    world.write({ [A]: [{ name: 'keep' }] });
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep']);
  });

  it('is looked at again soon after it was not sent', async () => {
    const world = await settled({ name: 'keep' }, { name: 'one' });
    world.write({ [A]: [{ name: 'keep' }] });
    meddle(world, 'one', { enabled: false });
    await world.change();
    expect(world.cloudflare.names(A)).toEqual(['keep', 'one']);
    await world.wait(5_000);
    expect(world.cloudflare.names(A)).toEqual(['keep']);
  });

  it('of the old half of a replace is not sent when somebody changed that, and the new half stays', async () => {
    const world = await World.open({ policy: { overlapMs: 0 } });
    await world.settle({ [A]: [{ name: 'one' }] });
    world.write({ [A]: [{ name: 'one', dataset: 'dns_logs' }] });
    world.cloudflare.fail('create one', (carryOut) => {
      const created = carryOut();
      world.cloudflare.tamper('one', { enabled: false }, A);
      return created;
    });
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.told('change.skipped')).toMatchObject([
      {
        reason: expect.stringMatching(
          /^job 2 was made to replace job 1, which stays for now: enabled of job 1/,
        ),
      },
    ]);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 2, dataset: 'dns_logs' }]);
  });
});

describe('a delete without an answer', () => {
  /** Job 2 replaced job 1; what deleted that got no answer, and the manifest wants it back. */
  async function wantedBack(): Promise<World> {
    const world = await World.open({ policy: { overlapMs: 0 } });
    await world.settle({ [A]: [{ name: 'one' }] });
    world.write({ [A]: [{ name: 'one', dataset: 'dns_logs' }] });
    world.cloudflare.fail('delete one', OFFLINE);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }, { id: 2 }]);
    world.write({ [A]: [{ name: 'one' }] });
    return world;
  }

  it('leaves the job that replaced it until it is certain that it is there', async () => {
    const world = await wantedBack();
    await world.pass();
    await world.clock.advance(149_000);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }, { id: 2 }]);
    await world.clock.advance(1_000);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }]);
  });

  it('that was carried out leaves a job that is replaced anew', async () => {
    const world = await wantedBack();
    await world.pass();
    world.cloudflare.tamper('one', null, A, 1);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 3, dataset: 'http_requests' }]);
  });
});

describe('an update', () => {
  /** Job `two` is to be enabled; the one before it takes so long. */
  async function after(ms: number, fields: Record<string, unknown> | null): Promise<World> {
    const world = await settled({ name: 'one' }, { name: 'two' });
    world.write({
      [A]: [
        { name: 'one', enabled: false },
        { name: 'two', enabled: false },
      ],
    });
    world.cloudflare.fail('update one', async (carryOut) => {
      await world.clock.advance(ms);
      world.cloudflare.tamper('two', fields, A);
      return carryOut();
    });
    await world.pass();
    return world;
  }

  it('is not sent when the job was read over a second ago, and somebody changed it since', async () => {
    const world = await after(1_001, { name: 'mine' });
    expect(world.cloudflare.writes()).toEqual(['update one']);
    expect(world.told('change.skipped')).toMatchObject([
      { reason: 'name of job 2 changed since it was read; nothing was written; the scope is read again' },
    ]);
  });

  it('is not sent when the job was read over a second ago, and is gone since', async () => {
    const world = await after(1_001, null);
    expect(world.cloudflare.writes()).toEqual(['update one']);
    expect(world.told('change.skipped')).toMatchObject([
      { reason: expect.stringContaining('job 2 is gone') },
    ]);
  });

  it('is sent without another look within a second', async () => {
    const world = await after(1_000, {});
    expect(world.cloudflare.calls).toEqual([`list ${A}`, 'update one', 'update two']);
  });

  it('is sent after another look when nothing changed', async () => {
    const world = await after(1_001, {});
    expect(world.cloudflare.calls).toEqual([`list ${A}`, 'update one', 'get two', 'update two']);
  });
});

describe('an update of output_options, which are replaced whole,', () => {
  const rate = (sampleRate: number): WrittenJob => ({
    name: 'one',
    output_options: { sample_rate: sampleRate },
  });

  it('keeps what somebody added since an old listing', async () => {
    const world = await settled(rate(0.5));
    world.write({ [A]: [rate(0.25)] });
    meddle(world, 'one', { output_options: { sample_rate: 0.5, batch_prefix: 'theirs' } });
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { output_options: { sample_rate: 0.25, batch_prefix: 'theirs' } },
    ]);
  });

  it('keeps what somebody added while the rate limit held it up', async () => {
    const world = await settled(rate(0.5));
    world.write({ [A]: [rate(0.25)] });
    world.cloudflare.fail('update one', () => {
      world.cloudflare.tamper('one', { output_options: { sample_rate: 0.5, batch_prefix: 'theirs' } }, A);
      throw new RateLimitedError({ action: 'update', cause: 'status 429' });
    });
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { output_options: { sample_rate: 0.25, batch_prefix: 'theirs' } },
    ]);
  });

  it('is not sent when somebody has changed them since an old listing', async () => {
    const world = await settled(rate(0.5));
    world.write({ [A]: [rate(0.25)] });
    meddle(world, 'one', { output_options: { sample_rate: 0.75 } });
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ output_options: { sample_rate: 0.75 } }]);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ output_options: { sample_rate: 0.25 } }]);
  });
});

describe('a job that was deleted', () => {
  /** Lists what it holds and, for so many more listings, job `one` as well. */
  async function lingering(after: readonly WrittenJob[], listings: number): Promise<World> {
    const world = await settled({ name: 'keep' }, { name: 'one' });
    const former = await world.cloudflare.api.listJobs(
      { kind: 'zone', id: world.cloudflare.zones[0]?.id ?? '', name: A },
      { signal: new AbortController().signal, priority: 'change' },
    );
    world.write({ [A]: [{ name: 'keep' }] });
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep']);
    world.cloudflare.fail(
      `list ${A}`,
      (carryOut) => [...(carryOut() as typeof former), ...former.filter(({ name }) => name === 'one')],
      listings,
    );
    world.forget();
    world.write({ [A]: after });
    return world;
  }

  it('is not deleted again, and not told as somebody else’s, while it is still listed', async () => {
    const world = await lingering([{ name: 'keep' }], 3);
    for (let passes = 0; passes < 3; passes += 1) {
      const { plans } = await world.pass();
      expect(plans[0]).toMatchObject({ changes: [], withheld: [], unmanaged: [] });
      await world.clock.advance(19_000);
    }
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('is made anew when the manifest wants it again, and not taken for the one that is still listed', async () => {
    const world = await lingering([{ name: 'keep' }, { name: 'one' }], 4);
    await world.pass();
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.entries(A).entries).toMatchObject([{ name: 'keep' }, { name: 'one', id: 3 }]);
  });

  it('is not taken for what a create made whose answer was lost', async () => {
    const world = await lingering([{ name: 'keep' }, { name: 'one' }], 4);
    const lost = new UnknownOutcomeError({ action: 'create', cause: 'no answer' });
    world.cloudflare.fail('create one', lost);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed', error: lost }]);
    expect(world.entries(A).entries).toMatchObject([{ name: 'keep' }]);
  });

  it('is no news of the ledger a minute later', async () => {
    const world = await lingering([{ name: 'keep' }], 0);
    expect(world.entries(A)).toMatchObject({ deleted: [{ id: 2 }] });
    await world.clock.advance(60_000);
    await world.pass();
    expect(world.entries(A)).not.toHaveProperty('deleted');
  });

  it('is there when it is still listed a minute later', async () => {
    const world = await lingering([{ name: 'keep' }], 1);
    await world.clock.advance(60_000);
    expect((await world.pass()).plans[0]?.unmanaged).toMatchObject([{ name: 'one' }]);
  });
});

describe('a job that only a wrong listing showed', () => {
  it('is not taken over under the id that Cloudflare then gives to another one', async () => {
    const B = 'b.example';
    const world = await World.open();
    await world.settle({ [A]: [], [B]: [{ name: 'dns', dataset: 'dns_logs' }] });
    const job = { name: 'audit', protect: true };
    world.write({
      [A]: [job, { name: 'dns', dataset: 'dns_logs' }],
      [B]: [{ name: 'dns', dataset: 'dns_logs' }],
    });
    const stranger = world.cloudflare.zones.find(({ name }) => name === B);
    world.cloudflare.fail(`list ${A}`, async () => {
      const scope = { kind: 'zone', id: stranger?.id ?? '', name: B } as const;
      const call = { signal: new AbortController().signal, priority: 'change' } as const;
      const [theirs] = await world.cloudflare.api.listJobs(scope, call);
      return [{ ...theirs, id: 2 }];
    });
    await world.pass();
    expect(world.entries(A).entries).toMatchObject([{ name: 'audit', id: 2 }]);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { id: 2, name: 'audit' },
      { id: 3, name: 'dns' },
    ]);
  });
});
