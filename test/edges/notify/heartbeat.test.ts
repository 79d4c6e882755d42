import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../src/edges/notify/heartbeat.ts';
import type { PassSummary, ReconcileEvent, Trigger } from '../../../src/reconcile/event/events.ts';
import { ManualClock } from '../../manual-clock.ts';
import { finished } from '../events.ts';
import { courier, type Loopback, openLoopback } from './loopback.ts';

function sweep(
  summary: Partial<PassSummary> = {},
  triggers: readonly Trigger[] = ['schedule'],
): ReconcileEvent {
  return { ...finished(summary), triggers };
}

function beating(loopback: Loopback, method: 'GET' | 'POST' = 'GET') {
  const clock = new ManualClock();
  const said: ReconcileEvent[] = [];
  let heard = Promise.withResolvers<void>();
  const url = `${loopback.url}/ping/1c63-secret`;
  const heartbeat = new Heartbeat({
    ...courier({ ping: url }),
    spec: { url: '${secret:ping}', method, timeoutMs: 200 },
    clock,
    emit(event) {
      said.push(event);
      heard.resolve();
    },
  });
  const next = async (): Promise<ReconcileEvent | undefined> => {
    await heard.promise;
    heard = Promise.withResolvers();
    return said.at(-1);
  };
  return { heartbeat, clock, said, next };
}

describe('the heartbeat', () => {
  it.each(['GET', 'POST'] as const)('is a %s without a body, after a good sweep', async (method) => {
    const loopback = await openLoopback();
    const { heartbeat, next } = beating(loopback, method);
    heartbeat.emit(sweep());
    expect(await next()).toEqual({ type: 'heartbeat.sent' });
    expect(loopback.got).toMatchObject([{ method, path: '/ping/1c63-secret', body: '' }]);
  });

  it.each<readonly [why: string, event: ReconcileEvent]>([
    ['not of all scopes', sweep({}, ['file-change'])],
    ['that could not read a scope', sweep({ unreadable: 1 })],
    ['in which a change failed', sweep({ failed: 1 })],
    ['that the guard refused', sweep({ refused: true })],
    ['that was broken off', sweep({ skipped: 1 })],
  ])('does not beat after a pass %s', async (_, event) => {
    const loopback = await openLoopback();
    const { heartbeat } = beating(loopback);
    heartbeat.emit(event);
    await heartbeat.close();
    expect(loopback.got).toEqual([]);
  });

  it('is tried three times, and says what was answered, without the address', async () => {
    const loopback = await openLoopback(({ path }) => ({ status: 500, body: `no ${path}` }));
    const { heartbeat, clock, said, next } = beating(loopback);
    heartbeat.emit(sweep());
    for (const waitMs of [5_000, 30_000, 0]) {
      await next();
      if (waitMs > 0) while (clock.sleeping === 0) await new Promise(setImmediate);
      await clock.advance(waitMs);
    }
    expect(said).toHaveLength(3);
    expect(said[0]).toEqual({ type: 'heartbeat.failed', said: 'HTTP 500, "no [redacted]"' });
    await heartbeat.close();
    expect(loopback.got).toHaveLength(3);
  });

  it('ends at once while an address hangs', async () => {
    const loopback = await openLoopback(() => ({ hangs: true }));
    const { heartbeat, said } = beating(loopback);
    heartbeat.emit(sweep());
    await heartbeat.close();
    expect(said).toEqual([]);
  });
});
