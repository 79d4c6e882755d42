import { planned } from '../errors.ts';
import type { EventOf } from '../event/events.ts';
import type { Emit, StateStore } from '../ports.ts';

type Kept = EventOf<'record.unsaved'>['what'];

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
  readonly #what: Kept;
  readonly #emit: Emit;
  readonly #waiting = new Map<string, string | null>();
  #running: Promise<void> | null = null;
  #hasFailed = false;

  constructor(store: Pick<StateStore, 'save' | 'remove'>, what: Kept, emit: Emit) {
    this.#store = store;
    this.#what = what;
    this.#emit = emit;
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
      if (this.#hasFailed) this.#emit({ type: 'record.saved', what: this.#what });
      this.#hasFailed = false;
    } catch (error) {
      const failure = planned(error);
      if (!this.#hasFailed) this.#emit({ type: 'record.unsaved', what: this.#what, error: failure });
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
