import { ChallengeError, type ReconcileError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { HOUR_MS } from './unproven.ts';

const FIRST_MS = 60_000;
const LONGEST_MS = 30 * 60_000;

interface Pause {
  readonly error: ReconcileError;
  readonly waitMs: number;
  /** In which it failed. */
  readonly passId: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/** While nothing is tried for a destination, longer each time that it fails. */
export class Pauses {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #pauses = new Map<string, Pause>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Null where it may be tried. */
  at(key: string): (Pick<Pause, 'error' | 'passId'> & { readonly leftMs: number }) | null {
    const pause = this.#pauses.get(key);
    const leftMs = (pause?.until ?? 0) - this.#clock.monotonic();
    return pause === undefined || leftMs <= 0 ? null : { error: pause.error, passId: pause.passId, leftMs };
  }

  /** How long it is not tried after this failure. */
  begin(key: string, error: ReconcileError, passId: string): number {
    const now = this.#clock.monotonic();
    const doubled = Math.min(LONGEST_MS, Math.max(FIRST_MS, 2 * (this.#pauses.get(key)?.waitMs ?? 0)));
    const waitMs = error instanceof ChallengeError && error.isLasting ? HOUR_MS : doubled;
    // One that is over makes the next one longer, for a while.
    for (const [other, { until }] of this.#pauses) if (until + HOUR_MS <= now) this.#pauses.delete(other);
    this.#pauses.set(key, { error, waitMs, passId, until: now + waitMs });
    return waitMs;
  }

  end(key: string): void {
    this.#pauses.delete(key);
  }
}
