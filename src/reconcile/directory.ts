import type { Account, CallOptions, Clock, LogpushReader, Zone } from './ports.ts';

/** How old the list of zones may be when a selector asks which zones exist. */
const FRESH_MS = 5 * 60_000;

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

  async accounts(options: CallOptions): Promise<readonly Account[]> {
    this.#accounts = await this.#fresh(this.#accounts, () => this.#reader.listAccounts(options));
    return this.#accounts.items;
  }

  /** The next question is asked to Cloudflare: somebody named a zone that the remembered list does not have. */
  forget(): void {
    this.#zones = undefined;
    this.#accounts = undefined;
  }

  async #fresh<T>(cached: Cached<T> | undefined, list: () => Promise<readonly T[]>): Promise<Cached<T>> {
    const now = this.#clock.monotonic();
    if (cached && now - cached.at < FRESH_MS) return cached;
    return { at: now, items: await list() };
  }
}
