import type { DesiredScope, Scope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type { Change, Plan } from '../core/plan/change.ts';
import { modeOf, type PlanPolicy } from '../core/plan/policy.ts';
import type { Ledger } from './ledger.ts';

export interface ArrivalsPorts {
  /** All that the manifest wants, also where this pass does not look. */
  readonly wanted: ReadonlyMap<ScopeKey, DesiredScope>;
  /** Of this pass. */
  readonly plans: readonly Plan[];
  readonly ledger: Ledger;
  readonly policy: PlanPolicy;
}

/** Jobs that leave one scope for another. Were the old one deleted before the new one is made, neither would deliver. */
export class Arrivals {
  readonly #ports: ArrivalsPorts;
  readonly #plans: ReadonlyMap<ScopeKey, Plan>;
  /** Scopes by the names of the jobs that the manifest wants there. */
  readonly #places: ReadonlyMap<string, readonly DesiredScope[]>;

  constructor(ports: ArrivalsPorts) {
    this.#ports = ports;
    this.#plans = new Map(ports.plans.map((plan) => [scopeKey(plan.scope), plan]));
    const names = [...ports.wanted.values()].flatMap((desired) =>
      [...desired.jobs, ...desired.blocked].map(({ name }) => ({ name, desired })),
    );
    const groups = Map.groupBy(names, ({ name }) => name);
    this.#places = new Map([...groups].map(([name, all]) => [name, all.map(({ desired }) => desired)]));
  }

  /** The scope in which a job of that name has yet to be made before this delete; null where nothing is waited for. */
  awaitedBy(change: Change, from: Scope): Scope | null {
    if (change.action !== 'delete' || change.keeps || change.class !== 'pending') return null;
    const places = this.#places.get(change.name) ?? [];
    return places.find((place) => this.#isAwaited(change.name, place, from))?.scope ?? null;
  }

  #isAwaited(name: string, place: DesiredScope, from: Scope): boolean {
    const { ledger, policy } = this.#ports;
    const key = scopeKey(place.scope);
    if (key === scopeKey(from) || ledger.of(place.scope).entries.some((entry) => entry.name === name))
      return false;
    const job = place.jobs.find((one) => one.name === name);
    if (modeOf(place, policy, job).value === 'observe') return false;
    const plan = this.#plans.get(key);
    // What nobody has looked at may lack it; what was looked at lacks it only where it would be made.
    if (plan === undefined) return true;
    return [...plan.changes, ...plan.withheld].some(
      (one) => one.action === 'create' && one.name === name && one.class === 'pending',
    );
  }
}

/** Why the delete is not written yet, and what would end the wait. */
export function whyAwaited({ name }: Change, scope: Scope): string {
  return (
    `the manifest wants job "${name}" in ${scope.name}, where it has not been made yet; it is deleted here once it is ` +
    `there, so look at both together, or take it out of the manifest there`
  );
}
