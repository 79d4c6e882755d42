import type { LiveJob } from '../core/job/job.ts';
import { ownerOf } from '../core/plan/ledger-entry.ts';
import { entryOf, unsentOf } from '../core/plan/plan.ts';
import { changedPaths } from '../core/plan/same-job.ts';
import type { ApplyContext } from './apply.ts';
import { ChangedError } from './errors.ts';

/** Cloudflare knows no "only if unchanged", so what is to be written is looked at right before. */

/** For so long what was read counts as what is there; for an update, which can be undone. */
const FRESH_MS = 1_000;

/** @throws ChangedError when the job is not what it was when this update was planned */
export async function confirmForUpdate(live: LiveJob, context: ApplyContext): Promise<void> {
  if (context.clock.monotonic() - context.readAt <= FRESH_MS) return;
  if (await isThere(live, context)) return;
  throw new ChangedError(`job ${live.id} is gone since it was read; nothing was written`);
}

/**
 * Whether the job is still there; a delete is always preceded by this.
 *
 * @throws ChangedError when it is, and is not what it was when it was read
 */
export async function isThere(live: LiveJob, { plan, api, call }: ApplyContext): Promise<boolean> {
  const now = await api.getJob(plan.scope, live.id, call);
  if (now === null) return false;
  const changed = changedPaths(live, now);
  if (changed.length === 0) return true;
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
