import type { DesiredJob, DesiredScope, JsonObject, JsonValue } from '../job/job.ts';
import { datasetOf } from '../plan/desired-text.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import type { FieldLock, ListKind } from './field-lock.ts';
import { isList, isObject } from './path.ts';

/** Which of Cloudflare's lists a job needs that names its fields by `all`, `all_except` or `default`; or null. */
export function symbolicFields(job: DesiredJob): ListKind | null {
  return listKindOf(fieldNamesOf(job));
}

/** The same for what stands under `field_names`. */
export function listKindOf(names: JsonValue | undefined): ListKind | null {
  if (names === 'default') return 'default';
  return names === 'all' || isObject(names) ? 'all' : null;
}

/** What a job has in place of a list: `all`, `default` or `{ all_except: […] }`. */
export function choiceOf(job: DesiredJob): JsonValue | undefined {
  return symbolicFields(job) === null ? undefined : fieldNamesOf(job);
}

/**
 * The job with the names of its fields written out, from the list that {@link symbolicFields} names, in alphabetical
 * order: the order in which Cloudflare lists them is no promise, and a change of it must not be an update.
 */
export function resolveFieldNames(job: DesiredJob, listed: readonly string[]): DesiredJob {
  const choice = choiceOf(job);
  if (choice === undefined) return job;
  const except = isObject(choice) ? choice['all_except'] : undefined;
  const left = listed.filter((name) => !(isList(except) && except.includes(name)));
  return withFields(job, left.toSorted(compareText));
}

/** The job with these fields, which remembers how they were chosen. */
export function withFields(job: DesiredJob, names: readonly string[]): DesiredJob {
  const choice = choiceOf(job);
  const fields = { ...job.fields, output_options: { ...optionsOf(job), field_names: names } };
  return { ...job, fields, ...(choice !== undefined && { fieldChoice: choice }) };
}

/** What the lock knows of `all`, `default` and `all_except` is written out; the rest stays as it is. */
export function withLockedFields(desired: DesiredScope, lock: FieldLock): DesiredScope {
  const jobs = desired.jobs.map((job) => {
    const list = symbolicFields(job);
    const names = list === null ? undefined : lock.namesOf(desired.scope, datasetOf(job), list);
    if (names === undefined) return job;
    const resolved = resolveFieldNames(job, names);
    return listedFields(resolved).length === 0 ? job : resolved;
  });
  return { ...desired, jobs };
}

/** The fields of a job where it has a list of them, else none. */
export function listedFields(job: DesiredJob): readonly string[] {
  const names = fieldNamesOf(job);
  return isList(names) ? names.filter((name) => typeof name === 'string') : [];
}

function fieldNamesOf(job: DesiredJob): JsonValue | undefined {
  return optionsOf(job)?.['field_names'];
}

function optionsOf({ fields }: DesiredJob): JsonObject | undefined {
  const options = fields['output_options'];
  return options instanceof Secret || !isObject(options) ? undefined : options;
}
