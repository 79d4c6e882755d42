import { describe, expect, it } from 'vitest';
import type { Attribution } from '../../../src/core/audit/attribution.ts';
import { healthRules } from '../../../src/core/health/rules.ts';
import type { LiveJob, Scope } from '../../../src/core/job/job.ts';
import { memoryState } from '../../../src/edges/state/memory.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { HealthWatch } from '../../../src/reconcile/health/watch.ts';
import type { StateStore } from '../../../src/reconcile/ports.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope } from '../../builders.ts';
import { aDelete, aJobPushes, anUpdate, applied, planned } from '../../edges/events.ts';

const START = Date.parse('2026-11-20T00:00:00Z');
const HOURS = 3_600_000;

function aStore(): StateStore {
  return memoryState();
}

async function aWatch(store: StateStore = aStore(), startedAt = START) {
  let now = startedAt;
  const author: { known: Attribution | null } = { known: null };
  const told: ReconcileEvent[] = [];
  const watch = await HealthWatch.open(store, {
    clock: { now: () => now, monotonic: () => now },
    rules: healthRules(),
    attributions: { lastWrite: () => author.known },
    emit: (event) => told.push(event),
  });
  return {
    store,
    told,
    author,
    tell: (...events: readonly ReconcileEvent[]): void => events.forEach(watch.emit),
    wait: (ms: number): void => void (now += ms),
    settled: () => watch.settled(),
    /** What people are told, and not only the pages. */
    news: () => told.map(({ type }) => type).filter((type) => type !== 'scope.health'),
    states: () => {
      const last = told.findLast((event) => event.type === 'scope.health');
      return last?.jobs.map(({ name, id, isManaged, health }) => [name, id, isManaged, health.state]);
    },
  };
}

function delivering(lastComplete: number, error?: number): LiveJob['delivery'] {
  return {
    lastComplete: new Date(lastComplete).toISOString(),
    lastError: error === undefined ? null : new Date(error).toISOString(),
    errorMessage: error === undefined ? null : 'DNSError (1105)',
  };
}

const healthy = aLiveJob({ id: 7, delivery: delivering(START) });
const failing = aLiveJob({ id: 7, delivery: delivering(START, START) });
const wanted = aDesiredJob({ name: 'http', fields: { enabled: true } });
const manifest = aDesiredScope({ jobs: [wanted] });

function look(live: LiveJob | null, scope: Scope = aScope()): ReconcileEvent {
  const paired = live === null ? [] : [{ desired: wanted, live }];
  return planned({ scope, desired: { ...manifest, scope }, paired, live: live === null ? [] : [live] });
}

describe('the health of a scope', () => {
  it('is failing where pushes fail after the last delivery, as long as that is fresh', async () => {
    const watch = await aWatch();
    const lastFailure = { from: START, status: 1105 };
    const pushes = aJobPushes({ lastSuccess: null, lastFailure });
    watch.tell({ type: 'pushes.read', scope: aScope(), jobs: new Map([[7, pushes]]) }, look(healthy));
    expect(watch.states()).toEqual([['http', 7, true, 'failing']]);
    const last = watch.told.findLast((event) => event.type === 'scope.health');
    expect(last?.jobs[0]?.health).toMatchObject({ error: 'delivery status 1105', pushes: { lastFailure } });
    watch.wait(2 * HOURS);
    watch.tell(look(aLiveJob({ id: 7, delivery: delivering(START + 2 * HOURS) })));
    expect(watch.states()).toEqual([['http', 7, true, 'healthy']]);
    watch.tell(look(healthy));
    expect(watch.told.findLast((event) => event.type === 'scope.health')?.jobs[0]?.health.pushes).toBeNull();
  });

  it('is told of every job after each look, those of others too', async () => {
    const { tell, states } = await aWatch();
    const other = aLiveJob({ id: 9, name: 'other', fields: { enabled: false } });
    tell(
      planned({ desired: manifest, paired: [{ desired: wanted, live: healthy }], live: [healthy, other] }),
    );
    expect(states()).toEqual([
      ['http', 7, true, 'healthy'],
      ['other', 9, false, 'disabled'],
    ]);
  });

  it('is that after a write, once one was made', async () => {
    const { tell, states, wait } = await aWatch();
    tell(look(failing));
    wait(1000);
    tell(applied({ ...anUpdate({ live: failing }), name: 'http' }, { ...healthy, id: 7 }));
    expect(states()).toEqual([['http', 7, true, 'healthy']]);
  });

  it('says nothing of a job that was deleted', async () => {
    const { tell, told } = await aWatch();
    tell(applied(aDelete()));
    expect(told).toEqual([]);
  });

  it('does not call a job missing while another one has its name, or the listing is doubted', async () => {
    const { tell, news, states } = await aWatch();
    tell(look(healthy));
    tell(planned({ desired: manifest, live: [healthy] }));
    tell(planned({ desired: manifest, live: [], doubts: { creating: [], isCollapseDoubted: true } }));
    expect(news()).toEqual([]);
    expect(states()).toEqual([['http', 7, true, 'healthy']]);
    tell(look(null));
    expect(news()).toEqual(['gap.began']);
  });
});

describe('what is remembered of a scope', () => {
  it('goes with the scope, also where that left the manifest while nobody ran', async () => {
    const before = await aWatch();
    before.tell(look(healthy));
    await before.settled();
    const after = await aWatch(before.store);
    after.tell({ type: 'scopes.known', scopes: [] });
    await after.settled();
    expect([...(await before.store.load()).keys()]).toEqual([]);
  });
});

describe('what is told', () => {
  it('is each change once, with everything a person needs', async () => {
    const { tell, told, news } = await aWatch();
    tell(look(healthy), look(failing), look(failing));
    expect(news()).toEqual(['health.changed', 'gap.began']);
    expect(told.find(({ type }) => type === 'health.changed')).toMatchObject({
      scope: { name: 'example.com' },
      job: 'http',
      id: 7,
      dataset: 'http_requests',
      destination: expect.stringMatching(/^[^…]*:\/\//),
      from: 'healthy',
      health: { state: 'failing', error: 'DNSError (1105)', cause: { code: 'dns-error' } },
    });
  });

  it('is nothing of jobs that are not in the manifest', async () => {
    const { tell, news } = await aWatch();
    tell(planned({ live: [failing] }));
    expect(news()).toEqual([]);
  });

  it('ends with the job in the manifest', async () => {
    const { tell, news, states } = await aWatch();
    tell(look(healthy), planned({ live: [] }));
    expect(news()).toEqual([]);
    expect(states()).toEqual([]);
  });
});

describe('a restart', () => {
  it('forgets nothing that was told: since when, and which logs are missing', async () => {
    const first = await aWatch();
    first.tell(look(healthy), look(failing));
    await first.settled();
    const second = await aWatch(first.store, START + 2 * HOURS);
    second.tell(look(failing));
    expect(second.news()).toEqual([]);
    const event = second.told.find(({ type }) => type === 'scope.health');
    expect(event).toMatchObject({
      jobs: [{ health: { since: new Date(START).toISOString(), gap: { reason: 'failing' } } }],
    });
    second.tell(look(aLiveJob({ id: 7, delivery: delivering(START + 2 * HOURS) })));
    expect(second.news()).toEqual(['health.changed', 'gap.ended']);
  });

  it('knows the last delivery by the hour, and a page is saved no more often for that', async () => {
    const { store, tell, wait, settled } = await aWatch();
    const saved = async (): Promise<string> => [...(await store.load()).values()].join('');
    tell(look(healthy));
    await settled();
    const before = await saved();
    wait(HOURS / 2);
    tell(look(aLiveJob({ id: 7, delivery: delivering(START + HOURS / 2) })));
    await settled();
    expect(await saved()).toBe(before);
    wait(HOURS / 2);
    tell(look(aLiveJob({ id: 7, delivery: delivering(START + HOURS) })));
    await settled();
    expect(await saved()).toContain(new Date(START + HOURS).toISOString());
  });

  it('keeps no page of a scope that has gone, and none without jobs', async () => {
    const { store, tell, settled } = await aWatch();
    const other = aScope({ id: 'b'.repeat(32), name: 'other.example' });
    tell(look(healthy), look(healthy, other));
    await settled();
    expect([...(await store.load()).keys()]).toEqual([
      `health.zone-${aScope().id}`,
      `health.zone-${other.id}`,
    ]);
    tell({ type: 'scopes.known', scopes: [aScope()] });
    tell(planned({ live: [] }));
    await settled();
    expect([...(await store.load()).keys()]).toEqual([]);
  });

  it('begins damaged pages anew, which is told once', async () => {
    const store = aStore();
    await store.save('health.zone-abc', '{"version":1,"jobs":[{"name":"http"}]}');
    await store.save('health.zone-def', '');
    const { told, tell, states } = await aWatch(store);
    expect(told).toMatchObject([
      {
        type: 'record.damaged',
        error: { message: expect.stringContaining('health.zone-abc, health.zone-def is damaged') },
      },
    ]);
    tell(planned({ live: [] }));
    expect(states()).toBeDefined();
  });
});

describe('a state that cannot be saved', () => {
  it('is told once, until it can be saved again', async () => {
    let isFull = true;
    const store = aStore();
    const full: StateStore = {
      ...store,
      save: async (key, text) => {
        if (isFull) throw new StateError('the disk is full');
        await store.save(key, text);
      },
    };
    const { tell, settled, news } = await aWatch(full);
    for (const live of [healthy, failing, healthy]) {
      tell(look(live));
      await settled();
    }
    expect(news().filter((type) => type === 'record.unsaved')).toHaveLength(1);
    isFull = false;
    tell(look(failing));
    await settled();
    isFull = true;
    tell(look(healthy));
    await settled();
    expect(news().filter((type) => type === 'record.unsaved')).toHaveLength(2);
  });
});
