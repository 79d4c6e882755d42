import { parseDestination } from '../destination/destination.ts';
import { isObject } from '../job/canonical-json.ts';
import { fieldOf, FIELDS, isZero } from '../job/field-table.ts';
import type { JobFields, JsonObject, JsonValue, LiveJob } from '../job/job.ts';
import { optionOf } from '../job/option-table.ts';
import { decidingOptions, logpullOf, optionsOf } from '../job/output-options.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { isExpressible, isExpressibleOption, writtenFilter } from './expressible.ts';

export interface WrittenFields {
  /** In table order, without `name` and the destination. */
  readonly keys: JsonObject;
  /** Live keys that the manifest does not get, and that a pass therefore leaves alone. */
  readonly leftOut: readonly string[];
}

/** Fields that need more than their value: they are written by who calls. */
const ELSEWHERE: ReadonlySet<string> = new Set(['name', 'destination_conf', 'ownership_challenge']);

/**
 * What a manifest has to say for this live job to be in sync: the values that Cloudflare returned and that are
 * not "none". A key that this release does not know may hold a secret, so only its name is told.
 */
export function writtenFields({ fields }: Pick<LiveJob, 'fields'>): WrittenFields {
  const keys: { [key: string]: JsonValue } = {};
  const leftOut: string[] = [];
  const traits = { dataset: plainValue(fields['dataset']), scheme: schemeOf(fields['destination_conf']) };
  for (const { name } of FIELDS.filter((row) => row.managedBy === 'us' && !ELSEWHERE.has(row.name))) {
    const value = name === 'output_options' ? optionsIn(fields) : plainValue(fields[name]);
    if (saysNothing(name, value, fields)) continue;
    if (name === 'output_options' && isObject(value)) {
      const options = writtenOptions(value);
      if (Object.keys(options.keys).length > 0) keys[name] = options.keys;
      leftOut.push(...options.leftOut.map((option) => `output_options.${option}`));
    } else if (isExpressible(name, value, traits)) {
      keys[name] = name === 'filter' && typeof value === 'string' ? writtenFilter(value) : value;
    } else {
      leftOut.push(name);
    }
  }
  const unknown = Object.keys(fields).filter(
    (name) => fieldOf(name) === undefined && !isZero(plainValue(fields[name])),
  );
  return { keys, leftOut: [...leftOut, ...unknown.toSorted(compareText)] };
}

/** With the older place of `merge_subrequests`, but for a job whose `logpull_options` they would replace. */
function optionsIn(fields: JobFields): JsonValue {
  const own = plainValue(fields['output_options']);
  const isElsewhere = fields['merge_subrequests'] === true && isReplaced('merge_subrequests', fields);
  return isElsewhere ? decidingOptions(fields) : own;
}

function isReplaced(name: string, fields: JobFields): boolean {
  return name === 'merge_subrequests' && (optionsOf(fields) !== null || logpullOf(fields) === '');
}

/** A zero says what an absent key says; `enabled: false` is worth a line all the same. */
function saysNothing(name: string, value: JsonValue, fields: JobFields): boolean {
  if (name === 'enabled') return value === null;
  const row = fieldOf(name);
  if (isReplaced(name, fields)) return true;
  if (isZero(value) || value === row?.zero || (row?.likeZero ?? []).includes(value)) return true;
  // Left over from the move to output_options, which win.
  if (name === 'logpull_options') return optionsOf(fields) !== null;
  return name === 'output_options' && optionsOf({ output_options: value }) === null;
}

function writtenOptions(options: JsonObject): {
  readonly keys: JsonObject;
  readonly leftOut: readonly string[];
} {
  const set = Object.entries(options).filter(([, value]) => value !== null);
  const fits = ([name, value]: readonly [string, JsonValue]): boolean =>
    optionOf(name) !== undefined && isExpressibleOption(name, value);
  return {
    keys: Object.fromEntries(set.filter(fits)),
    leftOut: set.filter((entry) => !fits(entry)).map(([name]) => name),
  };
}

function schemeOf(destination: JobFields[string] | undefined): string {
  return destination instanceof Secret ? parseDestination(destination.reveal()).scheme : '';
}

function plainValue(value: JobFields[string] | undefined): JsonValue {
  return value === undefined || value instanceof Secret ? null : value;
}
