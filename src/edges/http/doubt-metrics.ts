import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import { UnknownOutcomeError } from '../../reconcile/errors.ts';
import type { ReconcileEvent } from '../../reconcile/event/events.ts';
import { METRICS } from './metric-table.ts';
import type { CounterFamily, Families, GaugeFamily } from './series.ts';

interface Open {
  readonly zone: string;
  readonly names: ReadonlySet<string>;
}

/** Creates whose answer was lost, and how each of them turned out. */
export class DoubtMetrics {
  readonly #pending: GaugeFamily;
  readonly #resolved: CounterFamily;
  readonly #open = new Map<ScopeKey, Open>();

  constructor(families: Families) {
    this.#pending = families.gauge(METRICS.ambiguousPending);
    this.#resolved = families.counter(METRICS.ambiguousResolved);
    for (const resolution of ['found', 'absent']) this.#resolved.add({ resolution }, 0);
  }

  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'scope.planned') this.#look(event.plan);
    if (event.type === 'scopes.known') this.#retain(event.scopes);
    if (event.type === 'change.failed' && event.error instanceof UnknownOutcomeError) {
      const { scope, change } = event;
      const names = this.#open.get(scopeKey(scope))?.names ?? new Set();
      if (change.action === 'create') this.#keep(scope, new Set([...names, change.name]));
    }
  };

  #look({ scope, doubts, live }: Plan): void {
    const names = new Set(doubts.creating.map(({ name }) => name));
    for (const name of this.#open.get(scopeKey(scope))?.names ?? []) {
      if (names.has(name)) continue;
      const resolution = live.some((job) => job.name === name) ? 'found' : 'absent';
      this.#resolved.add({ resolution });
    }
    this.#keep(scope, names);
  }

  #keep(scope: Scope, names: ReadonlySet<string>): void {
    const key = scopeKey(scope);
    const before = this.#open.get(key);
    if (before !== undefined && before.zone !== scope.name) this.#pending.remove({ zone: before.zone });
    this.#open.set(key, { zone: scope.name, names });
    this.#pending.set({ zone: scope.name }, names.size);
  }

  #retain(scopes: readonly Scope[]): void {
    const kept = new Set(scopes.map(scopeKey));
    for (const [key, { zone }] of this.#open) {
      if (kept.has(key)) continue;
      this.#open.delete(key);
      this.#pending.remove({ zone });
    }
  }
}
