import type { Clock, Random } from '../ports.ts';

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * When to look again at what failed: 5 s, doubling up to 15 min, each wait drawn evenly from zero to that
 * ("full jitter"), so that two hundred scopes that failed together do not come back together.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  readonly #failures = new Map<string, number>();
  /** When each is looked at again, in monotonic milliseconds. */
  readonly #due = new Map<string, number>();

  constructor(clock: Clock, random: Random, signal: AbortSignal) {
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
  }

  /** Calls `again` after a wait, once, however often it is asked in the meantime; what waits longer comes earlier. */
  after(key: string, again: () => void): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.within(this.#random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures), key, again);
  }

  /** Calls `again` after this time; or before, when something else wants it earlier. */
  within(ms: number, key: string, again: () => void): void {
    const due = this.#clock.monotonic() + Math.max(0, ms);
    if ((this.#due.get(key) ?? Number.POSITIVE_INFINITY) <= due) return;
    this.#due.set(key, due);
    const isDue = (): boolean => this.#due.get(key) === due && this.#due.delete(key);
    void this.#clock.sleep(Math.max(0, ms), this.#signal).then(
      () => isDue() && again(),
      () => isDue(),
    );
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }
}
