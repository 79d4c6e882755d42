import type { ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import type { Refusal } from '../../core/plan/guard.ts';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';
import { digestOf, type Desired } from '../manifest/desired.ts';
import type { PassResult } from '../pass/pass-terms.ts';

/** Scopes whose changes were refused together, and why. */
export interface HeldScopes {
  readonly scopes: ReadonlyMap<ScopeKey, HeldScope>;
  readonly refusal: Refusal;
}

interface HeldScope {
  /** Digest of what the manifest wanted here; see {@link digestOf}. */
  readonly wanted: string | undefined;
  /** What was refused here; null when the scope could not be read. */
  readonly plan: Plan | null;
}

/** Held scopes that a pass cannot see and of which the manifest still wants the same. */
export interface Lost {
  readonly scopes: ReadonlyMap<ScopeKey, HeldScope>;
  /** What was refused there, for the guard to count. */
  readonly plans: readonly Plan[];
  /** Stands as it was made; null when the guard is to decide anew. */
  readonly refusal: Refusal | null;
}

type Sight = Pick<PassResult, 'plans' | 'unreadable'>;

/**
 * What of the held scopes this pass does not see.
 *
 * A refusal belongs to what the manifest wanted. While that is the same in all held scopes, they are looked at together
 * or not at all. Once it has changed the guard decides anew, for a zone that nobody can read must not hold the others
 * for a manifest that is gone; but a scope in which nothing changed counts with what was refused there.
 */
export function lostOf(
  held: HeldScopes | null | undefined,
  { plans }: Pick<Sight, 'plans'>,
  desired: Desired,
  fingerprint: Fingerprint,
): Lost {
  const seen = new Set(plans.map(({ scope }) => scopeKey(scope)));
  const all = [...(held?.scopes ?? [])];
  const same = all.filter(([key, { wanted }]) => {
    const now = wantedOf(key, desired, fingerprint);
    // Not wanted at all: the manifest no longer mentions it, or its name cannot be resolved now.
    return now === undefined ? !seen.has(key) : now === wanted;
  });
  const lost = same.filter(([key]) => !seen.has(key));
  const isFilled = held?.refusal.code === 'empty-manifest' && desired.jobs > 0;
  const stands = lost.length > 0 && same.length === all.length && !isFilled;
  return {
    scopes: new Map(lost),
    plans: lost.flatMap(([, { plan }]) => plan ?? []),
    refusal: stands && held ? held.refusal : null,
  };
}

/** A scope that could not be read may hold a part of what was refused. */
export function heldBy(
  refusal: Refusal,
  { plans, unreadable }: Sight,
  lost: Lost,
  desired: Desired,
  fingerprint: Fingerprint,
): HeldScopes {
  const entry = (key: ScopeKey, plan: Plan | null): readonly [ScopeKey, HeldScope] => [
    key,
    { wanted: wantedOf(key, desired, fingerprint), plan },
  ];
  const scopes = new Map([
    ...unreadable.map(({ scope }) => entry(scopeKey(scope), null)),
    ...lost.scopes,
    ...plans.filter(({ changes }) => changes.length > 0).map((plan) => entry(scopeKey(plan.scope), plan)),
  ]);
  return { scopes, refusal };
}

/** Those of two passes; what the later one saw is the latest word on its scopes. */
export function heldAfter(
  former: HeldScopes | null,
  looked: ReadonlySet<ScopeKey>,
  held: HeldScopes | null,
): HeldScopes | null {
  const others = [...(former?.scopes ?? [])].filter(([key]) => !looked.has(key));
  const refusal = held?.refusal ?? former?.refusal;
  const scopes = new Map([...others, ...(held?.scopes ?? [])]);
  return scopes.size === 0 || refusal === undefined ? null : { scopes, refusal };
}

function wantedOf(key: ScopeKey, { scopes }: Desired, fingerprint: Fingerprint): string | undefined {
  const scope = scopes.get(key);
  return scope && digestOf(scope, fingerprint);
}
