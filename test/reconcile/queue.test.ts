import { describe, expect, it } from 'vitest';
import { ScopeQueue } from '../../src/reconcile/queue.ts';

const ALL = ['change', 'retry', 'first', 'sweep'] as const;

describe('the queue', () => {
  it('holds a scope once and merges its triggers', () => {
    const queue = new ScopeQueue(() => undefined);
    queue.add(['zone.a'], 'schedule', 'sweep');
    queue.add(['zone.a'], 'schedule', 'sweep');
    queue.add(['zone.a'], 'manual', 'sweep');
    expect(queue.size).toBe(1);
    expect(queue.take(ALL)?.triggers).toEqual(['schedule', 'manual']);
  });

  it('lets the more urgent priority win, in whatever order they come', () => {
    for (const [first, second] of [
      ['sweep', 'change'],
      ['change', 'sweep'],
    ] as const) {
      const queue = new ScopeQueue(() => undefined);
      queue.add(['zone.a'], 'schedule', first);
      queue.add(['zone.a'], 'file-change', second);
      expect(queue.take(['first', 'sweep'])).toBeNull();
      expect(queue.take(['change', 'retry'])).toMatchObject({ priority: 'change' });
    }
  });

  it('takes only what waits with the asked priorities and leaves the rest', () => {
    const queue = new ScopeQueue(() => undefined);
    queue.add(['zone.a', 'zone.b'], 'schedule', 'sweep');
    queue.add(['zone.c'], 'retry', 'retry');
    expect([...(queue.take(['change', 'retry'])?.scopes ?? [])]).toEqual(['zone.c']);
    expect([...(queue.take(['first', 'sweep'])?.scopes ?? [])]).toEqual(['zone.a', 'zone.b']);
    expect(queue.take(ALL)).toBeNull();
  });

  it('tells when there is something to take, and not when nothing was added', () => {
    let told = 0;
    const queue = new ScopeQueue(() => (told += 1));
    queue.add([], 'schedule', 'sweep');
    expect(told).toBe(0);
    queue.add(['zone.a'], 'schedule', 'sweep');
    expect(told).toBe(1);
  });
});
