import type { JsonValue } from '../core/job/job.ts';
import { checkValue } from './check.ts';
import type { Finding } from './finding.ts';
import { shown } from './finding.ts';
import type { SettingKey } from './key.ts';

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
    const finding = value === undefined ? notANumber(key, text, place) : checkValue(key, value, place);
    if (finding !== null) findings.push(finding);
    else if (value !== undefined) given.set(key.path, { value, place });
  }
  return { given, findings };
}

/** Undefined when a number was needed and the text is none. */
function valueOf(key: SettingKey, text: string | readonly string[]): JsonValue | undefined {
  if (key.isList) return typeof text === 'string' ? splitList(text) : text;
  const one = typeof text === 'string' ? text : (text.at(-1) ?? '');
  if (!key.isNumber) return one;
  return /^-?\d+(\.\d+)?$/.test(one.trim()) ? Number(one) : undefined;
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function notANumber(key: SettingKey, text: string | readonly string[], place: string): Finding {
  return {
    severity: 'error',
    code: 'wrong-type',
    place,
    key: key.path,
    message: `${shown(text)} is not a number. Write it as in ${shown(key.example)}.`,
  };
}
