import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterState, type ClusterPlace, openClusterState } from '../../../src/edges/state/cluster.ts';
import type { ClusterObjects } from '../../../src/reconcile/cluster-objects.ts';
import { freshKey } from '../../../src/edges/state/fingerprint.ts';
import type { OpenState } from '../../../src/edges/state/open-state.ts';
import { MOST_BYTES, MOST_SHARDS, shardName, sizeOf } from '../../../src/edges/state/shards.ts';
import type { ClusterFault } from '../../../src/reconcile/cluster-error.ts';
import { planned, StateError } from '../../../src/reconcile/errors.ts';
import { describeStore, ZONE } from './store-contract.ts';
import { around, failure, ObjectsInMemory } from './objects-in-memory.ts';

const NAME = 'ledger';

interface World {
  readonly configMaps: ObjectsInMemory;
  readonly secrets: ObjectsInMemory;
}

function aWorld(): World {
  return { configMaps: new ObjectsInMemory(), secrets: new ObjectsInMemory() };
}

function placeIn(world: World, configMaps: ClusterObjects = world.configMaps): ClusterPlace {
  return { name: NAME, configMaps, secrets: world.secrets };
}

function open(world: World, configMaps?: ClusterObjects): Promise<OpenState> {
  return openClusterState(placeIn(world, configMaps), 'a-pod');
}

async function complaint(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StateError);
  return error instanceof Error ? error.message : '';
}

function zone(number: number): string {
  return `zone.${number.toString(16).padStart(32, '0')}`;
}

function kib(size: number, letter = 'x'): string {
  return letter.repeat(size * 1024);
}

/** Long texts as what tells them apart. */
function outline(texts: ReadonlyMap<string, string>): readonly string[] {
  return [...texts].map(([key, text]) => `${key} ${text.slice(0, 8)} ${text.length}`).toSorted();
}

function missing(wanted: ReadonlyMap<string, string>, there: ReadonlyMap<string, string>): readonly string[] {
  return [...wanted.keys()].filter((key) => wanted.get(key) !== there.get(key));
}

function largest({ configMaps }: World): number {
  return Math.max(...[...configMaps.objects.values()].map(({ data }) => sizeOf(Object.entries(data))));
}

describeStore('a state in a cluster', () => {
  const world = aWorld();
  return { first: () => open(world), again: async () => clusterState(placeIn(world)) };
});

describe('a state of any size', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.nat(30), fc.nat(60)) },
    { weight: 2, arbitrary: fc.tuple(fc.nat(30), fc.constant(null)) },
    { weight: 1, arbitrary: fc.constant('opened anew' as const) },
  );

  test('gives back what was saved last, whatever was saved, removed and opened before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = aWorld();
        const model = new Map<string, string>();
        let state = await open(world);
        for (const one of steps) {
          if (one === 'opened anew') {
            state = await open(world);
            continue;
          }
          const [number, size] = one;
          const key = zone(number);
          if (size === null) {
            model.delete(key);
            await state.remove(key);
          } else {
            const text = `${number}${kib(size)}`;
            model.set(key, text);
            await state.save(key, text);
          }
          expect(outline(await clusterState(placeIn(world)).load())).toEqual(outline(model));
        }
        expect(outline(await state.load())).toEqual(outline(model));
        expect(largest(world)).toBeLessThanOrEqual(MOST_BYTES);
      }),
      { numRuns: 60 },
    );
  });

  test('is one ConfigMap as long as it is small, with what it is for in its labels', async () => {
    const world = aWorld();
    const state = await open(world);
    for (let number = 0; number < 10; number += 1) await state.save(zone(number), kib(4));
    expect([...world.configMaps.objects.keys()]).toEqual([NAME]);
    expect(world.configMaps.objects.get(NAME)?.labels).toEqual({
      'app.kubernetes.io/managed-by': 'logpushd',
      'logpushd/state': NAME,
    });
  });

  test('saves a page of a thousand in one write, of a small part of all', async () => {
    const world = aWorld();
    const state = await open(world);
    for (let number = 0; number < 1_000; number += 1) await state.save(zone(number), kib(4));
    expect(world.configMaps.objects.size).toBe(64);
    expect(largest(world)).toBeLessThan(2 * 64 * 1024);
    const before = world.configMaps.writes;
    for (let number = 0; number < 100; number += 1) await state.save(zone(number), kib(4, 'y'));
    expect(world.configMaps.writes - before).toBe(100);
  });

  test('takes no names but those that the permissions list', async () => {
    const world = aWorld();
    const state = await open(world);
    for (let number = 0; number < 90; number += 1) await state.save(zone(number), kib(128));
    const allowed = Array.from({ length: MOST_SHARDS }, (_, index) => shardName(NAME, index));
    expect([...world.configMaps.objects.keys()].filter((name) => !allowed.includes(name))).toEqual([]);
    expect([...world.secrets.objects.keys()]).toEqual([NAME]);
  });

  test('takes a page as large as a ConfigMap may be, and refuses a larger one', async () => {
    const world = aWorld();
    const state = await open(world);
    await state.save(zone(1), kib(890));
    await state.save(zone(2), kib(890));
    expect(await complaint(state.save(ZONE, kib(901)))).toContain(
      `The page ${ZONE} of the state kubernetes:ledger, 902 KiB, is larger than a ConfigMap may be. Keep the state in files`,
    );
    expect((await state.load()).size).toBe(2);
    expect(largest(world)).toBeLessThanOrEqual(MOST_BYTES);
  });
});

describe('who opens the state', () => {
  test('finds all that was saved, and whoever had it before can save nothing more', async () => {
    const world = aWorld();
    const old = await open(world);
    await old.save(ZONE, '"old"');
    const next = await open(world);
    expect(await next.load()).toEqual(new Map([[ZONE, '"old"']]));
    expect(await complaint(old.save(ZONE, '"late"'))).toMatch(
      /^The state kubernetes:ledger in namespace logpush was taken over by another logpushd \(a-pod [0-9a-f]{12}\)/,
    );
    expect(await complaint(old.save(zone(2), '"late"'))).toContain('taken over');
    expect(await complaint(old.remove(ZONE))).toContain('taken over');
    expect((await old.lost)?.message).toContain('taken over');
    await next.save(ZONE, '"new"');
    expect(await clusterState(placeIn(world)).load()).toEqual(new Map([[ZONE, '"new"']]));
  });

  test.each<[string, (state: OpenState) => Promise<void>]>([
    ['saves what is there already', (state) => state.save(ZONE, '"old"')],
    ['removes what is not there', (state) => state.remove(zone(9))],
  ])('shows whoever had it before also when that %s', async (_, ask) => {
    const world = aWorld();
    const old = await open(world);
    await old.save(ZONE, '"old"');
    await open(world);
    expect(await complaint(ask(old))).toContain('taken over');
  });

  /** Saves that split the state twice on the way. */
  async function work(state: OpenState, saved: Map<string, string>): Promise<void> {
    for (let number = 0; number < 8; number += 1) {
      const text = kib(20, String(number));
      await state.save(zone(number), text);
      saved.set(zone(number), text);
    }
  }

  test.each(['before', 'after'] as const)(
    'in the moment %s any call of the other one loses nothing, and lets nothing in later',
    async (moment) => {
      for (let stop = 1, isOver = false; !isOver; stop += 1) {
        const world = aWorld();
        let calls = 0;
        let taken: ReadonlyMap<string, string> | null = null;
        const saved = new Map<string, string>();
        const takeOver = async (): Promise<void> => {
          const next = await open(world);
          taken = new Map(await next.load());
          await next.save(ZONE, '"new"');
        };
        let isOpen = false;
        const configMaps = around(world.configMaps, async (call) => {
          if (isOpen) calls += 1;
          const isNow = calls === stop;
          if (isNow && moment === 'before') await takeOver();
          const answer = await call();
          if (isNow && moment === 'after') await takeOver();
          return answer;
        });
        await open(world, configMaps)
          .then((state) => {
            isOpen = true;
            return work(state, saved);
          })
          .catch((error: unknown) => planned(error));
        isOver = taken === null;
        if (taken === null) break;
        // Whether the write of that moment counts is open; whatever was answered with a yes is there, and stays.
        expect(missing(saved, taken)).toEqual([]);
        const now = await clusterState(placeIn(world)).load();
        expect(outline(now)).toEqual(outline(new Map<string, string>([...taken, [ZONE, '"new"']])));
      }
    },
  );

  test('at the same time as others is one that all agree on', async () => {
    const world = aWorld();
    await (await open(world)).save(ZONE, '"first"');
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => open(world)));
    const states = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const saves = await Promise.allSettled(states.map((state, index) => state.save(ZONE, `"${index}"`)));
    const winners = saves.flatMap((one, index) => (one.status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(await clusterState(placeIn(world)).load()).toEqual(new Map([[ZONE, `"${winners[0]}"`]]));
  });

  test('and dies in the middle leaves a state that the next one opens', async () => {
    for (let stop = 1, isOver = false; !isOver; stop += 1) {
      const world = aWorld();
      const saved = new Map<string, string>();
      let calls = 0;
      const configMaps = around(world.configMaps, async (call) => {
        calls += 1;
        if (calls >= stop) throw failure('unreachable');
        return call();
      });
      isOver = await open(world, configMaps)
        .then((state) => work(state, saved))
        .then(
          () => true,
          () => false,
        );
      const now = await (await open(world)).load();
      expect(missing(saved, now)).toEqual([]);
      expect(now.size - saved.size).toBeLessThanOrEqual(1);
    }
  });
});

describe('a write without an answer', () => {
  /** The n-th write gets no answer; it is carried out at once, never, or right before the next write. */
  type Fate = 'carried out' | 'not carried out' | 'carried out late';

  test.each<Fate>(['carried out', 'not carried out', 'carried out late'])(
    'that was %s ends with the text that was saved last',
    async (fate) => {
      for (let stop = 1, isOver = false; !isOver; stop += 1) {
        const world = aWorld();
        let writes = 0;
        let late: (() => Promise<unknown>) | null = null;
        const configMaps = around(world.configMaps, async (call, what) => {
          if (what === 'get') return call();
          writes += 1;
          await late?.().catch(() => undefined);
          late = null;
          if (writes !== stop) return call();
          if (fate === 'carried out') await call();
          if (fate === 'carried out late') late = call;
          throw failure('timeout');
        });
        const state = await open(world, configMaps);
        const model = new Map<string, string>();
        for (let number = 0; number < 8; number += 1) {
          for (const letter of ['a', 'b']) {
            model.set(zone(number), kib(20, letter));
            await state.save(zone(number), kib(20, letter));
          }
        }
        expect(outline(await clusterState(placeIn(world)).load())).toEqual(outline(model));
        isOver = writes < stop;
      }
    },
  );

  test('while Kubernetes is away is refused, and the next save goes on with what is there', async () => {
    const world = aWorld();
    let isAway = false;
    const configMaps = around(world.configMaps, async (call, what) => {
      if (!isAway) return call();
      if (what === 'replace') await call();
      throw failure('unreachable', 'write the ConfigMap "ledger"');
    });
    const state = await open(world, configMaps);
    await state.save(ZONE, '"before"');
    isAway = true;
    expect(await complaint(state.save(ZONE, '"during"'))).toBe(
      'It was not possible to write the ConfigMap "ledger": Kubernetes could not be reached. ' +
        'It is tried again by itself; if it stays so, look at the API server and at the network.',
    );
    isAway = false;
    await state.save(zone(1), '"after"');
    expect(await state.load()).toEqual(
      new Map([
        [ZONE, '"during"'],
        [zone(1), '"after"'],
      ]),
    );
  });
});

describe('hands', () => {
  test('that only touch labels and annotations are not in the way', async () => {
    const world = aWorld();
    const state = await open(world);
    world.configMaps.edit(NAME, (found) => ({ ...found, labels: { ...found.labels, team: 'edge' } }));
    await state.save(ZONE, '{}');
    expect(world.configMaps.objects.get(NAME)?.labels).toMatchObject({
      team: 'edge',
      'logpushd/state': NAME,
    });
    expect(await state.load()).toEqual(new Map([[ZONE, '{}']]));
  });

  test('that change a text meanwhile are not overwritten', async () => {
    const world = aWorld();
    const state = await open(world);
    await state.save(ZONE, '{}');
    world.configMaps.edit(NAME, (found) => ({ ...found, data: { [ZONE]: '"mine"' } }));
    expect(await complaint(state.save(ZONE, '"yours"'))).toContain(
      'ConfigMap ledger in namespace logpush was changed by hand while logpushd used it. Start logpushd again',
    );
    expect(await (await open(world)).load()).toEqual(new Map([[ZONE, '"mine"']]));
  });

  test('that delete it meanwhile end its use, and it begins anew', async () => {
    const world = aWorld();
    const state = await open(world);
    await state.save(ZONE, '{}');
    world.configMaps.objects.clear();
    expect(await complaint(state.save(ZONE, '"yours"'))).toContain('was deleted while logpushd used it');
    const next = await open(world);
    expect(await next.load()).toEqual(new Map());
    await next.save(ZONE, '"new"');
    expect(await clusterState(placeIn(world)).load()).toEqual(new Map([[ZONE, '"new"']]));
  });

  test('that delete a part of it are told', async () => {
    const world = aWorld();
    const state = await open(world);
    for (let number = 0; number < 20; number += 1) await state.save(zone(number), kib(20));
    world.configMaps.objects.delete(`${NAME}-1`);
    for (const use of [open(world), clusterState(placeIn(world)).load()]) {
      expect(await complaint(use)).toContain(
        'The ConfigMap ledger-1 in namespace logpush is missing, although ledger says that it is a part of the state',
      );
    }
  });

  test('that made a ConfigMap of that name before keep it', async () => {
    const world = aWorld();
    await world.configMaps.create(NAME, { data: { 'settings.yaml': '{}' }, labels: {}, annotations: {} });
    expect(await complaint(open(world))).toBe(
      'There is a ConfigMap ledger in namespace logpush that is not of the state kubernetes:ledger. Set "state" to another name.',
    );
    expect(world.configMaps.objects.get(NAME)?.data).toEqual({ 'settings.yaml': '{}' });
  });

  test('that use a newer logpushd are told', async () => {
    const world = aWorld();
    await open(world);
    world.configMaps.edit(NAME, (found) => ({ ...found, annotations: { 'logpushd/format': '2' } }));
    expect(await complaint(open(world))).toContain('Use the logpushd that wrote it, or a newer one.');
  });
});

describe('the key of the fingerprints', () => {
  test('is in the Secret alone', async () => {
    const world = aWorld();
    const state = await open(world);
    await state.save(ZONE, '{}');
    const key = world.secrets.objects.get(NAME)?.data['fingerprint.key'] ?? '';
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    expect(JSON.stringify([...world.configMaps.objects])).not.toContain(key.trim());
  });

  test('fills a Secret that a chart has made, and leaves the rest of it', async () => {
    const world = aWorld();
    await world.secrets.create(NAME, {
      data: {},
      labels: { chart: 'logpushd' },
      annotations: { keep: 'yes' },
    });
    const state = await open(world);
    const fingerprint = await state.fingerprint();
    expect(world.secrets.objects.get(NAME)).toMatchObject({
      labels: { chart: 'logpushd' },
      annotations: { keep: 'yes' },
    });
    expect((await (await open(world)).fingerprint())('a')).toBe(fingerprint('a'));
  });

  test('is one, also when many make it at once', async () => {
    const world = aWorld();
    const states: OpenState[] = [];
    for (let opened = 0; opened < 8; opened += 1) states.push(await open(world));
    const marks = await Promise.all(states.map(async (state) => (await state.fingerprint())('a')));
    expect(new Set(marks).size).toBe(1);
  });

  test('is not made by who only reads, and is the same once it is', async () => {
    const world = aWorld();
    const place = { ...placeIn(world), fresh: freshKey(async () => 'what both know') };
    const read = await clusterState(place).fingerprint();
    expect([world.secrets.writes, world.configMaps.writes]).toEqual([0, 0]);
    const state = await openClusterState(place, 'a-pod');
    expect((await state.fingerprint())('a')).toBe(read('a'));
    expect((await clusterState(placeIn(world)).fingerprint())('a')).toBe(read('a'));
  });

  test.each(['', 'abc', `${'g'.repeat(64)}\n`])('that is %j is told', async (text) => {
    const world = aWorld();
    await world.secrets.create(NAME, { data: { 'fingerprint.key': text }, labels: {}, annotations: {} });
    expect(await complaint(clusterState(placeIn(world)).fingerprint())).toContain(
      '"fingerprint.key" in the Secret ledger in namespace logpush is damaged',
    );
  });

  test('that is lost while the ledger is still there is told, and none is made', async () => {
    const world = aWorld();
    await (await open(world)).save(ZONE, '{}');
    world.secrets.objects.clear();
    for (const state of [await open(world), clusterState(placeIn(world))])
      expect(await complaint(state.fingerprint())).toContain(
        'is missing, although the state remembers the jobs of 1',
      );
    expect(world.secrets.objects.size).toBe(0);
  });

  test('that may not be made does not keep a plan from an empty state', async () => {
    const world = aWorld();
    const secrets = around(world.secrets, async (call, what) => {
      if (what === 'get') return call();
      throw failure('forbidden');
    });
    const reader = clusterState({ ...placeIn(world), secrets });
    expect((await reader.fingerprint())('a')).toBe((await reader.fingerprint())('a'));
    const state = await openClusterState({ ...placeIn(world), secrets }, 'a-pod');
    expect(await complaint(state.save(ZONE, '{}'))).toContain('the service account may not do this');
    expect(await state.load()).toEqual(new Map());
  });
});

test.each<[ClusterFault, string]>([
  ['unconfigured', 'the cluster to use is not configured'],
  ['unauthorized', 'Kubernetes does not take the token'],
  ['forbidden', 'Its Role lacks this right'],
  ['invalid', 'Kubernetes does not take the object'],
  ['too-large', '"logpushd state move" takes it there'],
  ['busy', 'Kubernetes has too much to do'],
  ['failing', 'Kubernetes could not answer'],
])('what Kubernetes answers with %s is a failure of the state that says what to do', async (fault, said) => {
  const world = aWorld();
  let isFailing = false;
  const configMaps = around(world.configMaps, async (call) => {
    if (isFailing) throw failure(fault);
    return call();
  });
  const state = await open(world, configMaps);
  isFailing = true;
  expect(await complaint(state.save(ZONE, '{}'))).toContain(said);
  expect(await complaint(clusterState(placeIn(world, configMaps)).load())).toContain(said);
  expect(await complaint(open(world, configMaps))).toContain(said);
  isFailing = false;
  await state.save(ZONE, '{}');
  expect(await state.load()).toEqual(new Map([[ZONE, '{}']]));
});
