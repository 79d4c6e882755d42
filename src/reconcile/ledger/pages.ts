import { LostStateError } from '../errors.ts';
import type { StateStore } from '../ports.ts';

/** What a page becomes; undefined: it is not worth one. */
type Change<Page> = (before: Page | undefined) => Page | undefined;

/**
 * Pages of the state, kept in memory too.
 *
 * What has happened is known from then on, also where it cannot be saved: only a restart forgets it, and each further save
 * tries again. What is only intended is neither known nor done before it is saved. Whoever changes a page changes what
 * is known when its turn comes: nobody writes over what was learned, or intended, in the meantime.
 */
export class Pages<Page> {
  readonly #store: Pick<StateStore, 'save' | 'remove'>;
  readonly #pages: Map<string, Page>;
  readonly #textOf: (page: Page) => string;
  /** Those of which the store does not have what has happened. */
  readonly #unsaved = new Set<string>();
  /** The last of the saves under way: one at a time for each page, so that none saves what was true before another. */
  readonly #saves = new Map<string, Promise<void>>();
  #isLost = false;

  constructor(
    store: Pick<StateStore, 'save' | 'remove'>,
    pages: ReadonlyMap<string, Page>,
    textOf: (page: Page) => string,
  ) {
    this.#store = store;
    this.#pages = new Map(pages);
    this.#textOf = textOf;
  }

  of(key: string): Page | undefined {
    return this.#pages.get(key);
  }

  all(): readonly Page[] {
    return [...this.#pages.values()];
  }

  /** The store is another process's: what is known here may be old, and nobody will learn what is done by it. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether a restart would know all that is known now. */
  isSaved(key: string): boolean {
    return !this.#unsaved.has(key);
  }

  /** What has happened. Rejects where it could not be saved. */
  async learn(key: string, change: Change<Page>): Promise<void> {
    this.#know(key, change(this.of(key)));
    this.#unsaved.add(key);
    await this.intend(key, (known) => known);
  }

  /** In turn; what is intended is known once it is saved. Rejects where it could not be. */
  intend(key: string, change: Change<Page>): Promise<void> {
    const save = (): Promise<void> => this.#saveNow(key, change);
    const saving = (this.#saves.get(key) ?? Promise.resolve()).then(save, save);
    this.#saves.set(key, saving);
    return saving;
  }

  async #saveNow(key: string, change: Change<Page>): Promise<void> {
    const known = this.of(key);
    const page = change(known);
    try {
      if (page === undefined) await this.#store.remove(key);
      else await this.#store.save(key, this.#textOf(page));
    } catch (error) {
      this.#isLost ||= error instanceof LostStateError;
      throw error;
    }
    if (this.of(key) === known) this.#unsaved.delete(key);
    this.#know(key, change(this.of(key)));
  }

  #know(key: string, page: Page | undefined): void {
    if (page === undefined) this.#pages.delete(key);
    else this.#pages.set(key, page);
  }
}
