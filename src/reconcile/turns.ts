import type { Scope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';

/** When a scope was looked at, in turns of writing: even between turns, odd while one is under way. */
export type Turn = number;

/**
 * Keeps two passes from writing to one scope on top of each other, say a sweep and the change that overtook it.
 *
 * A plan is only good for the state it was made from. Whoever wants to write shows the turn at which it read;
 * if anybody has written since, or is writing, the plan is stale and nothing of it is carried out.
 */
export class Turns {
  readonly #turns = new Map<ScopeKey, Turn>();

  at(scope: Scope): Turn {
    return this.#turns.get(scopeKey(scope)) ?? 0;
  }

  /** Resolves to null, with nothing done, when the scope has been written to since `seen`. */
  async take<T>(scope: Scope, seen: Turn, write: () => Promise<T>): Promise<T | null> {
    if (seen !== this.at(scope) || seen % 2 === 1) return null;
    this.#turns.set(scopeKey(scope), seen + 1);
    try {
      return await write();
    } finally {
      this.#turns.set(scopeKey(scope), seen + 2);
    }
  }
}
