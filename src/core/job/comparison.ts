import type { Shown } from '../plan/change.ts';
import { Secret } from '../secret.ts';
import { canonicalJson } from './canonical-json.ts';
import { plainValue, type Compared, type FieldValue } from './compared.ts';
import { compareDestination } from './destination-comparison.ts';
import { fieldOf, isZero, type Comparison, type JobField } from './field-table.ts';
import { canonicalFilter, shownFilter } from './filter.ts';
import type { JobFields, JsonValue } from './job.ts';
import { compareLogpull, compareOptions } from './options-comparison.ts';
import { decidingOptions } from './output-options.ts';

type Compare = (desired: JobFields, live: JobFields) => readonly Compared[];

const SPECIAL: { readonly [kind in Exclude<Comparison, 'value'>]: Compare } = {
  never: () => [],
  destination: compareDestination,
  filter: compareFilter,
  options: compareOptions,
  logpull: compareLogpull,
};

/** Every path that one managed field of the manifest stands for. */
export function compareField(name: string, desired: JobFields, live: JobFields): readonly Compared[] {
  const kind = fieldOf(name)?.compare ?? 'value';
  return kind === 'value' ? [compareValue(name, desired, live)] : SPECIAL[kind](desired, live);
}

function compareValue(name: string, desired: JobFields, live: JobFields): Compared {
  const row = fieldOf(name);
  const wanted = desired[name] ?? null;
  const found = live[name] ?? (name === 'merge_subrequests' ? decidingOptions(live)[name] : live[name]);
  const desiredText = canonicalValue(row, wanted);
  const liveText = canonicalValue(row, found ?? null);
  const secret = row?.secret === true || wanted instanceof Secret || found instanceof Secret;
  return {
    path: name,
    equal: desiredText === liveText,
    secret,
    before: secret ? null : shown(found),
    after: secret ? null : shown(wanted),
    desiredText,
    liveText: found === undefined ? undefined : liveText,
  };
}

function canonicalValue(row: JobField | undefined, value: Exclude<FieldValue, undefined>): string {
  if (value instanceof Secret) return JSON.stringify(value.reveal());
  const isNone = isZero(value) || isEmpty(value) || (row?.likeZero ?? []).includes(value);
  return canonicalJson(isNone ? (row?.zero ?? null) : value);
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function shown(value: FieldValue): Shown {
  return value === undefined || value instanceof Secret ? null : value;
}

function compareFilter(desired: JobFields, live: JobFields): readonly Compared[] {
  const wanted = plainValue(desired['filter']) ?? null;
  const found = plainValue(live['filter']);
  const desiredText = canonicalFilter(wanted) ?? '';
  const liveText = found === wanted ? desiredText : (canonicalFilter(found ?? null) ?? '');
  const compared = {
    path: 'filter',
    equal: desiredText === liveText,
    secret: false,
    before: shownFilter(found ?? null),
    after: shownFilter(wanted),
    desiredText,
    liveText: found === undefined ? undefined : liveText,
  };
  return [compared];
}
