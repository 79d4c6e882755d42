import { createBody } from '../job/body.ts';
import type { Change, FieldDiff } from './change.ts';
import { classOf } from './classify.ts';
import type { Finding } from './classify.ts';
import { oldHalfOf } from './ledger-entry.ts';
import type { Matched } from './match.ts';
import { isWorthOverlapping } from './overlap.ts';
import { fixedFields } from './reason.ts';
import { refusalOfJob, withhold, withholdUnproven } from './step.ts';
import type { PlanContext, Step } from './step.ts';

/** A difference that only a new job can take away: create the new one, delete the old one. */
export function planReplace(matched: Matched, findings: readonly Finding[], context: PlanContext): Step {
  const { desired, live } = matched;
  const fields = findings.map(({ field }) => field);
  const whose = classOf(fields);
  const what = whatIsFixed(live.id, findings);
  const refusal =
    refusalOfJob(desired, whose === 'drift', context) ??
    refusalOfForeign(matched, what) ??
    refusalOfReplace(matched, what, context);
  if (refusal === null && matched.entry === undefined) return takeOver(matched, fields, what, context);
  if (refusal !== null) {
    return withhold(desired, refusal, { action: 'replace', class: whose, fields, id: live.id });
  }
  const unproven = withholdUnproven(
    desired,
    { action: 'replace', class: whose, fields, id: live.id },
    context,
  );
  if (unproven !== null) return unproven;
  const change: Change = {
    action: 'replace',
    name: desired.name,
    class: whose,
    reason: `${what}, so a new job takes its place.`,
    fields,
    origin: desired.origin,
    desired,
    live,
    body: createBody(desired.fields),
    oldGoes: isWorthOverlapping(live, desired.fields['enabled'] === true, context.policy.overlapMs)
      ? 'later'
      : 'next',
  };
  return { changes: [change] };
}

function whatIsFixed(id: number, findings: readonly Finding[]): string {
  const fixed: readonly FieldDiff[] = findings.filter(({ immutable }) => immutable).map(({ field }) => field);
  return `Cloudflare cannot change ${fixedFields(fixed)} of job ${id}`;
}

/** The ledger has to know that it is ours before another create takes its name. */
function takeOver(matched: Matched, fields: readonly FieldDiff[], what: string, context: PlanContext): Step {
  const { desired, live } = matched;
  const reason = `${what}, which a create made whose answer was lost. It is taken over first, and replaced by the next pass.`;
  return {
    ...withhold(desired, reason, { action: 'replace', class: 'pending', fields, id: live.id }),
    adoptable: [{ desired, live, ...oldHalfOf(matched, context.now) }],
  };
}

/** Without a ledger entry there is no proof that the job is ours to delete. */
function refusalOfForeign({ desired, live, entry, owned }: Matched, what: string): string | null {
  if (entry !== undefined || owned) return null;
  const pinned = desired.id === live.id ? 'remove "id:" and rename' : 'rename';
  return (
    `${what}, which has this name and is not owned by logpushd; ${pinned} the job in the manifest, ` +
    'or pin another live job with "id:".'
  );
}

function refusalOfReplace(
  { desired, live, superseded }: Matched,
  what: string,
  context: PlanContext,
): string | null {
  if (desired.protect) {
    return `${what}, and "protect: true" forbids to replace it; remove "protect", or give the new job another name.`;
  }
  if (desired.id === live.id) {
    return `${what}, and "id: ${live.id}" pins the manifest to it; remove "id:" to have it replaced.`;
  }
  if (superseded !== undefined) {
    return (
      `${what}, and job ${superseded}, which it has replaced, is still there; the next replace comes after that one ` +
      'is deleted. The setting guard.overlap_seconds shortens this time.'
    );
  }
  // If the answer of a create beside such a job were lost, the two could not be told apart.
  const twin = context.twins.find(({ name }) => name === desired.name);
  if (twin === undefined) return null;
  return (
    `${what}, and job ${twin.id}, which is not owned, already is what would be created; ` +
    `pin it with "id: ${twin.id}", or rename it at Cloudflare.`
  );
}
