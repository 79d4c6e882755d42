import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/reconcile/turns.ts';

const scope = { kind: 'zone', id: 'a'.repeat(32), name: 'example.com' } as const;
const other = { ...scope, id: 'b'.repeat(32) };

describe('taking turns at writing to a scope', () => {
  it('carries out a plan that was made from the latest state', async () => {
    const turns = new Turns();
    expect(await turns.take(scope, turns.at(scope), async () => 'written')).toBe('written');
  });

  it('refuses a plan that was made before somebody else wrote', async () => {
    const turns = new Turns();
    const seen = turns.at(scope);
    await turns.take(scope, turns.at(scope), async () => 'first');
    expect(await turns.take(scope, seen, async () => 'second')).toBeNull();
  });

  it('refuses a plan that was made while somebody else was writing', async () => {
    const turns = new Turns();
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = turns.take(scope, turns.at(scope), () => promise);
    const seenMeanwhile = turns.at(scope);
    expect(await turns.take(scope, seenMeanwhile, async () => 'second')).toBeNull();
    resolve('first');
    await first;
    expect(await turns.take(scope, seenMeanwhile, async () => 'third')).toBeNull();
    expect(await turns.take(scope, turns.at(scope), async () => 'fourth')).toBe('fourth');
  });

  it('ends the turn when writing fails', async () => {
    const turns = new Turns();
    await expect(
      turns.take(scope, turns.at(scope), async () => Promise.reject(new Error('lost'))),
    ).rejects.toThrow('lost');
    expect(await turns.take(scope, turns.at(scope), async () => 'again')).toBe('again');
  });

  it('keeps scopes apart', async () => {
    const turns = new Turns();
    const seen = turns.at(other);
    await turns.take(scope, turns.at(scope), async () => 'here');
    expect(await turns.take(other, seen, async () => 'there')).toBe('there');
  });
});
