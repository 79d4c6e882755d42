import { isDeeperThan, parseJson } from '../job/canonical-json.ts';
import { MAX_FILTER_DEPTH } from '../job/filter.ts';
import type { DesiredJob, JobFields, JsonObject, JsonValue } from '../job/job.ts';
import { fromLogpull, logpullOf, optionsOf } from '../job/output-options.ts';
import type { Secret } from '../secret.ts';
import { type Path, isList, isObject } from './path.ts';
import { fieldsInTemplate } from './record-template.ts';

/** One place in a job that names a field of its dataset. */
export interface NamedField {
  readonly name: string;
  /** From the job to the name, or to the text that holds it. */
  readonly path: Path;
}

/**
 * Every field that a job names: in `field_names` (listed, or left out of all), in its filter, in its template, and in the
 * older `logpull_options` where that counts.
 */
export function namedFields(fields: JobFields): readonly NamedField[] {
  const options = optionsOf(fields);
  const names = options === null ? logpullNames(logpullOf(fields)) : optionNames(options);
  return [...names, ...filterNames(fields['filter'])];
}

/** The same of a job whose fields may be chosen by `all`, `default` or `all_except`: what stands in the manifest. */
export function fieldsWritten({ fields, fieldChoice }: DesiredJob): readonly NamedField[] {
  const options = optionsOf(fields);
  if (fieldChoice === undefined || options === null) return namedFields(fields);
  return namedFields({ ...fields, output_options: { ...options, field_names: fieldChoice } });
}

function optionNames({ field_names: names, record_template: template }: JsonObject): readonly NamedField[] {
  const used = typeof template === 'string' ? fieldsInTemplate(template) : [];
  const except = isObject(names) ? names['all_except'] : undefined;
  return [
    ...namesIn(names, ['output_options', 'field_names']),
    ...namesIn(except, ['output_options', 'field_names', 'all_except']),
    ...[...new Set(used)].map((name) => ({ name, path: ['output_options', 'record_template'] })),
  ];
}

function namesIn(list: JsonValue | undefined, path: Path): readonly NamedField[] {
  if (!isList(list)) return [];
  return list.flatMap((name, index) => (typeof name === 'string' ? [{ name, path: [...path, index] }] : []));
}

function logpullNames(text: string): readonly NamedField[] {
  return namesIn(fromLogpull(text)['field_names'], []).map(({ name }) => ({
    name,
    path: ['logpull_options'],
  }));
}

function filterNames(filter: JsonValue | Secret | undefined): readonly NamedField[] {
  const parsed = typeof filter === 'string' ? parseJson(filter) : filter;
  if (!isObject(parsed) || isDeeperThan(MAX_FILTER_DEPTH, parsed)) return [];
  return keysIn(parsed['where'], ['filter', 'where']);
}

function keysIn(node: JsonValue | undefined, path: Path): readonly NamedField[] {
  if (!isObject(node)) return [];
  const { key } = node;
  const groups = ['and', 'or'].flatMap((form) => {
    const list = node[form];
    return isList(list) ? list.flatMap((child, index) => keysIn(child, [...path, form, index])) : [];
  });
  return [...(typeof key === 'string' ? [{ name: key, path: [...path, 'key'] }] : []), ...groups];
}
