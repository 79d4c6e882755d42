import type { DesiredJob, JobFields, LiveJob, Scope } from '../../core/job/job.ts';
import { isElsewhere } from '../../core/plan/desired-text.ts';
import { arrivalsOf } from '../../core/plan/open-create.ts';
import type { ApplyContext } from './apply.ts';
import { failureOf, planned, RejectedError, UnknownOutcomeError } from '../errors.ts';
import { inItsTime } from './in-time.ts';
import type { Written } from '../ports.ts';

/** Sends it once, and looks up what has become of it where no answer says so. */
export async function sendCreate(
  desired: DesiredJob,
  body: JobFields,
  context: ApplyContext,
): Promise<Written> {
  const { ledger, plan } = context;
  const { scope } = plan;
  try {
    return await createAfterLooks(body, context);
  } catch (error) {
    const failure = planned(error);
    if (!(failure instanceof UnknownOutcomeError)) {
      // A name that cannot be taken out costs a listing later; what Cloudflare said is what a person needs.
      await failureOf(ledger.abandonCreate(scope, desired.name));
      throw failure;
    }
    const { made, live } = await arrival(desired, context);
    if (made !== null) return { job: made, ray: undefined };
    throw failure.kind === 'conflict' ? refusedAsTaken(failure, desired, live, plan.scope) : failure;
  }
}

/** Nothing has turned up that it made, so it is as Cloudflare says; what turns up later is still known as ours. */
function refusedAsTaken(
  { action, status, errors, ray, meaning }: UnknownOutcomeError,
  desired: DesiredJob,
  live: readonly LiveJob[],
  scope: Scope,
): RejectedError {
  const holder = live.find((job) => !isElsewhere(desired, job));
  const says = holder && `Job "${holder.name}" (${holder.id}) of ${scope.name} delivers there already.`;
  return new RejectedError({
    action,
    errors,
    ...(status !== undefined && { status }),
    ...(ray !== undefined && { ray }),
    ...(meaning && { meaning: { ...meaning, ...(says && { says }) } }),
  });
}

/** What has turned up under its name meanwhile refuses it. */
function createAfterLooks(body: JobFields, { api, call, plan }: ApplyContext): Promise<Written> {
  return inItsTime(async ({ isFirst }) => {
    if (!isFirst) await api.listJobs(plan.scope, call);
    return api.createJob(plan.scope, body, call);
  });
}

/**
 * What a create has made whose answer was lost; null where one listing does not show it, which proves little: the
 * request may still be under way. So that is left to the next listings.
 */
async function arrival(
  desired: DesiredJob,
  { plan, api, ledger, clock, call }: ApplyContext,
): Promise<{ readonly made: LiveJob | null; readonly live: readonly LiveJob[] }> {
  const { scope } = plan;
  let live: readonly LiveJob[] = [];
  try {
    const now = clock.now();
    live = await api.listJobs(scope, call);
    const before = ledger.of(scope);
    const create = before.creating.find(({ name }) => name === desired.name);
    if (create === undefined) return { made: null, live };
    const [made, ...others] = arrivalsOf(create, live, before, ledger.fingerprint);
    // Which of several is kept is decided by the next pass, which looks at all of them.
    if (made !== undefined) return { made: others.length === 0 ? made : null, live };
    const looks = [new Date(now).toISOString()];
    const creating = before.creating.map((one) => (one === create ? { ...create, looks } : one));
    await ledger.recordDoubts(scope, { creating });
  } catch (error) {
    planned(error);
  }
  return { made: null, live };
}
