import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';

/** When a scope was looked at: a number that only grows. */
export type Turn = number;

/** Whether the plan being carried out still is the latest word on its scope. */
export type IsCurrent = () => boolean;

/**
 * Keeps passes from writing to one scope on top of each other, say a sweep and the change that overtook it.
 *
 * A plan is only good for the state it was made from. Whoever wants to write shows the turn at which it began to
 * read; if anybody has written since, is writing, or has looked later and found something else, the plan is
 * stale and nothing of it is carried out.
 */
export class Turns {
  #last: Turn = 0;
  /** Plans from before this turn are void. */
  readonly #floors = new Map<ScopeKey, Turn>();
  readonly #writing = new Set<ScopeKey>();

  /** Taken right before a scope is read. */
  next(): Turn {
    this.#last += 1;
    return this.#last;
  }

  /** Makes void whatever was planned for this scope up to now, even the rest of a plan that is being carried out. */
  void(key: ScopeKey): void {
    this.#floors.set(key, this.next());
  }

  /** There was nothing to write for who looked at `seen`: that is later news than all older plans. */
  settle(scope: Scope, seen: Turn): void {
    const key = scopeKey(scope);
    if (this.#isCurrent(key, seen)) this.#floors.set(key, seen);
  }

  /** Resolves to null, with nothing done, when the plan made at `seen` is stale. */
  async take<T>(scope: Scope, seen: Turn, write: (isCurrent: IsCurrent) => Promise<T>): Promise<T | null> {
    const key = scopeKey(scope);
    if (this.#writing.has(key) || !this.#isCurrent(key, seen)) return null;
    this.#writing.add(key);
    try {
      return await write(() => this.#isCurrent(key, seen));
    } finally {
      this.#writing.delete(key);
      this.void(key);
    }
  }

  #isCurrent(key: ScopeKey, seen: Turn): boolean {
    return seen >= (this.#floors.get(key) ?? 0);
  }
}
