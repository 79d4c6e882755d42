import { withSuffix } from '../../core/job/name-suffix.ts';
import type { DesiredScope, LiveJob, Scope } from '../../core/job/job.ts';
import type { ScopeLedger } from '../../core/plan/ledger-entry.ts';
import { withMarked } from '../../core/plan/marked.ts';
import { matchJobs } from '../../core/plan/match.ts';
import { settledFields } from '../../core/plan/settled-fields.ts';
import { suspectsOf } from '../../core/plan/surplus.ts';
import { needsSingleRead, type PlanInput, type PlanPolicy } from '../../core/plan/plan.ts';
import { UnusableAnswerError } from '../errors.ts';
import type { PassPorts } from './pass-terms.ts';
import type { CallOptions, LogpushReader } from '../ports.ts';

export interface ScopeSight {
  readonly input: PlanInput;
  /** False when a job is blocked only because its fields could not be listed this time. */
  readonly isComplete: boolean;
}

/**
 * Reads all of one scope that its plan is made of: one listing, and one read of a single job only where the listing leaves out an
 * owned job, or a managed field that we do not yet know to be invisible (`cloudflare-api.md` §2.4: sources disagree
 * on whether lists return `filter`).
 *
 * @throws ReconcileError when the scope cannot be read completely.
 */
export async function readOneScope(
  wanted: DesiredScope,
  ports: Pick<PassPorts, 'reader' | 'ledger' | 'clock' | 'manifest'>,
  policy: PlanPolicy,
  options: CallOptions,
  approves?: PlanInput['approves'],
): Promise<ScopeSight> {
  const { scope } = wanted;
  const { fingerprint } = ports.ledger;
  // The listing is at least as young as this.
  const now = ports.clock.now();
  const leaving = ports.ledger.leaving(scope);
  const all = await ports.reader.listJobs(scope, options);
  const listed = all.filter(({ id }) => !leaving.includes(id));
  await refuseIfIncomplete(scope, listed, ports.ledger.of(scope), ports.reader, options);
  const { desired, isComplete } = await ports.manifest.withFieldNames(
    withSuffix(wanted, policy.nameSuffix),
    options,
    (job) => settledFields(job, listed, ports.ledger.of(scope), fingerprint),
  );
  const ledger = withMarked(ports.ledger.of(scope), desired, listed);

  const { paired } = matchJobs(desired, listed, ledger, { fingerprint, now });
  const suspects = desired.jobs.flatMap((job) =>
    suspectsOf(job, listed, ledger, { fingerprint, now }).jobs.map((live) => ({
      desired: job,
      live,
      entry: undefined,
    })),
  );
  const unclear = [...paired, ...suspects].filter(({ desired: job, live, entry }) =>
    needsSingleRead(job, live, entry, fingerprint),
  );
  const unread = new Set(unclear.map(({ live }) => live));
  const reread = await Promise.all([...unread].map((job) => readWhole(scope, job, ports.reader, options)));
  const whole = new Map(reread.map((job) => [job.id, job]));
  const live = listed.map((job) => whole.get(job.id) ?? job);

  const input = { desired, live, ledger, policy, fingerprint, now, ...(approves && { approves }) };
  return { input, isComplete };
}

/**
 * A listing may be stale, and a job that only seems gone would be made a second time; nor could a copy be told from
 * another job once its like is changed. So each owned job and each copy that it leaves out is asked for by its id; one that answers proves the listing wrong, and nothing is decided on it.
 */
async function refuseIfIncomplete(
  scope: Scope,
  listed: readonly LiveJob[],
  { entries, copies }: ScopeLedger,
  reader: LogpushReader,
  options: CallOptions,
): Promise<void> {
  const ids = new Set(listed.map(({ id }) => id));
  const known = new Set([...entries.map(({ id }) => id), ...(copies?.ids ?? [])]);
  const missing = [...known].filter((id) => !ids.has(id));
  const found = await Promise.all(missing.map((id) => reader.getJob(scope, id, options)));
  const there = found.flatMap((job) => job ?? []);
  if (there.length === 0) return;
  throw new UnusableAnswerError({
    action: `list jobs of ${scope.name}`,
    cause: `it leaves out ${there.map(({ id, name }) => `"${name}" (${id})`).join(', ')}, which still exist`,
  });
}

/** A job that is gone between listing and reading stays as listed; the next pass sees that it is gone. */
async function readWhole(
  scope: Scope,
  listed: LiveJob,
  reader: LogpushReader,
  options: CallOptions,
): Promise<LiveJob> {
  const single = await reader.getJob(scope, listed.id, options);
  if (single === null) return listed;
  return { ...single, fields: { ...listed.fields, ...single.fields } };
}
