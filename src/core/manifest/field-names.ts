import type { DesiredJob, JsonObject, JsonValue } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { isList, isObject } from './path.ts';

/** The fields of a dataset, as Cloudflare lists them now. */
export interface FieldCatalogue {
  readonly all: readonly string[];
  readonly default: readonly string[];
}

/** Which of Cloudflare's lists a job needs that names its fields by `all`, `all_except` or `default`; or null. */
export function symbolicFields(job: DesiredJob): keyof FieldCatalogue | null {
  const names = fieldNamesOf(job);
  if (names === 'default') return 'default';
  return names === 'all' || isObject(names) ? 'all' : null;
}

/**
 * The job with the names of its fields written out, in alphabetical order: the order in which Cloudflare lists
 * them is no promise, and a change of it must not be an update.
 */
export function resolveFieldNames(job: DesiredJob, catalogue: FieldCatalogue): DesiredJob {
  const options = optionsOf(job);
  if (options === undefined || symbolicFields(job) === null) return job;
  const names = resolved(options['field_names'], catalogue);
  return { ...job, fields: { ...job.fields, output_options: { ...options, field_names: names } } };
}

function resolved(symbol: JsonValue | undefined, catalogue: FieldCatalogue): readonly string[] {
  if (symbol === 'default') return catalogue.default.toSorted(compareText);
  const except = isObject(symbol) ? symbol['all_except'] : [];
  const left = catalogue.all.filter((name) => !(isList(except) && except.includes(name)));
  return left.toSorted(compareText);
}

function fieldNamesOf(job: DesiredJob): JsonValue | undefined {
  return optionsOf(job)?.['field_names'];
}

function optionsOf({ fields }: DesiredJob): JsonObject | undefined {
  const options = fields['output_options'];
  return options instanceof Secret || !isObject(options) ? undefined : options;
}
