import type { Clock } from '../src/reconcile/ports.ts';

/** A clock that stands still until told to go on. Sleepers wake in the order in which their time comes. */
export class ManualClock implements Clock {
  #now: number;
  readonly #start: number;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  constructor(now = Date.parse('2026-11-23T09:00:00Z')) {
    this.#now = now;
    this.#start = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** When the next sleeper wakes, in milliseconds from now. */
  get nextWakeMs(): number | undefined {
    const times = [...this.#sleepers].map(({ at }) => at);
    return times.length === 0 ? undefined : Math.min(...times) - this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      };
      const wake = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#sleepers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = next.at;
      this.#sleepers.delete(next);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }
}
