import type { BlockedJob, DesiredJob, DesiredScope, Scope } from '../../core/job/job.ts';
import {
  listedFields,
  resolveFieldNames,
  symbolicFields,
  withFields,
} from '../../core/manifest/field-names.ts';
import { datasetOf } from '../../core/plan/desired-text.ts';
import type { FieldCatalogue } from './catalogue.ts';
import { planned, ReconcileError, StoppedError, UnusableAnswerError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';

/** A scope with the names of all fields. */
export interface Completed {
  readonly desired: DesiredScope;
  /** False when a job is blocked only because its fields could not be listed this time. */
  readonly isComplete: boolean;
}

/** The fields that a live job has from the same choice, see `settledFields`; undefined where it has to be made now. */
export type Settled = (job: DesiredJob) => readonly string[] | undefined;

/**
 * Writes out the fields of jobs that choose them by `all`, `default` or `all_except` and that no lock knows. Asks
 * Cloudflare, so this is for scopes that are about to be looked at. A job whose fields cannot be listed is blocked.
 *
 * What was chosen once stays: a field that Cloudflare lists anew is told ({@link DesiredJob.newFields}) and written with the
 * lock of fields, whose diff somebody reviews. That costs one call an hour for each dataset, however many zones.
 *
 * @throws StoppedError when the process is ending.
 */
export async function chooseFields(
  desired: DesiredScope,
  catalogue: FieldCatalogue,
  options: CallOptions,
  settled: Settled = () => undefined,
): Promise<Completed> {
  if (!desired.jobs.some(symbolicFields)) return { desired, isComplete: true };
  const jobs: DesiredJob[] = [];
  const blocked: BlockedJob[] = [...desired.blocked];
  let isComplete = true;
  for (const job of desired.jobs) {
    const done = await chosen(job, desired.scope, catalogue, options, settled(job));
    if (done instanceof StoppedError) throw done;
    if (done instanceof ReconcileError) {
      blocked.push({ ...blockedFrom(job), reason: done.message });
      isComplete &&= done.retry !== 'next-pass';
    } else jobs.push(done);
  }
  return { desired: { ...desired, jobs, blocked }, isComplete };
}

export function blockedFrom({ name, id, origin }: DesiredJob): Omit<BlockedJob, 'reason'> {
  return id === undefined ? { name, origin } : { name, id, origin };
}

async function chosen(
  job: DesiredJob,
  scope: Scope,
  catalogue: FieldCatalogue,
  options: CallOptions,
  kept: readonly string[] | undefined,
): Promise<DesiredJob | ReconcileError> {
  const list = symbolicFields(job);
  if (list === null) return job;
  const listed = async (which: 'near' | 'list'): Promise<DesiredJob> =>
    resolveFieldNames(job, await catalogue[which](scope, datasetOf(job), list, options));
  try {
    if (kept !== undefined) {
      const added = newIn(await listed('near'), kept);
      const newFields = added.length === 0 ? added : newIn(await listed('list'), kept);
      return { ...withFields(job, kept), ...(newFields.length > 0 && { newFields }) };
    }
    const resolved = await listed('list');
    // No field at all would make Cloudflare deliver its own choice, and never is what was meant.
    return listedFields(resolved).length === 0 ? noFields(scope, datasetOf(job)) : resolved;
  } catch (error) {
    const failure = planned(error);
    const isLeftAsItIs = kept !== undefined && !(failure instanceof StoppedError);
    return isLeftAsItIs ? withFields(job, kept) : failure;
  }
}

function newIn(job: DesiredJob, kept: readonly string[]): readonly string[] {
  return listedFields(job).filter((name) => !kept.includes(name));
}

function noFields({ name }: Scope, dataset: string): ReconcileError {
  return new UnusableAnswerError({
    action: `list the fields of ${dataset} in ${name}`,
    cause: 'the list is empty, or the manifest leaves out all of it',
  });
}
