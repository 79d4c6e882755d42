import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/core/job/job.ts';
import { NotAllowedError, UnreachableError } from '../../../src/reconcile/errors.ts';
import type { EventOf, EventType, ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { PushFeed } from '../../../src/reconcile/health/push-feed.ts';
import { aScope } from '../../builders.ts';
import { ManualClock } from '../../manual-clock.ts';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 300_000;
const CALLS = 30;
const SIGNAL = new AbortController().signal;

/** A reader that refuses some scopes, on a clock of the test. */
function aFeed(scopes: readonly Scope[]) {
  const clock = new ManualClock(Date.parse('2026-11-20T00:00:00Z'));
  const refused = new Set<string>();
  const asked: string[][] = [];
  const times: number[] = [];
  const told: ReconcileEvent[] = [];
  let isDown = false;
  const feed = new PushFeed(
    {
      reader: {
        async readPushes(some) {
          times.push(clock.monotonic());
          asked.push(some.map(({ name }) => name));
          const details = { action: 'read what was pushed', cause: 'no reason given' };
          if (isDown) throw new UnreachableError(details);
          if (some.some(({ name }) => refused.has(name))) throw new NotAllowedError(details);
          return new Map();
        },
      },
      clock,
      emit: (event) => told.push(event),
    },
    { intervalMs: 300_000, share: { calls: CALLS, windowMs: WINDOW_MS } },
  );
  feed.emit({ type: 'scopes.known', scopes });
  return {
    refused,
    asked: () => asked.splice(0),
    wait: async (ms: number) => clock.advance(ms),
    times,
    fail: (down: boolean): void => void (isDown = down),
    poll: () => feed.poll(SIGNAL),
    told: <Type extends EventType>(type: Type) =>
      told.filter((event): event is EventOf<Type> => event.type === type),
  };
}

const zones = (count: number): readonly Scope[] =>
  Array.from({ length: count }, (_, index) => aScope({ id: `z${index}`, name: `z${index}.example` }));
const ACCOUNT = aScope({ kind: 'account', id: 'a', name: 'Example Inc' });

describe('the pushes of all scopes', () => {
  it('are asked for in one call for ten zones and one for each account', async () => {
    const feed = aFeed([...zones(21), ACCOUNT]);
    await feed.poll();
    expect(feed.asked().map((names) => names.length)).toEqual([10, 10, 1, 1]);
    expect(feed.told('pushes.read')).toHaveLength(22);
  });

  it('are read of the others where one zone is refused, which is told once and tried again after an hour', async () => {
    const feed = aFeed(zones(3));
    feed.refused.add('z1.example');
    await feed.poll();
    expect(feed.told('pushes.read').map(({ scope }) => scope.name)).toEqual(['z0.example', 'z2.example']);
    feed.asked();
    await feed.poll();
    expect(feed.asked()).toEqual([['z0.example', 'z2.example']]);
    expect(feed.told('pushes.failed')).toMatchObject([
      { scopes: [{ name: 'z1.example' }], retryAt: '2026-11-20T01:00:00.000Z' },
    ]);
    feed.refused.clear();
    await feed.wait(HOUR_MS);
    await feed.poll();
    expect(feed.asked()).toEqual([['z0.example', 'z2.example'], ['z1.example']]);
    expect(feed.told('pushes.resumed')).toHaveLength(1);
  });

  it('take no more than their share of the calls, however many are refused', async () => {
    const feed = aFeed(zones(200));
    for (const { name } of zones(200)) feed.refused.add(name);
    const polled = feed.poll();
    await new Promise((resolve) => setImmediate(resolve));
    await feed.wait(20 * WINDOW_MS);
    await polled;
    const within = feed.times.map(
      (at) => feed.times.filter((one) => one >= at && one < at + WINDOW_MS).length,
    );
    expect(Math.max(...within)).toBe(CALLS);
    expect(feed.told('pushes.failed')).toMatchObject([{ scopes: { length: 200 } }]);
  });

  it('that are refused again and again are asked for ever less often, and never stop the others', async () => {
    const feed = aFeed(zones(12));
    feed.refused.add('z1.example');
    const tries: number[] = [];
    const others: number[] = [];
    for (let hour = 0; hour < 72; hour += 1) {
      feed.asked();
      await feed.poll();
      const asked = feed.asked();
      if (asked.some((names) => names.includes('z1.example'))) tries.push(hour);
      others.push(new Set(asked.flat().filter((name) => name !== 'z1.example')).size);
      await feed.wait(HOUR_MS);
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 55]);
    expect(others).toEqual(Array.from({ length: 72 }, () => 11));
  });

  it('are missed twice before anybody is told', async () => {
    const feed = aFeed(zones(1));
    feed.fail(true);
    await feed.poll();
    await feed.poll();
    expect(feed.told('pushes.failed')).toEqual([]);
    await feed.poll();
    await feed.poll();
    expect(feed.told('pushes.failed')).toHaveLength(1);
    feed.fail(false);
    await feed.poll();
    expect(feed.told('pushes.resumed')).toHaveLength(1);
  });
});
