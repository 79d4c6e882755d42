import type { DesiredScope, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import { approvalOf, digestOfPlans } from '../../core/plan/digest.ts';
import { modeOf, placesOf, type PlanPolicy } from '../../core/plan/policy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Outcome } from '../pass/pass-terms.ts';

export interface ArrivalsPorts {
  /** All that the manifest wants, also where this pass does not look. */
  readonly wanted: ReadonlyMap<ScopeKey, DesiredScope>;
  /** Of this pass. */
  readonly plans: readonly Plan[];
  readonly ledger: Ledger;
  readonly policy: PlanPolicy;
  /** Whether a person has approved the delete of this digest before its job is made in the other scope. */
  readonly consents: (digest: string) => boolean;
}

/** What a delete waits for. */
export interface Awaited {
  /** Where a job of that name has yet to be made. */
  readonly scope: Scope;
  /** Approves the delete before that. */
  readonly digest: string;
  /** Both scopes are full and wait for each other. */
  readonly isMutual: boolean;
}

/** Jobs that leave one scope for another. Were the old one deleted before the new one is made, neither would deliver. */
export class Arrivals {
  readonly #ports: ArrivalsPorts;
  readonly #plans: ReadonlyMap<ScopeKey, Plan>;
  /** Scopes by the names of the jobs that the manifest wants there. */
  readonly #places: ReadonlyMap<string, readonly DesiredScope[]>;
  /** Scopes with room while each delete waits, and with room once all of them have gone. */
  #room: { readonly waiting: ReadonlySet<ScopeKey>; readonly gone: ReadonlySet<ScopeKey> } | null = null;

  constructor(ports: ArrivalsPorts) {
    this.#ports = ports;
    this.#plans = new Map(ports.plans.map((plan) => [scopeKey(plan.scope), plan]));
    const names = [...ports.wanted.values()].flatMap((desired) =>
      [...desired.jobs, ...desired.blocked].map(({ name }) => ({ name, desired })),
    );
    const groups = Map.groupBy(names, ({ name }) => name);
    this.#places = new Map([...groups].map(([name, all]) => [name, all.map(({ desired }) => desired)]));
  }

  /** Null where nothing is waited for, or somebody lets logs be lost rather than to wait for ever. */
  awaitedBy(change: Change, from: Scope): Awaited | null {
    const { policy, ledger, consents } = this.#ports;
    const scope = this.#placeOf(change, from);
    if (scope === null) return null;
    const isMutual = this.#waitForEachOther(change, from, scope);
    if (isMutual && policy.allowGap) return null;
    const digest = digestOfPlans([{ scope: from, changes: [change] }], ledger.fingerprint);
    return consents(digest) ? null : { scope, digest, isMutual };
  }

  /** Whether there is no room for it, as far as anybody knows, after what has been done so far in its scope. */
  lacksPlace(change: Change, { scope, live }: Plan, done: readonly Outcome[]): boolean {
    if (change.action !== 'create' && (change.action !== 'replace' || change.oldGoes === 'first'))
      return false;
    const places = placesOf(scope, this.#ports.policy);
    const applied = done.flatMap((one) => (one.result === 'applied' ? [one.change] : []));
    const gone = applied.filter(({ action }) => action === 'delete').length;
    return live.length <= places && live.length - gone + applied.filter(isNew).length >= places;
  }

  #placeOf(change: Change, from: Scope): Scope | null {
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

  /** Whether both are too full for what is to be made there, and would not be if each let its jobs go first. */
  #waitForEachOther({ name }: Change, from: Scope, to: Scope): boolean {
    const ends = [scopeKey(from), scopeKey(to)];
    const isPlanned = this.#plans
      .get(scopeKey(to))
      ?.changes.some((change) => change.action === 'create' && change.name === name);
    if (isPlanned !== true) return false;
    this.#room ??= { waiting: this.#roomy(new Set()), gone: this.#roomy(new Set(this.#plans.keys())) };
    const { waiting, gone } = this.#room;
    return ends.every((key) => !waiting.has(key) && gone.has(key));
  }

  /** The scopes with room for all that is to be made there, found by turns from a first guess. */
  #roomy(guess: ReadonlySet<ScopeKey>): ReadonlySet<ScopeKey> {
    const plans = [...this.#plans.values()];
    const next = new Set(
      plans.filter((plan) => this.#hasRoom(plan, guess)).map(({ scope }) => scopeKey(scope)),
    );
    return next.size === guess.size ? next : this.#roomy(next);
  }

  /** A job leaves for where there is room, or where nobody knows that there is none. */
  #hasRoom({ scope, live, changes }: Plan, roomy: ReadonlySet<ScopeKey>): boolean {
    const going = changes.filter((change) => {
      const place = this.#placeOf(change, scope);
      const key = place && scopeKey(place);
      return change.action === 'delete' && (key === null || roomy.has(key) || !this.#plans.has(key));
    });
    const places = placesOf(scope, this.#ports.policy);
    // One that has more than the usual number may have still more.
    return live.length > places || live.length - going.length + changes.filter(isNew).length <= places;
  }
}

/** Whether it takes a place for good. */
function isNew(change: Change): boolean {
  return change.action === 'create' || (change.action === 'replace' && change.oldGoes === 'later');
}

/** Why the delete is not written yet, and what would end the wait. */
export function whyAwaited({ name }: Change, { scope, digest, isMutual }: Awaited): string {
  const why = `the manifest wants job "${name}" in ${scope.name}, where it has not been made yet`;
  const approval = `let it be deleted here first, and logs of the moments between be lost, ${approvalOf(digest)}`;
  return isMutual
    ? `${why}, because both scopes are full and wait for each other. Delete another job; or ${approval}; ` +
        `or allow it always with the setting guard.allow_gap`
    : `${why}; it is deleted here once it is there, so look at both together; or take it out of the manifest there, or ${approval}`;
}
