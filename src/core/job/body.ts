/** What is sent to Cloudflare: nothing that the manifest does not say, and no more of it than is needed. */
import { isDeepStrictEqual } from 'node:util';
import { isObject } from './canonical-json.ts';
import { plainValue } from './compared.ts';
import { fieldOf } from './field-table.ts';
import { filterText } from './filter.ts';
import type { JobFields, JsonObject, JsonValue } from './job.ts';
import { optionOf } from './option-table.ts';
import {
  fromLogpull,
  logpullOf,
  optionsOf,
  outputTypeOf,
  storedOptions,
  withoutTypeDefaults,
} from './output-options.ts';
import type { Secret } from '../secret.ts';

type Body = { [field: string]: JsonValue | Secret };

/** Never part of an update: Cloudflare refuses them, or decides itself. */
const NEVER_UPDATED: ReadonlySet<string> = new Set(['id', 'dataset', 'kind']);

/** What POST sends. "None" is what a new job has anyway, so it is left out where its spelling is in doubt. */
export function createBody(desired: JobFields): JobFields {
  const body: Body = {};
  for (const [name, value] of Object.entries(desired)) {
    if (value === null || fieldOf(name)?.managedBy === 'cloudflare') continue;
    if (name === 'filter') {
      const text = filterText(plainValue(value) ?? null);
      if (text !== '') body[name] = text;
    } else if (name === 'output_options' && isObject(value)) {
      const options = withoutNulls(value);
      if (Object.keys(options).length > 0) body[name] = options;
    } else if (name === 'logpull_options' && refusesLogpull(desired)) {
      body['output_options'] ??= fromLogpull(logpullOf(desired));
    } else {
      body[name] = value;
    }
  }
  return body;
}

/** For an HTTPS destination Cloudflare refuses the text, though not the equal options (`cloudflare-api.md` §2.2). */
function refusesLogpull(desired: JobFields): boolean {
  const destination = plainValue(desired['destination_conf'] ?? null);
  return typeof destination === 'string' && /^https:/i.test(destination);
}

/**
 * What PUT sends to change these paths: their top-level keys and nothing else, because Cloudflare merges at the top
 * level and validates a destination again with each PUT that holds it. It replaces `output_options` whole, so all its
 * live keys go along, also those this release does not know; of the desired ones only those that `paths` names.
 */
export function updateBody(desired: JobFields, live: JobFields, paths: readonly string[]): JobFields {
  const body: Body = {};
  for (const name of new Set(paths.map((path) => topLevelKey(path, desired)))) {
    const value = desired[name];
    if (NEVER_UPDATED.has(name) || value === undefined) continue;
    if (name === 'output_options') body[name] = updatedOptions(plainValue(value) ?? null, live, paths);
    else if (name === 'logpull_options') Object.assign(body, updatedLogpull(desired, live, paths));
    else if (name === 'filter') body[name] = filterText(plainValue(value) ?? null);
    else body[name] = value ?? fieldOf(name)?.zero ?? null;
  }
  const { ownership_challenge: challenge } = desired;
  if ('destination_conf' in body && challenge !== undefined && challenge !== null) {
    body['ownership_challenge'] = challenge;
  }
  return body;
}

/**
 * The body of an update with the options that only the later of two looks shows: `output_options` is replaced whole, so
 * what somebody added since the first look would go.
 */
export function withAddedOptions(
  body: JobFields,
  desired: JobFields,
  before: JobFields,
  now: JobFields,
): JobFields {
  const { output_options: sent } = body;
  if (!isObject(sent)) return body;
  const known = { ...optionsOf(before), ...optionsOf(desired) };
  const added = Object.entries(withoutNulls(optionsOf(now) ?? {})).filter(([name]) => !(name in known));
  return { ...body, output_options: { ...Object.fromEntries(added), ...sent } };
}

/**
 * The options of which the body of an update would undo what somebody has done to them since it was made: it lacks them, or it only
 * repeats what they were. Cloudflare may show each option with its default, so that the body holds all of them.
 *
 * @param seen the job that the body was made from; without it, only what the body lacks is known
 */
export function lostOptions(
  { output_options: sent }: JobFields,
  now: JobFields,
  seen: JobFields = {},
): readonly string[] {
  if (!isObject(sent)) return [];
  const before = optionsOf(seen) ?? {};
  const isRepeated = (name: string): boolean =>
    !(name in sent) || isDeepStrictEqual(sent[name], before[name]);
  return Object.entries(withoutNulls(optionsOf(now) ?? {}))
    .filter(([name, value]) => isRepeated(name) && !isDeepStrictEqual(value, before[name]))
    .map(([name]) => name);
}

function topLevelKey(path: string, desired: JobFields): string {
  if (path in desired) return path;
  return path.split('.', 1)[0] ?? path;
}

function updatedOptions(desired: JsonValue, live: JobFields, paths: readonly string[]): JsonValue {
  if (!isObject(desired)) return desired;
  const isNamed = (name: string): boolean =>
    paths.includes('output_options') || paths.includes(`output_options.${name}`);
  const named = Object.entries(desired).filter(([name]) => isNamed(name));
  const stored = withoutNulls(storedOptions(live));
  const nextType = outputTypeOf({ ...stored, ...Object.fromEntries(named) }) ?? 'ndjson';
  const options: { [name: string]: JsonValue } =
    nextType === (outputTypeOf(stored) ?? 'ndjson') ? { ...stored } : ofOtherType(stored, desired);
  for (const [name, value] of named) {
    // Sending the default by name is right whether Cloudflare replaces the options or merges them.
    const wanted = value ?? optionOf(name)?.defaults[nextType] ?? null;
    if (wanted === null) delete options[name];
    else options[name] = wanted;
  }
  // Empty options are as good as none, and would let lingering logpull_options decide again.
  return Object.keys(options).length === 0 ? { output_type: nextType } : options;
}

/**
 * The stored options without the defaults of their type. Where the manifest has a value in place of such a default it
 * is said, even if it is the default of the new type: if Cloudflare merges, the old one would stay.
 */
function ofOtherType(stored: JsonObject, desired: JsonObject): { [name: string]: JsonValue } {
  const kept = withoutTypeDefaults(stored);
  const replaced = Object.entries(desired).filter(
    ([name, value]) => value !== null && name in stored && !(name in kept),
  );
  return { ...kept, ...Object.fromEntries(replaced) };
}

/**
 * Live `output_options` win over `logpull_options`, so a job that has them is sent the equal ones. What the desired
 * text does not say goes back to its default; what such a text cannot say stays.
 */
function updatedLogpull(desired: JobFields, live: JobFields, paths: readonly string[]): JobFields {
  const text = logpullOf(desired);
  const stored = optionsOf(live) ?? (refusesLogpull(desired) ? {} : null);
  if (text === '' || stored === null) {
    const cleared = { logpull_options: desired['logpull_options'] ?? '' };
    const wanted = optionsOf(desired);
    // Until now the text said what the manifest wants of output_options: it must not go without them.
    return text === '' && stored === null && wanted !== null
      ? { ...cleared, output_options: updatedOptions(wanted, live, paths) }
      : cleared;
  }
  const reset = Object.entries(stored).map(([name, value]): readonly [string, JsonValue] => {
    const row = optionOf(name);
    return [name, row?.impliedByLogpull === true ? row.defaults.ndjson : value];
  });
  return { output_options: { ...withoutNulls(Object.fromEntries(reset)), ...fromLogpull(text) } };
}

function withoutNulls(options: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}
