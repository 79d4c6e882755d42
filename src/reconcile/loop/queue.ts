import type { ScopeKey } from '../../core/job/job.ts';
import type { Trigger } from '../event/events.ts';
import { PRIORITIES, type Priority } from '../ports.ts';

/** Scopes to look at, and why. */
export interface Request {
  readonly scopes: Iterable<ScopeKey>;
  readonly trigger: Trigger;
  readonly priority: Priority;
}

/** What one pass is to look at, and why. */
export interface Batch {
  readonly scopes: ReadonlySet<ScopeKey>;
  readonly triggers: readonly Trigger[];
  /** The most urgent of what was asked. */
  readonly priority: Priority;
}

interface Waiting {
  readonly triggers: ReadonlySet<Trigger>;
  readonly priority: Priority;
}

/**
 * The one place where "something may have changed" becomes "look at these scopes".
 *
 * - A scope waits at most once: another trigger is merged into its entry, and the more urgent priority wins. A
 *   hundred saved files cost one look at each scope.
 * - `take` gives everything that waits with one of the given priorities, so that a change never waits behind
 *   a sweep.
 * - It knows nothing of time or of passes; `onAdded` tells the loop that there is something to take.
 */
export class ScopeQueue {
  readonly #waiting = new Map<ScopeKey, Waiting>();
  readonly #onAdded: () => void;

  constructor(onAdded: () => void) {
    this.#onAdded = onAdded;
  }

  /** Tells of all requests together, so that a scope in several of them is taken once. */
  add(...requests: readonly Request[]): void {
    let added = false;
    for (const { scopes, trigger, priority } of requests) {
      for (const scope of scopes) {
        const known = this.#waiting.get(scope);
        this.#waiting.set(scope, {
          triggers: new Set([...(known?.triggers ?? []), trigger]),
          priority: known ? moreUrgent(known.priority, priority) : priority,
        });
        added = true;
      }
    }
    if (added) this.#onAdded();
  }

  take(priorities: readonly Priority[]): Batch | null {
    const taken = [...this.#waiting].filter(([, { priority }]) => priorities.includes(priority));
    if (taken.length === 0) return null;
    for (const [scope] of taken) this.#waiting.delete(scope);
    return {
      scopes: new Set(taken.map(([scope]) => scope)),
      triggers: [...new Set(taken.flatMap(([, { triggers }]) => [...triggers]))],
      priority: taken.map(([, { priority }]) => priority).reduce(moreUrgent),
    };
  }

  get size(): number {
    return this.#waiting.size;
  }
}

export function moreUrgent(a: Priority, b: Priority): Priority {
  return PRIORITIES.indexOf(a) <= PRIORITIES.indexOf(b) ? a : b;
}
