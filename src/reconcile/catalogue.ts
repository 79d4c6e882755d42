import { scopeKey } from '../core/job/job.ts';
import type { CallOptions, Clock, LogpushReader, ScopeRef } from './ports.ts';

/** The field lists change about weekly (`cloudflare-api.md` §4), so an hour is young enough. */
const FRESH_MS = 60 * 60_000;

/** The names of a dataset's fields, in the order in which Cloudflare lists them. */
export interface FieldList {
  readonly all: readonly string[];
  /** Empty where nobody asked for it. */
  readonly default: readonly string[];
}

type Kind = keyof FieldList;

/** The live fields of each dataset in each scope, asked for only where a job says `all`, `default` or `all_except`. */
export class FieldCatalogue {
  readonly #reader: LogpushReader;
  readonly #clock: Clock;
  readonly #lists = new Map<string, { readonly at: number; readonly names: readonly string[] }>();

  constructor(reader: LogpushReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Asks for the one list that is needed: that of the defaults may not be served (`cloudflare-api.md` §1.2). */
  async fields(scope: ScopeRef, dataset: string, kind: Kind, options: CallOptions): Promise<FieldList> {
    const key = `${scopeKey(scope)} ${dataset} ${kind}`;
    const now = this.#clock.monotonic();
    const known = this.#lists.get(key);
    if (known && now - known.at < FRESH_MS) return listOf(kind, known.names);
    const list =
      kind === 'all'
        ? await this.#reader.listFields(scope, dataset, options)
        : await this.#reader.listDefaultFields(scope, dataset, options);
    const names = [...list.keys()];
    this.#dropStale(now);
    this.#lists.set(key, { at: now, names });
    return listOf(kind, names);
  }

  /** Zones come and go; a list that nobody asks for any more must not stay. */
  #dropStale(now: number): void {
    for (const [key, { at }] of this.#lists) if (now - at >= FRESH_MS) this.#lists.delete(key);
  }
}

function listOf(kind: Kind, names: readonly string[]): FieldList {
  return { all: [], default: [], [kind]: names };
}
