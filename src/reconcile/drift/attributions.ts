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

/** A job within a scope. */
type JobKey = `${ScopeKey}#${number | null}`;

/**
 * Brings together who wrote to a job and what was found to be changed, whichever is known first. One write explains
 * one drift: once that is put right, the next one waits for the entry of its own.
 *
 * All times are by Cloudflare's clock, because the entries are. Thousands of jobs may drift at once, so that whatever is
 * asked of one job is found by that job.
 */
export class Attributions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of others, the newest last. */
  #actions: readonly AuditedAction[] = [];
  #actionsOf: ReadonlyMap<JobKey, readonly AuditedAction[]> = new Map();
  /** Events of writes that have explained what is put right. */
  readonly #spent = new Set<string>();
  /** When a job was last known to be as wanted, by scope and then by id. */
  readonly #wanted = new Map<ScopeKey, Map<number, number>>();
  /** By scope, and then by what puts it right. */
  readonly #standing = new Map<ScopeKey, Map<string, Drift>>();
  /** Put right, and nobody knows yet who did it; the newest last. */
  #past: Drift[] = [];
  /** Of all that stand and all that are past. */
  readonly #windows = new Map<JobKey, Set<DriftWindow>>();

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
    const standing = this.#standingIn(scopeKey(scope));
    const keys = new Set(drifted.map(keyOf));
    for (const [key, drift] of standing) if (!keys.has(key)) this.#settle(standing, key, drift);
    const known = drifted.flatMap((one) => {
      const attribution = this.#explain(scope, standing, one, found);
      return attribution === null ? [] : [[one, attribution] as const];
    });
    const moved = new Set(drifted.map(({ id }) => id));
    for (const id of ids) if (!moved.has(id)) this.#isWanted(scope, id, lookedAt);
    return new Map(known);
  }

  #explain(
    scope: Scope,
    standing: Map<string, Drift>,
    { name, action, id }: DriftedJob,
    found: number,
  ): Attribution | null {
    if (id === undefined) return null;
    const key = keyOf({ name, action });
    const before = standing.get(key);
    const after = before?.window.job === id ? before.window.after : (this.#wantedSince(scope, id) ?? null);
    const window = { action, job: id, after, found };
    if (before !== undefined) this.#forget(before);
    const attribution = attributionOf(window, this.#open(scope, window));
    standing.set(key, { scope, name, action, window, attribution });
    const job = jobKey(scope, id);
    this.#windows.set(job, (this.#windows.get(job) ?? new Set()).add(window));
    return attribution;
  }

  /** The last write of others to a job since it was last as wanted, which may be what a look finds now. */
  lastWrite(scope: Pick<Scope, 'kind' | 'id'>, id: number): Attribution | null {
    const after = this.#wantedSince(scope, id) ?? null;
    const window: DriftWindow = { action: 'update', job: id, after, found: this.now() };
    return attributionOf(window, this.#open(scope, window));
  }

  /** Who changed a job that is not put right. */
  of(scope: Scope, job: Pick<DriftedJob, 'name' | 'action'>): Attribution | null {
    return this.#standing.get(scopeKey(scope))?.get(keyOf(job))?.attribution ?? null;
  }

  /** A job was put right by whoever had the state before. */
  putRight(scope: Scope, id: number, at: number): void {
    this.#isWanted(scope, id, at);
  }

  /** What others have done; tells of which drifts it is known now who did it. */
  learn(actions: readonly AuditedAction[]): readonly LateAttribution[] {
    const from = this.now() - KEPT_MS;
    for (const drift of this.#past) if (drift.window.found <= from) this.#forget(drift);
    this.#past = this.#past.filter(({ window }) => window.found > from);
    this.#keep(
      [...this.#actions, ...actions].filter(({ at }) => at > from),
      actions.length > 0,
    );
    return actions.length === 0 ? [] : [...this.#learnOfPast(), ...this.#learnOfStanding()];
  }

  #keep(actions: readonly AuditedAction[], isNew: boolean): void {
    if (!isNew && actions.length === this.#actions.length) return;
    this.#actions = actions.toSorted((a, b) => a.at - b.at).slice(-MOST_ACTIONS);
    this.#actionsOf = Map.groupBy(this.#actions, ({ scope, job }) => jobKey(scope, job));
    const events = new Set(this.#actions.map(({ event }) => event));
    for (const event of this.#spent) if (!events.has(event)) this.#spent.delete(event);
  }

  #learnOfPast(): readonly LateAttribution[] {
    const late: LateAttribution[] = [];
    this.#past = this.#past.filter((drift) => {
      const attribution = attributionOf(drift.window, this.#open(drift.scope, drift.window));
      if (attribution === null) return true;
      this.#spend(drift);
      late.push(lateOf(drift, attribution));
      return false;
    });
    return late;
  }

  #learnOfStanding(): readonly LateAttribution[] {
    return [...this.#standing.values()].flatMap((standing) =>
      [...standing].flatMap(([key, drift]) => {
        if (drift.attribution !== null) return [];
        const attribution = attributionOf(drift.window, this.#open(drift.scope, drift.window));
        if (attribution === null) return [];
        standing.set(key, { ...drift, attribution });
        return [lateOf(drift, attribution)];
      }),
    );
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
    const standing = this.#standingIn(scopeKey(scope));
    const drift = standing.get(keyOf(change));
    if (drift !== undefined) this.#settle(standing, keyOf(change), drift);
    if (event.job !== null) this.#isWanted(scope, id, this.now() - durationMs);
  };

  #retain(keys: ReadonlySet<ScopeKey>): void {
    for (const key of this.#wanted.keys()) if (!keys.has(key)) this.#wanted.delete(key);
    for (const [key, standing] of this.#standing) {
      if (keys.has(key)) continue;
      for (const drift of standing.values()) this.#forget(drift);
      this.#standing.delete(key);
    }
  }

  #settle(standing: Map<string, Drift>, key: string, drift: Drift): void {
    standing.delete(key);
    if (drift.attribution !== null) {
      this.#spend(drift);
      return;
    }
    this.#past.push(drift);
    for (const oldest of this.#past.splice(0, this.#past.length - MOST_DRIFTS)) this.#forget(oldest);
  }

  /** What has caused it explains nothing else. */
  #spend(drift: Drift): void {
    const { scope, window } = drift;
    for (const { event } of causesOf(window, this.#open(scope, window))) this.#spent.add(event);
    this.#forget(drift);
  }

  #forget({ scope, window }: Drift): void {
    const key = jobKey(scope, window.job);
    const windows = this.#windows.get(key);
    windows?.delete(window);
    if (windows?.size === 0) this.#windows.delete(key);
  }

  /** What can have caused this drift, and did not cause another one for sure. */
  #open(scope: Pick<Scope, 'kind' | 'id'>, window: DriftWindow): readonly AuditedAction[] {
    const key = jobKey(scope, window.job);
    const others = [...(this.#windows.get(key) ?? [])].filter(({ after }) => after !== window.after);
    const isOfAnother = ({ at }: AuditedAction): boolean =>
      !isStrictlyWithin(at, window) && others.some((one) => isStrictlyWithin(at, one));
    return (this.#actionsOf.get(key) ?? []).filter((one) => !this.#spent.has(one.event) && !isOfAnother(one));
  }

  #standingIn(key: ScopeKey): Map<string, Drift> {
    const standing = this.#standing.get(key) ?? new Map<string, Drift>();
    this.#standing.set(key, standing);
    return standing;
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

function jobKey(scope: Pick<Scope, 'kind' | 'id'>, id: number | null): JobKey {
  return `${scopeKey(scope)}#${id}`;
}

function keyOf({ action, name }: Pick<DriftedJob, 'name' | 'action'>): string {
  return `${action} ${name}`;
}

function lateOf({ scope, name, action, window }: Drift, attribution: Attribution): LateAttribution {
  return { scope, name, action, id: window.job, found: window.found, attribution };
}

/** Without what clocks may differ. */
function isStrictlyWithin(at: number, { after, found }: DriftWindow): boolean {
  return at <= found && (after === null || at > after);
}
