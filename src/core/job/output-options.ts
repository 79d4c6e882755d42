/**
 * What `output_options` and its predecessor `logpull_options` mean: the options a job delivers with, defaults
 * included. Defaults are for comparing only; they are never sent unless a person asks for the default.
 */
import { decodePercent } from '../destination/percent.ts';
import { canonicalJson, isList, isObject } from './canonical-json.ts';
import { isZero } from './field-table.ts';
import type { JobFields, JsonObject, JsonValue } from './job.ts';
import { dependsOnOutputType, optionOf, OUTPUT_OPTIONS, type OutputOption } from './option-table.ts';

export type OutputType = 'ndjson' | 'csv';

/** Undefined when the options do not say; a type newer than this release has the defaults of ndjson. */
export function outputTypeOf(options: JsonObject): OutputType | undefined {
  const type = options['output_type'];
  if (type === undefined) return undefined;
  return type === 'csv' ? 'csv' : 'ndjson';
}

/** Every known option with its value, or with the default of the output type; unknown options as they are. */
export function effectiveOptions(
  options: JsonObject,
  type: OutputType = outputTypeOf(options) ?? 'ndjson',
): JsonObject {
  const known = OUTPUT_OPTIONS.map((row) => {
    const value = options[row.name];
    return [row.name, meansDefault(row, value) ? row.defaults[type] : (value ?? null)] as const;
  });
  return { ...options, ...Object.fromEntries(known) };
}

/**
 * The `output_options` that mean the same as a `logpull_options`, holding only what it says. The text may be a whole
 * URL or a bare query, encoded in parts, as a whole or not at all (`cloudflare-api.md` §3.4).
 */
export function fromLogpull(text: string): JsonObject {
  const options: { [name: string]: JsonValue } = {};
  for (const [name, value] of logpullParameters(text)) {
    const [option, parsed] = logpullOption(name, value);
    if (option !== null && value !== '' && !(option in options)) options[option] = parsed;
  }
  return options;
}

/** The parameters of a `logpull_options`, decoded, also those that no option is the equal of. */
export function logpullParameters(text: string): readonly (readonly [name: string, value: string])[] {
  const written = text.includes('=') ? text : decodePercent(text, 'plus');
  const query = written.slice(written.indexOf('?') + 1);
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const name = decodePercent(equals < 0 ? pair : pair.slice(0, equals), 'space').trim();
    const value = decodePercent(equals < 0 ? '' : pair.slice(equals + 1), 'space').trim();
    return [name, value];
  });
}

/** Whether an output option is the equal of this parameter of a `logpull_options`. */
export function isLogpullParameter(name: string): boolean {
  return logpullOption(name, '')[0] !== null;
}

function logpullOption(name: string, value: string): readonly [option: string | null, value: JsonValue] {
  switch (name) {
    case 'fields': {
      const fields = value.split(',').map((field) => field.trim());
      return ['field_names', fields.filter((field) => field !== '')];
    }
    case 'sample':
      return ['sample_rate', Number.isNaN(Number(value)) ? value : Number(value)];
    case 'timestamps':
      return ['timestamp_format', value];
    case 'CVE-2021-44228':
    case 'CVE-2021-4428':
      return ['CVE-2021-44228', value.toLowerCase() === 'true'];
    default:
      return [null, null];
  }
}

/** The options as Cloudflare stores them, or the equal of a lingering `logpull_options`: one PUT starts from these. */
export function storedOptions(live: JobFields): JsonObject {
  const stored = optionsOf(live);
  return stored ?? fromLogpull(logpullOf(live));
}

/** Which options decide about what a live job delivers, with the older place of `merge_subrequests`. */
export function decidingOptions(live: JobFields): JsonObject {
  const { merge_subrequests: merge } = live;
  return typeof merge === 'boolean'
    ? { merge_subrequests: merge, ...storedOptions(live) }
    : storedOptions(live);
}

/** Null when there are none: `output_options` counts, and wins over `logpull_options`, once it has a key. */
export function optionsOf(fields: JobFields): JsonObject | null {
  const options: unknown = fields['output_options'];
  return isObject(options) && Object.keys(options).length > 0 ? options : null;
}

export function logpullOf(fields: JobFields): string {
  const { logpull_options: text } = fields;
  return typeof text === 'string' ? text.trim() : '';
}

/**
 * The options without what is only there because of the output type. Where Cloudflare answers with the defaults filled
 * in, those of the old type must not count as values under a new one: a CSV file would get the braces of JSON.
 */
export function withoutTypeDefaults(options: JsonObject): JsonObject {
  const type = outputTypeOf(options) ?? 'ndjson';
  const kept = Object.entries(options).filter(([name, value]) => {
    const row = optionOf(name);
    return row === undefined || !dependsOnOutputType(row) || value !== row.defaults[type];
  });
  return Object.fromEntries(kept);
}

/** Order of fields is order of columns in a CSV file, and of no meaning in a JSON object. */
export function isOrdered(type: OutputType, template: JsonValue | undefined): boolean {
  return type === 'csv' || !isZero(template);
}

export interface OptionTerms {
  /** Undefined: not known, because the manifest leaves it to others. */
  readonly type: OutputType | undefined;
  readonly ordered: boolean;
}

/** One text for every spelling of the same value of an option. */
export function canonicalOption(name: string, value: JsonValue | undefined, terms: OptionTerms): string {
  const row = optionOf(name);
  if (row === undefined) return isZero(value) ? 'null' : canonicalJson(value ?? null);
  if (!meansDefault(row, value)) {
    const isSet = name === 'field_names' && !terms.ordered && isList(value);
    return canonicalJson(isSet ? sortedSet(value) : (value ?? null));
  }
  if (terms.type === undefined && dependsOnOutputType(row)) return 'default';
  return canonicalJson(row.defaults[terms.type ?? 'ndjson']);
}

/** One text for all that a `logpull_options` can mean. */
export function canonicalLogpull(options: JsonObject): string {
  const type = outputTypeOf(options) ?? 'ndjson';
  const terms = { type, ordered: isOrdered(type, options['record_template']) };
  return OUTPUT_OPTIONS.filter(({ impliedByLogpull }) => impliedByLogpull)
    .map(({ name }) => `${name}=${canonicalOption(name, options[name], terms)}`)
    .join('&');
}

export function meansDefault(row: OutputOption, value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return row.zeroIsDefault && (isZero(value) || (isList(value) && value.length === 0));
}

function sortedSet(values: readonly JsonValue[]): readonly JsonValue[] {
  return [...new Map(values.map((value) => [canonicalJson(value), value]))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);
}
