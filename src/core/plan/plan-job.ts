import type { FieldDiff } from './change.ts';
import { classifyJob } from './classify.ts';
import { oldHalfOf } from './ledger-entry.ts';
import { isKnown } from './marked.ts';
import type { Matched } from './match.ts';
import { planReplace } from './plan-replace.ts';
import { planUpdate } from './plan-update.ts';
import { paths } from './reason.ts';
import { refusalOfJob, withhold } from './step.ts';
import type { PlanContext, Step } from './step.ts';

/** Decides about one desired job and the live job it is. */
export function planPaired(matched: Matched, context: PlanContext): Step {
  const { desired, live, entry } = matched;
  const known = isKnown(entry) ? entry : undefined;
  const findings = classifyJob(desired, live, known, context.fingerprint);
  const unseen = findings.map(({ field }) => field).filter((field) => field.class === 'unverifiable');
  const differing = findings.filter(({ field }) => field.class !== 'unverifiable');
  const fields = differing.map(({ field }) => field);
  const unverifiable = unseen.length > 0 ? [{ name: desired.name, id: live.id, fields: unseen }] : [];
  return { ...decide(), unverifiable };

  function decide(): Step {
    if (differing.some(({ immutable }) => immutable)) return planReplace(matched, differing, context);
    if (entry === undefined) return planAdoption(matched, fields, unseen, context);
    if (fields.length > 0) return planUpdate('update', matched, fields, unseen, context);
    return known === undefined ? planAdoption(matched, fields, unseen, context) : {};
  }
}

/** A live job that is not in the ledger yet: somebody's, or what a create made whose answer was lost. */
function planAdoption(
  matched: Matched,
  fields: readonly FieldDiff[],
  unseen: readonly FieldDiff[],
  context: PlanContext,
): Step {
  const { desired, live } = matched;
  const refusal = refusalOfJob(desired, false, context) ?? refusalOfAdoption(matched, fields, context);
  if (refusal !== null) {
    return withhold(desired, refusal, { action: 'adopt', class: 'pending', fields, id: live.id });
  }
  if (fields.length > 0) return planUpdate('adopt', matched, fields, unseen, context);
  return { adoptable: [{ desired, live, ...oldHalfOf(matched, context.now) }] };
}

/** Why this job must not be taken over, or null. A pin is a person's word and beats the setting. */
function refusalOfAdoption(
  { desired, live, owned }: Matched,
  fields: readonly FieldDiff[],
  { policy }: PlanContext,
): string | null {
  if (owned || desired.id === live.id || policy.adopt === 'always') return null;
  const who = `Job ${live.id} has this name and is not owned by logpushd`;
  const remedy = `pin it with "id: ${live.id}", or rename the job in the manifest`;
  if (policy.adopt === 'never') {
    return `${who}, and the setting "adopt" is "never"; set "always", ${remedy}.`;
  }
  // Its name alone is what would mark it as owned.
  if (fields.every(({ path }) => path === 'name')) return null;
  return `${who}, it differs in ${paths(fields)}, and the setting "adopt" is "if_equal"; set "always", ${remedy}.`;
}
