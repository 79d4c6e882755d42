import { describe, expect, it } from 'vitest';
import { scopeKey } from '../../../src/core/job/job.ts';
import { Turns } from '../../../src/reconcile/loop/turns.ts';

const scope = { kind: 'zone', id: 'a'.repeat(32), name: 'example.com' } as const;
const other = { ...scope, id: 'b'.repeat(32) };

describe('taking turns at writing to a scope', () => {
  it('carries out a plan that was made from the latest state', async () => {
    const turns = new Turns();
    expect(await turns.take(scope, turns.next(), async () => 'written')).toBe('written');
  });

  it('refuses a plan that was made before somebody else wrote', async () => {
    const turns = new Turns();
    const seen = turns.next();
    await turns.take(scope, turns.next(), async () => 'first');
    expect(await turns.take(scope, seen, async () => 'second')).toBeNull();
  });

  it('refuses a plan that was made while somebody else was writing', async () => {
    const turns = new Turns();
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = turns.take(scope, turns.next(), () => promise);
    const seenMeanwhile = turns.next();
    expect(await turns.take(scope, seenMeanwhile, async () => 'second')).toBeNull();
    resolve('first');
    await first;
    expect(await turns.take(scope, seenMeanwhile, async () => 'third')).toBeNull();
    expect(await turns.take(scope, turns.next(), async () => 'fourth')).toBe('fourth');
  });

  it('refuses a plan that is older than a look that found nothing to do', async () => {
    const turns = new Turns();
    const [older, newer] = [turns.next(), turns.next()];
    turns.settle(scope, newer);
    expect(await turns.take(scope, older, async () => 'healed twice')).toBeNull();
    expect(await turns.take(scope, newer, async () => 'good')).toBe('good');
  });

  it('keeps a plan that is newer than a look that found nothing to do', async () => {
    const turns = new Turns();
    const [older, newer] = [turns.next(), turns.next()];
    turns.settle(scope, older);
    expect(await turns.take(scope, newer, async () => 'good')).toBe('good');
  });

  it('refuses what was planned before it was made void', async () => {
    const turns = new Turns();
    const seen = turns.next();
    turns.void(scopeKey(scope));
    turns.settle(scope, seen);
    expect(await turns.take(scope, seen, async () => 'old')).toBeNull();
    expect(await turns.take(scope, turns.next(), async () => 'new')).toBe('new');
  });

  it('tells whoever is writing that the rest of the plan has become void', async () => {
    const turns = new Turns();
    const told = await turns.take(scope, turns.next(), async (isCurrent) => {
      const before = isCurrent();
      turns.void(scopeKey(scope));
      return [before, isCurrent()];
    });
    expect(told).toEqual([true, false]);
  });

  it('ends the turn when writing fails', async () => {
    const turns = new Turns();
    await expect(
      turns.take(scope, turns.next(), async () => Promise.reject(new Error('lost'))),
    ).rejects.toThrow('lost');
    expect(await turns.take(scope, turns.next(), async () => 'again')).toBe('again');
  });

  it('keeps scopes apart', async () => {
    const turns = new Turns();
    const seen = turns.next();
    await turns.take(scope, turns.next(), async () => 'here');
    expect(await turns.take(other, seen, async () => 'there')).toBe('there');
  });
});
