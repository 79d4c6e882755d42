import type { BlockedJob, DesiredJob, Scope } from '../../core/job/job.ts';
import { type FieldLock } from '../../core/manifest/field-lock.ts';
import { listedFields, listKindOf, withFields } from '../../core/manifest/field-names.ts';
import { finding, type Place } from '../../core/manifest/finding.ts';
import { fieldsWritten, type NamedField } from '../../core/manifest/named-fields.ts';
import { suggestion } from '../../core/manifest/nearest.ts';
import type { Path } from '../../core/manifest/path.ts';
import { quoted } from '../../core/manifest/showing.ts';
import { flagOf } from '../../core/plan/challenge.ts';
import type { Plan } from '../../core/plan/change.ts';
import { datasetOf } from '../../core/plan/desired-text.ts';
import { type PlanInput, planScope } from '../../core/plan/plan.ts';
import type { Origin, Problem } from '../../core/problem.ts';
import { type FieldCatalogue, IN_DOUBT_MS } from './catalogue.ts';
import { blockedFrom } from './field-choice.ts';
import { planned, RateLimitedError, StoppedError, UnreachableError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';

export interface FieldCheckPorts {
  readonly catalogue: FieldCatalogue;
  /** Where a part of the job that stands at a place is written. */
  readonly placeOf: (job: Origin, path: Path) => Place;
  readonly lock: FieldLock | undefined;
}

export interface CheckedPlan {
  readonly plan: Plan;
  /** False when a job is blocked only because its fields could not be listed this time. */
  readonly isComplete: boolean;
}

/**
 * The plan of a scope without the jobs that would send the name of a field that their dataset does not have. Those are
 * blocked, with a finding for each name, and all others go on: one wrong name refuses one job, never the manifest.
 *
 * It costs no call for a job that is as it should be, since only names are checked that a change would send, withheld or not; and usually one
 * call for each dataset and kind of scope, however many zones there are, since the list of one zone that has the name is
 * enough. Only before a name is called unknown the list of that very scope is asked for, once an hour and with each edit.
 *
 * Without a list there is no verdict. Where Cloudflare refuses to give it, or gives one without any field, the write goes
 * on and Cloudflare decides; where it could not be reached, the job waits until it can.
 */
export async function planChecked(
  input: PlanInput,
  ports: FieldCheckPorts,
  options: CallOptions,
): Promise<CheckedPlan> {
  const plan = planScope(input);
  const { scope, jobs, blocked } = input.desired;
  const verdicts = await Promise.all(jobs.map((job) => verdictOn(job, scope, plan, ports, options)));
  if (verdicts.every((verdict, index) => verdict === jobs[index])) return { plan, isComplete: true };
  const left = verdicts.filter((verdict) => 'fields' in verdict);
  const refused = verdicts.filter((verdict) => 'reason' in verdict);
  const desired = { ...input.desired, jobs: left, blocked: [...blocked, ...refused] };
  const isComplete = refused.every(({ findings }) => findings !== undefined);
  return { plan: planScope({ ...input, desired }), isComplete };
}

/** The job as it may be written, or blocked. */
async function verdictOn(
  job: DesiredJob,
  scope: Scope,
  plan: Plan,
  { catalogue, placeOf, lock }: FieldCheckPorts,
  options: CallOptions,
): Promise<DesiredJob | BlockedJob> {
  const dataset = datasetOf(job);
  const named = namesSent(job, plan);
  if (named.length === 0) return job;
  try {
    const isKnownIn = (list: readonly string[]): boolean => named.every(({ name }) => list.includes(name));
    if (isKnownIn(await catalogue.near(scope, dataset, 'all', options))) return job;
    // Whoever edits may know of a field that is minutes old; a sweep need not ask again about a name that stays wrong.
    const maxAgeMs = options.priority === 'change' ? IN_DOUBT_MS : undefined;
    const own = await catalogue.list(scope, dataset, 'all', options, maxAgeMs);
    if (own.length === 0) return job;
    const findings = named.flatMap(({ name, path }) => {
      if (own.includes(name)) return [];
      if (path !== CHOSEN) return unknownField(name, dataset, scope, own, placeOf(job.origin, path));
      const place = lockedPlace(job, name, scope, lock);
      return place === undefined ? [] : goneField(name, dataset, place);
    });
    return findings.length === 0
      ? withoutGone(job, own)
      : { ...blockedFrom(job), reason: reasonOf(findings), findings };
  } catch (error) {
    const failure = planned(error);
    if (failure instanceof StoppedError) throw failure;
    const isPassing = failure instanceof UnreachableError || failure instanceof RateLimitedError;
    return isPassing ? { ...blockedFrom(job), reason: failure.message } : job;
  }
}

/** What was chosen once, without a lock, and is listed no more: it is left out of what is written anyway. */
function withoutGone(job: DesiredJob, own: readonly string[]): DesiredJob {
  const names = listedFields(job);
  const left = names.filter((name) => own.includes(name));
  if (job.fieldChoice === undefined || left.length === names.length || left.length === 0) return job;
  return { ...withFields(job, left), fieldChoice: job.fieldChoice };
}

/** The fields that the keys name which a write of the job would send. */
function namesSent(job: DesiredJob, { changes, withheld }: Plan): readonly NamedField[] {
  const steps = [...changes, ...withheld].filter(
    ({ name, action }) => name === job.name && action !== 'delete',
  );
  if (steps.length === 0) return [];
  const named = [...fieldsWritten(job), ...chosenNames(job)];
  if (steps.some(({ action }) => action === 'create' || action === 'replace')) return named;
  const keys = new Set(steps.flatMap(({ fields }) => fields.map(({ path }) => path.split('.', 1)[0])));
  const isIgnored = (path: Path): boolean => {
    const text = path.join('.');
    return job.ignore.some((ignored) => text === ignored || text.startsWith(`${ignored}.`));
  };
  return named.filter(({ path }) => keys.has(String(path[0])) && !isIgnored(path));
}

/** Stands for a name that the manifest does not write itself: `all` stands there, and a lock may have what it is. */
const CHOSEN: Path = ['output_options', 'field_names'];

function chosenNames(job: DesiredJob): readonly NamedField[] {
  if (job.fieldChoice === undefined) return [];
  return listedFields(job).map((name) => ({ name, path: CHOSEN }));
}

function lockedPlace(
  job: DesiredJob,
  name: string,
  scope: Scope,
  lock: FieldLock | undefined,
): Place | undefined {
  const list = listKindOf(job.fieldChoice);
  return list === null ? undefined : lock?.placeOf(scope, datasetOf(job), list, name);
}

function goneField(name: string, dataset: string, place: Place): Problem {
  const message = `${quoted(name)} is locked here, and Cloudflare has no such field of ${dataset} any more. Write the lock anew with "logpushd fields --lock".`;
  return finding('unknown-field', place, message);
}

function unknownField(
  name: string,
  dataset: string,
  scope: Scope,
  list: readonly string[],
  place: Place,
): Problem {
  const message = `${quoted(name)} is not a field of ${dataset}.${suggestion(name, list)} "logpushd fields ${dataset} ${flagOf(scope)}" lists all. Nothing is written to this job until the name is mended.`;
  return finding('unknown-field', place, message);
}

function reasonOf(findings: readonly Problem[]): string {
  const [first, ...others] = findings;
  if (first === undefined) return '';
  const { file, line, column } = first.origin;
  const more = others.length === 0 ? '' : ` There are ${findings.length} such names in this job.`;
  return `${file}:${line}:${column}: ${first.message}${more}`;
}
