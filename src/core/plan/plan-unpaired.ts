import { showDestination } from '../destination/destination.ts';
import { createBody } from '../job/body.ts';
import { differencesOf } from '../job/diff.ts';
import type { FieldDiff } from './change.ts';
import { fightOf, whyFought } from './fight.ts';
import { deletedKey, graceOf, heldUntil, whyInGrace } from './grace.ts';
import type { Match } from './match.ts';
import { datasetOf, destinationText } from './desired-text.ts';
import { refusalOfJob, withhold, withholdUnproven } from './step.ts';
import type { PlanContext, Step } from './step.ts';

/** Desired jobs for which there is not exactly one live job. */

/** No live job. One that logpushd knew was deleted behind its back, which is drift. */
export function planMissing({ desired, entry }: Match['missing'][number], context: PlanContext): Step {
  const { name, origin } = desired;
  const whose = entry === undefined ? 'pending' : 'drift';
  const fields = differencesOf(desired.fields, {}, desired.ignore).map(
    ({ path, secret, before, after }): FieldDiff => ({
      path,
      class: whose,
      secret,
      before,
      after: path === 'name' ? name : after,
    }),
  );
  const refusal = refusalOfJob(desired, whose === 'drift', context);
  if (refusal !== null) {
    const why = entry === undefined ? refusal : `Job ${entry.id} was deleted at Cloudflare. ${refusal}`;
    return withhold(desired, why, { action: 'create', class: whose, fields });
  }
  const fight = fightOf(entry, 'all', context.now);
  if (fight !== null) {
    const why = whyFought(`the making of job "${name}"`, WITHOUT_JOB, fight);
    const { withheld = [] } = withhold(desired, why, { action: 'create', class: whose, fields });
    return { withheld: withheld.map((one) => ({ ...one, fight })) };
  }
  const until = entry === undefined ? null : graceOf(deletedKey(name), context);
  if (entry !== undefined && until !== null) {
    const target = `${context.desired.scope.name}/${name}`;
    const why = whyInGrace(`Job ${entry.id} was deleted at Cloudflare`, target, until);
    const { withheld = [] } = withhold(desired, why, { action: 'create', class: whose, fields });
    return { withheld: heldUntil(withheld, until) };
  }
  const unproven = withholdUnproven(desired, { action: 'create', class: whose, fields }, context);
  if (unproven !== null) return unproven;
  const place = `${datasetOf(desired)} to ${showDestination(destinationText(desired))}`;
  const why =
    entry === undefined
      ? `The manifest wants a job that is not at Cloudflare: ${place}.`
      : `Job ${entry.id} was deleted at Cloudflare although the manifest wants it: ${place}.`;
  const reason = context.creating.includes(name)
    ? `${why} An earlier create of it got no answer, and listings show that it made none.`
    : why;
  const body = createBody(desired.fields);
  return { changes: [{ action: 'create', name, class: whose, reason, fields, origin, desired, body }] };
}

const WITHOUT_JOB = 'take it out of the manifest, or only have it reported with "mode: warn"';

/** Several live jobs that one desired job could be; choosing would be guessing. */
export function planAmbiguous({ desired, candidates }: Match['ambiguous'][number]): Step {
  const ids = candidates.map(({ id }) => id).join(', ');
  const reason = `Jobs ${ids} all have this name and any of them could be meant; pin one with "id:", or rename the others at Cloudflare.`;
  return withhold(desired, reason, { action: 'adopt', class: 'pending', fields: [] });
}

/** A pin to a job that does not exist. Creating one would not give it that id. */
export function planDangling({ desired, known }: Match['dangling'][number], context: PlanContext): Step {
  const id = desired.id ?? 0;
  const rivals = context.desired.jobs.filter((job) => job.id === id && job.name !== desired.name);
  const names = rivals.map(({ name }) => `"${name}"`).toSorted();
  const ids = known.map((job) => job.id).join(', ');
  const reason =
    names.length > 0
      ? `"id: ${id}" is pinned by ${names.join(', ')} too; a live job can be one desired job only, so correct one id.`
      : `"id: ${id}" pins this job to one that does not exist${ids === '' ? '' : ` (of this name there is ${ids})`}; correct the id, or remove it.`;
  return withhold(desired, reason, { action: 'update', class: 'pending', fields: [], id });
}

/** A job that cannot be rendered now: whatever it is at Cloudflare stays as it is. */
export function planBlocked({ job, candidates }: Match['blocked'][number]): Step {
  const [live, ...others] = candidates;
  return withhold(job, job.reason, {
    action: live === undefined ? 'create' : 'update',
    class: 'pending',
    fields: [],
    ...(live === undefined || others.length > 0 ? {} : { id: live.id }),
  });
}
