import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { moveState } from '../../../src/edges/state/move.ts';
import { LostStateError } from '../../../src/reconcile/errors.ts';
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
