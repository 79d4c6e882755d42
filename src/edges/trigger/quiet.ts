export interface QuietOptions {
  /** How long it must be quiet. */
  readonly debounceMs?: number;
  /** When it is told at the latest, however restless it is. */
  readonly maxWaitMs?: number;
}

/** Tells once things have come to rest: one call for a burst of them, and not late for what never rests. */
export class Quiet {
  readonly #tell: () => void;
  readonly #debounceMs: number;
  readonly #maxWaitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #restlessSince: number | null = null;

  constructor(tell: () => void, { debounceMs = 100, maxWaitMs = 1_000 }: QuietOptions = {}) {
    this.#tell = tell;
    this.#debounceMs = debounceMs;
    this.#maxWaitMs = maxWaitMs;
  }

  /** Something happened. */
  hear(): void {
    const now = performance.now();
    this.#restlessSince ??= now;
    const left = this.#restlessSince + this.#maxWaitMs - now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), Math.max(0, Math.min(this.#debounceMs, left)));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #settle(): void {
    this.#restlessSince = null;
    this.#tell();
  }
}
