import type { AuditedAction } from '../../core/audit/action.ts';
import { type Attribution, attributionOf, causesOf, type DriftWindow } from '../../core/audit/attribution.ts';
import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Action } from '../../core/plan/change.ts';
import type { ReconcileEvent } from '../event/events.ts';

/** A job that somebody else changed, by the look that found it. */
export interface DriftedJob {
  readonly name: string;
  /** What puts it right. */
  readonly action: Action;
  /** The live job, or the one that is gone; undefined where nobody knows which one that was. */
  readonly id: number | undefined;
}

interface Drift extends Omit<DriftedJob, 'id'> {
  readonly scope: Scope;
  readonly window: DriftWindow;
  readonly attribution: Attribution | null;
}

/** A drift that was told before it was known who did it. */
export interface LateAttribution extends Omit<DriftedJob, 'id'> {
  readonly scope: Scope;
  readonly id: number;
  /** When the drift was found last, milliseconds since the epoch. */
  readonly found: number;
  readonly attribution: Attribution;
}

/** How late the log may be. */
const KEPT_MS = 24 * 3_600_000;
const MOST_ACTIONS = 2_000;
const MOST_DRIFTS = 500;

/**
 * Brings together who wrote to a job and what was found to be changed, whichever is known first. One write explains
 * one drift: once that is put right, the next one waits for the entry of its own.
 *
 * All times are by Cloudflare's clock, because the entries are.
 */
export class Attributions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of others, the newest last. */
  #actions: readonly AuditedAction[] = [];
  /** Events of writes that have explained what is put right. */
  readonly #spent = new Set<string>();
  /** When a job was last known to be as wanted, by scope and then by id. */
  readonly #wanted = new Map<ScopeKey, Map<number, number>>();
  #standing = new Map<string, Drift>();
  /** Put right, and nobody knows yet who did it. */
  #past: readonly Drift[] = [];

  constructor(now: () => number) {
    this.now = now;
  }

  /**
   * What a look has found: who changed each of these, as far as that is known. All others were as wanted.
   *
   * @param lookedAt when the look began
   * @param ids of all jobs of the manifest that are there
   */
  look(
    scope: Scope,
    drifted: readonly DriftedJob[],
    { lookedAt, ids }: { readonly lookedAt: number; readonly ids: readonly number[] },
  ): ReadonlyMap<DriftedJob, Attribution> {
    const found = this.now();
    const keys = new Set(drifted.map((one) => keyOf(scope, one)));
    for (const [key, drift] of this.#standing) {
      if (scopeKey(drift.scope) === scopeKey(scope) && !keys.has(key)) this.#settle(key, drift);
    }
    const known = drifted.flatMap((one) => {
      const attribution = this.#explain(scope, one, found);
      return attribution === null ? [] : [[one, attribution] as const];
    });
    const moved = new Set(drifted.map(({ id }) => id));
    for (const id of ids) if (!moved.has(id)) this.#isWanted(scope, id, lookedAt);
    return new Map(known);
  }

  #explain(scope: Scope, { name, action, id }: DriftedJob, found: number): Attribution | null {
    if (id === undefined) return null;
    const key = keyOf(scope, { name, action });
    const before = this.#standing.get(key);
    const after = before?.window.job === id ? before.window.after : (this.#wantedSince(scope, id) ?? null);
    const window = { action, job: id, after, found };
    const attribution = attributionOf(window, this.#open(scope, window));
    this.#standing.set(key, { scope, name, action, window, attribution });
    return attribution;
  }

  /** Who changed a job that is not put right. */
  of(scope: Scope, job: Pick<DriftedJob, 'name' | 'action'>): Attribution | null {
    return this.#standing.get(keyOf(scope, job))?.attribution ?? null;
  }

  /** A job was put right by whoever had the state before. */
  putRight(scope: Scope, id: number, at: number): void {
    this.#isWanted(scope, id, at);
  }

  /** What others have done; tells of which drifts it is known now who did it. */
  learn(actions: readonly AuditedAction[]): readonly LateAttribution[] {
    const from = this.now() - KEPT_MS;
    this.#actions = [...this.#actions, ...actions]
      .filter(({ at }) => at > from)
      .toSorted((a, b) => a.at - b.at)
      .slice(-MOST_ACTIONS);
    const events = new Set(this.#actions.map(({ event }) => event));
    for (const event of this.#spent) if (!events.has(event)) this.#spent.delete(event);
    return [...this.#learnOfPast(from), ...this.#learnOfStanding()];
  }

  #learnOfPast(from: number): readonly LateAttribution[] {
    const late: LateAttribution[] = [];
    const open = this.#past.filter((drift) => {
      const attribution = attributionOf(drift.window, this.#open(drift.scope, drift.window));
      if (attribution === null) return drift.window.found > from;
      this.#spend(drift);
      late.push(lateOf(drift, attribution));
      return false;
    });
    this.#past = open;
    return late;
  }

  #learnOfStanding(): readonly LateAttribution[] {
    return [...this.#standing].flatMap(([key, drift]) => {
      if (drift.attribution !== null) return [];
      const attribution = attributionOf(drift.window, this.#open(drift.scope, drift.window));
      if (attribution === null) return [];
      this.#standing.set(key, { ...drift, attribution });
      return [lateOf(drift, attribution)];
    });
  }

  /** Those that may explain what is not explained yet, for after a restart. */
  get unsettled(): readonly AuditedAction[] {
    return this.#actions.filter(({ event, scope, job, at }) => {
      const since = job === null ? undefined : this.#wantedSince(scope, job);
      return !this.#spent.has(event) && (since === undefined || at > since);
    });
  }

  /** Subscribe this to the loop's events. */
  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'scopes.known') this.#retain(new Set(event.scopes.map(scopeKey)));
    if (event.type !== 'change.applied') return;
    const { scope, change, id, durationMs } = event;
    const key = keyOf(scope, change);
    const drift = this.#standing.get(key);
    if (drift !== undefined) this.#settle(key, drift);
    if (event.job !== null) this.#isWanted(scope, id, this.now() - durationMs);
  };

  #retain(keys: ReadonlySet<ScopeKey>): void {
    for (const key of this.#wanted.keys()) if (!keys.has(key)) this.#wanted.delete(key);
    for (const [key, { scope }] of this.#standing) {
      if (!keys.has(scopeKey(scope))) this.#standing.delete(key);
    }
  }

  #settle(key: string, drift: Drift): void {
    this.#standing.delete(key);
    if (drift.attribution === null) this.#past = [...this.#past, drift].slice(-MOST_DRIFTS);
    else this.#spend(drift);
  }

  #spend({ scope, window }: Drift): void {
    for (const { event } of causesOf(window, this.#open(scope, window))) this.#spent.add(event);
  }

  /** What can have caused this drift, and did not cause another one for sure. */
  #open(scope: Scope, window: DriftWindow): readonly AuditedAction[] {
    const key = scopeKey(scope);
    const others = [...this.#past, ...this.#standing.values()].filter(
      (one) =>
        scopeKey(one.scope) === key && one.window.job === window.job && one.window.after !== window.after,
    );
    const isOfAnother = ({ at }: AuditedAction): boolean =>
      !isStrictlyWithin(at, window) && others.some((one) => isStrictlyWithin(at, one.window));
    return this.#actions.filter(
      (one) =>
        one.job === window.job &&
        scopeKey(one.scope) === key &&
        !this.#spent.has(one.event) &&
        !isOfAnother(one),
    );
  }

  #isWanted(scope: Scope, id: number, at: number): void {
    const key = scopeKey(scope);
    const jobs = this.#wanted.get(key) ?? new Map<number, number>();
    this.#wanted.set(key, jobs.set(id, Math.max(at, jobs.get(id) ?? 0)));
  }

  #wantedSince(scope: Pick<Scope, 'kind' | 'id'>, id: number): number | undefined {
    return this.#wanted.get(scopeKey(scope))?.get(id);
  }
}

function keyOf(scope: Scope, { action, name }: Pick<DriftedJob, 'name' | 'action'>): string {
  return `${scopeKey(scope)} ${action} ${name}`;
}

function lateOf({ scope, name, action, window }: Drift, attribution: Attribution): LateAttribution {
  return { scope, name, action, id: window.job, found: window.found, attribution };
}

/** Without what clocks may differ. */
function isStrictlyWithin(at: number, { after, found }: DriftWindow): boolean {
  return at <= found && (after === null || at > after);
}
