import { isDeepStrictEqual } from 'node:util';
import { showDestination } from '../../core/destination/destination.ts';
import type { JobPushes } from '../../core/health/pushes.ts';
import { type HealthRecord, type JobHealth, judge, type Judgement } from '../../core/health/record.ts';
import type { HealthRules } from '../../core/health/rules.ts';
import type { JobFields, LiveJob, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change, Plan, Withheld } from '../../core/plan/change.ts';
import { datasetOf, destinationText } from '../../core/plan/desired-text.ts';
import { damagedRecord } from '../event/damaged-record.ts';
import type { ReconcileEvent } from '../event/events.ts';
import { healthKey, parseHealthPage, scopeOfHealthKey, textOfHealthPage } from './page.ts';
import { Keeper } from '../ledger/keeper.ts';
import type { Attributions } from '../drift/attributions.ts';
import type { Clock, Emit, StateStore } from '../ports.ts';

/** A job and whether it delivers. */
export interface SeenJob {
  readonly name: string;
  /** Null while Cloudflare has no such job. */
  readonly id: number | null;
  readonly dataset: string;
  /** Whether the manifest has it. */
  readonly isManaged: boolean;
  readonly health: JobHealth;
}

interface Watched {
  readonly scope: Scope;
  /** By name, or by id for what the manifest does not have. */
  readonly records: Map<string, HealthRecord>;
  readonly seen: Map<string, SeenJob>;
  /** As they were saved last, and when, on the monotonic clock. */
  saved: readonly HealthRecord[];
  savedAt: number;
}

interface HealthPorts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly rules: HealthRules;
  readonly attributions: Pick<Attributions, 'lastWrite'>;
  readonly emit: Emit;
}

/** Where the last delivery has moved and nothing else, a page is saved no sooner. */
const SAVED_FOR_MS = 3_600_000;
const FORGOTTEN = 'since when these jobs are as they are, and which logs they did not deliver,';
/** What was read of pushes is asked for again each hour at the latest; what is older says nothing about now. */
const PUSHES_FRESH_MS = 2 * 3_600_000;

interface KnownPushes {
  readonly jobs: ReadonlyMap<number, JobPushes>;
  /** Monotonic. */
  readonly readAt: number;
}

/**
 * Watches whether jobs deliver: subscribed to the loop's events, it tells the health of each scope that was looked at,
 * what has changed, and which logs are missing. What it knows outlives a restart.
 */
export class HealthWatch {
  readonly #ports: HealthPorts;
  readonly #keeper: Keeper;
  /** As they were saved by the process before. */
  readonly #known: Map<ScopeKey, readonly HealthRecord[]>;
  readonly #scopes = new Map<ScopeKey, Watched>();
  readonly #pushes = new Map<ScopeKey, KnownPushes>();

  private constructor(store: StateStore, known: Map<ScopeKey, readonly HealthRecord[]>, ports: HealthPorts) {
    this.#ports = ports;
    this.#known = known;
    this.#keeper = new Keeper(store, 'health', ports.emit);
  }

  /** @throws StateError when the state cannot be read. */
  static async open(store: StateStore, ports: HealthPorts): Promise<HealthWatch> {
    const pages = [...(await store.load())].flatMap(([key, text]) => {
      const scope = scopeOfHealthKey(key);
      return scope === null ? [] : [{ key, scope, jobs: parseHealthPage(text) }];
    });
    const damaged = pages.filter(({ jobs }) => jobs === null).map(({ key }) => key);
    if (damaged.length > 0) ports.emit(damagedRecord('health', damaged, FORGOTTEN));
    return new HealthWatch(store, new Map(pages.map(({ scope, jobs }) => [scope, jobs ?? []])), ports);
  }

  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'scope.planned') this.#look(event.passId, event.plan);
    if (event.type === 'change.applied') this.#applied(event);
    if (event.type === 'pushes.read') {
      const readAt = this.#ports.clock.monotonic();
      this.#pushes.set(scopeKey(event.scope), { jobs: event.jobs, readAt });
    }
    if (event.type === 'scopes.known') this.#retain(event.scopes);
  };

  /** Resolves when everything known is saved. */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  #look(passId: string, plan: Plan): void {
    const watched = this.#of(plan.scope);
    const { records, seen } = watched;
    const sights = sightsOf(plan);
    const keys = new Set(sights.map(({ key }) => key));
    for (const key of records.keys()) if (!keys.has(key)) records.delete(key);
    for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key);
    for (const sight of sights) {
      // Of a zone that suddenly seems to be empty nothing is believed yet.
      if (sight.live !== null || !plan.doubts.isCollapseDoubted) this.#judge(passId, watched, sight);
    }
    this.#tell(passId, watched);
  }

  #applied({ passId, scope, change, job }: Extract<ReconcileEvent, { type: 'change.applied' }>): void {
    if (job === null || !('desired' in change)) return;
    const watched = this.#of(scope);
    watched.seen.delete(String(job.id));
    const { name, desired } = change;
    this.#judge(passId, watched, { ...sightOf(name, desired.fields, job), isWritten: true });
    this.#tell(passId, watched);
  }

  #judge(passId: string, { scope, records, seen }: Watched, sight: Sight): void {
    const { key, name, live, dataset, isManaged } = sight;
    const at = new Date(this.#ports.clock.now()).toISOString();
    const lastWrite = live && this.#ports.attributions.lastWrite(scope, live.id);
    const pushes = this.#pushesOf(scope, live);
    const judged = judge(records.get(key), { ...sight, lastWrite, pushes, at }, this.#ports.rules);
    records.set(key, judged.record);
    seen.set(key, { name, id: live?.id ?? null, dataset, isManaged, health: judged.health });
    if (isManaged) this.#news(passId, scope, sight, judged);
  }

  #pushesOf(scope: Scope, live: LiveJob | null): JobPushes | null {
    const known = this.#pushes.get(scopeKey(scope));
    const isFresh = known !== undefined && this.#ports.clock.monotonic() - known.readAt < PUSHES_FRESH_MS;
    return isFresh && live !== null ? (known.jobs.get(live.id) ?? null) : null;
  }

  #news(passId: string, scope: Scope, { name, live, dataset, destination }: Sight, judged: Judgement): void {
    const { health, news } = judged;
    const about = { passId, scope, job: name, id: live?.id ?? null, dataset, destination, health };
    if (news.changed) this.#ports.emit({ type: 'health.changed', ...about, from: news.changed.from });
    if (news.gapEnded) this.#ports.emit({ type: 'gap.ended', ...about, gap: news.gapEnded });
    if (news.gapBegan) this.#ports.emit({ type: 'gap.began', ...about, gap: news.gapBegan });
  }

  #tell(passId: string, watched: Watched): void {
    const { scope, seen } = watched;
    this.#ports.emit({ type: 'scope.health', passId, scope, jobs: [...seen.values()] });
    const records = [...watched.records].filter(([key]) => seen.get(key)?.isManaged).map(([, one]) => one);
    const now = this.#ports.clock.monotonic();
    const isOld = now - watched.savedAt >= SAVED_FOR_MS;
    const same = isOld ? records : records.map(withoutLast);
    if (isDeepStrictEqual(same, isOld ? watched.saved : watched.saved.map(withoutLast))) return;
    watched.saved = records;
    watched.savedAt = now;
    const text = records.length === 0 ? null : textOfHealthPage(records);
    this.#keeper.keep(healthKey(scopeKey(scope)), text);
  }

  #of(scope: Scope): Watched {
    const key = scopeKey(scope);
    const saved = this.#scopes.get(key)?.saved ?? this.#known.get(key) ?? [];
    const watched: Watched = this.#scopes.get(key) ?? {
      scope,
      records: new Map(saved.map((record) => [keyOf(record.name), record])),
      seen: new Map(),
      saved,
      savedAt: this.#ports.clock.monotonic(),
    };
    this.#scopes.set(key, watched);
    return watched;
  }

  #retain(scopes: readonly Scope[]): void {
    const kept = new Set(scopes.map(scopeKey));
    const known = new Set([...this.#scopes.keys(), ...this.#known.keys()]);
    for (const key of [...this.#pushes.keys()].filter((one) => !kept.has(one))) this.#pushes.delete(key);
    for (const key of [...known].filter((one) => !kept.has(one))) {
      this.#scopes.delete(key);
      this.#known.delete(key);
      this.#keeper.keep(healthKey(key), null);
    }
  }
}

function withoutLast(record: HealthRecord): HealthRecord {
  return { ...record, lastComplete: null };
}

interface Sight {
  readonly key: string;
  readonly name: string;
  readonly live: LiveJob | null;
  readonly dataset: string;
  /** Without secrets. */
  readonly destination: string;
  readonly isManaged: boolean;
  readonly wantsEnabled: boolean | null;
  readonly isEnabledAgain?: boolean;
  readonly isWritten?: true;
}

/** Every job of the manifest, there or not, and every other one that is there. */
function sightsOf({ desired, paired, live, changes, withheld }: Plan): readonly Sight[] {
  const lives = new Map(paired.map((pair) => [pair.desired.name, pair.live]));
  const named = (name: string): LiveJob | null =>
    lives.get(name) ?? live.find((job) => job.name === name) ?? null;
  const managed = [
    ...desired.jobs.map(({ name, fields }) => ({
      ...sightOf(name, fields, named(name)),
      isEnabledAgain: isEnabledAgain(name, changes, withheld),
    })),
    ...desired.blocked.flatMap(({ name }) => {
      const job = named(name);
      return job === null ? [] : [sightOf(name, {}, job)];
    }),
  ];
  const taken = new Set(managed.map((sight) => sight.live?.id));
  const others = live.filter(({ id }) => !taken.has(id));
  return [
    ...managed,
    ...others.map((job) => ({
      ...sightOf(job.name, {}, job),
      key: String(job.id),
      isManaged: false,
    })),
  ];
}

/** Whether this look, or a later one, tries to enable what Cloudflare has disabled. */
function isEnabledAgain(job: string, changes: Plan['changes'], withheld: Plan['withheld']): boolean {
  const isIt = ({ name, fields }: Change | Withheld): boolean =>
    name === job && fields.some(({ path }) => path === 'enabled');
  return changes.some(isIt) || withheld.some((one) => isIt(one) && one.until !== undefined);
}

/** No job that the manifest does not have is known by such a key, but by its id. */
function keyOf(name: string): string {
  return `name ${name}`;
}

function sightOf(name: string, wanted: JobFields, live: LiveJob | null): Sight {
  const { enabled } = wanted;
  const shown = live ?? { fields: wanted };
  return {
    key: keyOf(name),
    name,
    live,
    dataset: datasetOf(shown),
    destination: showDestination(destinationText(shown)),
    isManaged: true,
    wantsEnabled: typeof enabled === 'boolean' ? enabled : null,
  };
}
