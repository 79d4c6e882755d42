import type { LiveJob, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import type { ReconcileEvent, Trigger } from '../../reconcile/event/events.ts';
import { type ChangeResult, changeResultOf, type RefusedScopes } from '../../reconcile/event/pass-record.ts';
import { ScopeMetrics } from './scope-metrics.ts';
import type { Families } from './series.ts';

interface OpenPass {
  readonly trigger: Trigger;
  refusal: RefusedScopes | null;
  readonly scopes: Map<ScopeKey, OpenScope>;
}

interface OpenScope {
  readonly scope: Scope;
  readonly plan: Plan | null;
  readonly done: Map<Change, ChangeResult>;
  readonly written: LiveJob[];
}

interface AboutChange {
  readonly passId: string;
  readonly scope: Scope;
  readonly change: Change;
}

/** Passes that were given up never finish; only so many are kept. */
const MAX_OPEN_PASSES = 16;

/** Gathers the events of a pass by scope, and records them when it has finished. */
export class PassMetrics {
  readonly #open = new Map<string, OpenPass>();
  readonly #scopes: ScopeMetrics;

  constructor(families: Families, now: () => number) {
    this.#scopes = new ScopeMetrics(families, now);
  }

  emit(event: ReconcileEvent): void {
    if (event.type === 'scopes.known') this.#scopes.retain(event.scopes);
    if (event.type === 'daemon.watching') this.#scopes.scheduled(event.intervalSeconds);
    if (event.type === 'pass.started') this.#start(event.passId, event.triggers[0] ?? 'manual');
    if (event.type === 'scope.planned') this.#look(event.passId, event.plan.scope, event.plan);
    if (event.type === 'scope.unreadable') this.#look(event.passId, event.scope, null);
    if (event.type === 'pass.refused') this.#refuse(event);
    if (event.type === 'drift.found') this.#scopes.drifted(event.scope, event.action);
    if (event.type === 'drift.fought') this.#scopes.fought(event.scope);
    if (event.type === 'change.applied') this.#applied(event);
    if (event.type === 'change.failed') this.#done(event, changeResultOf(event.error));
    if (event.type === 'change.parked') this.#done(event, 'parked');
    if (event.type === 'change.skipped') this.#done(event, 'skipped');
    if (event.type === 'pass.finished') this.#finish(event.passId, event.durationMs);
  }

  #start(passId: string, trigger: Trigger): void {
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= MAX_OPEN_PASSES && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(passId, { trigger, refusal: null, scopes: new Map() });
  }

  #look(passId: string, scope: Scope, plan: Plan | null): void {
    this.#open.get(passId)?.scopes.set(scopeKey(scope), { scope, plan, done: new Map(), written: [] });
    if (plan) this.#scopes.planned(plan);
  }

  #refuse({ passId, refusal, scopes }: Extract<ReconcileEvent, { type: 'pass.refused' }>): void {
    const pass = this.#open.get(passId);
    if (pass) pass.refusal = { code: refusal.code, scopes: new Set(scopes.map(scopeKey)) };
  }

  #applied(event: AboutChange & { readonly job: LiveJob | null }): void {
    if (event.job) this.#open.get(event.passId)?.scopes.get(scopeKey(event.scope))?.written.push(event.job);
    this.#done(event, 'success');
  }

  #done({ passId, scope, change }: AboutChange, result: ChangeResult): void {
    this.#open.get(passId)?.scopes.get(scopeKey(scope))?.done.set(change, result);
    this.#scopes.changed(scope, change, result);
  }

  #finish(passId: string, durationMs: number): void {
    const pass = this.#open.get(passId);
    if (!pass) return;
    this.#open.delete(passId);
    this.#scopes.finished([...pass.scopes.values()], pass.trigger, pass.refusal, durationMs);
  }
}
