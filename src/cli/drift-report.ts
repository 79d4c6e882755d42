import { driftOnly } from '../core/accept/accept.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import type { Change, Plan, Withheld } from '../core/plan/change.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import type { PlanReport } from '../core/render/plan-report.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import { reportOf } from './output.ts';
import type { Shell } from './shell.ts';

/** What drift is narrowed down to. */
export interface DriftNarrowing {
  readonly job?: readonly string[];
  readonly field?: readonly string[];
}

/** The plans of a pass with nothing but what somebody has moved at Cloudflare, and where it was looked for. */
export function driftReport(result: PassResult, narrowing: DriftNarrowing, shell: Shell): PlanReport {
  const { job = [], field = [] } = narrowing;
  const desired = result.plans.flatMap((plan) => plan.desired.jobs);
  const jobs = desired.filter(({ name }) => job.length === 0 || job.includes(name)).length;
  const plans = result.plans.map((plan) => driftOnly(plan, narrowing)).filter(hasAny);
  const { transformers, ...others } = result;
  const isNarrowed = job.length + field.length > 0;
  const isDrift = ({ class: whose }: { readonly class: string }): boolean =>
    whose === 'drift' || whose === 'conflict';
  return {
    ...reportOf(
      {
        ...others,
        plans,
        ...(transformers &&
          !isNarrowed && {
            transformers: {
              ...transformers,
              plans: transformers.plans.map((plan) => ({
                ...plan,
                changes: plan.changes.filter(isDrift),
                withheld: plan.withheld.filter(isDrift),
                unmanaged: [],
              })),
            },
          }),
      },
      shell,
    ),
    // What the guard says of the whole pass is about other changes too.
    refusal: null,
    drift: { jobs, scopes: result.plans.length, fields: field },
  };
}

function hasAny({ changes, withheld }: Plan): boolean {
  return changes.length > 0 || withheld.length > 0;
}

/** Says which jobs were named and are nowhere: a slip of the hand must not look like "no drift". Whether there are any. */
export function reportUnknownJobs(names: readonly string[], result: PassResult, shell: Shell): boolean {
  // It may be where nobody could look.
  if (result.unreadable.length + result.unresolved.length > 0) return false;
  const known = new Set(
    result.plans.flatMap(({ desired, changes, withheld }) =>
      [...desired.jobs, ...desired.blocked, ...changes, ...withheld].map(({ name }) => name),
    ),
  );
  const unknown = names.filter((name) => !known.has(name));
  for (const name of unknown)
    shell.err(
      `error: --job ${cleanText(name)}: no job that was looked at has this name.${cleanText(suggestion(name, known))}\n`,
    );
  return unknown.length > 0;
}

/** What a person can do about drift, with a job that has drifted as the example; empty without drift. */
export function nextSteps(plans: readonly Plan[]): string {
  const drifted = plans.flatMap(({ scope, changes, withheld }) =>
    [...changes, ...withheld].map((one) => ({ one, target: cleanText(`${scope.name}/${one.name}`) })),
  );
  const [first] = drifted;
  if (first === undefined) return '';
  const acceptable = drifted.find(({ one }) => isAcceptable(one));
  const keep =
    acceptable === undefined
      ? 'edit the manifest'
      : `logpushd drift accept ${acceptable.target}   (--dry-run shows the edit)`;
  return [
    '',
    `Keep it:   ${keep}`,
    'Undo it:   logpushd apply   (a daemon does so by itself; what is withheld says why not)',
    `Wait:      logpushd pause ${first.target} --for 4h   (a daemon leaves it alone)`,
    '',
  ].join('\n');
}

function isAcceptable({ action, class: whose, fields }: Change | Withheld): boolean {
  return action === 'update' && whose === 'drift' && fields.every(({ secret }) => !secret);
}
