import { scopeKey } from '../../core/job/job.ts';
import type { ListKind } from '../../core/manifest/field-lock.ts';
import type { NewFields } from '../../core/plan/new-fields.ts';
import { planned } from '../errors.ts';
import type { CallOptions, Clock, LogpushReader, ScopeRef } from '../ports.ts';

/** The field lists change about weekly (`cloudflare-api.md` §4), so an hour is young enough. */
const FRESH_MS = 60 * 60_000;
/** Unless a name is not in it: somebody may write it because it is new. */
export const IN_DOUBT_MS = 60_000;

interface Known {
  readonly at: number;
  readonly names: readonly string[];
}

/**
 * The live fields of datasets, remembered for an hour.
 *
 * The rate limit is shared, and a list for each of 1,000 zones would cost as much as looking at the zones themselves. So
 * there are two questions. {@link list} is the list of that very scope: for what goes into a job, and before a name is
 * called unknown. {@link near} is any list of that dataset for that kind of scope, which is one call an hour and dataset:
 * it can only tell that all is well, since a plan or product may give one zone fields that another does not have.
 */
export class FieldCatalogue {
  readonly #reader: LogpushReader;
  readonly #clock: Clock;
  readonly #lists = new Map<string, Known>();
  readonly #near = new Map<string, Known>();
  readonly #told = new Map<string, ReadonlySet<string>>();
  readonly #asked = new Map<string, Promise<readonly string[] | null>>();

  constructor(reader: LogpushReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /**
   * Asks for the one list that is needed: that of the defaults may not be served (`cloudflare-api.md` §1.2).
   *
   * @param maxAgeMs how old it may be
   */
  async list(
    scope: ScopeRef,
    dataset: string,
    kind: ListKind,
    options: CallOptions,
    maxAgeMs?: number,
  ): Promise<readonly string[]> {
    const key = `${scopeKey(scope)} ${dataset} ${kind}`;
    const known = this.#fresh(this.#lists, key, maxAgeMs);
    if (known) return known;
    const list =
      kind === 'all'
        ? await this.#reader.listFields(scope, dataset, options)
        : await this.#reader.listDefaultFields(scope, dataset, options);
    const names = [...list.keys()];
    this.#remember(this.#lists, key, names);
    this.#remember(this.#near, nearKey(scope, dataset, kind), names);
    return names;
  }

  /** Of those who ask while nothing is known one asks Cloudflare. Where it gets no answer, the others ask for themselves. */
  async near(
    scope: ScopeRef,
    dataset: string,
    kind: ListKind,
    options: CallOptions,
  ): Promise<readonly string[]> {
    const key = nearKey(scope, dataset, kind);
    const known = this.#fresh(this.#near, key);
    if (known) return known;
    // A change must not wait for a sweep, which takes its time.
    const asking = `${key} ${options.priority}`;
    const under = this.#asked.get(asking);
    if (under) return (await under) ?? this.list(scope, dataset, kind, options);
    const own = this.list(scope, dataset, kind, options);
    const shared = own.catch((error: unknown) => {
      planned(error);
      return null;
    });
    this.#asked.set(asking, shared);
    try {
      return await own;
    } finally {
      this.#asked.delete(asking);
    }
  }

  /** What of these was not told before. */
  untold(found: readonly NewFields[]): readonly NewFields[] {
    return found.flatMap((one) => {
      const key = `${one.kind} ${one.dataset}`;
      const told = this.#told.get(key) ?? new Set();
      const fields = one.fields.filter((name) => !told.has(name));
      this.#told.set(key, new Set([...told, ...fields]));
      return fields.length === 0 ? [] : [{ ...one, fields }];
    });
  }

  #fresh(
    lists: ReadonlyMap<string, Known>,
    key: string,
    maxAgeMs: number = FRESH_MS,
  ): readonly string[] | undefined {
    const known = lists.get(key);
    return known && this.#clock.monotonic() - known.at < maxAgeMs ? known.names : undefined;
  }

  /** Zones come and go; a list that nobody asks for any more must not stay. */
  #remember(lists: Map<string, Known>, key: string, names: readonly string[]): void {
    const now = this.#clock.monotonic();
    for (const [old, { at }] of lists) if (now - at >= FRESH_MS) lists.delete(old);
    lists.set(key, { at: now, names });
  }
}

function nearKey({ kind }: ScopeRef, dataset: string, list: ListKind): string {
  return `${kind} ${dataset} ${list}`;
}
