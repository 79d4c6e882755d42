import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/job/job.ts';
import { liveJobOf } from '../../../src/core/job/live.ts';
import {
  LostStateError,
  RateLimitedError,
  RejectedError,
  StateError,
  UnknownOutcomeError,
  UnreachableError,
} from '../../../src/reconcile/errors.ts';
import type { PassResult } from '../../../src/reconcile/pass/pass-terms.ts';
import { World, type WrittenJob } from '../world.ts';

const A = 'a.example';
const OFFLINE = new UnreachableError({ action: 'list', cause: 'connection refused' });
const LOST = new UnknownOutcomeError({ action: 'create', cause: 'no answer' });
const LIMITED = new RateLimitedError({ action: 'create', cause: 'status 429' });
const FULL = new StateError('The disk is full.');

function job(name: string, fields: Omit<WrittenJob, 'name'> = {}): WrittenJob {
  return { name, ...fields };
}

/** The request is carried out and its answer lost. */
const lostAfter = (carryOut: () => unknown): never => {
  carryOut();
  throw LOST;
};

function withoutFilter(shown: Record<string, unknown>): JsonObject {
  const { filter: _, ...rest } = shown;
  return rest as JsonObject;
}

const filter = (value: string) => ({ where: { key: 'ClientIP', operator: 'eq', value } });

describe('a create', () => {
  it('is in the ledger by its name before it is sent, and by its id after', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    const create = world.cloudflare.hold('create one');
    const pass = world.pass();
    await create.sent;
    expect(world.entries(A)).toMatchObject({ entries: [], creating: [{ name: 'one' }] });
    create.go();
    await pass;
    expect(world.entries(A)).toMatchObject({
      entries: [{ name: 'one', id: world.cloudflare.id('one', A) }],
      creating: [],
    });
  });

  it('is not sent when the ledger cannot be saved', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.state.failing = () => FULL;
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([{ result: 'failed', error: FULL }]);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('that is refused leaves no trace in the ledger', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    const refused = new RejectedError({ action: 'create', cause: 'no' });
    world.cloudflare.fail('create one', refused);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed', error: refused }]);
    expect(world.state.texts.size).toBe(0);
  });

  it('that is refused says so, also when its name cannot be taken out of the ledger', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    const refused = new RejectedError({ action: 'create', cause: 'no' });
    world.cloudflare.fail('create one', () => {
      world.state.failing = () => FULL;
      throw refused;
    });
    expect((await world.pass()).outcomes).toMatchObject([{ error: refused }]);
  });

  it('that a 429 kept waiting is sent again after another look', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', LIMITED, 2);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'applied' }]);
    const calls = world.cloudflare.calls.filter((call) => /^(list|create)/.test(call));
    expect(calls).toEqual([`list ${A}`, 'create one', `list ${A}`, 'create one', `list ${A}`, 'create one']);
  });

  it('that a 429 kept waiting is not sent again once somebody else has made the job', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', (carryOut) => {
      carryOut();
      throw LIMITED;
    });
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'skipped' }]);
    expect(world.cloudflare.names(A)).toEqual(['one']);
    expect(world.entries(A)?.creating ?? []).toEqual([]);
  });

  it('that a 429 stops for good is left to the next pass', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', LIMITED, 3);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed', error: LIMITED }]);
    expect(world.cloudflare.names(A)).toEqual([]);
  });

  it('whose answer was lost is found in the listing', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', lostAfter);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'applied' }]);
    expect(world.cloudflare.names(A)).toEqual(['one']);
    expect(world.entries(A)).toMatchObject({ entries: [{ name: 'one' }], creating: [] });
  });

  it('whose answer was lost is not found by a listing that fails, and is ours later all the same', async () => {
    const world = await World.open({ policy: { adopt: 'never' } });
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', (carryOut) => {
      world.cloudflare.fail(`list ${A}`, OFFLINE);
      return lostAfter(carryOut);
    });
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed', error: LOST }]);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.entries(A)).toMatchObject({ entries: [{ name: 'one' }], creating: [] });
  });

  it('whose answer was lost is not taken for a job of that name which was there before', async () => {
    const world = await World.open({ policy: { adopt: 'never' } });
    await world.settle({ [A]: [job('one')] });
    world.write({ [A]: [job('one', { dataset: 'dns_logs' })] });
    world.cloudflare.fail('create one', LOST);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed' }]);
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ dataset: 'http_requests' }]);
  });

  describe('whose answer was lost, and which the listing after that does not show,', () => {
    async function lost(): Promise<World> {
      const world = await World.open();
      world.write({ [A]: [job('one'), job('two', { dataset: 'dns_logs' })] });
      world.cloudflare.fail('create one', LOST);
      await world.change();
      world.forget();
      return world;
    }

    it('is held back with a reason and a time, while the rest of the scope goes on', async () => {
      const world = await lost();
      world.cloudflare.tamper('two', { enabled: false }, A);
      const { plans } = await world.pass();
      expect(world.cloudflare.writes()).toEqual(['update two']);
      expect(plans[0]?.withheld).toMatchObject([{ name: 'one', action: 'create' }]);
      expect(plans[0]?.withheld[0]?.reason).toMatch(
        /^A create of it at 09:00:00 UTC got no answer.* 3 listings over 120 seconds .* at 09:01:00 UTC/,
      );
    });

    it('is ours when it turns up', async () => {
      const world = await lost();
      world.cloudflare.plant({ name: 'one', destination_conf: 's3://bucket/one/{DATE}?region=us-east-1' }, A);
      await world.wait(60_000);
      expect(world.cloudflare.writes()).toEqual(['update one']);
      expect(world.entries(A)).toMatchObject({ entries: [{ name: 'two' }, { name: 'one' }], creating: [] });
    });

    it('is sent again by the daemon as soon as three listings over two minutes do not show it', async () => {
      const world = await lost();
      await world.wait(119_999);
      expect(world.cloudflare.writes()).toEqual([]);
      await world.wait(1);
      expect(world.cloudflare.writes()).toEqual(['create one']);
      expect(world.cloudflare.names(A)).toEqual(['two', 'one']);
      expect(world.entries(A).creating).toEqual([]);
    });

    it('is not sent again by any number of passes within two minutes', async () => {
      const world = await lost();
      for (let passes = 0; passes < 11; passes += 1) {
        await world.clock.advance(10_000);
        await world.pass();
      }
      expect(world.cloudflare.writes()).toEqual([]);
    });

    it('waits as long after a restart, and no longer', async () => {
      const world = await lost();
      await world.wait(60_000);
      const again = await World.open({ cloudflare: world.cloudflare }, world.state);
      again.write({ [A]: [job('one'), job('two', { dataset: 'dns_logs' })] });
      await again.clock.advance(60_001);
      await again.pass();
      expect(world.cloudflare.writes()).toEqual([]);
      await again.clock.advance(60_000);
      await again.pass();
      expect(world.cloudflare.writes()).toEqual(['create one']);
    });

    it('is no nearer to being sent again after passes that only plan', async () => {
      const world = await lost();
      await world.loop.stop();
      for (let passes = 0; passes < 5; passes += 1) {
        await world.clock.advance(60_000);
        const { plans } = await world.pass({ write: false });
        expect(plans[0]?.changes).toEqual([]);
      }
      expect(world.entries(A).creating).toMatchObject([{ looks: ['2026-11-23T09:00:00.000Z'] }]);
    });

    it('is taken over and then replaced when the manifest wants something else by the time it turns up', async () => {
      const world = await lost();
      world.cloudflare.plant({ name: 'one', destination_conf: 's3://bucket/one/{DATE}?region=us-east-1' }, A);
      world.write({ [A]: [job('one', { dataset: 'firewall_events' }), job('two', { dataset: 'dns_logs' })] });
      await world.change();
      expect(world.cloudflare.writes()).toEqual([]);
      expect(world.entries(A)).toMatchObject({
        entries: [{ name: 'two' }, { name: 'one', id: 2 }],
        creating: [],
      });
      await world.wait(5_000);
      expect(world.cloudflare.writes()).toEqual(['create one', 'delete one']);
      expect(world.cloudflare.jobs(A)).toMatchObject([
        { name: 'two' },
        { id: 3, dataset: 'firewall_events' },
      ]);
    });

    it('is forgotten when the manifest does not want it any more and it did not turn up', async () => {
      const world = await lost();
      world.write({ [A]: [job('two', { dataset: 'dns_logs' })] });
      await world.change();
      await world.wait(200_000);
      expect(world.entries(A).creating).toEqual([]);
      expect(world.cloudflare.writes()).toEqual([]);
    });

    it('is deleted when the manifest does not want it any more and it turns up', async () => {
      const world = await lost();
      world.write({ [A]: [job('two', { dataset: 'dns_logs' })] });
      await world.change();
      await world.wait(70_000);
      world.cloudflare.plant({ name: 'one', destination_conf: 's3://bucket/one/{DATE}?region=us-east-1' }, A);
      await world.wait(60_000);
      expect(world.cloudflare.writes()).toEqual(['delete one']);
      await world.sweep();
      expect(world.entries(A).creating).toEqual([]);
    });

    it('is not taken for a job of that name that delivers elsewhere', async () => {
      const world = await World.open({ policy: { adopt: 'never' } });
      world.write({ [A]: [job('one')] });
      world.cloudflare.fail('create one', LOST);
      await world.change();
      world.cloudflare.plant({ name: 'one', destination_conf: 's3://theirs/{DATE}?region=us-east-1' }, A);
      await world.wait(300_000);
      expect(world.cloudflare.writes()).toEqual(['create one']);
      expect(world.entries(A)).toEqual({ entries: [], creating: [] });
    });
  });

  it('that is done and cannot be remembered is told as done, and repaired by a look soon after', async () => {
    const world = await World.open({ policy: { adopt: 'never' } });
    world.write({ [A]: [job('one')] });
    world.state.failing = (_, text) => (text?.includes('"applied"') ? FULL : null);
    await world.change();
    expect(world.told('change.applied')).toHaveLength(1);
    expect(world.told('ledger.failed')).toMatchObject([{ scope: { name: A }, error: FULL }]);
    expect(world.stored(A)).toMatchObject({ entries: [], creating: [{ name: 'one' }] });
    world.state.failing = () => null;
    await world.wait(2_500);
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.stored(A)).toMatchObject({ entries: [{ name: 'one' }], creating: [] });
  });
});

describe('a create that made more than one job', () => {
  const twice = (carryOut: () => unknown): unknown => {
    carryOut();
    return carryOut();
  };
  const S3 = 's3://bucket/one/{DATE}?region=us-east-1';

  /** Both have to be there for longer than a deleted job is shown. */
  const seeBoth = async (world: World): Promise<void> => {
    await world.pass();
    await world.clock.advance(90_000);
  };

  it('leaves one of them after the looks that make sure', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }, { id: 2 }]);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }]);
    expect(world.entries(A)).toMatchObject({ entries: [{ name: 'one', id: 1 }] });
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one', 'delete one']);
  });

  it('stays when the other is renamed before the delete is sent again', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.cloudflare.betweenDeletes = () => world.cloudflare.tamper('one', { name: 'mine' }, A, 1);
    const { outcomes } = await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { id: 1, name: 'mine' },
      { id: 2, name: 'one' },
    ]);
    expect(outcomes).toMatchObject([
      {
        result: 'skipped',
        reason: expect.stringMatching(/^job 1, which is kept in place of job 2, is not as it was read/),
      },
    ]);
  });

  it('leaves one of them also when its answer was lost', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', (carryOut) => {
      twice(carryOut);
      throw LOST;
    });
    await world.change();
    await world.wait(10_000);
    await world.wait(90_000);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }]);
    expect(world.entries(A)).toMatchObject({ entries: [{ name: 'one', id: 1 }], creating: [] });
  });

  it('leaves the older one, and knows it as its own before the other goes', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', (carryOut) => {
      world.cloudflare.plant({ name: 'one', enabled: true, destination_conf: S3 }, A);
      return carryOut();
    });
    await world.pass();
    await seeBoth(world);
    const removal = world.cloudflare.hold('delete one');
    const pass = world.pass();
    await removal.sent;
    expect(world.entries(A).entries).toMatchObject([{ name: 'one', id: 1 }]);
    removal.go();
    await pass;
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }]);
  });

  it('leaves one of them also where the copy is not seen for longer than it counts as new', async () => {
    const world = await World.open();
    world.secrets.set('key', 'k');
    world.write({ [A]: [job('one', { destination_conf: `${S3}&access-key-id=\${secret:key}` })] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.secrets.delete('key');
    await world.pass();
    await world.clock.advance(21 * 60_000);
    world.secrets.set('key', 'k');
    await seeBoth(world);
    expect(world.cloudflare.jobs(A)).toHaveLength(2);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1 }]);
    expect(world.entries(A).copies).toBeUndefined();
  });

  it('is not believed to be alone where a listing leaves the copy out', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.write({ [A]: [job('one', { enabled: false })] });
    world.cloudflare.fail(`list ${A}`, (carryOut) =>
      (carryOut() as { id: number }[]).filter(({ id }) => id !== 2),
    );
    const { unreadable } = await world.pass();
    expect(unreadable).toHaveLength(1);
    expect(world.cloudflare.writes()).toEqual(['create one']);
    await world.pass();
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1, enabled: false }]);
  });

  it('stays equal to its copy until that is deleted', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.write({ [A]: [job('one', { enabled: false })] });
    world.cloudflare.fail('delete one', OFFLINE);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed' }, { result: 'skipped' }]);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }, { enabled: true }]);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ id: 1, enabled: false }]);
  });

  it('is not kept from an update by a copy whose delete is refused', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.write({ [A]: [job('one', { enabled: false })] });
    world.cloudflare.fail('delete one', new RejectedError({ action: 'delete', cause: 'no' }));
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: false }, { enabled: true }]);
  });

  it('asks no more for a copy that somebody has deleted', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.cloudflare.tamper('one', null, A, 2);
    await world.pass();
    expect(world.entries(A).copies).toBeUndefined();
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });

  it('takes no later copy for its work when the clock is set back', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    await world.pass();
    await world.clock.advance(21 * 60_000);
    await world.pass();
    const again = await World.open({ cloudflare: world.cloudflare }, world.state);
    again.write({ [A]: [job('one')] });
    again.cloudflare.plant({ name: 'one', enabled: true, destination_conf: S3 }, A);
    await seeBoth(again);
    await again.pass();
    expect(again.cloudflare.writes()).toEqual(['create one']);
    expect(again.cloudflare.jobs(A)).toHaveLength(2);
  });

  it('leaves both when the one that is to stay is gone by then', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    failLookAtKept(world, () => null);
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([{ result: 'skipped', reason: expect.stringContaining('job 1') }]);
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });

  it('leaves both when the one that is to stay goes while the rate limit holds the delete up', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    world.cloudflare.fail('delete one', () => {
      world.cloudflare.tamper('one', { name: 'mine' }, A, 1);
      throw LIMITED;
    });
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([{ result: 'skipped', reason: expect.stringContaining('job 1') }]);
    expect(world.cloudflare.jobs(A)).toHaveLength(2);
  });

  it('leaves both when the one that is to stay does not deliver any more', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', twice);
    await world.pass();
    await seeBoth(world);
    failLookAtKept(world, (carryOut) => {
      const shown = carryOut() as { fields: object };
      return { ...shown, fields: { ...shown.fields, enabled: false } };
    });
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });

  /** Both have one name, and the one that stays is looked at last. */
  function failLookAtKept(world: World, fault: (carryOut: () => unknown) => unknown): void {
    let looks = 0;
    world.cloudflare.fail('get one', (carryOut) => ((looks += 1) === 1 ? carryOut() : fault(carryOut)), 2);
  }
});

describe('an update', () => {
  it('that reports success and did not change anything is a failure', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.write({ [A]: [job('one', { enabled: false })] });
    world.cloudflare.show = (shown) => ({ ...shown, enabled: true });
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([
      { result: 'failed', error: { message: expect.stringContaining('enabled did not change') } },
    ]);
    expect(world.told('change.applied')).toEqual([]);
  });

  it('that is done and cannot be remembered is told as done, and not sent again', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.write({ [A]: [job('one', { enabled: false })] });
    world.state.failing = () => FULL;
    await world.change();
    expect(world.told('change.applied')).toHaveLength(1);
    expect(world.told('ledger.failed')).toHaveLength(1);
    await world.wait(2_500);
    world.state.failing = () => null;
    await world.wait(60_000);
    expect(world.cloudflare.writes()).toEqual(['update one']);
    world.cloudflare.tamper('one', { enabled: true }, A);
    await world.sweep();
    expect(world.told('drift.found')).toHaveLength(1);
  });

  it('whose answer hides a value is followed by one read', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one', { filter: filter('1.1.1.1') })] });
    world.cloudflare.show = (shown, call) => (call === 'write' ? { ...shown, filter: undefined } : shown);
    world.write({ [A]: [job('one', { filter: filter('2.2.2.2') })] });
    await world.pass();
    expect(world.cloudflare.calls).toEqual([`list ${A}`, 'update one', 'get one']);
    expect(world.entries(A).entries).toMatchObject([{ unverifiable: [] }]);
  });

  it('whose value could not be read afterwards does not count it as never shown', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one', { filter: filter('1.1.1.1') })] });
    world.cloudflare.show = (shown, call) => (call === 'get' ? shown : { ...shown, filter: undefined });
    world.write({ [A]: [job('one', { filter: filter('2.2.2.2') })] });
    world.cloudflare.fail('update one', (carryOut) => {
      world.cloudflare.fail('get one', OFFLINE);
      return carryOut();
    });
    await world.pass();
    expect(world.told('change.applied')).toHaveLength(1);
    world.cloudflare.tamper('one', { filter: JSON.stringify(filter('6.6.6.6')) }, A);
    await world.pass();
    expect(world.told('drift.found')).toMatchObject([{ fields: [{ path: 'filter' }] }]);
  });
});

describe('an update whose answer could not be read', () => {
  const spoilt = async (show: (job: Record<string, unknown>) => Record<string, unknown>) => {
    const world = await World.open();
    world.cloudflare.show = show;
    await world.settle({ [A]: [job('one', { filter: filter('1.1.1.1') })] });
    world.write({ [A]: [job('one', { filter: filter('2.2.2.2') })] });
    return world;
  };

  it('is sent again when it may not have been done and nothing shows', async () => {
    const world = await spoilt(withoutFilter);
    const [before] = world.cloudflare.jobs(A);
    world.cloudflare.fail('update one', () => ({
      job: liveJobOf(withoutFilter(before ?? {})),
      ray: undefined,
      isGuessed: true,
    }));
    expect((await world.pass()).outcomes).toMatchObject([
      { result: 'failed', error: { message: expect.stringContaining('does not show filter') } },
    ]);
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ filter: JSON.stringify(filter('2.2.2.2')) }]);
  });

  it('is done when the job shows it', async () => {
    const world = await spoilt((shown) => shown);
    world.cloudflare.fail('update one', async (carryOut) => ({
      ...((await carryOut()) as object),
      isGuessed: true,
    }));
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'applied' }]);
  });
});

describe('a delete', () => {
  it('is forgotten by the ledger', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('keep'), job('one')] });
    world.write({ [A]: [job('keep')] });
    await world.pass();
    expect(world.entries(A).entries.map(({ name }) => name)).toEqual(['keep']);
  });

  it('that the rate limit holds up is sent after another look', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('keep'), job('one')] });
    world.write({ [A]: [job('keep')] });
    world.cloudflare.fail('delete one', LIMITED, 2);
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'applied' }]);
    const calls = world.cloudflare.calls.filter((call) => /^(get|delete)/.test(call)).slice(-4);
    expect(calls).toEqual(['get one', 'delete one', 'get one', 'delete one']);
  });

  it('that could not be remembered is repaired by a look soon after', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('keep'), job('one')] });
    world.write({ [A]: [job('keep')] });
    world.state.failing = () => FULL;
    await world.change();
    expect(world.stored(A).entries).toHaveLength(2);
    world.state.failing = () => null;
    await world.wait(2_500);
    expect(world.stored(A).entries.map(({ name }) => name)).toEqual(['keep']);
    expect(world.cloudflare.writes()).toEqual(['delete one']);
  });
});

/** A pass that is told to stop while this call is under way. */
async function stoppedAt(call: string, world: World): Promise<PassResult> {
  const held = world.cloudflare.hold(call);
  const stop = new AbortController();
  const pass = world.pass({ reading: stop.signal });
  await held.sent;
  stop.abort();
  held.go();
  return pass;
}

describe('a replace', () => {
  const before = { [A]: [job('keep'), job('one')] };
  const after = { [A]: [job('keep'), job('one', { dataset: 'dns_logs' })] };

  const AT_ONCE = { policy: { overlapMs: 0 } };

  it('creates first and deletes then', async () => {
    const world = await World.open(AT_ONCE);
    await world.settle(before);
    world.write(after);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one', 'delete one']);
    expect(world.cloudflare.jobs(A).map((one) => one['dataset'])).toEqual(['http_requests', 'dns_logs']);
    expect(world.entries(A).entries.find(({ name }) => name === 'one')).not.toHaveProperty('superseded');
  });

  it.each<[string, (world: World) => void, readonly string[]]>([
    [
      'before the create arrived',
      (world) => world.cloudflare.fail('create one', LOST),
      ['create one', 'create one', 'delete one'],
    ],
    [
      'after the create, with its answer and the listing lost',
      (world) =>
        world.cloudflare.fail('create one', (carryOut) => {
          world.cloudflare.fail(`list ${A}`, OFFLINE);
          return lostAfter(carryOut);
        }),
      ['create one', 'delete one'],
    ],
    [
      'after the create, before it was remembered',
      (world) => {
        world.state.failing = (_, text) => (text?.includes('superseded') ? FULL : null);
      },
      ['create one', 'delete one'],
    ],
    [
      'before the delete arrived',
      (world) => world.cloudflare.fail('delete one', OFFLINE),
      ['create one', 'delete one', 'delete one'],
    ],
    [
      'after the delete, before it was remembered',
      (world) =>
        world.cloudflare.fail('delete one', (carryOut) => {
          world.state.failing = () => FULL;
          return carryOut();
        }),
      ['create one', 'delete one'],
    ],
  ])('that broke off %s is finished by the next pass, also after a restart', async (_, breakOff, writes) => {
    const world = await World.open(AT_ONCE);
    await world.settle(before);
    world.write(after);
    breakOff(world);
    await world.pass();
    world.state.failing = () => null;
    await world.clock.advance(60_000);

    const again = await World.open({ ...AT_ONCE, cloudflare: world.cloudflare }, world.state);
    again.write(after);
    for (let passes = 0; passes < 4; passes += 1) {
      await again.clock.advance(60_000);
      await again.pass();
    }
    expect(again.cloudflare.writes()).toEqual(writes);
    expect(again.cloudflare.jobs(A).map((one) => [one['name'], one['dataset']])).toEqual([
      ['keep', 'http_requests'],
      ['one', 'dns_logs'],
    ]);
    expect(again.entries(A)).toMatchObject({
      entries: expect.arrayContaining([
        expect.objectContaining({ name: 'one', id: again.cloudflare.id('one', A) }),
      ]),
      creating: [],
    });
  });

  it('deletes nothing before the new job is remembered', async () => {
    const world = await World.open(AT_ONCE);
    await world.settle(before);
    world.write(after);
    world.state.failing = (_, text) => (text?.includes('superseded') ? FULL : null);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.told('invariant.violated')).toEqual([]);
  });

  it('whose new job is made when the process is to end leaves the old one to the next start', async () => {
    const world = await World.open(AT_ONCE);
    await world.settle(before);
    world.write(after);
    const { outcomes } = await stoppedAt('create one', world);
    expect(outcomes).toMatchObject([{ result: 'applied' }]);
    expect(world.cloudflare.writes()).toEqual(['create one']);

    const again = await World.open({ ...AT_ONCE, cloudflare: world.cloudflare }, world.state);
    again.write(after);
    await again.pass();
    expect(again.cloudflare.writes()).toEqual(['create one', 'delete one']);
    expect(again.cloudflare.jobs(A)).toMatchObject([{ name: 'keep' }, { name: 'one', dataset: 'dns_logs' }]);
  });

  it('whose old job is deleted first is finished although the process is to end, since nothing delivers', async () => {
    const world = await World.open({ policy: { allowGap: true, jobsPerZone: 2 } });
    await world.settle(before);
    world.write(after);
    await stoppedAt('delete one', world);
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create one']);
  });

  it('deletes nothing first while the state cannot be written, since the new job could not be made', async () => {
    const world = await World.open({ policy: { allowGap: true, jobsPerZone: 2 } });
    await world.settle(before);
    world.write(after);
    world.state.failing = () => FULL;
    await world.pass();
    expect(world.cloudflare.writes()).toEqual([]);
    world.state.failing = () => null;
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create one']);
  });

  it('deletes no further job first after one whose new job may not have been made', async () => {
    const world = await World.open({ policy: { allowGap: true, jobsPerZone: 2 } });
    const [one, two] = [job('one'), job('two')];
    await world.settle({ [A]: [one, two] });
    world.write({ [A]: [one, two].map((each) => ({ ...each, dataset: 'dns_logs' })) });
    world.cloudflare.fail('create one', LOST);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create one']);
    expect(world.cloudflare.names(A)).toEqual(['two']);
  });

  it('deletes first where both have no room, and the settings consent', async () => {
    const world = await World.open({ policy: { allowGap: true, jobsPerZone: 2 } });
    await world.settle(before);
    world.write(after);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['delete one', 'create one']);
    expect(world.entries(A).entries).toHaveLength(2);
  });
});

describe('a state that another process has taken over', () => {
  const TAKEN = new LostStateError('The state is held by another logpushd.');

  it('keeps a delete from being sent', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('keep'), job('one')] });
    world.write({ [A]: [job('keep')] });
    world.state.failing = () => TAKEN;
    expect((await world.pass()).outcomes).toMatchObject([{ result: 'failed', error: TAKEN }]);
    expect(world.cloudflare.names(A)).toEqual(['keep', 'one']);
  });

  it('ends writing once it is known, also in other zones and passes', async () => {
    const world = await World.open();
    const B = 'b.example';
    await world.settle({ [A]: [job('one'), job('two')], [B]: [job('one')] });
    const before = world.cloudflare.writes().length;
    world.state.failing = () => TAKEN;
    world.write({
      [A]: [job('one', { max_upload_records: 2000 }), job('two', { max_upload_records: 2000 })],
    });
    await world.pass();
    world.write({ [B]: [job('one', { max_upload_records: 2000 })] });
    const { outcomes } = await world.pass();
    expect(outcomes.map(({ result }) => result)).not.toContain('applied');
    expect(world.cloudflare.writes()).toHaveLength(before + 1);
  });
});

describe('the ledger', () => {
  it('takes in a job that already is as wanted, without a write, and tells so once', async () => {
    const world = await World.open();
    world.cloudflare.zone(A);
    world.cloudflare.plant(
      { name: 'one', enabled: true, destination_conf: 's3://bucket/one/{DATE}?region=us-east-1' },
      A,
    );
    world.write({ [A]: [job('one')] });
    await world.pass();
    await world.pass();
    expect(world.told('job.adopted')).toMatchObject([{ job: { name: 'one' } }]);
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.entries(A).entries).toMatchObject([{ name: 'one' }]);
  });

  it('remembers what was last wanted, also where the manifest moved to what is live', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    world.write({ [A]: [job('one', { enabled: false })] });
    await world.pass();
    expect(world.cloudflare.writes()).toEqual([]);
    world.cloudflare.tamper('one', { enabled: true }, A);
    await world.pass();
    expect(world.told('drift.found')).toMatchObject([{ job: 'one', fields: [{ path: 'enabled' }] }]);
  });

  it('is not written when nothing moved', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.state.failing = () => FULL;
    await world.pass();
    expect(world.told('ledger.failed')).toEqual([]);
  });

  it('that cannot be written is told, and the scope is looked at again', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    world.write({ [A]: [job('one', { enabled: false })] });
    world.state.failing = () => FULL;
    await world.change();
    expect(world.told('ledger.failed')).toMatchObject([{ error: FULL }]);
    world.state.failing = () => null;
    const before = new Map(world.state.texts);
    await world.wait(2_500);
    expect(world.state.texts).not.toEqual(before);
  });

  it('forgets a job that nobody wants and somebody deleted', async () => {
    const world = await World.open({ policy: { prune: 'never' } });
    await world.settle({ [A]: [job('keep'), job('one')] });
    world.write({ [A]: [job('keep')] });
    await world.pass();
    expect(world.entries(A).entries).toHaveLength(2);
    world.cloudflare.tamper('one', null, A);
    await world.pass();
    expect(world.entries(A).entries.map(({ name }) => name)).toEqual(['keep']);
  });

  it('remembers that a job is protected which somebody has made anew under its marked name', async () => {
    const world = await World.open({ policy: { nameSuffix: '.gitops' } });
    await world.settle({ [A]: [job('keep'), job('one', { protect: true })] });
    world.write({ [A]: [job('keep')] });
    await world.pass();
    world.cloudflare.tamper('one.gitops', null, A);
    world.cloudflare.plant(
      { name: 'one.gitops', enabled: true, destination_conf: 's3://bucket/one/{DATE}?region=us-east-1' },
      A,
    );
    await world.pass();
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['keep.gitops', 'one.gitops']);
  });

  it('keeps a job that only the listing leaves out', async () => {
    const world = await World.open({ policy: { prune: 'never' } });
    await world.settle({ [A]: [job('keep'), job('one')] });
    world.write({ [A]: [job('keep')] });
    world.cloudflare.fail(`list ${A}`, (carryOut) =>
      (carryOut() as { name: string }[]).filter(({ name }) => name !== 'one'),
    );
    await world.pass();
    expect(world.entries(A).entries).toHaveLength(2);
  });
});
