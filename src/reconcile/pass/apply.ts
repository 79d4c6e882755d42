import { assumedEqual, differencesOf, unshownPaths } from '../../core/job/diff.ts';
import type { DesiredJob, LiveJob } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import { healingsAfter, withHealings } from '../../core/plan/fight.ts';
import { type LedgerEntry, oldHalfOf } from '../../core/plan/ledger-entry.ts';
import { openCreateOf } from '../../core/plan/open-create.ts';
import { entryOf, unsentOf } from '../../core/plan/plan.ts';
import {
  ChangedError,
  failureOf,
  LostStateError,
  planned,
  RejectedError,
  StoppedError,
  UnusableAnswerError,
  type ReconcileError,
} from '../errors.ts';
import { confirmedBody, confirmKept, isThere } from './identity.ts';
import { FRESH_MS, inItsTime } from './in-time.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { confirmTaken } from './preflight.ts';
import { sendCreate } from './send-create.ts';
import type { CallOptions, Clock, LogpushApi } from '../ports.ts';

/** What applying the changes of one scope needs. */
export interface ApplyContext {
  readonly plan: Plan;
  readonly api: LogpushApi;
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** When the scope began to be read for this plan, on the monotonic clock. */
  readonly readAt: number;
  readonly call: WriteOptions;
  /** Whether Cloudflare is asked if it takes a job before another one goes for it. */
  readonly checkBeforeDelete: boolean;
}

export type WriteOptions = CallOptions & { readonly starting: AbortSignal };

export interface Applied {
  readonly id: number;
  /** As Cloudflare holds it now; null once deleted. */
  readonly job: LiveJob | null;
  readonly ray: string | undefined;
  /** It was done, and could not be remembered; the next look at the scope finds out. */
  readonly unsaved?: ReconcileError | undefined;
}

/**
 * Carries out one change and keeps the ledger in step: before a create, after every write.
 *
 * The answer of a write is its verification.
 *
 * @throws ReconcileError when Cloudflare or the state did not do as asked; the next pass looks again.
 */
export async function applyChange(change: Change, context: ApplyContext): Promise<Applied> {
  switch (change.action) {
    case 'create':
      return create(change, undefined, context);
    case 'update':
    case 'adopt':
      return update(change, context);
    case 'replace':
      return replace(change, context);
    case 'delete':
      if (change.makesRoomFor) await confirmTaken(change.makesRoomFor, change.live, context);
      return remove(change.live, context, change.keeps);
  }
}

async function create(
  change: Change & { readonly action: 'create' | 'replace' },
  superseded: number | undefined,
  context: ApplyContext,
): Promise<Applied> {
  const { desired, body } = change;
  const { ledger, plan, clock } = context;
  const { scope } = plan;
  const open = openCreateOf(desired, plan.live, ledger.fingerprint);
  await ledger.beginCreate(scope, { ...open, beside: [...open.beside, ...ledger.leaving(scope)] });
  const written = await sendCreate(desired, body, context);
  const { job, unread } = await seenWhole(desired, written.job, context);
  const oldHalf = oldHalfOf({ superseded }, clock.now());
  const entry = withHealing(entryOf(desired, job, ledger.fingerprint, oldHalf), change, context);
  const unsaved = await failureOf(ledger.record(scope, withoutUnread(entry, unread)));
  return { id: job.id, job, ray: written.ray, unsaved };
}

async function update(
  change: Change & { readonly action: 'update' | 'adopt' },
  context: ApplyContext,
): Promise<Applied> {
  const { desired, live, fields } = change;
  const { ledger, api, call, plan } = context;
  const { scope } = plan;
  const written = await inItsTime(async ({ isLast }) => {
    const { body, seen } = await confirmedBody(change, context);
    return api.updateJob(scope, live.id, body, { ...call, seen, ...(!isLast && { freshMs: FRESH_MS }) });
  });
  const { job, unread } = await seenWhole(desired, written.job, context);
  const sent = new Set(fields.map(({ path }) => path));
  await refuseIfUndone(change, job, sent, context);
  if (written.isGuessed) refuseIfHidden(desired, job, sent, context);
  const oldHalf = plan.paired.find(({ live: one }) => one.id === live.id);
  const unsent = unsentOf(plan, change, ledger.of(scope));
  const entry = withHealing(entryOf(desired, job, ledger.fingerprint, oldHalf, unsent), change, context);
  const unsaved = await failureOf(ledger.record(scope, withoutUnread(entry, unread)));
  return { id: job.id, job, ray: written.ray, unsaved };
}

/** Create, then delete: a gap loses logs for good, an overlap only repeats some. Unless there is no room for both. */
async function replace(
  change: Change & { readonly action: 'replace' },
  context: ApplyContext,
): Promise<Applied> {
  const { live, oldGoes } = change;
  if (oldGoes === 'first') {
    await confirmTaken(change, live, context);
    // A create that cannot be remembered is not sent, and the old job would be gone by then.
    await context.ledger.confirmSaves(context.plan.scope);
    const removed = await remove(live, context);
    // Nothing delivers until it is there, so it does not wait for the next start where logpushd is stopping.
    const toTheEnd = { ...context, call: { ...context.call, starting: context.call.signal } };
    const created = await create(change, undefined, toTheEnd);
    return { ...created, unsaved: created.unsaved ?? removed.unsaved };
  }
  const created = await create(change, live.id, context);
  // While the ledger does not know the new job, the old one is what shows that it is ours.
  if (oldGoes === 'later' || created.unsaved) return created;
  const removed = await removeOld(live, created.id, context);
  return { ...created, unsaved: created.unsaved ?? removed?.unsaved };
}

/** Null where logpushd is stopping: the ledger knows of the old job, and the next start deletes it. */
async function removeOld(old: LiveJob, successor: number, context: ApplyContext): Promise<Applied | null> {
  try {
    return await remove(old, context);
  } catch (error) {
    if (error instanceof StoppedError) return null;
    if (!(error instanceof ChangedError)) throw error;
    throw new ChangedError(
      `job ${successor} was made to replace job ${old.id}, which stays for now: ${error.message}`,
    );
  }
}

/** @param keeps the job that stays in place of this one */
async function remove(live: LiveJob, context: ApplyContext, keeps?: LiveJob): Promise<Applied> {
  const { plan, ledger, api, call } = context;
  const { id } = live;
  // The job that stays is looked at last: what happens to it after that look loses logs.
  const isGone = async (): Promise<boolean> => {
    if (!(await isThere(live, context))) return true;
    if (keeps) await confirmKept(keeps, live, context);
    return false;
  };
  const ray = await inItsTime(async ({ isLast }) => {
    if (await isGone()) return undefined;
    // What cannot be saved is known until a restart: a full disk keeps no job that has to go. Where the state is another's, that one decides.
    const unsaved = await failureOf(ledger.beginDelete(plan.scope, id));
    if (unsaved instanceof LostStateError) throw unsaved;
    return (await api.deleteJob(plan.scope, id, { ...call, isGone, ...(!isLast && { freshMs: FRESH_MS }) }))
      .ray;
  });
  const unsaved = await failureOf(ledger.recordDelete(plan.scope, id));
  return { id, job: null, ray, unsaved };
}

interface Seen {
  readonly job: LiveJob;
  /** What was not in the answer, and could not be read either: nobody knows whether the API shows it. */
  readonly unread: readonly string[];
}

/** Where the answer of a write leaves out what was sent, a single read is asked before it counts as invisible. */
async function seenWhole(
  desired: DesiredJob,
  answered: LiveJob,
  { plan, api, call }: ApplyContext,
): Promise<Seen> {
  const unshown = unshownPaths(desired.fields, answered.fields, desired.ignore);
  if (unshown.length === 0) return { job: answered, unread: [] };
  try {
    const single = await api.getJob(plan.scope, answered.id, call);
    if (single === null) return { job: answered, unread: unshown };
    return { job: { ...single, fields: { ...answered.fields, ...single.fields } }, unread: [] };
  } catch (error) {
    planned(error);
    return { job: answered, unread: unshown };
  }
}

/** What was put right before of the job of that name counts on: it may have another id by now. */
function withHealing(entry: LedgerEntry, change: Change, { ledger, plan, clock }: ApplyContext): LedgerEntry {
  const known = ledger.of(plan.scope).entries.find(({ name }) => name === entry.name);
  return withHealings(entry, healingsAfter(known?.healings, change, clock.now()));
}

/** Were it remembered as invisible, nobody would look for it again. */
function withoutUnread(entry: LedgerEntry, unread: readonly string[]): LedgerEntry {
  return { ...entry, unverifiable: entry.unverifiable.filter((path) => !unread.includes(path)) };
}

/** Whoever undoes it before it could be read is fought like one who does so later. */
async function refuseIfUndone(
  change: Change & { readonly action: 'update' | 'adopt' },
  job: LiveJob,
  sent: ReadonlySet<string>,
  context: ApplyContext,
): Promise<void> {
  const { desired } = change;
  const { ledger, plan } = context;
  const undone = differencesOf(desired.fields, job.fields, desired.ignore)
    .filter(({ path, liveText }) => liveText !== undefined && sent.has(path))
    .map(({ path }) => path);
  if (undone.length === 0) return;
  const known = ledger.of(plan.scope).entries.find(({ id }) => id === job.id);
  if (known) await failureOf(ledger.record(plan.scope, withHealing(known, change, context)));
  const action = `update job "${desired.name}" (${job.id}) in ${plan.scope.name}`;
  const cause = `it reported success, but ${undone.join(', ')} did not change`;
  throw new RejectedError({ action, cause }, 'later');
}

/** A value that no read shows may be the former one, unless Cloudflare itself said that the update was done. */
function refuseIfHidden(
  { name, fields, ignore }: DesiredJob,
  job: LiveJob,
  sent: ReadonlySet<string>,
  { plan }: ApplyContext,
): void {
  const hidden = [...differencesOf(fields, job.fields, ignore), ...assumedEqual(fields, job.fields, ignore)]
    .filter(({ path, liveText }) => liveText === undefined && sent.has(path))
    .map(({ path }) => path);
  if (hidden.length === 0) return;
  throw new UnusableAnswerError({
    action: `update job "${name}" (${job.id}) in ${plan.scope.name}`,
    cause: `the answer could not be read, and Cloudflare does not show ${hidden.join(', ')}, so it is sent again`,
  });
}
