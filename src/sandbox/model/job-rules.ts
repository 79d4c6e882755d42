import { BOT_FIELDS, fieldsOf, isDataset } from '../catalogue/catalogue.ts';
import type { Switches } from '../switches.ts';
import { ApiFailure, CODES } from './envelope.ts';
import { refusalOfFilter } from './filter-grammar.ts';
import { isInteger, isRecord, type Json, type JsonRecord } from './json.ts';
import { refusalOfLogpull } from './logpull-options.ts';
import { fieldNamesOf, OUTPUT_OPTIONS, refusalOfOptions } from './output-options.ts';

/** What Cloudflare checks in the body of a create or update, apart from destination and ownership. */

/** `kind` and `dataset` are checked apart because PUT may not change them; read-only keys are ignored. */
const READ_ONLY = new Set(['id', 'last_complete', 'last_error', 'error_message', 'time_created']);

const TEXT_LIMITS: Readonly<Record<string, number>> = { name: 512, dataset: 256, logpull_options: 4096 };
const FLAGS = ['enabled', 'filter_attack_traffic', 'merge_subrequests'];
const ATTACK_DATASETS = ['http_requests', 'firewall_events', 'network_analytics_logs'];
const KNOWN_KEYS = new Set([
  ...FLAGS,
  'name',
  'dataset',
  'destination_conf',
  'filter',
  'frequency',
  'kind',
  'logpull_options',
  'output_options',
  'max_upload_bytes',
  'max_upload_interval_seconds',
  'max_upload_records',
  'ownership_challenge',
  'transformer_id',
]);

export interface JobContext {
  readonly action: 'creating a new job' | 'updating a job';
  readonly dataset: string;
  readonly scheme: string;
  readonly switches: Switches;
}

/** @throws ApiFailure with the first thing that is wrong. */
export function checkJob(body: JsonRecord, context: JobContext): void {
  for (const [key, limit] of Object.entries(TEXT_LIMITS)) {
    const value = body[key];
    if (isSet(value) && typeof value !== 'string') throw bad(`${key} is not a string`);
    if (typeof value === 'string' && value.length > limit)
      throw bad(`${key} is longer than ${limit} characters`);
  }
  for (const key of FLAGS) {
    if (isSet(body[key]) && typeof body[key] !== 'boolean') throw bad(`${key} is not true or false`);
  }
  checkName(body, context.switches);
  checkDataset(context);
  checkKind(body, context.dataset);
  const { frequency } = body;
  if (isSet(frequency) && frequency !== 'high' && frequency !== 'low')
    throw bad('frequency is not "high" or "low"');
  checkUploads(body, context);
  checkFilter(body['filter'], context);
  checkOptions(body, context);
}

/** The keys to keep, by the `unknown_keys` switch. @throws ApiFailure 400 when unknown keys are refused. */
export function knownKeys(body: JsonRecord, how: Switches['unknown_keys']): JsonRecord {
  const options = body['output_options'];
  const unknown = [
    ...Object.keys(body).filter((key) => !KNOWN_KEYS.has(key) && !READ_ONLY.has(key)),
    ...(isRecord(options) ? Object.keys(options).filter((key) => !OUTPUT_OPTIONS.has(key)) : []),
  ];
  if (how === 'reject' && unknown[0] !== undefined) throw bad(`unknown field "${unknown[0]}"`);
  const dropped = how === 'drop' ? new Set(unknown) : new Set<string>();
  const without = (record: JsonRecord): JsonRecord =>
    Object.fromEntries(Object.entries(record).filter(([key]) => !dropped.has(key)));
  const kept = Object.entries(without(body)).filter(([key]) => !READ_ONLY.has(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'output_options' && isRecord(value) ? without(value) : value]),
  );
}

function checkName(body: JsonRecord, switches: Switches): void {
  const { name } = body;
  // §2.1: OA24's pattern excludes "_" and spaces, and nobody seems to enforce it today.
  const isStrict = switches.name_rules === 'strict';
  if (isStrict && typeof name === 'string' && !/^[a-zA-Z0-9\-.]*$/.test(name)) {
    throw bad('name does not match ^[a-zA-Z0-9\\-\\.]*$');
  }
}

function checkDataset({ dataset, switches }: JobContext): void {
  if (!/^[a-zA-Z0-9_-]*$/.test(dataset)) throw bad('dataset does not match ^[a-zA-Z0-9_\\-]*$');
  if (switches.unknown_datasets === 'reject' && !isDataset(dataset))
    throw bad(`unknown dataset "${dataset}"`);
}

function checkKind(body: JsonRecord, dataset: string): void {
  const { kind } = body;
  if (isSet(kind) && kind !== '' && kind !== 'edge') throw bad('kind is not "" or "edge"');
  // §2.1: edge only with http_requests.
  if (kind === 'edge' && dataset !== 'http_requests')
    throw bad('kind "edge" is for the dataset http_requests only');
  if (body['filter_attack_traffic'] === true && !ATTACK_DATASETS.includes(dataset)) {
    throw bad(`filter_attack_traffic is not available for the dataset ${dataset}`);
  }
}

function checkUploads(body: JsonRecord, { scheme, switches }: JobContext): void {
  // §2.1: IBM Cloud Logs documents 2 MB, below the general floor of 5 MB.
  const fewestBytes = scheme === 'ibmcl' ? 2_000_000 : 5_000_000;
  const bounds: readonly (readonly [key: string, min: number, max: number])[] = [
    ['max_upload_bytes', fewestBytes, 1_000_000_000],
    ['max_upload_interval_seconds', 30, 300],
    ['max_upload_records', 1000, 1_000_000],
  ];
  for (const [key, min, max] of bounds) {
    const value = body[key];
    if (!isSet(value) || value === 0) continue;
    if (!isInteger(value) || value < min || value > max)
      throw bad(`${key} must be 0 or between ${min} and ${max}`);
    // §11 row 15: one version of the API took only 0.
    if (key === 'max_upload_interval_seconds' && switches.upload_interval === 'zero-only') {
      throw bad(`${key} must be 0`);
    }
  }
}

function checkFilter(filter: Json | undefined, { action, dataset, switches }: JobContext): void {
  if (filter === undefined) return;
  if (filter === null || filter === '') {
    // §5: TF#1703 saw it refused, the provider's tests send "" and pass.
    const isRefused = switches.empty_filter === 'reject' && action === 'creating a new job';
    if (isRefused) throw bad('unexpected end of JSON input');
    return;
  }
  if (typeof filter !== 'string') throw bad('filter is not a string that holds JSON');
  const refusal = refusalOfFilter(filter, { dataset, firewallFields: switches.firewall_filter });
  if (refusal !== null) throw new ApiFailure(400, CODES.notAllowed, `${action} is not allowed: ${refusal}`);
}

function checkOptions(body: JsonRecord, { action, dataset, scheme, switches }: JobContext): void {
  const { output_options: options, logpull_options: logpull, transformer_id: transformer } = body;
  if (isSet(transformer) && !isInteger(transformer)) throw bad('transformer_id is not a whole number');
  if (isSet(options) && !isRecord(options)) throw bad('output_options is not an object');
  const refusal = isRecord(options) ? refusalOfOptions(options) : null;
  if (refusal !== null) throw bad(refusal);
  if (typeof logpull === 'string' && logpull !== '') {
    // §2.2: logpull_options with an HTTPS destination triggers a validation that fails.
    const problem =
      scheme === 'https' ? 'not supported for this destination' : refusalOfLogpull(logpull, dataset);
    if (problem !== null) throw bad(`error validating logpull_options: ${problem}`);
  }
  const fields = fieldNamesOf(options);
  // §8.2: plan-bound fields are refused without the product.
  if (switches.bot_management === 'missing' && fields.some((field) => BOT_FIELDS.has(field))) {
    throw new ApiFailure(
      403,
      CODES.notAllowed,
      `${action} is not allowed: Bot Management fields are not allowed`,
    );
  }
  const known = fields.length === 0 ? null : fieldsOf(dataset);
  const unknown = fields.find((field) => known !== null && !Object.hasOwn(known, field));
  // §2.2: field names seem not to be validated on create.
  if (switches.field_names === 'checked' && unknown !== undefined) {
    throw bad(`output_options.field_names: "${unknown}" is not a field of ${dataset}`);
  }
}

function isSet(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}

function bad(what: string): ApiFailure {
  return new ApiFailure(400, CODES.badInput, `error parsing input: ${what}`);
}
