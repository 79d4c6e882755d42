import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../src/reconcile/ports.ts';

/**
 * Time that jumps from one sleeper to the next as soon as nothing else is left to do. Quick enough for a
 * simulated hour of thousands of calls.
 */
export class VirtualTime implements Clock {
  #now = 0;
  readonly #sleepers: { at: number; wake: () => void; live: boolean }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        sleeper.live = false;
        reject(signal.reason as Error);
      };
      const wake = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake, live: true };
      const index = this.#sleepers.findLastIndex(({ at }) => at <= sleeper.at);
      this.#sleepers.splice(index + 1, 0, sleeper);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Runs until that time, or until everything that was asked for is done. */
  async run(until: number): Promise<void> {
    for (;;) {
      await setImmediate();
      let next = this.#sleepers[0];
      while (next?.live === false) {
        this.#sleepers.shift();
        next = this.#sleepers[0];
      }
      if (next === undefined || next.at > until) break;
      this.#sleepers.shift();
      this.#now = next.at;
      next.wake();
    }
    this.#now = Math.max(this.#now, until);
  }
}
