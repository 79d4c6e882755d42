import type { JsonValue } from '../core/job/job.ts';
import { checkValue } from './check.ts';
import type { Finding } from './finding.ts';
import { shown } from './finding.ts';
import { SETTING_KEYS, type SettingKey, type SettingKind } from './key.ts';

/** One value and where it was set: `file:line:column`, a variable or a flag. */
export interface Given {
  readonly value: JsonValue;
  readonly place: string;
}

/** What one of file, environment and flags sets, by key. Values with a finding are left out. */
export interface Layer {
  readonly given: ReadonlyMap<string, Given>;
  readonly findings: readonly Finding[];
}

/** Later layers beat earlier ones, and all of them the defaults. Of a key and what may stand in its place, one holds. */
export function merged(layers: readonly Layer[]): ReadonlyMap<string, JsonValue> {
  const values = new Map<string, JsonValue>();
  for (const { path, default: value } of SETTING_KEYS) if (value !== undefined) values.set(path, value);
  for (const { given } of layers) {
    for (const [path, { value }] of given) {
      for (const other of values.keys()) if (excludes(path, other)) values.delete(other);
      values.set(path, value);
    }
  }
  return values;
}

/** What one layer says twice, in two forms of which only one can hold. */
export function contradictionsIn({ given }: Layer): readonly Finding[] {
  return [...given].flatMap(([path, { place }]) => {
    const other = [...given].find(([one]) => one.startsWith(`${path}.`));
    if (other === undefined) return [];
    const [key, { place: otherPlace }] = other;
    const message = `Both "${path}" and "${key}" (${otherPlace}) are set, and one stands in the place of the other. Remove one of them.`;
    return [{ severity: 'error', code: 'contradiction', place, key: path, message }];
  });
}

function excludes(one: string, other: string): boolean {
  return one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}

/** Text from the environment or a flag. A list is separated by commas, or is a flag that was repeated. */
export interface TypedText {
  readonly key: SettingKey;
  readonly text: string | readonly string[];
  readonly place: string;
}

/** Turns typed text into checked values. */
export function layerOfTexts(texts: readonly TypedText[]): Layer {
  const given = new Map<string, Given>();
  const findings: Finding[] = [];
  for (const { key, text, place } of texts) {
    const value = valueOf(key, text);
    const finding = value === undefined ? notOfItsKind(key, text, place) : checkValue(key, value, place);
    if (finding !== null) findings.push(finding);
    else if (value !== undefined) given.set(key.path, { value, place });
  }
  return { given, findings };
}

/** Undefined when the text is not of the kind that the key takes. */
function valueOf(key: SettingKey, text: string | readonly string[]): JsonValue | undefined {
  if (key.kind === 'list') return typeof text === 'string' ? splitList(text) : text;
  return PARSE[key.kind](typeof text === 'string' ? text : (text.at(-1) ?? ''));
}

const PARSE: { readonly [kind in Exclude<SettingKind, 'list'>]: (text: string) => JsonValue | undefined } = {
  text: (text) => text,
  number: (text) => (/^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined),
  boolean: (text) => ({ true: true, false: false })[text.trim().toLowerCase()],
  mappings: parseJson,
};

function parseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const WANTED: { readonly [kind in SettingKind]: string } = {
  text: 'a text',
  number: 'a number',
  boolean: 'true or false',
  list: 'a list',
  mappings: 'a list of mappings as JSON',
};

function notOfItsKind(key: SettingKey, text: string | readonly string[], place: string): Finding {
  return {
    severity: 'error',
    code: 'wrong-type',
    place,
    key: key.path,
    message: `${key.kind === 'mappings' ? 'The text' : shown(text)} is not ${WANTED[key.kind]}. Write it as in ${shown(key.example)}.`,
  };
}
