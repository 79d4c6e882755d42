import type { ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type { CallOptions, Clock, LogpushReader, ScopeRef } from './ports.ts';

/** The field lists change about weekly (`cloudflare-api.md` §4), so an hour is young enough. */
const FRESH_MS = 60 * 60_000;

/** The names of a dataset's fields, in the order in which Cloudflare lists them. */
export interface FieldList {
  readonly all: readonly string[];
  readonly default: readonly string[];
}

/** The live fields of each dataset in each scope, asked for only where a job says `all`, `default` or `all_except`. */
export class FieldCatalogue {
  readonly #reader: LogpushReader;
  readonly #clock: Clock;
  readonly #lists = new Map<`${ScopeKey} ${string}`, { readonly at: number; readonly list: FieldList }>();

  constructor(reader: LogpushReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  async fields(scope: ScopeRef, dataset: string, options: CallOptions): Promise<FieldList> {
    const key = `${scopeKey(scope)} ${dataset}` as const;
    const now = this.#clock.monotonic();
    const known = this.#lists.get(key);
    if (known && now - known.at < FRESH_MS) return known.list;
    const [all, standard] = await Promise.all([
      this.#reader.listFields(scope, dataset, options),
      this.#reader.listDefaultFields(scope, dataset, options),
    ]);
    this.#dropStale(now);
    const list = { all: [...all.keys()], default: [...standard.keys()] };
    this.#lists.set(key, { at: now, list });
    return list;
  }

  /** Zones come and go; a list that nobody asks for any more must not stay. */
  #dropStale(now: number): void {
    for (const [key, { at }] of this.#lists) if (now - at >= FRESH_MS) this.#lists.delete(key);
  }
}
