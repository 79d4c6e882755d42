import { planned, type ReconcileError } from '../errors.ts';
import type { StateStore } from '../ports.ts';

interface Waiting {
  readonly key: string;
  readonly text: string | null;
}

/**
 * Saves what is nice to know after a restart, without anybody waiting for it. Of one page only the latest text is
 * saved; one that cannot be saved is told once, and again after one could.
 */
export class Keeper {
  readonly #store: Pick<StateStore, 'save' | 'remove'>;
  readonly #onFailed: (error: ReconcileError) => void;
  readonly #waiting = new Map<string, string | null>();
  #running: Promise<void> | null = null;
  #hasFailed = false;

  constructor(store: Pick<StateStore, 'save' | 'remove'>, onFailed: (error: ReconcileError) => void) {
    this.#store = store;
    this.#onFailed = onFailed;
  }

  /** Null: the page goes. */
  keep(key: string, text: string | null): void {
    this.#waiting.delete(key);
    this.#waiting.set(key, text);
    this.#running ??= this.#saveAll();
  }

  /** Resolves when nothing waits to be saved. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #saveAll(): Promise<void> {
    try {
      for (let next = this.#take(); next !== null; next = this.#take()) await this.#saveOne(next);
    } finally {
      // In the same turn as the last look for what waits: what is kept from now on begins anew.
      this.#running = null;
    }
  }

  async #saveOne({ key, text }: Waiting): Promise<void> {
    try {
      await (text === null ? this.#store.remove(key) : this.#store.save(key, text));
      this.#hasFailed = false;
    } catch (error) {
      const failure = planned(error);
      if (!this.#hasFailed) this.#onFailed(failure);
      this.#hasFailed = true;
    }
  }

  #take(): Waiting | null {
    const next = this.#waiting.entries().next().value;
    if (next === undefined) return null;
    const [key, text] = next;
    this.#waiting.delete(key);
    return { key, text };
  }
}
