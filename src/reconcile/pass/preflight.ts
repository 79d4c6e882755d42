import { needsChallenge } from '../../core/destination/destination.ts';
import type { LiveJob } from '../../core/job/job.ts';
import type { Successor } from '../../core/plan/change.ts';
import { datasetOf, destinationText } from '../../core/plan/desired-text.ts';
import { Secret } from '../../core/secret.ts';
import type { ApplyContext } from './apply.ts';
import { NotFoundError, planned, RejectedError, UnusableAnswerError } from '../errors.ts';
import type { Verdict } from '../ports.ts';

/**
 * A write is its own check, so nothing is asked before it; but where a job goes to make room for another one, the logs
 * of both are lost if Cloudflare then does not take the new one.
 *
 * @param goes the job that is deleted next
 * @throws RejectedError when Cloudflare would not take the new one
 */
export async function confirmTaken(
  successor: Successor,
  goes: LiveJob,
  context: ApplyContext,
): Promise<void> {
  const { plan, api, call, checkBeforeDelete } = context;
  if (!checkBeforeDelete) return;
  const { desired, body } = successor;
  const destination = destinationText({ fields: body });
  // Of the types that want a proof, the one that was had before (`carry-out.ts`) shows that Cloudflare can write there.
  if (destination !== '' && !needsChallenge(destination)) {
    const asked = api.validateDestination(plan.scope, new Secret(destination), call);
    refuseUnless(await verdictOf(asked), successor, goes, context);
  }
  const options = body['logpull_options'];
  if (typeof options === 'string' && options !== '') {
    const asked = api.validateOrigin(plan.scope, options, datasetOf(desired), call);
    refuseUnless(await verdictOf(asked), successor, goes, context);
  }
}

/** Null where Cloudflare does not serve that check, or says nothing that can be understood. */
export async function verdictOf(asked: Promise<Verdict>): Promise<Verdict | null> {
  try {
    return await asked;
  } catch (error) {
    const failure = planned(error);
    if (failure instanceof NotFoundError || failure instanceof UnusableAnswerError) return null;
    throw failure;
  }
}

function refuseUnless(
  verdict: Verdict | null,
  { name }: Successor,
  goes: LiveJob,
  { plan }: ApplyContext,
): void {
  if (verdict === null || verdict.valid) return;
  const { message, meaning } = verdict;
  throw new RejectedError({
    action: `take job "${name}" in ${plan.scope.name}, so job "${goes.name}" (${goes.id}) was not deleted to make room for it`,
    cause: `${message || 'no reason given'}; the setting guard.check_before_delete switches this check off`,
    ...(meaning && { meaning }),
  });
}
