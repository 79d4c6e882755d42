/**
 * The times of what was sent, for asking "may one more go now, or when?". A log, and not a bucket with a
 * refill, because only a log stays below the limit in every trailing window (`performance.md` §0.2).
 */
export class SlidingLog {
  readonly #windowMs: number;
  #times: number[] = [];
  #oldest = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(now: number): void {
    this.#times.push(now);
  }

  count(now: number): number {
    this.#forget(now);
    return this.#times.length - this.#oldest;
  }

  /** The time from which fewer than `limit` are in the window. */
  readyAt(limit: number, now: number): number {
    const surplus = this.count(now) - limit;
    if (surplus < 0) return now;
    const last = this.#times[this.#oldest + surplus];
    return last === undefined ? Infinity : last + this.#windowMs;
  }

  #forget(now: number): void {
    for (;;) {
      const time = this.#times[this.#oldest];
      if (time === undefined || now - time < this.#windowMs) break;
      this.#oldest += 1;
    }
    if (this.#oldest > 1024) {
      this.#times = this.#times.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
