import { leastUploadBytes } from '../destination/known-types.ts';
import { isList, isObject } from '../job/canonical-json.ts';
import type { JsonValue } from '../job/job.ts';
import { filterFaults } from '../manifest/filter-faults.ts';
import { escapedIn } from './secret-part.ts';

/** What the bounds of other fields depend on. */
export interface JobTraits {
  readonly dataset: JsonValue;
  /** Of the destination. */
  readonly scheme: string;
}

/**
 * Which live values a manifest accepts. Cloudflare holds some that it would not take again from us, as a limit from
 * before the limits had bounds; those are left out of an export, and so left alone.
 */
const FIELD_RULES: { readonly [field: string]: (value: JsonValue, job: JobTraits) => boolean } = {
  dataset: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,256}$/.test(value),
  kind: (value, { dataset }) => value === 'edge' && dataset === 'http_requests',
  enabled: (value) => typeof value === 'boolean',
  filter: (value) => typeof value === 'string' && filterFaults(escapedIn(writtenFilter(value))).length === 0,
  max_upload_bytes: (value, { scheme }) => isWithin(value, leastUploadBytes(scheme), 1_000_000_000),
  max_upload_interval_seconds: (value) => isWithin(value, 30, 300),
  max_upload_records: (value) => isWithin(value, 1_000, 1_000_000),
  filter_attack_traffic: (value) => typeof value === 'boolean',
  merge_subrequests: (value) => typeof value === 'boolean',
  transformer_id: (value) => isWithin(value, 1, Number.MAX_SAFE_INTEGER),
  frequency: (value) => value === 'low' || value === 'high',
  logpull_options: (value) => isText(value, 4096),
};

const TIME_FORMATS: ReadonlySet<JsonValue> = new Set([
  'unixnano',
  'unix',
  'rfc3339',
  'rfc3339ms',
  'rfc3339ns',
]);

const OPTION_RULES: { readonly [option: string]: (value: JsonValue) => boolean } = {
  output_type: (value) => value === 'ndjson' || value === 'csv',
  field_names: (value) =>
    isList(value) &&
    value.every((name) => isText(name, 512) && name !== '') &&
    new Set(value).size === value.length,
  timestamp_format: (value) => TIME_FORMATS.has(value),
  sample_rate: (value) =>
    typeof value === 'number' && value > 0 && value <= 1 && /^[0-9.]+$/.test(String(value)),
  'CVE-2021-44228': (value) => typeof value === 'boolean',
  merge_subrequests: (value) => typeof value === 'boolean',
  stringify_object: (value) => typeof value === 'boolean',
};

const TEXT_OPTIONS: ReadonlySet<string> = new Set([
  'batch_prefix',
  'batch_suffix',
  'record_prefix',
  'record_suffix',
  'record_delimiter',
  'field_delimiter',
  'record_template',
]);

export function isExpressible(field: string, value: JsonValue, job: JobTraits): boolean {
  return FIELD_RULES[field]?.(value, job) ?? false;
}

export function isExpressibleOption(option: string, value: JsonValue): boolean {
  if (TEXT_OPTIONS.has(option)) return typeof value === 'string';
  return OPTION_RULES[option]?.(value) ?? false;
}

/**
 * The filter as an object where that says exactly what the text says: numbers beyond the precision of JavaScript, or that a
 * manifest does not take as such, a key given twice or a broken text stay a text.
 */
export function writtenFilter(text: string): JsonValue {
  try {
    const parsed: JsonValue = JSON.parse(text);
    const isExact = JSON.stringify(parsed) === compact(text) && hasPlainNumbers(parsed);
    return isObject(parsed) && isExact ? parsed : text;
  } catch {
    return text;
  }
}

function hasPlainNumbers(value: JsonValue): boolean {
  if (typeof value === 'number') return /^-?[0-9.]+$/.test(String(value));
  return value === null || typeof value !== 'object' || Object.values(value).every(hasPlainNumbers);
}

/** Without the white space between tokens. */
function compact(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? '');
}

function isText(value: JsonValue, longest: number): boolean {
  return typeof value === 'string' && value.length <= longest;
}

function isWithin(value: JsonValue, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
