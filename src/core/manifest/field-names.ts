import type { DesiredJob, JsonObject, JsonValue } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { isList, isObject } from './path.ts';

/** Which of Cloudflare's lists a job needs that names its fields by `all`, `all_except` or `default`; or null. */
export function symbolicFields(job: DesiredJob): 'all' | 'default' | null {
  const names = fieldNamesOf(job);
  if (names === 'default') return 'default';
  return names === 'all' || isObject(names) ? 'all' : null;
}

/**
 * The job with the names of its fields written out, from the list that {@link symbolicFields} names, in alphabetical order: the order in which Cloudflare lists
 * them is no promise, and a change of it must not be an update.
 */
export function resolveFieldNames(job: DesiredJob, listed: readonly string[]): DesiredJob {
  const options = optionsOf(job);
  if (options === undefined || symbolicFields(job) === null) return job;
  const { field_names: choice = null } = options;
  const except = isObject(choice) ? choice['all_except'] : undefined;
  const left = listed.filter((name) => !(isList(except) && except.includes(name)));
  const names = left.toSorted(compareText);
  const fields = { ...job.fields, output_options: { ...options, field_names: names } };
  return { ...job, fields, fieldChoice: choice };
}

function fieldNamesOf(job: DesiredJob): JsonValue | undefined {
  return optionsOf(job)?.['field_names'];
}

function optionsOf({ fields }: DesiredJob): JsonObject | undefined {
  const options = fields['output_options'];
  return options instanceof Secret || !isObject(options) ? undefined : options;
}
