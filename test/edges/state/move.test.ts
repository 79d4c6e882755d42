import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { moveState, refuseHalf } from '../../../src/edges/state/move.ts';
import { LostStateError, StateError } from '../../../src/reconcile/errors.ts';
import type { MovableState } from '../../../src/edges/state/open-state.ts';

const PLACES = { from: 'kubernetes:here', to: 'file:there' };

function aState(texts: ReadonlyMap<string, string>): MovableState & { readonly texts: Map<string, string> } {
  const kept = new Map(texts);
  let key: Buffer | null = texts.size > 0 ? randomBytes(32) : null;
  return {
    texts: kept,
    load: async () => new Map(kept),
    save: async (name, text) => void kept.set(name, text),
    remove: async (name) => void kept.delete(name),
    fingerprint: async () => (text) => text,
    close: async () => undefined,
    key: { known: async () => key, keep: async (wanted) => (key ??= Buffer.from(wanted)) },
  };
}

it('a move is not done where another logpushd took the source over meanwhile', async () => {
  const from = aState(new Map([['history.log', '{}']]));
  const taken = { ...from, save: () => Promise.reject(new LostStateError('taken over')) };
  await expect(moveState(taken, aState(new Map()), PLACES)).rejects.toThrow(
    /^kubernetes:here was taken over .* so file:there may be old already\. Stop the daemon/,
  );
});

it('a move leaves its source as it was', async () => {
  const from = aState(new Map([['history.log', '{}']]));
  const to = aState(new Map());
  expect(await moveState(from, to, PLACES)).toEqual({ pages: 1, scopes: 0, found: 0 });
  expect([...to.texts]).toEqual([...from.texts]);
});

describe('a move that was interrupted', () => {
  const texts = new Map([
    ['zone-0123', '{"jobs":[]}'],
    ['history.log', '{}'],
  ]);

  async function anInterrupted() {
    const from = aState(texts);
    const to = aState(new Map());
    const full = { ...to, save: failingAt(to, 'history.log') };
    await expect(moveState(from, full, PLACES)).rejects.toThrow('the disk is full');
    return { from, to };
  }

  function failingAt(state: MovableState, page: string): MovableState['save'] {
    return (name, text) =>
      name === page ? Promise.reject(new StateError('the disk is full')) : state.save(name, text);
  }

  it('leaves a place that is not taken for a state', async () => {
    const { to } = await anInterrupted();
    expect(() => refuseHalf(to.texts, PLACES.to)).toThrow(
      'file:there holds only part of a state: a move was interrupted. Run "logpushd state move --from kubernetes:here --to file:there" again, ' +
        'or delete what is there.',
    );
  });

  it('cannot be moved on from there', async () => {
    const { to } = await anInterrupted();
    await expect(moveState(to, aState(new Map()), PLACES)).rejects.toThrow('holds only part of a state');
  });

  it('goes on, and leaves a whole state', async () => {
    const { from, to } = await anInterrupted();
    expect(await moveState(from, to, PLACES)).toEqual({ pages: 2, scopes: expect.any(Number), found: 1 });
    expect([...to.texts]).toEqual([...texts]);
    expect(() => refuseHalf(to.texts, PLACES.to)).not.toThrow();
  });
});
