import type { Clock, Random } from './ports.ts';

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
  readonly #waiting = new Set<string>();

  constructor(clock: Clock, random: Random, signal: AbortSignal) {
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
  }

  /** Calls `again` after a wait, once, however often it is asked in the meantime. */
  after(key: string, again: () => void): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    const waitMs = this.#random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    void this.#clock.sleep(waitMs, this.#signal).then(
      () => {
        this.#waiting.delete(key);
        again();
      },
      () => this.#waiting.delete(key),
    );
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }
}
