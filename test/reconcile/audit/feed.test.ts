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
import { aScope } from '../../builders.ts';
import { ManualClock } from '../../manual-clock.ts';

const MOST = 10;
const RULES = { intervalMs: 60_000, overlapMs: 600_000, callMs: 2_500 };

async function aFeed(log: readonly JsonObject[] = [], store = memoryState(async () => null)) {
  const clock = new ManualClock();
  const told: ReconcileEvent[] = [];
  const looked: string[] = [];
  const read: JsonObject[] = [];
  const account = { id: 'acc', name: 'Acme' };
  const unasked = async (): Promise<never> => Promise.reject(new Error('nobody asks for this'));
  const directory = new Directory(
    {
      listZones: async () => [],
      listAccounts: async () => [account],
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
          return { entries, isWhole: all.length <= MOST, calls: 3 };
        },
        verifyToken: async () => ({ id: 'token', status: 'active', expiresOn: undefined }),
      },
      accounts: new AuditedAccounts(directory, clock),
      clock,
      attributions: new Attributions(() => clock.now()),
      rays: new OwnRays(() => clock.now()),
      keeper: new Keeper(store, 'audit', () => undefined),
      lookAt: (scopes) => void looked.push(...scopes),
      emit: (event) => told.push(event),
    },
    RULES,
  );
  return { feed, clock, told, looked, read };
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
    const { feed, clock, read } = await aFeed([...log, last]);
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

  it('counts each page that it reads, and each list of accounts', async () => {
    const { feed } = await aFeed();
    feed.emit({ type: 'scopes.known', scopes: [aScope()] });
    expect(await feed.poll(NEVER)).toBe(4);
    expect(await feed.poll(NEVER)).toBe(3);
  });

  it('begins a damaged page anew, which is told once', async () => {
    const store = memoryState(async () => null);
    await store.save('audit.feed', '');
    expect((await aFeed([], store)).told).toMatchObject([{ type: 'record.damaged', what: 'audit' }]);
  });
});
