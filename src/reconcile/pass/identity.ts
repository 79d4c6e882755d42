import { withAddedOptions } from '../../core/job/body.ts';
import type { JobFields, LiveJob } from '../../core/job/job.ts';
import type { Change } from '../../core/plan/change.ts';
import { ownerOf } from '../../core/plan/ledger-entry.ts';
import { entryOf, unsentOf } from '../../core/plan/plan.ts';
import { changedPaths } from '../../core/plan/same-job.ts';
import type { ApplyContext } from './apply.ts';
import { ChangedError } from '../errors.ts';

/** Cloudflare knows no "only if unchanged", so what is to be written is looked at right before. */

/** For so long what was read counts as what is there; for an update, which can be undone. */
const FRESH_MS = 1_000;

/**
 * What an update is to send. A listing may be old, and `output_options` are replaced whole: what it does not show of them
 * would go, so an update of these always looks at the job itself.
 *
 * @throws ChangedError when the job is not what it was when this update was planned
 */
export async function confirmedBody(
  { desired, live, body }: Extract<Change, { action: 'update' | 'adopt' }>,
  context: ApplyContext,
): Promise<{ readonly body: JobFields; readonly seen: LiveJob }> {
  const isFresh = context.clock.monotonic() - context.readAt <= FRESH_MS;
  if (isFresh && !('output_options' in body)) return { body, seen: live };
  const now = await lookAt(live, context);
  if (now !== null)
    return { body: withAddedOptions(body, desired.fields, live.fields, now.fields), seen: now };
  throw new ChangedError(`job ${live.id} is gone since it was read; nothing was written`);
}

/**
 * Whether the job is still there; a delete is always preceded by this.
 *
 * @throws ChangedError when it is, and is not what it was when it was read
 */
export async function isThere(live: LiveJob, context: ApplyContext): Promise<boolean> {
  return (await lookAt(live, context)) !== null;
}

async function lookAt(live: LiveJob, { plan, api, call }: ApplyContext): Promise<LiveJob | null> {
  const now = await api.getJob(plan.scope, live.id, call);
  if (now === null) return null;
  const changed = changedPaths(live, now);
  if (changed.length === 0) return now;
  throw new ChangedError(
    `${changed.join(', ')} of job ${live.id} changed since it was read; nothing was written`,
  );
}

/**
 * Of two equal jobs one may only go while the other is there, and delivers, and is known to be ours: a crash after
 * that must leave a job that the ledger knows.
 */
export async function confirmKept(
  kept: LiveJob,
  surplus: LiveJob,
  { plan, ledger, api, call }: ApplyContext,
): Promise<void> {
  const { scope } = plan;
  const now = await api.getJob(scope, kept.id, call);
  const pairing = plan.paired.find(({ live }) => live.id === kept.id);
  const isAsGood =
    now !== null &&
    now.name === kept.name &&
    (now.fields['enabled'] === true ||
      surplus.fields['enabled'] !== true ||
      pairing?.desired.fields['enabled'] !== true);
  if (!isAsGood || pairing === undefined) {
    throw new ChangedError(
      `job ${kept.id}, which is kept in place of job ${surplus.id}, is not as it was read; nothing was written`,
    );
  }
  if (ownerOf(ledger.of(scope), kept.id) !== undefined) return;
  const { desired } = pairing;
  const unsent = unsentOf(plan, { name: desired.name, live: kept }, ledger.of(scope));
  await ledger.record(scope, entryOf(desired, kept, ledger.fingerprint, pairing, unsent));
}
