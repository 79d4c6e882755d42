import type { Attribution, DriftAuthor } from '../../core/audit/attribution.ts';
import type { LiveJob } from '../../core/job/job.ts';
import type { Change, DifferenceClass, Plan, Withheld } from '../../core/plan/change.ts';
import { signatureOf } from '../../core/plan/signature.ts';
import type { Attributions, DriftedJob } from './attributions.ts';
import type { EventOf } from '../event/events.ts';
import type { PassPorts } from '../pass/pass-terms.ts';

/** One job that somebody else changed, or a part of it that is or is not put right. */
interface Drifted extends DriftedJob {
  readonly one: Change | Withheld;
  readonly live: LiveJob | undefined;
  readonly heals: boolean;
}

/**
 * What somebody else moved, also where the manifest moved something of the same job, and who that was as far as it is
 * known.
 *
 * @param lookedAt when the scope began to be read, by Cloudflare's clock
 */
export function driftOf(
  plan: Plan,
  passId: string,
  { ledger, attributions }: Pick<PassPorts, 'ledger' | 'attributions'>,
  lookedAt: number,
): readonly EventOf<'drift.found'>[] {
  const { entries } = ledger.of(plan.scope);
  const drifted = driftedIn(plan, (name) => entries.find((entry) => entry.name === name)?.id);
  const ids = plan.paired.map(({ live }) => live.id);
  const authors = attributions?.look(plan.scope, drifted, { lookedAt, ids });
  return drifted.map((job) => eventOf(job, plan, passId, authors?.get(job) ?? null));
}

/** Who has caused the drifts that these plans show, where it is known. */
export function authorsOf(plans: readonly Plan[], attributions: Attributions): readonly DriftAuthor[] {
  return plans.flatMap(({ scope, changes, withheld }) =>
    [...changes, ...withheld].filter(hasDrift).flatMap((one) => {
      const { name: job, action } = one;
      const attribution = attributions.of(scope, one);
      return attribution === null ? [] : [{ scope, job, action, attribution }];
    }),
  );
}

function driftedIn(plan: Plan, ownedId: (name: string) => number | undefined): readonly Drifted[] {
  const of = (one: Change | Withheld, live: LiveJob | undefined, heals: boolean): Drifted => {
    const { name, action } = one;
    return { name, action, id: live?.id ?? ownedId(name), one, live, heals };
  };
  return [
    ...plan.changes.filter(hasDrift).map((one) => of(one, 'live' in one ? one.live : undefined, true)),
    ...plan.withheld.filter(hasDrift).map((one) => {
      const live = plan.live.find(({ id }) => id === one.id);
      return of(one, live, false);
    }),
  ];
}

function eventOf(
  { name: job, action, id, one, live, heals }: Drifted,
  { scope }: Plan,
  passId: string,
  attribution: Attribution | null,
): EventOf<'drift.found'> {
  const fields = action === 'create' ? [] : one.fields.filter(isMoved);
  const signature = signatureOf(fields, live, attribution);
  return {
    type: 'drift.found',
    passId,
    scope,
    job,
    action,
    id,
    fields,
    heals,
    reason: one.reason,
    ...(attribution && { attribution }),
    ...(signature && { signature }),
  };
}

function hasDrift(one: Change | Withheld): boolean {
  return isMoved(one) || one.fields.some(isMoved);
}

function isMoved({ class: whose }: { readonly class: DifferenceClass }): boolean {
  return whose === 'drift' || whose === 'conflict';
}

/** A job may be healed in part and in part be left alone; it counts once. */
export function driftedJobs({ changes, withheld }: Plan): number {
  return new Set([...changes, ...withheld].filter(hasDrift).map(({ name }) => name)).size;
}
