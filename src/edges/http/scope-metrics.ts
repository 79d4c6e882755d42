import type { LiveJob, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import type { Trigger } from '../../reconcile/event/events.ts';
import { METRICS } from './metric-table.ts';
import {
  type ChangeResult,
  jobsAfter,
  type RefusedScopes,
  resultOf,
  type ScopeRecord,
  statesOf,
  worstOf,
} from '../../reconcile/event/pass-record.ts';
import type { CounterFamily, Families, GaugeFamily, HistogramFamily } from './series.ts';

const ACTIONS = ['create', 'update', 'replace', 'delete', 'adopt'] as const;
const REFUSALS = ['too_many_removals', 'empty_manifest'] as const;

/** The metrics of scopes and jobs. A job that has gone takes its series with it. */
export class ScopeMetrics {
  readonly #now: () => number;
  readonly #reconciles: CounterFamily;
  readonly #durations: HistogramFamily;
  readonly #interval: GaugeFamily;
  readonly #lastReconcile: GaugeFamily;
  readonly #lastSuccess: GaugeFamily;
  readonly #failures: GaugeFamily;
  readonly #jobs: GaugeFamily;
  readonly #planChanges: GaugeFamily;
  readonly #changes: CounterFamily;
  readonly #drift: CounterFamily;
  readonly #fought: CounterFamily;
  readonly #blocked: GaugeFamily;
  readonly #paused: GaugeFamily;
  readonly #jobEnabled: GaugeFamily;
  readonly #jobError: GaugeFamily;
  readonly #jobLastComplete: GaugeFamily;
  readonly #known = new Map<ScopeKey, string>();
  readonly #failuresOf = new Map<string, number>();
  #intervalSeconds: number | null = null;

  constructor(families: Families, now: () => number) {
    this.#now = now;
    this.#reconciles = families.counter(METRICS.reconcileTotal);
    this.#durations = families.histogram(METRICS.reconcileDuration);
    this.#interval = families.gauge(METRICS.reconcileInterval);
    this.#lastReconcile = families.gauge(METRICS.lastReconcile);
    this.#lastSuccess = families.gauge(METRICS.lastSuccess);
    this.#failures = families.gauge(METRICS.consecutiveFailures);
    this.#jobs = families.gauge(METRICS.jobs);
    this.#planChanges = families.gauge(METRICS.planChanges);
    this.#changes = families.counter(METRICS.changesTotal);
    this.#drift = families.counter(METRICS.drift);
    this.#fought = families.counter(METRICS.driftFought);
    this.#paused = families.gauge(METRICS.paused);
    this.#blocked = families.gauge(METRICS.blocked);
    this.#jobEnabled = families.gauge(METRICS.jobEnabled);
    this.#jobError = families.gauge(METRICS.jobUpstreamError);
    this.#jobLastComplete = families.gauge(METRICS.jobLastComplete);
  }

  /** Absent until it is known. */
  scheduled(seconds: number): void {
    this.#intervalSeconds = seconds;
    for (const zone of this.#known.values()) this.#interval.set({ zone }, seconds);
  }

  planned({ scope, changes, desired: { pauses = [] } }: Plan): void {
    const zone = scope.name;
    this.#paused.remove({ zone });
    for (const { job = '' } of pauses) this.#paused.set({ zone, logpush_job: job }, 1);
    for (const action of ACTIONS) {
      this.#planChanges.set({ zone, action }, changes.filter((change) => change.action === action).length);
    }
  }

  drifted({ name: zone }: Scope, action: Change['action']): void {
    this.#drift.add({ zone, action });
  }

  fought({ name: zone }: Scope): void {
    this.#fought.add({ zone });
  }

  changed(scope: Scope, change: Change, result: ChangeResult): void {
    this.#changes.add({ zone: scope.name, action: change.action, result });
  }

  finished(
    records: readonly ScopeRecord[],
    trigger: Trigger,
    refusal: RefusedScopes | null,
    durationMs: number,
  ): void {
    const results = records.map((record) => {
      const isRefused = refusal?.scopes.has(scopeKey(record.scope)) ?? false;
      const result = resultOf(record, isRefused);
      this.#finishScope(record, result, refusal?.code ?? null);
      this.#reconciles.add({ zone: record.scope.name, trigger, result });
      return result;
    });
    this.#durations.observe({ result: worstOf(results) }, durationMs / 1000);
  }

  retain(scopes: readonly Scope[]): void {
    const kept = new Set(scopes.map(scopeKey));
    const keptNames = new Set(scopes.map(({ name }) => name));
    for (const [key, zone] of this.#known) {
      if (kept.has(key)) continue;
      this.#known.delete(key);
      if (!keptNames.has(zone)) this.#forget(zone);
    }
  }

  #finishScope(record: ScopeRecord, result: ReturnType<typeof resultOf>, refusal: string | null): void {
    const { scope, plan, done } = record;
    const zone = scope.name;
    this.#know(scope);
    const seconds = this.#now() / 1000;
    this.#lastReconcile.set({ zone }, seconds);
    if (result !== 'error' && result !== 'blocked') this.#lastSuccess.set({ zone }, seconds);
    const failures = result === 'error' ? (this.#failuresOf.get(zone) ?? 0) + 1 : 0;
    this.#failuresOf.set(zone, failures);
    this.#failures.set({ zone }, failures);
    const reason = result === 'blocked' ? refusal?.replaceAll('-', '_') : null;
    for (const one of REFUSALS) this.#blocked.set({ zone, reason: one }, one === reason ? 1 : 0);
    if (plan === null) return;
    for (const [state, count] of statesOf(plan, done)) this.#jobs.set({ zone, state }, count);
    this.#showJobs(zone, jobsAfter(record));
  }

  /** A zone that was renamed takes the series of its old name along. */
  #know(scope: Scope): void {
    const key = scopeKey(scope);
    const before = this.#known.get(key);
    if (before !== undefined && before !== scope.name) this.#forget(before);
    this.#known.set(key, scope.name);
    this.#changes.add({ zone: scope.name, action: 'update', result: 'success' }, 0);
    this.#fought.add({ zone: scope.name }, 0);
    if (this.#intervalSeconds !== null) this.#interval.set({ zone: scope.name }, this.#intervalSeconds);
  }

  #showJobs(zone: string, jobs: ReadonlyMap<string, LiveJob>): void {
    for (const family of [this.#jobEnabled, this.#jobError, this.#jobLastComplete]) family.remove({ zone });
    for (const [name, { fields, delivery }] of jobs) {
      const dataset = typeof fields['dataset'] === 'string' ? fields['dataset'] : '';
      const labels = { zone, logpush_job: name, dataset };
      this.#jobEnabled.set(labels, fields['enabled'] === true ? 1 : 0);
      this.#jobError.set(labels, delivery.errorMessage !== null || delivery.lastError !== null ? 1 : 0);
      const completedMs = Date.parse(delivery.lastComplete ?? '');
      if (!Number.isNaN(completedMs)) this.#jobLastComplete.set(labels, completedMs / 1000);
    }
  }

  #forget(zone: string): void {
    this.#failuresOf.delete(zone);
    for (const family of [
      this.#reconciles,
      this.#interval,
      this.#lastReconcile,
      this.#lastSuccess,
      this.#failures,
      this.#jobs,
      this.#planChanges,
      this.#changes,
      this.#drift,
      this.#fought,
      this.#blocked,
      this.#paused,
      this.#jobEnabled,
      this.#jobError,
      this.#jobLastComplete,
    ]) {
      family.remove({ zone });
    }
  }
}
