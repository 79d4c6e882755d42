import { minuteText } from '../minute.ts';
import type { FieldDiff, Withheld } from './change.ts';
import type { Drifting } from './ledger-entry.ts';
import type { PlanPolicy } from './policy.ts';

/**
 * A fresh change of a person is only reported for a while: in an incident it is there for a reason. From when on it is
 * counted stands in the ledger, so that a restart does not begin anew.
 */

/** One thing that moved: a field of a job, a job that was deleted, or one that was made. */
export type DriftKey = string;

export function fieldKey(job: string, path: string): DriftKey {
  return JSON.stringify([job, path]);
}

export function deletedKey(job: string): DriftKey {
  return JSON.stringify([job]);
}

export function madeKey(id: number): DriftKey {
  return JSON.stringify([id]);
}

interface GraceTerms {
  readonly policy: Pick<PlanPolicy, 'graceMs'>;
  readonly drifting: readonly Drifting[];
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
}

/** Up to when this is left as it is, milliseconds since the epoch; null where it is put right now. */
export function graceOf(key: DriftKey, { policy, drifting, now }: GraceTerms): number | null {
  const since = sinceOf(key, drifting, now);
  // A clock that was set back must not make it longer.
  return Math.abs(now - since) < policy.graceMs ? since + policy.graceMs : null;
}

/** When it was first seen to have moved, milliseconds since the epoch. */
export function sinceOf(key: DriftKey, drifting: readonly Drifting[], now: number): number {
  const known = drifting.find((one) => one.key === key);
  return known === undefined ? now : Date.parse(known.since);
}

/** The withheld half of a plan with the time at which it is put right. */
export function heldUntil(withheld: readonly Withheld[], until: number): readonly Withheld[] {
  return withheld.map((one) => ({ ...one, until: new Date(until).toISOString() }));
}

/** @param how to keep it: a clause, or that of a job */
export function whyInGrace(
  what: string,
  target: string,
  until: number,
  how = `run "logpushd drift accept ${target}"`,
): string {
  return (
    `${what}, and the setting "drift_grace_seconds" leaves it so until ${minuteText(until)}; then it is put right. To keep it, ${how}, ` +
    `or "logpushd pause ${target}" for more time.`
  );
}

/** What is to be remembered of what moved and is not put right: each since it was first seen. */
export function driftingAfter(
  { changes, withheld }: { readonly changes: readonly Moved[]; readonly withheld: readonly Moved[] },
  known: readonly Drifting[],
  now: number,
): readonly Drifting[] {
  const held = new Set(withheld.flatMap(keysOf));
  // What is being put right is forgotten once it is seen to be right: a write may fail.
  const tried = changes.flatMap(keysOf).filter((key) => known.some((one) => one.key === key));
  const keys = [...held.union(new Set(tried))].toSorted();
  return keys.map((key) => ({ key, since: new Date(sinceOf(key, known, now)).toISOString() }));
}

type Moved = Pick<Withheld, 'name' | 'action' | 'class'> & {
  readonly fields: readonly Pick<FieldDiff, 'path' | 'class'>[];
  readonly id?: number;
  readonly live?: { readonly id: number };
};

function keysOf({ name, action, class: whose, fields, id, live }: Moved): readonly DriftKey[] {
  if (action === 'create') return whose === 'drift' ? [deletedKey(name)] : [];
  if (action === 'delete') return whose === 'drift' ? [madeKey(id ?? live?.id ?? 0)] : [];
  return fields.filter((field) => field.class === 'drift').map(({ path }) => fieldKey(name, path));
}
