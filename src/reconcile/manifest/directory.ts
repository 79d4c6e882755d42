import type { Account, CallOptions, Clock, LogpushReader, Zone } from '../ports.ts';

/** How old the list of zones may be when a selector asks which zones exist. */
const FRESH_MS = 5 * 60_000;
/** How old it may be when a name is not in it. Else every pass would list anew for a name that nobody has. */
const RECENT_MS = 10_000;

interface Cached<T> {
  readonly at: number;
  readonly items: readonly T[];
}

/**
 * Which zones and accounts the token sees. Asked for only when a manifest needs it, and remembered: names and
 * ids rarely change, and every page costs a call of the rate limit that we share with people.
 */
export class Directory {
  readonly #reader: LogpushReader;
  readonly #clock: Clock;
  #zones: Cached<Zone> | undefined;
  #accounts: Cached<Account> | undefined;

  constructor(reader: LogpushReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  async zones(options: CallOptions): Promise<readonly Zone[]> {
    this.#zones = await this.#fresh(this.#zones, () => this.#reader.listZones(options));
    return this.#zones.items;
  }

  /** As last listed, however long ago; none where nobody has asked for them. Asks for nothing. */
  get seenZones(): readonly Zone[] {
    return this.#zones?.items ?? [];
  }

  async accounts(options: CallOptions): Promise<readonly Account[]> {
    this.#accounts = await this.#fresh(this.#accounts, () => this.#reader.listAccounts(options));
    return this.#accounts.items;
  }

  /**
   * Somebody named what the remembered lists do not have. True when the next question is asked to Cloudflare;
   * false when the lists are too young to be in doubt.
   */
  forget(): boolean {
    const isOld = [this.#zones, this.#accounts].some((list) => list && this.#ageOf(list) >= RECENT_MS);
    if (isOld) {
      this.#zones = undefined;
      this.#accounts = undefined;
    }
    return isOld;
  }

  async #fresh<T>(cached: Cached<T> | undefined, list: () => Promise<readonly T[]>): Promise<Cached<T>> {
    if (cached && this.#ageOf(cached) < FRESH_MS) return cached;
    const items = await list();
    return { at: this.#clock.monotonic(), items };
  }

  #ageOf({ at }: { readonly at: number }): number {
    return this.#clock.monotonic() - at;
  }
}
