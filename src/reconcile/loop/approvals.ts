/** An approval that nobody used must not surprise anybody later. */
const VALID_MS = 60 * 60_000;

/** Which refused plans a person has let through: each once, and for an hour. */
export class Approvals {
  readonly #until = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#until.size === 0;
  }

  /** @param now monotonic milliseconds */
  add(digest: string, now: number): void {
    this.#until.set(digest, now + VALID_MS);
  }

  /** Whether this digest is approved, and stays so. */
  has(digest: string, now: number): boolean {
    return now < (this.#until.get(digest) ?? 0);
  }

  /** Whether this digest is approved; it is not any more afterwards. */
  use(digest: string, now: number): boolean {
    const until = this.#until.get(digest);
    this.#until.delete(digest);
    return until !== undefined && now < until;
  }
}
