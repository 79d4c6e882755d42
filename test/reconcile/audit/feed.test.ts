import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/job/job.ts';
import { memoryState } from '../../../src/edges/state/memory.ts';
import { AuditedAccounts } from '../../../src/reconcile/audit/audited-accounts.ts';
import { AuditFeed } from '../../../src/reconcile/audit/feed.ts';
import { OwnRays } from '../../../src/reconcile/audit/own-rays.ts';
import { Attributions } from '../../../src/reconcile/drift/attributions.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { Keeper } from '../../../src/reconcile/ledger/keeper.ts';
import { Directory } from '../../../src/reconcile/manifest/directory.ts';
import type { StateStore } from '../../../src/reconcile/ports.ts';
import { aScope } from '../../builders.ts';
import { listed } from '../../core/audit/entries.ts';
import { ManualClock } from '../../manual-clock.ts';

const MOST = 10;
const WINDOW_MS = 300_000;
/** What one reading of a log costs. */
const PAGES = 3;
const RULES = { intervalMs: 60_000, overlapMs: 600_000 };

interface Terms {
  readonly log?: readonly JsonObject[];
  readonly store?: StateStore;
  readonly accounts?: number;
  /** How many calls a window may have. */
  readonly calls?: number;
}

async function aFeed({ log = [], store = memoryState(), accounts = 1, calls = 20 }: Terms = {}) {
  const clock = new ManualClock();
  const told: ReconcileEvent[] = [];
  const looked: string[] = [];
  const read: JsonObject[] = [];
  const sent: number[] = [];
  const all = Array.from({ length: accounts }, (_, index) => ({
    id: index === 0 ? 'acc' : `acc${index}`,
    name: 'Acme',
  }));
  const unasked = async (): Promise<never> => Promise.reject(new Error('nobody asks for this'));
  const directory = new Directory(
    {
      listZones: async () => [],
      listAccounts: async () => {
        sent.push(clock.monotonic());
        return all;
      },
      listJobs: unasked,
      listDatasetJobs: unasked,
      getJob: unasked,
      listFields: unasked,
      listDefaultFields: unasked,
    },
    clock,
  );
  const feed = await AuditFeed.open(
    store,
    {
      reader: {
        readAuditLog: async (_, { since, before }) => {
          const all = log.filter(({ time }) => Number(time) >= since && Number(time) <= before);
          const entries = all.slice(0, MOST);
          read.push(...entries);
          sent.push(...Array.from({ length: PAGES }, () => clock.monotonic()));
          return { entries, isWhole: all.length <= MOST, calls: PAGES };
        },
        verifyToken: async () => {
          sent.push(clock.monotonic());
          return { id: 'token', status: 'active', expiresOn: undefined };
        },
      },
      accounts: new AuditedAccounts(directory, clock),
      clock,
      attributions: new Attributions(() => clock.now()),
      rays: new OwnRays(() => clock.now()),
      keeper: new Keeper(store, 'audit', () => undefined),
      lookAt: (scopes) => void looked.push(...scopes),
      emit: (event) => told.push(event),
    },
    { ...RULES, share: { calls, windowMs: WINDOW_MS } },
  );
  return { feed, clock, told, looked, read, sent };
}

/** Until this is done. */
async function running(feed: AuditFeed, done: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const ended = feed.run(stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  await done();
  stop.abort();
  await ended;
}

const NEVER = new AbortController().signal;

function written(id: string, at: number): JsonObject {
  return { id, time: at, action: { time: new Date(at).toISOString(), type: 'update' } };
}

describe('the audit feed', () => {
  it.each([1_000, 0])('reads all of a burst that is more than one poll can, %i ms apart', async (apart) => {
    const burst = new ManualClock().now() - 300_000;
    const log = Array.from({ length: 35 }, (_, count) => written(`e${count}`, burst + count * apart));
    const last = written('last', burst + 100_000);
    const { feed, clock, read } = await aFeed({ log: [...log, last] });
    feed.emit({ type: 'scopes.known', scopes: [{ kind: 'account', id: 'acc', name: 'Acme' }] });
    for (let polls = 0; polls < 5; polls += 1) {
      await feed.poll(NEVER);
      await clock.advance(60_000);
    }
    expect(read).toContain(last);
  });

  it('takes nothing in before it knows which scopes it may be about', async () => {
    const { feed } = await aFeed();
    expect(await feed.ingest([{}], NEVER)).toBeNull();
    feed.emit({ type: 'scopes.known', scopes: [aScope()] });
    expect(await feed.ingest([{}], NEVER)).toEqual({ entries: 1, ours: 0, others: 0 });
  });

  it.each([1, 30])('sends no more than its share in any window, for %d accounts', async (accounts) => {
    const { feed, clock, sent } = await aFeed({ accounts });
    feed.emit({ type: 'scopes.known', scopes: [aScope()] });
    await running(feed, async () => clock.advance(20 * WINDOW_MS));
    const within = sent.map((at) => sent.filter((one) => one >= at && one < at + WINDOW_MS).length);
    expect(Math.max(...within)).toBeLessThan(20 + PAGES);
    expect(sent.length).toBeGreaterThan(20 * (accounts === 1 ? 5 * PAGES - 2 : 18));
  });

  it('counts the question whose its token is towards that share', async () => {
    const { feed, clock, sent } = await aFeed({ calls: 1 });
    feed.emit({ type: 'scopes.known', scopes: [{ kind: 'account', id: 'acc', name: 'Acme' }] });
    await feed.ingest(
      [listed({ actor: { token_id: 'unknown' }, raw: { user_agent: 'logpushd/1.0.0' } })],
      NEVER,
    );
    expect(sent).toEqual([0]);
    await running(feed, async () => clock.advance(WINDOW_MS));
    expect(sent).toEqual([0, WINDOW_MS, WINDOW_MS, WINDOW_MS]);
  });

  it('begins a damaged page anew, which is told once', async () => {
    const store = memoryState();
    await store.save('audit.feed', '');
    expect((await aFeed({ store })).told).toMatchObject([{ type: 'record.damaged', what: 'audit' }]);
  });
});
