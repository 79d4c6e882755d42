import { describe, expect, it } from 'vitest';
import { ScopeQueue } from '../../../src/reconcile/loop/queue.ts';

const ALL = ['change', 'retry', 'first', 'sweep'] as const;

describe('the queue', () => {
  it('holds a scope once and merges its triggers', () => {
    const queue = new ScopeQueue(() => undefined);
    queue.add({ scopes: ['zone.a'], trigger: 'schedule', priority: 'sweep' });
    queue.add({ scopes: ['zone.a'], trigger: 'schedule', priority: 'sweep' });
    queue.add({ scopes: ['zone.a'], trigger: 'manual', priority: 'sweep' });
    expect(queue.size).toBe(1);
    expect(queue.take(ALL)?.triggers).toEqual(['schedule', 'manual']);
  });

  it('lets the more urgent priority win, in whatever order they come', () => {
    for (const [first, second] of [
      ['sweep', 'change'],
      ['change', 'sweep'],
    ] as const) {
      const queue = new ScopeQueue(() => undefined);
      queue.add({ scopes: ['zone.a'], trigger: 'schedule', priority: first });
      queue.add({ scopes: ['zone.a'], trigger: 'file-change', priority: second });
      expect(queue.take(['first', 'sweep'])).toBeNull();
      expect(queue.take(['change', 'retry'])).toMatchObject({ priority: 'change' });
    }
  });

  it('takes only what waits with the asked priorities and leaves the rest', () => {
    const queue = new ScopeQueue(() => undefined);
    queue.add({ scopes: ['zone.a', 'zone.b'], trigger: 'schedule', priority: 'sweep' });
    queue.add({ scopes: ['zone.c'], trigger: 'retry', priority: 'retry' });
    expect([...(queue.take(['change', 'retry'])?.scopes ?? [])]).toEqual(['zone.c']);
    expect([...(queue.take(['first', 'sweep'])?.scopes ?? [])]).toEqual(['zone.a', 'zone.b']);
    expect(queue.take(ALL)).toBeNull();
  });

  it('tells when there is something to take, and not when nothing was added', () => {
    let told = 0;
    const queue = new ScopeQueue(() => (told += 1));
    queue.add({ scopes: [], trigger: 'schedule', priority: 'sweep' });
    expect(told).toBe(0);
    queue.add({ scopes: ['zone.a'], trigger: 'schedule', priority: 'sweep' });
    expect(told).toBe(1);
  });

  it('tells once of requests that are made together, so that a scope in both is taken once', () => {
    const taken: unknown[] = [];
    const queue: ScopeQueue = new ScopeQueue(() => taken.push(queue.take(['change']), queue.take(ALL)));
    queue.add(
      { scopes: ['zone.a'], trigger: 'schedule', priority: 'sweep' },
      { scopes: ['zone.a'], trigger: 'file-change', priority: 'change' },
    );
    expect(taken).toEqual([
      { scopes: new Set(['zone.a']), triggers: ['schedule', 'file-change'], priority: 'change' },
      null,
    ]);
  });
});
