import { describe, expect, it } from 'vitest';
import { memoryState } from '../../../src/edges/state/memory.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import { History } from '../../../src/reconcile/history/history.ts';
import type { StateStore } from '../../../src/reconcile/ports.ts';
import { aScope } from '../../builders.ts';
import { canaryDestinations, leaksIn } from '../../canaries.ts';
import { aField, anAttribution, anUpdate, applied, EVENTS, finished } from '../../edges/events.ts';
import { aLiveJob } from '../../builders.ts';

const START = Date.parse('2026-11-20T00:00:00Z');
const MINUTE = 60_000;
const ALL = { scope: null, job: null, limit: 500 };

async function aHistory(store: StateStore = memoryState()) {
  let now = START;
  const told: ReconcileEvent[] = [];
  const clock = { now: () => now, monotonic: () => now };
  const history = await History.open(store, { clock, emit: (event) => told.push(event) });
  return {
    store,
    history,
    told,
    tell: (...events: readonly ReconcileEvent[]): void => events.forEach(history.emit),
    wait: (ms: number): void => void (now += ms),
    whats: () => history.answer(ALL).map(({ what, times }) => (times === 1 ? what : `${what} ${times}`)),
  };
}

const update = applied({ ...anUpdate(), name: 'http' });

describe('the history', () => {
  it('says of a change what, when, who and why, and of which manifest', async () => {
    const { tell, history } = await aHistory();
    tell(EVENTS['manifest.accepted'], update);
    expect(history.answer(ALL)[0]).toEqual({
      at: new Date(START).toISOString(),
      last: new Date(START).toISOString(),
      times: 1,
      what: 'job updated',
      scope: aScope(),
      job: 'http',
      id: 48213,
      fields: ['enabled'],
      who: 'logpushd',
      why: 'differs from the manifest',
      revision: '4f2c1ab00000',
      ray: '8f00aa-FRA',
    });
  });

  it('has the newest first, and each manifest once', async () => {
    const { tell, whats } = await aHistory();
    tell(EVENTS['manifest.accepted'], update, EVENTS['manifest.accepted'], EVENTS['drift.found']);
    expect(whats()).toEqual(['job changed by others', 'job updated', 'manifest accepted']);
  });

  it('tells what happens to a job again and again once, with how often and when last', async () => {
    const { tell, whats, history, wait } = await aHistory();
    tell(EVENTS['drift.found']);
    wait(60_000);
    tell(EVENTS['drift.found'], { ...EVENTS['drift.found'], job: 'other' }, EVENTS['drift.found']);
    expect(whats()).toEqual(['job changed by others', 'job changed by others 3']);
    expect(history.answer({ ...ALL, job: 'http' })[0]).toMatchObject({
      at: new Date(START).toISOString(),
      last: new Date(START + 60_000).toISOString(),
    });
    tell(update, EVENTS['drift.found']);
    expect(whats()[0]).toBe('job changed by others');
  });

  /** By `eve@example.com`, so many minutes after the beginning. */
  const byEve = (minutes: number) =>
    anAttribution({ email: 'eve@example.com', at: new Date(START + minutes * MINUTE).toISOString() });
  const authors = (history: History) => history.answer(ALL).map(({ who }) => who?.split(' ')[0] ?? null);

  it('names who caused a drift, as the audit log tells', async () => {
    const { tell, history } = await aHistory();
    const attribution = byEve(-1);
    tell({ ...EVENTS['drift.attributed'], attribution });
    const { attribution: _, ...found } = { ...EVENTS['drift.found'], job: 'other' };
    tell(found, { ...found, attribution });
    const named = { who: expect.stringContaining('eve@example.com'), ray: attribution.ray };
    expect(history.answer(ALL)).toMatchObject([named, named]);
  });

  it('does not put down to somebody what was found before they wrote', async () => {
    const { tell, history, wait } = await aHistory();
    tell(EVENTS['drift.found']);
    wait(60 * MINUTE);
    tell({ ...EVENTS['drift.found'], attribution: byEve(50) });
    tell({ ...EVENTS['drift.attributed'], attribution: byEve(55) });
    expect(authors(history)).toEqual(['eve@example.com', 'eve@example.com', null]);
  });

  it('does not put down to somebody what moved in other fields', async () => {
    const { tell, history } = await aHistory();
    tell(EVENTS['drift.found']);
    tell({ ...EVENTS['drift.found'], fields: [aField({ path: 'filter' })], attribution: byEve(-1) });
    expect(history.answer(ALL)).toMatchObject([{ fields: ['filter'] }, { who: null }]);
  });

  it('names the author where the drift is told, though it was put right since', async () => {
    const { tell, history, wait } = await aHistory();
    tell({ ...EVENTS['drift.found'], id: 48213 }, update);
    wait(10 * MINUTE);
    tell({ ...EVENTS['drift.attributed'], attribution: byEve(-1) });
    expect(authors(history)).toEqual(['logpushd', 'eve@example.com']);
    expect(history.answer(ALL)[1]).toMatchObject({ last: new Date(START).toISOString() });
  });

  it('looks at what is about the same only, however much there is', async () => {
    const { tell, history } = await aHistory();
    let reads = 0;
    const scope = {
      ...aScope(),
      get id() {
        reads += 1;
        return aScope().id;
      },
    };
    for (let id = 0; id < 500; id += 1) tell({ ...update, scope, id });
    reads = 0;
    tell({ ...update, scope, id: 1_000 }, { ...update, scope, id: 400 });
    expect(reads).toBeLessThan(20);
    expect(history.answer({ ...ALL, limit: 1 })).toMatchObject([{ id: 1_000 }]);
  });

  it('is asked for a scope by name or id, for a job, and for so many', async () => {
    const { tell, history } = await aHistory();
    const other = aScope({ id: 'b'.repeat(32), name: 'other.example' });
    tell(update, { ...update, scope: other }, EVENTS['pass.refused']);
    const ask = (question: Partial<typeof ALL> | { scope: string }) =>
      history.answer({ ...ALL, ...question }).map(({ scope }) => scope?.name ?? null);
    expect(ask({})).toEqual([null, 'other.example', 'example.com']);
    expect(ask({ scope: 'OTHER.example' })).toEqual(['other.example']);
    expect(ask({ scope: other.id })).toEqual(['other.example']);
    expect(ask({ limit: 1 })).toEqual([null]);
    expect(history.answer({ ...ALL, job: 'none' })).toEqual([]);
  });

  it('is bounded, and forgets the oldest', async () => {
    const { tell, history } = await aHistory();
    for (let id = 0; id < 600; id += 1) tell({ ...update, id });
    const ids = history.answer(ALL).map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([500, 599, 100]);
  });

  it('outlives a restart, saved with each pass that told something, and with the end', async () => {
    const first = await aHistory();
    first.tell(EVENTS['manifest.accepted'], update, finished());
    await first.history.settled();
    const text = (await first.store.load()).get('history.log');
    first.tell(finished());
    await first.history.settled();
    expect((await first.store.load()).get('history.log')).toBe(text);
    first.tell(EVENTS['drift.found']);
    await first.history.settled();
    const second = await aHistory(first.store);
    second.tell(EVENTS['manifest.accepted']);
    expect(second.whats()).toEqual(['job changed by others', 'job updated', 'manifest accepted']);
  });

  it('holds no value of a field, and no secret', async () => {
    const { tell, store, history } = await aHistory();
    const destinations = canaryDestinations();
    for (const { text } of destinations) {
      const live = aLiveJob({ fields: { destination_conf: text, ownership_challenge: text } });
      tell(applied(anUpdate({ live }), live), { ...EVENTS['change.failed'], change: anUpdate({ live }) });
    }
    tell(...Object.values(EVENTS));
    await history.settled();
    const kept = [...(await store.load()).values()].join('');
    expect(kept).toContain('job updated');
    expect(
      leaksIn(
        kept,
        destinations.map(({ canary }) => canary),
      ),
    ).toEqual([]);
  });

  it('keeps the latest of what fits into any store, however long the reasons are', async () => {
    const store = memoryState();
    const { tell, history } = await aHistory(store);
    for (let number = 0; number < 400; number += 1) {
      tell({ ...EVENTS['change.failed'], error: new StateError(`${'ü'.repeat(2_000)} number ${number}`) });
    }
    tell(finished());
    await history.settled();
    expect(Buffer.byteLength((await store.load()).get('history.log') ?? '')).toBeLessThan(410_000);
    const after = (await aHistory(store)).history.answer({ scope: null, job: null, limit: 1_000 });
    expect(after.length).toBeGreaterThan(90);
    expect(after[0]?.why).toContain('number 399');
  });

  it.each(['', '{"version":1,"entr', '{"version":9,"entries":[]}', '{"version":1,"entries":[{"at":1}]}'])(
    'that is damaged as %j is begun anew, which is told once',
    async (text) => {
      const store = memoryState();
      await store.save('history.log', text);
      const { told, tell, whats, history } = await aHistory(store);
      expect(told).toMatchObject([{ type: 'record.damaged', what: 'history' }]);
      tell(update, finished());
      await history.settled();
      expect(whats()).toEqual(['job updated']);
      expect((await aHistory(store)).whats()).toEqual(['job updated']);
    },
  );
});
