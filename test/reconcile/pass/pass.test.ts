import { describe, expect, it } from 'vitest';
import { NotFoundError, UnreachableError } from '../../../src/reconcile/errors.ts';
import { World, type WrittenJob } from '../world.ts';

const A = 'a.example';
const B = 'b.example';
const OFFLINE = new UnreachableError({ action: 'list', cause: 'connection refused' });

function job(name: string, fields: Omit<WrittenJob, 'name'> = {}): WrittenJob {
  return { name, ...fields };
}

const symbolic = (names: unknown, more: object = {}) =>
  job('one', { output_options: { field_names: names, ...more } });

function fieldNames(world: World): unknown {
  const options = world.cloudflare.jobs(A)[0]?.['output_options'];
  return (options as { field_names: unknown } | undefined)?.field_names;
}

describe('a scope most of whose jobs are gone', () => {
  const jobs = ['one', 'two', 'three'].map((name) => ({ name }));

  async function collapsed(): Promise<World> {
    const world = await World.open();
    await world.settle({ 'a.example': jobs, 'b.example': [{ name: 'four' }] });
    for (const { name } of jobs) world.cloudflare.tamper(name, null, 'a.example');
    return world;
  }

  it('is left alone for a minute, while other scopes are healed', async () => {
    const world = await collapsed();
    world.cloudflare.tamper('four', null, 'b.example');
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual(['create four']);
    await world.wait(59_999);
    expect(world.cloudflare.writes()).toEqual(['create four']);
  });

  it('is healed by the daemon when three listings over a minute agree', async () => {
    const world = await collapsed();
    await world.sweep();
    await world.wait(60_000);
    expect(world.cloudflare.names('a.example')).toEqual(['one', 'three', 'two']);
    await world.sweep();
    expect(world.entries('a.example')).not.toHaveProperty('collapse');
  });

  it('is not made a second time when its jobs were there all along', async () => {
    const world = await World.open();
    await world.settle({ 'a.example': jobs });
    world.cloudflare.fail('list a.example', () => [], 2);
    for (const { name } of jobs) world.cloudflare.fail(`get ${name}`, () => null, 2);
    await world.sweep();
    await world.wait(600_000);
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.entries('a.example').entries).toHaveLength(3);
  });

  it('goes on being doubted after a restart', async () => {
    const world = await collapsed();
    await world.sweep();
    const again = await World.open({ cloudflare: world.cloudflare }, world.state);
    again.write({ 'a.example': jobs });
    await again.clock.advance(30_000);
    await again.pass();
    expect(world.cloudflare.writes()).toEqual([]);
    await again.clock.advance(30_000);
    await again.pass();
    expect(world.cloudflare.writes()).toHaveLength(3);
  });

  it('forgets no job that nobody wants any more before it is believed', async () => {
    const world = await collapsed();
    world.write({ 'a.example': [{ name: 'one' }] });
    await world.pass();
    expect(world.entries('a.example').entries).toHaveLength(3);
    await world.clock.advance(30_000);
    await world.pass();
    await world.clock.advance(30_000);
    await world.pass();
    expect(world.entries('a.example').entries).toMatchObject([{ name: 'one' }]);
  });
});

describe('a pass', () => {
  it('tells what it does, from its beginning to its end', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')] });
    await world.pass();
    expect(world.events.map(({ type }) => type)).toEqual([
      'manifest.accepted',
      'pass.started',
      'scope.planned',
      'change.applied',
      'pass.finished',
    ]);
  });

  it('counts what became of it', async () => {
    const world = await World.open({ policy: { mode: 'warn' } });
    await world.settle({
      [A]: [job('drifts'), job('changes'), job('fails')],
      [B]: [job('leaves'), job('stays')],
    });
    world.cloudflare.tamper('drifts', { enabled: false, max_upload_records: 9 }, A);
    world.cloudflare.plant({ name: 'of somebody', destination_conf: 's3://x/y?region=z' }, B);
    world.cloudflare.fail('update fails', OFFLINE);
    world.write({
      [A]: [job('drifts'), job('changes', { enabled: false }), job('fails', { enabled: false })],
      [B]: [job('stays')],
      'c.example': [job('unread')],
      'd.example': [job('unresolved')],
    });
    world.cloudflare.zones.pop();
    world.cloudflare.fail('list c.example', OFFLINE);
    const result = await world.pass();
    expect(world.told('pass.finished')).toMatchObject([
      {
        summary: {
          scopes: 2,
          unreadable: 2,
          applied: 2,
          failed: 1,
          skipped: 0,
          withheld: 1,
          drift: 1,
          unmanaged: 1,
          unverifiable: 0,
          refused: false,
        },
      },
    ]);
    expect(result.outcomes.map(({ change, result: what }) => `${change.name} ${what}`).toSorted()).toEqual([
      'changes applied',
      'fails failed',
      'leaves applied',
    ]);
  });

  it('that only plans writes neither to Cloudflare nor to the state', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const before = new Map(world.state.texts);
    world.write({ [A]: [job('two')] });
    const result = await world.pass({ write: false });
    expect(result.plans.map(({ changes }) => changes.map(({ action }) => action))).toEqual([
      ['create', 'delete'],
    ]);
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.state.texts).toEqual(before);
  });

  it('looks only at the scopes it is asked for', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one')], [B]: [job('two')] });
    await world.pass({ includes: ({ name }) => name === B });
    expect(world.cloudflare.calls).toEqual(['zones', `list ${B}`, 'create two']);
  });

  it('reads a single job only where the listing leaves out what is managed, and that once', async () => {
    const world = await World.open();
    const filtered = job('one', { filter: { where: { key: 'ClientIP', operator: 'eq', value: '1.1.1.1' } } });
    world.cloudflare.show = (shown, call) => (call === 'get' ? shown : { ...shown, filter: undefined });
    await world.settle({ [A]: [filtered] });
    await world.pass();
    expect(world.cloudflare.calls).toEqual([`list ${A}`, 'get one']);
    expect(world.told('drift.found')).toEqual([]);
  });

  it('sees a value that no call shows as unverifiable, and does not send it for ever', async () => {
    const world = await World.open();
    const filtered = job('one', { filter: { where: { key: 'ClientIP', operator: 'eq', value: '1.1.1.1' } } });
    world.cloudflare.show = (shown) => ({ ...shown, filter: undefined });
    await world.settle({ [A]: [filtered] });
    await world.pass();
    expect(world.cloudflare.calls).toEqual([`list ${A}`]);
    expect(world.told('pass.finished')).toMatchObject([{ summary: { unverifiable: 1, applied: 0 } }]);
  });

  it('gives up on a scope whose single read fails, and leaves the others alone', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('one', { max_upload_records: 2000 })], [B]: [job('two', { enabled: false })] });
    world.cloudflare.fail('get one', OFFLINE);
    const { unreadable } = await world.pass();
    expect(unreadable).toMatchObject([{ scope: { name: A } }]);
    expect(world.cloudflare.writes()).toEqual(['update two']);
  });
});

describe('a plan', () => {
  it('is void when a later look has found nothing to do', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')], [B]: [job('two')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    const list = world.cloudflare.hold(`list ${B}`);
    const first = world.pass();
    await list.sent;
    await world.says('scope.planned');
    world.cloudflare.tamper('one', { enabled: true }, A);
    await world.pass({ includes: ({ name }) => name === A });
    list.go();
    expect((await first).outcomes).toMatchObject([
      { result: 'skipped', reason: expect.stringContaining('another pass') },
    ]);
    expect(world.told('pass.finished').at(-1)).toMatchObject({ summary: { skipped: 1, applied: 0 } });
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('is not begun once it may not be written any more', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one'), job('two')] });
    let writes = 0;
    const { outcomes } = await world.pass({ mayWrite: () => (writes += 1) < 2 });
    expect(outcomes.map(({ change, result }) => `${change.name} ${result}`)).toEqual([
      'one applied',
      'two skipped',
    ]);
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });
});

describe('drift', () => {
  it('is told with the fields that moved, and healed', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.pass();
    expect(world.told('drift.found')).toMatchObject([
      { scope: { name: A }, job: 'one', action: 'update', fields: [{ path: 'enabled' }], heals: true },
    ]);
    expect(world.cloudflare.jobs(A)).toMatchObject([{ enabled: true }]);
  });

  it('is told also when the manifest moved another field of the same job', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one', { max_upload_records: 1000 })] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    world.write({ [A]: [job('one', { max_upload_records: 2000 })] });
    await world.pass();
    expect(world.told('drift.found')).toMatchObject([{ job: 'one', fields: [{ path: 'enabled' }] }]);
    expect(world.told('drift.found')[0]?.fields).toHaveLength(1);
  });

  it('that is not healed is told as such', async () => {
    const world = await World.open({ policy: { mode: 'warn' } });
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.pass();
    expect(world.told('drift.found')).toMatchObject([{ id: world.cloudflare.id('one', A), heals: false }]);
  });

  it('is a job that somebody deleted, by the id that it had, and not one that the manifest wants for the first time', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    const id = world.cloudflare.id('one', A);
    world.cloudflare.tamper('one', null, A);
    world.write({ [A]: [job('one'), job('two')] });
    await world.pass();
    expect(world.told('drift.found')).toMatchObject([
      { job: 'one', action: 'create', id, fields: [], heals: true },
    ]);
  });
});

describe('fields named by all, default or all_except', () => {
  it.each([
    ['all', ['ClientIP', 'EdgeStartTimestamp', 'RayID']],
    ['default', ['RayID']],
    [{ all_except: ['ClientIP'] }, ['EdgeStartTimestamp', 'RayID']],
  ])('%j are what Cloudflare lists now', async (names, expected) => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic(names)] });
    expect(fieldNames(world)).toEqual(expected);
  });

  it('stay as they are when Cloudflare lists a new one: it is told once, and nothing is written', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all')], [B]: [symbolic('all')] });
    world.cloudflare.fields.all.push('ZoneName');
    await world.clock.advance(60 * 60_000);
    const { plans } = await world.pass();
    await world.pass();
    expect(world.cloudflare.writes()).toEqual([]);
    expect(plans.map(({ desired }) => desired.jobs[0]?.newFields)).toEqual([['ZoneName'], ['ZoneName']]);
    expect(world.told('fields.new').map(({ found }) => found)).toEqual([
      { kind: 'zone', dataset: 'http_requests', fields: ['ZoneName'], jobs: 2 },
    ]);
  });

  it('cost one call an hour for all zones once they are written', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all')], [B]: [symbolic('all')] });
    await world.clock.advance(60 * 60_000);
    world.forget();
    await world.pass();
    await world.pass();
    expect(world.cloudflare.calls.filter((call) => call.startsWith('fields'))).toHaveLength(1);
  });

  it('are chosen anew when the manifest chooses otherwise', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all')] });
    world.cloudflare.fields.all.push('ZoneName');
    await world.clock.advance(60 * 60_000);
    world.write({ [A]: [symbolic({ all_except: ['ClientIP'] })] });
    await world.pass();
    expect(fieldNames(world)).toEqual(['EdgeStartTimestamp', 'RayID', 'ZoneName']);
  });

  it('are put right when somebody takes one away', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all')] });
    world.cloudflare.tamper('one', { output_options: { field_names: ['RayID'] } }, A);
    await world.pass();
    expect(fieldNames(world)).toEqual(['ClientIP', 'EdgeStartTimestamp', 'RayID']);
    expect(world.told('drift.found')).toMatchObject([{ job: 'one', heals: true }]);
  });

  it('stay where the manifest listed them before and now says the same by a word', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic(['ClientIP', 'EdgeStartTimestamp', 'RayID'])] });
    world.write({ [A]: [symbolic('all')] });
    await world.pass();
    world.cloudflare.fields.all.push('ZoneName');
    await world.clock.advance(60 * 60_000);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('that Cloudflare lists no more are left out of the next write, and are no reason for one', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all')] });
    world.cloudflare.fields.all.splice(0, 1);
    await world.clock.advance(60 * 60_000);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual([]);
    world.write({ [A]: [symbolic('all', { sample_rate: 0.5 })] });
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { output_options: { field_names: ['EdgeStartTimestamp', 'RayID'], sample_rate: 0.5 } },
    ]);
  });

  it('need no list to stay as they are', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all')] });
    await world.clock.advance(60 * 60_000);
    world.cloudflare.fail(`fields http_requests ${A}`, OFFLINE, 9);
    const { plans } = await world.pass();
    expect(plans[0]?.withheld).toEqual([]);
  });

  it('are asked for in the scopes of the pass alone', async () => {
    const world = await World.open();
    world.write({ [A]: [symbolic('all')], [B]: [symbolic('all')] });
    await world.pass({ includes: ({ name }) => name === A });
    expect(world.cloudflare.calls.filter((call) => call.endsWith(B))).toEqual([]);
  });

  it('that cannot be listed now block their job alone, and the scope is looked at again soon', async () => {
    const world = await World.open();
    await world.settle({ [A]: [symbolic('all'), job('two')] });
    await world.clock.advance(60 * 60_000);
    world.cloudflare.fail(`default fields http_requests ${A}`, OFFLINE);
    world.write({ [A]: [symbolic('default'), job('two', { enabled: false })] });
    await world.change();
    expect(world.cloudflare.writes()).toEqual(['update two']);
    expect(world.told('scope.planned')[0]?.plan.withheld).toMatchObject([
      { name: 'one', reason: OFFLINE.message },
    ]);
    await world.wait(2_500);
    expect(fieldNames(world)).toEqual(['RayID']);
  });

  it('are never none, which would make Cloudflare choose: a list without any blocks its job', async () => {
    const world = await World.open();
    world.cloudflare.fields.all.length = 0;
    world.write({ [A]: [symbolic('all'), job('two')] });
    const result = await world.pass();
    expect(result.plans[0]?.withheld).toMatchObject([
      { name: 'one', reason: expect.stringContaining('the list is empty') },
    ]);
    expect(world.cloudflare.writes()).toEqual(['create two']);
  });

  it('of a dataset that is not there wait for an edit', async () => {
    const world = await World.open();
    world.cloudflare.fail(`fields http_requests ${A}`, new NotFoundError({ action: 'list fields' }), 9);
    world.write({ [A]: [symbolic('all')] });
    const result = await world.pass();
    expect(result.plans[0]?.withheld).toMatchObject([{ name: 'one' }]);
    expect(world.cloudflare.writes()).toEqual([]);
  });
});

describe('secrets', () => {
  const secretly = job('one', {
    destination_conf: 's3://b/{DATE}?region=r&access-key-id=${secret:id}&secret-access-key=${secret:key}',
  });

  it('are read anew for each pass', async () => {
    const world = await World.open();
    world.secrets.set('id', 'AKIA0000000000').set('key', 'the-first-key');
    await world.settle({ [A]: [secretly] });
    world.secrets.set('key', 'the-second-key');
    await world.sweep();
    expect(world.cloudflare.jobs(A)[0]?.['destination_conf']).toContain('the-second-key');
    expect(world.told('drift.found')).toEqual([]);
  });

  it('that are gone block their job, which is neither changed nor deleted', async () => {
    const world = await World.open();
    world.secrets.set('id', 'AKIA0000000000').set('key', 'the-first-key');
    await world.settle({ [A]: [secretly] });
    world.secrets.delete('key');
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.told('scope.planned')[0]?.plan.withheld).toMatchObject([{ name: 'one' }]);
  });

  it('stand in no event and in no page of the ledger', async () => {
    const world = await World.open();
    world.secrets.set('id', 'AKIA0000000000').set('key', 'the-first-key');
    await world.settle({ [A]: [secretly] });
    world.cloudflare.tamper('one', { enabled: false }, A);
    world.secrets.set('key', 'the-second-key');
    await world.sweep();
    const told = JSON.stringify([world.events, [...world.state.texts], world.board.toJson()]);
    expect(told).toContain('destination_conf');
    for (const secret of ['AKIA0000000000', 'the-first-key', 'the-second-key'])
      expect(told).not.toContain(secret);
  });
});

describe('a refusal', () => {
  it('voids what another pass had read of one of its scopes before', async () => {
    const world = await World.open({ limits: { maxRemovals: 1 } });
    await world.settle({ [A]: [job('keep'), job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('keep')], [B]: [] });
    const list = world.cloudflare.hold(`list ${A}`);
    const small = world.pass({ includes: ({ name }) => name === A });
    await list.sent;
    expect((await world.pass()).refusal).not.toBeNull();
    list.go();
    expect((await small).outcomes).toMatchObject([{ result: 'skipped', change: { name: 'one' } }]);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('is told with the scopes that are held', async () => {
    const world = await World.open({ limits: { maxRemovals: 0, maxRemovalShare: 0 } });
    await world.settle({ [A]: [job('keep'), job('one')], [B]: [job('two')] });
    world.write({ [A]: [job('keep')], [B]: [job('two')] });
    await world.pass();
    expect(world.told('pass.refused').map(({ scopes }) => scopes.map(({ name }) => name))).toEqual([[A]]);
  });

  it('is not given for an empty manifest while that has jobs in a zone that is unresolved now', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one')] });
    world.write({ [B]: [job('two')] });
    world.cloudflare.zones.pop();
    const { refusal, unresolved } = await world.pass();
    expect(unresolved).toMatchObject([{ name: B }]);
    expect(refusal).toBeNull();
    expect(world.cloudflare.names(A)).toEqual(['one']);
  });

  it('of a manifest that became empty needs no limit', async () => {
    const world = await World.open({ limits: { maxRemovals: 99 } });
    await world.settle({ [A]: [job('one')] });
    world.write({ [A]: [] });
    expect((await world.pass()).refusal).toMatchObject({ code: 'empty-manifest' });
    expect(world.cloudflare.writes()).toEqual([]);
  });
});
