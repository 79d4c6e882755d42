import { describe, expect, it } from 'vitest';
import { World, writesOf, zoneWith } from './world.ts';

const names = (...all: string[]): string[] => all.map((name) => `{ name: ${name} }`);

/** Jobs of one zone, in a world without Cloudflare's limit of four. */
async function worldOf(...jobs: string[]): Promise<World> {
  const world = await World.open({ switches: { jobs_per_zone: null } });
  await world.manifest(zoneWith(...names(...jobs)));
  await world.settle();
  return world;
}

describe('the guard', () => {
  const ten = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

  it('lets three removals through', async () => {
    const world = await worldOf(...ten);
    await world.manifest(zoneWith(...names(...ten.slice(3))));
    await world.settle();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(ten.slice(3));
  });

  it('refuses four, and then writes nothing at all', async () => {
    const world = await worldOf(...ten);
    await world.manifest(zoneWith(...names(...ten.slice(4), 'new')));
    const calls = await world.callsDuring(async () => {
      const { refusal, outcomes } = await world.apply();
      expect(refusal).toMatchObject({
        code: 'too-many-removals',
        reason: expect.stringContaining('max_removals'),
      });
      expect(outcomes).toEqual([]);
    });
    expect(writesOf(calls)).toEqual([]);
  });

  it('counts disabling and redirecting like deleting', async () => {
    const world = await worldOf('a', 'b', 'c', 'd');
    await world.manifest(
      zoneWith(
        '{ name: a, enabled: false }',
        '{ name: b, enabled: false }',
        "{ name: c, destination_conf: 'https://elsewhere.example.com/in' }",
      ),
    );
    expect((await world.apply()).refusal).toMatchObject({ code: 'too-many-removals' });
  });

  it('lets exactly the plan through that a person approved', async () => {
    const world = await worldOf(...ten);
    await world.manifest(zoneWith(...names(...ten.slice(5))));
    const { refusal } = await world.apply();
    const digest = String(refusal?.digest);
    expect((await world.plan()).refusal?.digest).toBe(digest);
    await world.manifest(zoneWith(...names(...ten.slice(6))));
    expect((await world.applyApproved(digest)).refusal).toMatchObject({ code: 'too-many-removals' });
    await world.manifest(zoneWith(...names(...ten.slice(5))));
    expect((await world.applyApproved(digest)).refusal).toBeNull();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(ten.slice(5));
  });

  it('names a plan by one digest in every run without a state, by the credential they share', async () => {
    const world = await worldOf(...ten);
    world.settings({ state: 'memory', prune: 'all' });
    await world.manifest(zoneWith(...names(...ten.slice(5))));
    const digest = String((await world.plan()).refusal?.digest);
    const { token } = world;
    world.token = 'another-token';
    expect((await world.applyApproved(digest)).refusal).toMatchObject({ code: 'too-many-removals' });
    world.token = token;
    expect((await world.applyApproved(digest)).refusal).toBeNull();
    expect(Object.keys(world.jobs()).toSorted()).toEqual(ten.slice(5));
  });

  it('lets more through when the settings allow it', async () => {
    const world = await worldOf(...ten);
    world.settings({ 'guard.max_removals': '8' });
    await world.manifest(zoneWith(...names('a', 'b')));
    await world.settle();
    expect(Object.keys(world.jobs())).toHaveLength(2);
  });
});

describe('a manifest that is not what it was', () => {
  it('changes nothing when it has an error', async () => {
    const world = await worldOf('a', 'b');
    await world.manifest(`${zoneWith('{ name: a }')}  nonsense: true\n`);
    const calls = await world.callsDuring(async () => expect((await world.apply()).rejected).toBe(true));
    expect(calls).toEqual([]);
  });

  it('changes nothing when it is empty', async () => {
    const world = await worldOf('a', 'b');
    await world.write('manifest/jobs.yaml', '');
    expect(writesOf(await world.callsDuring(() => world.apply()))).toEqual([]);
  });

  it('changes nothing when its files are gone', async () => {
    const world = await worldOf('a', 'b');
    await world.write('manifest/jobs.yaml', 'version: 1\n');
    const { plans } = await world.apply();
    expect(Object.keys(world.jobs())).toEqual(['a', 'b']);
    expect(plans.flatMap(({ withheld }) => withheld.map(({ action, name }) => `${action} ${name}`))).toEqual([
      'delete a',
      'delete b',
    ]);
  });

  it('does not remove the last jobs at one go', async () => {
    const world = await worldOf('a', 'b');
    await world.manifest(zoneWith());
    expect((await world.apply()).refusal).toMatchObject({ code: 'empty-manifest' });
    expect(Object.keys(world.jobs())).toEqual(['a', 'b']);
  });

  it('leaves a zone alone that it no longer mentions, and says so', async () => {
    const world = await World.open({ zones: ['example.com', 'example.org'] });
    const both = zoneWith('{ name: a }') + '  - zone: example.org\n    jobs: [{ name: b }]\n';
    await world.manifest(both);
    await world.settle();
    await world.manifest(zoneWith('{ name: a }'));
    const { plans } = await world.apply();
    expect(Object.keys(world.jobs('example.org'))).toEqual(['b']);
    expect(plans.flatMap(({ withheld }) => withheld)).toMatchObject([
      { name: 'b', action: 'delete', reason: expect.stringContaining('jobs: []') },
    ]);
  });

  it('makes everything its own again by name after the ledger was lost, without a write', async () => {
    const world = await worldOf('a', 'b');
    world.settings({ state: 'memory' });
    expect(writesOf(await world.callsDuring(() => world.settle()))).toEqual([]);
  });
});

describe('a replace in a full zone', () => {
  const full = (dataset: string): string =>
    zoneWith(...names('a', 'b', 'c'), `{ name: d, dataset: ${dataset} }`);

  it('is withheld, because logs of the moments between would be lost', async () => {
    const world = await World.open();
    await world.manifest(full('dns_logs'));
    await world.settle();
    await world.manifest(full('spectrum_events'));
    const calls = await world.callsDuring(async () => {
      const { plans } = await world.apply();
      expect(plans[0]?.withheld).toMatchObject([
        { name: 'd', action: 'replace', reason: expect.stringContaining('guard.allow_gap') },
      ]);
    });
    expect(writesOf(calls)).toEqual([]);
  });

  it('deletes first when exactly that is approved', async () => {
    const world = await World.open();
    await world.manifest(full('dns_logs'));
    await world.settle();
    await world.manifest(full('spectrum_events'));
    const { plans } = await world.plan();
    const digest = plans[0]?.withheld[0]?.digest ?? '';
    expect(plans[0]?.withheld[0]?.reason).toContain(`logpushd apply --approve ${digest}`);
    expect(writesOf(await world.callsDuring(() => world.applyApproved('0000000000000000')))).toEqual([]);
    const calls = await world.callsDuring(() => world.applyApproved(digest));
    expect(writesOf(calls)).toEqual(['DELETE /zones/ID/logpush/jobs/ID', 'POST /zones/ID/logpush/jobs']);
    expect(world.jobs()['d']).toMatchObject({ dataset: 'spectrum_events' });
  });

  it('waits for the old job of another replace rather than to lose logs', async () => {
    let passedMs = 0;
    const world = await World.open({ now: () => Date.now() + passedMs });
    const two = (dataset: string): string =>
      zoneWith('{ name: a }', `{ name: c, dataset: ${dataset} }`, `{ name: d, dataset: ${dataset} }`);
    await world.manifest(two('dns_logs'));
    await world.settle();
    await world.manifest(two('spectrum_events'));
    for (const expected of [['POST'], ['DELETE', 'POST'], ['DELETE']]) {
      const calls = await world.callsDuring(() => world.settle());
      expect(writesOf(calls).map((call) => call.split(' ')[0])).toEqual(expected);
      passedMs += 120_000;
    }
    expect([world.jobs()['c'], world.jobs()['d']]).toMatchObject([
      { dataset: 'spectrum_events' },
      { dataset: 'spectrum_events' },
    ]);
  });

  it('deletes first with the consent of the settings', async () => {
    const world = await World.open();
    await world.manifest(full('dns_logs'));
    await world.settle();
    world.settings({ 'guard.allow_gap': 'true' });
    await world.manifest(full('spectrum_events'));
    const calls = await world.callsDuring(() => world.settle());
    expect(calls.filter((call) => !call.startsWith('GET '))).toEqual([
      'POST /zones/ID/logpush/validate/destination',
      'DELETE /zones/ID/logpush/jobs/ID',
      'POST /zones/ID/logpush/jobs',
    ]);
    expect(world.jobs()['d']).toMatchObject({ dataset: 'spectrum_events' });
  });
});

describe('the allow-list of destinations', () => {
  it('holds back a job that would send elsewhere', async () => {
    const world = await World.open();
    world.settings({ 'guard.allowed_destinations': 's3://logs@s3.example.com/*' });
    await world.manifest(
      zoneWith('{ name: a }') +
        "      - { name: thief, dataset: dns_logs, destination_conf: 'https://thief.example.com/in' }\n",
    );
    const { plans, problems } = await world.apply();
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(Object.keys(world.jobs())).toEqual(['a']);
    expect(plans[0]?.withheld).toMatchObject([
      { name: 'thief', reason: expect.stringContaining('allowed_destinations') },
    ]);
  });
});

describe('many zones', () => {
  it('are found over all pages by a selector, also where the totals are missing', async () => {
    for (const zone_totals of ['present', 'absent'] as const) {
      const zones = Array.from({ length: 120 }, (_, index) => `z${index}.shop.example`);
      const world = await World.open({ zones: [...zones, 'example.com'], switches: { zone_totals } });
      await world.manifest(
        zoneWith('{ name: a }').replace(
          '- zone: example.com',
          "- select: { name: '*.shop.example', except: [z7.shop.example] }",
        ),
      );
      const { plans } = await world.plan();
      expect(plans).toHaveLength(119);
      expect(plans.every(({ changes }) => changes.length === 1)).toBe(true);
    }
  });

  it('go on when one of them cannot be read', async () => {
    const world = await World.open({ zones: ['example.com', 'example.org'] });
    const id = String(world.sandbox.model.scope('example.org')?.id);
    world.sandbox.faults.add({
      method: 'GET',
      path: `/zones/${id}/logpush/jobs`,
      outcome: { kind: 'html', status: 200 },
    });
    await world.manifest(zoneWith('{ name: a }') + '  - zone: example.org\n    jobs: [{ name: b }]\n');
    const { unreadable } = await world.apply();
    expect(unreadable).toMatchObject([{ scope: { name: 'example.org' } }]);
    expect(Object.keys(world.jobs())).toEqual(['a']);
  });

  it('are told by name when the token does not see one', async () => {
    const world = await World.open();
    await world.manifest(zoneWith('{ name: a }') + '  - zone: exmaple.com\n    jobs: [{ name: b }]\n');
    const { unresolved } = await world.apply();
    expect(unresolved).toMatchObject([
      { name: 'exmaple.com', reason: expect.stringContaining('example.com') },
    ]);
    expect(Object.keys(world.jobs())).toEqual(['a']);
  });
});

describe('a listing that is wrong', () => {
  it.each([
    ['empty', { kind: 'rewrite', set: { result: [] } }],
    ['lacking some jobs', { kind: 'partial', keep: 1 }],
  ])('by being %s makes no job a second time', async (_, outcome) => {
    const world = await worldOf('a', 'b', 'c');
    world.sandbox.faults.add({ method: 'GET', path: '/zones/*/logpush/jobs', nth: 1, times: 1, outcome });
    const calls = await world.callsDuring(async () => {
      const { unreadable } = await world.apply();
      expect(unreadable).toMatchObject([
        { error: { message: expect.stringContaining('which still exist') } },
      ]);
    });
    expect(writesOf(calls)).toEqual([]);
    await world.settle();
    expect(world.sandbox.model.jobs('example.com')).toHaveLength(3);
  });
});
