import type { ErrorObject } from 'ajv';

import type { JsonValue } from '../core/job/job.ts';
import type { Finding, FindingCode } from './finding.ts';
import { shown } from './finding.ts';
import type { SettingKey } from './key.ts';
import { validatorOf } from './key.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { RULES } from './rules.ts';

/** What is wrong with one value, or null: first its shape, then what a schema cannot say. */
export function checkValue(key: SettingKey, value: JsonValue, place: string): Finding | null {
  const validate = validatorOf(key);
  if (!validate(value)) {
    const [error] = validate.errors ?? [];
    if (error === undefined) throw new Error(`The schema of ${key.path} refuses a value without a reason.`);
    const { code, message } = describe(error, key, valueAt(value, error));
    return { severity: 'error', place, key: key.path, code, message: `${insideOf(error)}${message}` };
  }
  const broken = RULES[key.path]?.(value) ?? null;
  return broken === null ? null : { severity: 'error', place, key: key.path, ...broken };
}

interface Described {
  readonly code: FindingCode;
  readonly message: string;
}

function describe(error: ErrorObject, key: SettingKey, value: JsonValue): Described {
  const params: { readonly [name: string]: unknown } = error.params;
  const limit = String(params['limit']);
  switch (error.keyword) {
    case 'additionalProperties':
      return {
        code: 'unknown-key',
        message: `There is no key ${shown(params['additionalProperty'])}. ${remedy(key)}`,
      };
    case 'required':
      return {
        code: 'out-of-range',
        message: `The key "${String(params['missingProperty'])}" is missing. ${remedy(key)}`,
      };
    case 'pattern':
      return {
        code: 'not-allowed-value',
        message: isReference(error)
          ? 'The value is not of the form that it must have: a credential stands in a file of secrets_dir, and here as ${secret:NAME}.'
          : `The value is not of the form that it must have. ${remedy(key)}`,
      };
    case 'enum':
      return {
        code: 'not-allowed-value',
        message: `${shown(value)} is none of ${wordsOf(error).join(', ')}.${suggestion(typeof value === 'string' ? value : '', wordsOf(error))}`,
      };
    case 'minimum':
      return { code: 'out-of-range', message: `${shown(value)} is below the minimum of ${limit}.` };
    case 'maximum':
      return { code: 'out-of-range', message: `${shown(value)} is above the maximum of ${limit}.` };
    case 'exclusiveMinimum':
      return { code: 'out-of-range', message: `${shown(value)} is not above ${limit}.` };
    case 'maxLength':
      return { code: 'out-of-range', message: `The value is longer than ${limit} characters.` };
    case 'minLength':
    case 'minItems':
      return { code: 'out-of-range', message: `The value is empty. ${remedy(key)}` };
    default:
      return {
        code: 'wrong-type',
        message: `${kindOf(value, error)} is not ${wantedKind(error)}. ${remedy(key)}`,
      };
  }
}

/** Where in a value that has an inside, as in `[0].via: `. */
function insideOf({ instancePath }: ErrorObject): string {
  if (instancePath === '') return '';
  const place = instancePath.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.');
  return `${place.replace(/^\./, '')}: `;
}

function valueAt(value: JsonValue, { instancePath }: ErrorObject): JsonValue {
  const names = instancePath.split('/').slice(1);
  return names.reduce<JsonValue>((inner, name) => {
    if (typeof inner !== 'object' || inner === null) return null;
    return Object.entries(inner).find(([key]) => key === name)?.[1] ?? null;
  }, value);
}

function wordsOf({ params }: ErrorObject): readonly string[] {
  const words: unknown = params['allowedValues'];
  return Array.isArray(words) ? words.map(String) : [];
}

function remedy(key: SettingKey): string {
  return `Leave the key out for its default, or write it as in ${shown(key.example)}.`;
}

function wantedKind(error: ErrorObject): string {
  const params: { readonly [name: string]: unknown } = error.params;
  const types = [params['type']].flat().map(String);
  const words: { readonly [type: string]: string } = {
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a mapping',
  };
  return types.map((type) => words[type] ?? type).join(' or ');
}

function isReference({ params }: ErrorObject): boolean {
  return String(params['pattern']).startsWith(String.raw`^\$\{`);
}

/** What stands inside a mapping may be a credential, and is not shown. */
function kindOf(value: JsonValue, { instancePath }: ErrorObject): string {
  if (value === null) return 'An empty value';
  if (Array.isArray(value)) return 'A list';
  if (typeof value === 'object') return 'A mapping';
  return instancePath.lastIndexOf('/') > 0
    ? `A ${typeof value === 'string' ? 'text' : typeof value}`
    : shown(value);
}
