import { describe, expect, it } from 'vitest';
import {
  NotAllowedError,
  RejectedError,
  SourceError,
  StoppedError,
  UnreachableError,
} from '../../../src/reconcile/errors.ts';
import { World, type WrittenJob } from '../world.ts';

const A = 'a.example';
const B = 'b.example';
const OFFLINE = new UnreachableError({ action: 'list', cause: 'connection refused' });

function job(name: string, fields: Omit<WrittenJob, 'name'> = {}): WrittenJob {
  return { name, ...fields };
}

const MORE = { max_upload_records: 2000 };

describe('the loop', () => {
  it('brings Cloudflare to the manifest, and then costs one listing a scope', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    expect([world.cloudflare.names(A), world.cloudflare.names(B)]).toEqual([['one'], ['two']]);
    await world.sweep();
    expect(world.cloudflare.calls).toEqual([`list ${A}`, `list ${B}`]);
  });

  it('looks only at scopes for which the manifest says something else', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('one')], [B]: [job('two', MORE)] });
    await world.change();
    expect(world.cloudflare.calls).toEqual([`list ${B}`, 'get two', 'update two']);
  });

  it('looks at nothing when a file was touched and says what it said', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.source.text = `${world.source.text}\n# a comment`;
    await world.change();
    expect(world.cloudflare.calls).toEqual([]);
    expect(world.told('manifest.accepted')).toHaveLength(1);
  });

  it('writes nothing while another replica may lead, and what it left once it leads again', async () => {
    let mayWrite = false;
    const world = await World.open({ mayWrite: () => mayWrite });
    world.write({ [A]: [job('one')] });
    await world.change();
    expect(world.told('change.skipped')).toMatchObject([{ reason: expect.stringContaining('Lease') }]);
    expect(world.cloudflare.writes()).toEqual([]);
    mayWrite = true;
    await world.clock.advance(10 * 60_000);
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });

  it('merges triggers that come while it is reading into one more look', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const list = world.cloudflare.hold(`list ${A}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await list.sent;
    for (let tick = 0; tick < 5; tick += 1) await world.loop.lookAtAll('schedule', 'sweep');
    await world.loop.lookAtAll('manual', 'sweep');
    list.go();
    await world.loop.idle();
    expect(world.told('pass.finished').map(({ triggers }) => triggers)).toEqual([
      ['schedule'],
      ['schedule', 'manual'],
    ]);
  });

  it('reads once more, not a hundred times, for what is asked during a read', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const release = world.source.hold();
    const before = world.source.reads;
    const asked = Array.from({ length: 100 }, () => world.loop.lookAtChanged('file-change'));
    release();
    await Promise.all(asked);
    expect(world.source.reads - before).toBeLessThanOrEqual(2);
  });

  it('misses no edit that is made while the manifest is being read', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const release = world.source.hold();
    world.write({ [A]: [job('one', { max_upload_records: 2000 })] });
    const first = world.loop.lookAtChanged('file-change');
    await Promise.resolve();
    await Promise.resolve();
    world.write({ [A]: [job('one', { max_upload_records: 3000 })] });
    const second = world.loop.lookAtChanged('file-change');
    release();
    await Promise.all([first, second]);
    await world.loop.idle();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ max_upload_records: 3000 }]);
  });

  it('tells a manifest without any job in a pass without scopes', async () => {
    const world = await World.open();
    await world.sweep();
    expect(world.told('pass.finished')).toMatchObject([{ summary: { scopes: 0 } }]);
    expect(world.board.ready.ready).toBe(true);
    expect(world.cloudflare.calls).toEqual([]);
  });

  it('leaves jobs alone whose zone vanished from the manifest, and tells of each', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('one')] });
    await world.change();
    expect(world.cloudflare.names(B)).toEqual(['two']);
    expect(world.cloudflare.calls).toEqual([]);
    expect(world.told('scope.planned').map(({ plan }) => plan.withheld)).toMatchObject([
      [{ name: 'two', action: 'delete', reason: expect.stringContaining('does not mention') }],
    ]);
  });

  it('takes no zone for forsaken that the manifest names and the token does not see now', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.zones.splice(1);
    await world.wait(10 * 60_000);
    await world.sweep();
    expect(new Set(world.told('scope.unresolved').map(({ name }) => name))).toEqual(new Set([B]));
    expect(world.told('scope.planned').map(({ plan }) => plan.scope.name)).toEqual([A]);
  });
});

describe('the two lanes of the loop', () => {
  it('let a change overtake a sweep, and make void what the sweep planned for that scope', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    const slow = world.cloudflare.hold(`list ${B}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await slow.sent;

    world.write({ [A]: [job('one', { enabled: false })], [B]: [job('two')] });
    await world.loop.lookAtChanged('file-change');
    expect((await world.says('pass.finished')).triggers).toEqual(['file-change']);
    expect(world.cloudflare.writes()).toEqual([]);

    slow.go();
    await world.loop.idle();
    expect(world.told('change.skipped')).toMatchObject([{ change: { name: 'one', class: 'drift' } }]);
    await world.wait(60_000);
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: false }]);
  });

  it('write nothing by a former manifest, also when the change that overtook cannot read the scope', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    const slow = world.cloudflare.hold(`list ${B}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await slow.sent;
    world.cloudflare.fail(`list ${A}`, OFFLINE);
    world.write({ [A]: [job('one', { enabled: false })], [B]: [job('two')] });
    await world.loop.lookAtChanged('file-change');
    await world.says('scope.unreadable');
    slow.go();
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('stop a plan half way when the manifest changes its mind about the scope', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('keep')] });
    world.write({ [A]: [job('keep'), job('one'), job('two')] });
    const create = world.cloudflare.hold('create one');
    await world.loop.lookAtChanged('file-change');
    await create.sent;
    world.write({ [A]: [job('keep'), job('one')] });
    await world.loop.lookAtChanged('file-change');
    create.go();
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual(['create one']);
    expect(world.told('change.skipped')).toMatchObject([{ change: { name: 'two' } }]);
  });

  it('let a change go on although a sweep finds nothing to do in its scope meanwhile', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    const slow = world.cloudflare.hold(`list ${B}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await slow.sent;
    world.cloudflare.tamper('one', { enabled: false }, A);
    const list = world.cloudflare.hold(`list ${A}`);
    world.loop.lookAt(world.board.find(A), 'manual');
    await list.sent;
    slow.go();
    await world.says('pass.finished');
    list.go();
    await world.loop.idle();
    expect(world.told('change.skipped')).toEqual([]);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }]);
  });

  it('look at an edit as a change also when a sweep is the first to see it', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('one', MORE)], [B]: [job('two')] });
    await world.sweep();
    expect(world.cloudflare.priorities.get(`list ${A}`)).toBe('change');
    expect(world.cloudflare.priorities.get(`list ${B}`)).toBe('sweep');
    expect(world.cloudflare.calls.filter((call) => call === `list ${A}`)).toHaveLength(1);
  });

  it('never run two sweeps at a time', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const list = world.cloudflare.hold(`list ${A}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await list.sent;
    await world.loop.lookAtAll('schedule', 'sweep');
    expect(world.told('pass.started')).toHaveLength(1);
    list.go();
    await world.loop.idle();
    expect(world.events.map(({ type }) => type).filter((type) => type.startsWith('pass.'))).toEqual([
      'pass.started',
      'pass.finished',
      'pass.started',
      'pass.finished',
    ]);
  });
});

describe('a manifest', () => {
  it('that has errors keeps the last accepted one in force, and is told once', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.source.text = '{ version: 1, zones: [{ zone: 7 }] }';
    world.cloudflare.tamper('one', null, A);
    await world.change();
    await world.sweep();
    await world.sweep();
    expect(world.told('manifest.rejected')).toHaveLength(1);
    expect(world.cloudflare.names(A)).toEqual(['one']);
  });

  it('that is equal is not parsed again', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const { parses } = world;
    await world.sweep();
    await world.change();
    expect(world.parses).toBe(parses);
  });

  it('that cannot be read keeps the last one in force, and is told as good once it can be read again', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.source.failure = new SourceError('The manifest is gone.');
    world.cloudflare.tamper('one', null, A);
    await world.sweep();
    expect(world.told('manifest.unreadable')).toHaveLength(1);
    expect(world.cloudflare.names(A)).toEqual(['one']);
    expect(world.board.toJson()).toMatchObject({
      manifest: { valid: false, error: 'The manifest is gone.' },
    });
    world.source.failure = null;
    await world.sweep();
    expect(world.board.toJson()).toMatchObject({ manifest: { valid: true, error: null } });
  });

  it('that could not be read when it was edited is read again without another trigger', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.source.failure = new SourceError('The manifest keeps changing while it is read.');
    world.write({ [A]: [job('one', MORE)] });
    await world.change();
    world.source.failure = null;
    await world.wait(5_000);
    expect(world.cloudflare.writes()).toEqual(['update one']);
  });

  it('that never was good has nothing looked at', async () => {
    const world = await World.open();
    world.source.text = 'version: 2';
    await world.sweep();
    expect(world.cloudflare.calls).toEqual([]);
    expect(world.board.ready).toMatchObject({ ready: false, reason: expect.stringContaining('errors') });
  });
});

describe('a failure', () => {
  it('of one scope leaves the others alone, and is retried by itself, later each time', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.fail(`list ${A}`, OFFLINE, 3);
    await world.sweep();
    expect(world.told('scope.unreadable')).toMatchObject([{ scope: { name: A } }]);
    expect(world.told('pass.finished')).toMatchObject([{ summary: { scopes: 1, unreadable: 1 } }]);
    const waits = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      waits.push(world.clock.nextWakeMs);
      await world.wait(world.clock.nextWakeMs ?? 0);
    }
    expect(waits).toEqual([2_500, 5_000, 10_000]);
    expect(world.cloudflare.calls).toEqual([`list ${A}`, `list ${B}`, ...Array(3).fill(`list ${A}`)]);
    expect(world.clock.sleeping).toBe(0);
  });

  it('that only an edit can end is tried again after an hour', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', new RejectedError({ action: 'create', cause: 'no' }));
    await world.sweep();
    expect(world.told('change.failed')).toHaveLength(1);
    expect(world.clock.nextWakeMs).toBe(3_600_000);
    await world.wait(3_600_000);
    expect(world.cloudflare.names(A)).toEqual(['one']);
    expect(world.clock.sleeping).toBe(0);
  });

  it('to list the zones is told once a try, and retried as one until it goes', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.fail('zones', OFFLINE, 2);
    await world.sweep();
    expect(world.told('pass.failed')).toHaveLength(1);
    expect(world.board.ready).toMatchObject({ ready: false, reason: OFFLINE.message });
    expect(world.clock.sleeping).toBe(1);
    await world.wait(2_500);
    expect(world.told('pass.failed')).toHaveLength(2);
    await world.wait(5_000);
    expect([world.cloudflare.names(A), world.cloudflare.names(B)]).toEqual([['one'], ['two']]);
    expect(world.clock.sleeping).toBe(0);
  });

  it('to list the zones within a pass is retried for all its scopes together', async () => {
    const world = await World.open();
    const zones = Object.fromEntries(
      ['c1', 'c2', 'c3', 'c4'].map((name) => [`${name}.example`, [job(name)]]),
    );
    await world.settle(zones);
    await world.wait(10 * 60_000);
    world.cloudflare.fail('zones', OFFLINE, 1);
    world.loop.lookAt(world.board.find(null), 'manual');
    await world.loop.idle();
    expect(world.told('pass.failed')).toHaveLength(1);
    expect(world.clock.sleeping).toBe(1);
    await world.wait(2_500);
    expect(world.told('pass.finished')).toMatchObject([{ triggers: ['retry'], summary: { scopes: 4 } }]);
  });

  it('to list the zones keeps what was asked, however often it is asked', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    await world.wait(10 * 60_000);
    world.cloudflare.fail('zones', OFFLINE, 3);
    world.write({ [A]: [job('one', MORE)] });
    await world.change();
    await world.sweep();
    await world.sweep();
    await world.wait(60_000);
    expect(world.cloudflare.writes()).toEqual(['update one']);
    expect(world.told('pass.finished')).toMatchObject([{ triggers: ['file-change', 'schedule'] }]);
  });

  it('to list the zones for a new manifest voids what a sweep has planned by the former one', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    const slow = world.cloudflare.hold(`list ${B}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await slow.sent;
    await world.clock.advance(10 * 60_000);
    world.cloudflare.fail('zones', OFFLINE, 1);
    world.write({ [A]: [job('one', { enabled: false })], [B]: [job('two')] });
    await world.loop.lookAtChanged('file-change');
    slow.go();
    await world.loop.idle();
    expect(world.told('pass.failed')).toHaveLength(1);
    await world.wait(60_000);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('to find a name does not list the zones anew for each pass', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')], 'gone.example': [job('two')] });
    world.cloudflare.zones.pop();
    await world.sweep();
    await world.sweep();
    expect(world.cloudflare.calls.filter((call) => call === 'zones')).toHaveLength(1);
    await world.wait(10_000);
    world.cloudflare.zone('gone.example');
    await world.sweep();
    expect(world.cloudflare.names('gone.example')).toEqual(['two']);
  });
});

describe('a refusal', () => {
  const FIVE = ['c1', 'c2', 'c3', 'c4', 'c5'].map((name) => `${name}.example`);
  const all = (jobs: (name: string) => readonly WrittenJob[]) =>
    Object.fromEntries(FIVE.map((zone) => [zone, jobs(zone)]));
  const keep = job('keep');

  async function refused(): Promise<World> {
    const world = await World.open();
    await world.settle(all(() => [keep, job('old')]));
    world.write(all(() => [keep]));
    return world;
  }

  it('writes nothing at all', async () => {
    const world = await refused();
    await world.change();
    expect(world.told('pass.refused')).toMatchObject([{ refusal: { code: 'too-many-removals' } }]);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('holds its scopes together: none slips under the guard alone', async () => {
    const world = await refused();
    await world.change();
    for (const zone of FIVE) {
      world.loop.lookAt(world.board.find(zone), 'manual');
      await world.loop.idle();
    }
    expect(world.told('pass.refused')).toHaveLength(6);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('holds also what could not be read, and stands while a part cannot be read', async () => {
    const world = await refused();
    for (const zone of FIVE.slice(4)) world.cloudflare.fail(`list ${zone}`, OFFLINE, 2);
    await world.change();
    expect(world.told('pass.refused')).toHaveLength(1);
    for (const zone of FIVE.slice(1, 4)) world.cloudflare.fail(`list ${zone}`, OFFLINE, 1);
    await world.wait(60_000);
    expect(world.told('pass.refused').length).toBeGreaterThan(1);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  describe('belongs to what the manifest wanted', () => {
    const unread = FIVE[4] ?? '';

    it('so an empty one does not hold the others once it is good, for a zone that stays unreadable', async () => {
      const world = await World.open();
      const but = (jobs: readonly WrittenJob[]) => all((zone) => (zone === unread ? [] : jobs));
      await world.settle(but([keep]));
      world.cloudflare.fail(`list ${unread}`, OFFLINE, 99);
      world.write(all(() => []));
      await world.sweep();
      expect(world.told('pass.refused').at(-1)).toMatchObject({ refusal: { code: 'empty-manifest' } });
      world.write(but([job('keep', MORE)]));
      await world.sweep();
      expect(world.cloudflare.writes()).toEqual(Array(4).fill('update keep'));
      expect(world.board.toJson()).toMatchObject({ refusal: null });
    });

    it('so an empty one holds nothing either once it has a job in another zone', async () => {
      const world = await World.open();
      await world.settle({ [A]: [keep], [B]: [], [unread]: [] });
      world.cloudflare.fail(`list ${unread}`, OFFLINE, 99);
      world.write({ [A]: [], [B]: [], [unread]: [] });
      await world.sweep();
      world.write({ [A]: [], [B]: [job('new')], [unread]: [] });
      await world.sweep();
      expect(world.cloudflare.writes().toSorted()).toEqual(['create new', 'delete keep']);
    });

    it('so an edit that asks for less is carried out although a zone stays unreadable', async () => {
      const world = await World.open();
      const but = (jobs: readonly WrittenJob[]) => all((zone) => (zone === unread ? [keep] : jobs));
      await world.settle(but([keep, job('old')]));
      world.cloudflare.fail(`list ${unread}`, OFFLINE, 99);
      world.write(but([keep]));
      await world.change();
      await world.sweep();
      expect(world.told('pass.refused').at(-1)).toMatchObject({ refusal: { code: 'too-many-removals' } });
      world.write({ ...but([keep, job('old')]), 'c1.example': [keep] });
      await world.change();
      expect(world.cloudflare.writes()).toEqual(['delete old']);
    });

    it('and stands while a zone that nobody has read since may hold a part of it', async () => {
      const world = await refused();
      world.cloudflare.fail(`list ${unread}`, OFFLINE, 99);
      await world.change();
      world.cloudflare.tamper('old', null, 'c1.example');
      await world.sweep();
      expect(world.cloudflare.writes()).toEqual([]);
    });

    it('and one that only touches the file changes nothing', async () => {
      const world = await refused();
      await world.change();
      for (const zone of FIVE.slice(1)) world.cloudflare.fail(`list ${zone}`, OFFLINE, 99);
      world.source.text += '\n';
      await world.change();
      await world.sweep();
      expect(world.told('pass.refused').length).toBeGreaterThan(1);
      expect(world.cloudflare.writes()).toEqual([]);
    });

    it('and an edit that leaves the removals in has the guard count those it cannot see', async () => {
      const world = await refused();
      await world.change();
      for (const zone of FIVE.slice(1)) world.cloudflare.fail(`list ${zone}`, OFFLINE, 99);
      world.write({ ...all(() => [keep]), 'c1.example': [job('keep', MORE)] });
      await world.change();
      await world.wait(60_000);
      expect(world.told('pass.refused').at(-1)).toMatchObject({
        refusal: { reason: expect.stringContaining('5 jobs') },
      });
      expect(world.cloudflare.writes()).toEqual([]);
    });

    it('and every scope of an edit that removes the same again is looked at in one pass', async () => {
      const world = await refused();
      await world.change();
      world.forget();
      world.write(all(() => [job('keep', MORE)]));
      await world.change();
      expect(world.told('pass.started')).toMatchObject([{ scopes: 5 }]);
      expect(world.told('pass.refused')).toMatchObject([{ refusal: { code: 'too-many-removals' } }]);
      expect(world.cloudflare.writes()).toEqual([]);
    });

    it('and stands while one of its zones cannot be found', async () => {
      const world = await refused();
      await world.change();
      world.cloudflare.zones.splice(2);
      await world.wait(10 * 60_000);
      await world.sweep();
      expect(world.cloudflare.writes()).toEqual([]);
    });
  });

  it('stays when the zones cannot be listed', async () => {
    const world = await refused();
    await world.change();
    await world.wait(10 * 60_000);
    world.cloudflare.fail('zones', OFFLINE, 1);
    world.loop.lookAt(world.board.find(FIVE[0] ?? ''), 'manual');
    await world.loop.idle();
    world.loop.lookAt(world.board.find(FIVE[1] ?? ''), 'manual');
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('of other scopes adds to what is held', async () => {
    const world = await World.open();
    const others = ['d1', 'd2', 'd3', 'd4'].map((name) => `${name}.example`);
    const both = (first: readonly WrittenJob[], second: readonly WrittenJob[]) => ({
      ...all(() => first),
      ...Object.fromEntries(others.map((zone) => [zone, second])),
    });
    await world.settle(both([keep, job('old')], [keep, job('old')]));
    world.write(both([keep], [keep, job('old')]));
    await world.change();
    world.write(both([keep], [keep]));
    await world.change();
    world.loop.lookAt(world.board.find(FIVE[0] ?? ''), 'manual');
    await world.loop.idle();
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('ends when the manifest asks for less, and the status says so', async () => {
    const world = await refused();
    await world.change();
    expect(world.board.toJson()).toMatchObject({ refusal: expect.stringContaining('5 jobs') });
    world.write({ ...all(() => [keep, job('old')]), 'c1.example': [keep] });
    await world.change();
    expect(world.cloudflare.writes()).toEqual(['delete old']);
    expect(world.board.toJson()).toMatchObject({ refusal: null });
  });
});

describe('the end of the loop', () => {
  it('lets the write in flight finish and be remembered, and starts nothing new', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one'), job('two')], [B]: [job('three')] });
    const create = world.cloudflare.hold('create one');
    const other = world.cloudflare.hold('create three');
    await world.loop.lookAtAll('startup', 'first');
    await Promise.all([create.sent, other.sent]);
    const stopped = world.loop.stop();
    create.go();
    other.go();
    await stopped;
    expect(world.cloudflare.writes()).toEqual(['create one', 'create three']);
    expect(world.entries(A)).toMatchObject({ entries: [{ name: 'one' }], creating: [] });
    expect(world.entries(B)).toMatchObject({ entries: [{ name: 'three' }], creating: [] });
    expect(world.told('change.skipped')).toMatchObject([
      { change: { name: 'two' }, reason: 'logpushd is stopping' },
    ]);
    expect(world.told('change.failed')).toEqual([]);
  });

  it('tells of no failure when it comes while scopes are being read', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    const list = world.cloudflare.hold(`list ${B}`);
    await world.loop.lookAtAll('schedule', 'sweep');
    await list.sent;
    await world.loop.stop();
    const types = world.events.map(({ type }) => type);
    expect(types).toEqual(['scopes.known', 'pass.started', 'scope.planned']);
  });

  it('tells of no failure when it comes while the manifest is being read', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const release = world.source.hold();
    world.source.failure = new StoppedError('read the manifest');
    const asked = world.loop.lookAtChanged('file-change');
    await Promise.resolve();
    await Promise.resolve();
    const stopped = world.loop.stop();
    release();
    await Promise.all([asked, stopped]);
    expect(world.events).toEqual([]);
  });

  it('takes nothing more: not by a trigger, not by a retry', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.fail(`list ${A}`, OFFLINE, 1);
    await world.sweep();
    await world.loop.stop();
    world.forget();
    await world.loop.lookAtAll('schedule', 'sweep');
    await world.loop.lookAtChanged('file-change');
    world.loop.lookAt(world.board.find(null), 'manual');
    await world.loop.idle();
    await world.clock.advance(60 * 60_000);
    await world.loop.idle();
    expect(world.cloudflare.calls).toEqual([]);
    expect(world.events).toEqual([]);
    expect(world.clock.sleeping).toBe(0);
  });

  it('gives up a write when it is abandoned, and remembers that its outcome is unknown', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    const create = world.cloudflare.hold('create one');
    await world.loop.lookAtAll('startup', 'first');
    await create.sent;
    const stopped = world.loop.stop();
    world.loop.abandon();
    await stopped;
    expect(world.entries(A)).toMatchObject({ entries: [], creating: [{ name: 'one' }] });
    expect(world.told('change.failed')).toMatchObject([{ error: { name: 'UnknownOutcomeError' } }]);
  });
});

describe('a bug', () => {
  const BUG = new TypeError('undefined is not a function');

  it.each([
    ['in a read', (world: World) => world.cloudflare.fail(`list ${A}`, BUG)],
    ['in a write', (world: World) => world.cloudflare.fail('create one', BUG)],
    ['in the state', (world: World) => (world.state.failing = () => BUG)],
    ['in the source', (world: World) => (world.source.failure = BUG as never)],
    ['in the list of zones', (world: World) => world.cloudflare.fail('zones', BUG)],
    ['in a field list', (world: World) => world.cloudflare.fail(`fields http_requests ${A}`, BUG)],
  ])('%s ends the loop', async (_, plant) => {
    const world = await World.open();
    world.write({ [A]: [job('one', { output_options: { field_names: 'all' } })] });
    plant(world);
    await world.loop.lookAtAll('startup', 'first');
    await expect(world.loop.crashed).rejects.toBe(BUG);
    await world.loop.stop();
  });

  it('lets the writes of the other lane finish, and starts nothing more', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('one'), job('new'), job('newer')], [B]: [job('two')] });
    const create = world.cloudflare.hold('create new');
    await world.loop.lookAtChanged('file-change');
    await create.sent;
    world.cloudflare.fail(`list ${B}`, BUG);
    await world.loop.lookAtAll('schedule', 'sweep');
    await expect(world.loop.crashed).rejects.toBe(BUG);
    create.go();
    await world.says('change.skipped');
    await world.loop.stop();
    expect(world.entries(A).entries.map(({ name }) => name)).toContain('new');
    expect(world.cloudflare.writes()).toEqual(['create new']);
  });

  it('is not what Cloudflare refuses', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail(`list ${A}`, new NotAllowedError({ action: 'list' }));
    await world.sweep();
    const crashed = await Promise.race([world.loop.crashed.catch(() => 'crashed'), Promise.resolve('alive')]);
    expect(crashed).toBe('alive');
  });
});
