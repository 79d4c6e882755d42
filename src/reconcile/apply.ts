import { differencesOf, unshownPaths } from '../core/job/diff.ts';
import type { DesiredJob, JobFields, LiveJob } from '../core/job/job.ts';
import type { Change, Plan } from '../core/plan/change.ts';
import { entryOf, unsentOf } from '../core/plan/plan.ts';
import { planned, UnknownOutcomeError, UnusableAnswerError } from './errors.ts';
import type { Ledger } from './ledger.ts';
import type { CallOptions, LogpushApi, Written } from './ports.ts';

/** What applying the changes of one scope needs. */
export interface ApplyContext {
  readonly plan: Plan;
  readonly api: LogpushApi;
  readonly ledger: Ledger;
  readonly call: CallOptions;
}

export interface Applied {
  readonly id: number;
  /** As Cloudflare holds it now; null once deleted. */
  readonly job: LiveJob | null;
  readonly ray: string | undefined;
}

/**
 * Carries out one change and keeps the ledger in step: before a create, after every write.
 *
 * The answer of a write is its verification, so a good write costs one call.
 *
 * @throws ReconcileError when Cloudflare or the state did not do as asked; the next pass looks again.
 */
export async function applyChange(change: Change, context: ApplyContext): Promise<Applied> {
  switch (change.action) {
    case 'create':
      return create(change.desired, change.body, undefined, context);
    case 'update':
    case 'adopt':
      return update(change, context);
    case 'replace':
      return replace(change.desired, change.live, change.body, context);
    case 'delete':
      return remove(change.live.id, context);
  }
}

async function create(
  desired: DesiredJob,
  body: JobFields,
  superseded: number | undefined,
  context: ApplyContext,
): Promise<Applied> {
  const { ledger, plan } = context;
  const { scope } = plan;
  await ledger.beginCreate(scope, desired.name);
  const written = await sendCreate(desired, body, context);
  const job = await seenWhole(desired, written.job, context);
  await ledger.record(scope, entryOf(desired, job, ledger.fingerprint, superseded));
  return { id: job.id, job, ray: written.ray };
}

async function sendCreate(desired: DesiredJob, body: JobFields, context: ApplyContext): Promise<Written> {
  const { ledger, api, call, plan } = context;
  const { scope } = plan;
  try {
    return await api.createJob(scope, body, call);
  } catch (error) {
    const failure = planned(error);
    if (!(failure instanceof UnknownOutcomeError)) {
      await ledger.abandonCreate(scope, desired.name);
      throw failure;
    }
    const found = await lookUp(desired, context);
    if (found === null) throw failure;
    return { job: found, ray: undefined };
  }
}

/**
 * A create is never sent again on doubt; the scope is listed instead. Not finding the job proves little, as a
 * listing may lag, so its name stays in the ledger until a later pass finds it or plans it anew.
 */
async function lookUp(desired: DesiredJob, { plan, api, call }: ApplyContext): Promise<LiveJob | null> {
  const known = new Set(plan.live.map(({ id }) => id));
  try {
    const live = await api.listJobs(plan.scope, call);
    return live.find(({ id, name }) => name === desired.name && !known.has(id)) ?? null;
  } catch (error) {
    planned(error);
    return null;
  }
}

async function update(
  change: Change & { readonly action: 'update' | 'adopt' },
  context: ApplyContext,
): Promise<Applied> {
  const { desired, live, body, fields } = change;
  const { ledger, api, call, plan } = context;
  const { scope } = plan;
  const written = await api.updateJob(scope, live.id, body, call);
  const job = await seenWhole(desired, written.job, context);
  refuseIfNotDone(desired, job, new Set(fields.map(({ path }) => path)), context);
  const former = plan.paired.find(({ live: one }) => one.id === live.id)?.superseded;
  const unsent = unsentOf(plan, change, ledger.of(scope));
  await ledger.record(scope, entryOf(desired, job, ledger.fingerprint, former, unsent));
  return { id: job.id, job, ray: written.ray };
}

/** Create, then delete: a gap loses logs for good, an overlap only repeats some. */
async function replace(
  desired: DesiredJob,
  live: LiveJob,
  body: JobFields,
  context: ApplyContext,
): Promise<Applied> {
  const created = await create(desired, body, live.id, context);
  await remove(live.id, context);
  return created;
}

async function remove(id: number, { plan, ledger, api, call }: ApplyContext): Promise<Applied> {
  const { ray } = await api.deleteJob(plan.scope, id, call);
  await ledger.forget(plan.scope, id);
  return { id, job: null, ray };
}

/** Where the answer of a write leaves out what was sent, a single read is asked before it counts as invisible. */
async function seenWhole(
  desired: DesiredJob,
  answered: LiveJob,
  { plan, api, call }: ApplyContext,
): Promise<LiveJob> {
  if (unshownPaths(desired.fields, answered.fields, desired.ignore).length === 0) return answered;
  try {
    const single = await api.getJob(plan.scope, answered.id, call);
    return single === null ? answered : { ...single, fields: { ...answered.fields, ...single.fields } };
  } catch (error) {
    planned(error);
    return answered;
  }
}

function refuseIfNotDone(
  desired: DesiredJob,
  job: LiveJob,
  sent: ReadonlySet<string>,
  { plan }: ApplyContext,
): void {
  const undone = differencesOf(desired.fields, job.fields, desired.ignore)
    .filter(({ path, liveText }) => liveText !== undefined && sent.has(path))
    .map(({ path }) => path);
  if (undone.length === 0) return;
  throw new UnusableAnswerError({
    action: `update job "${desired.name}" (${job.id}) in ${plan.scope.name}`,
    cause: `it reported success, but ${undone.join(', ')} did not change`,
  });
}
