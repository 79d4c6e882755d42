import type { JsonValue } from '../job/job.ts';

/** From the root of a document to a value in it. */
export type Path = readonly (string | number)[];

/** Below these keys a value may be a credential, so nothing of it is ever shown. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'destination',
  'destinations',
  'destination_conf',
  'ownership_challenge',
  'extra',
]);

const PLAIN_KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const OUR_KEY = /^[a-z][a-z0-9_]{0,31}$/;
const NAME = /^(?=.{1,40}$)[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$/;

export function mayBeSecret(path: Path): boolean {
  return path.some((step) => typeof step === 'string' && SECRET_KEYS.has(step));
}

/** As in `zones[0].jobs[1].max_upload_bytes`. A key that no manifest has is shown as `…`: it may be a secret. */
export function formatPath(path: Path): string {
  let text = '';
  path.forEach((step, index) => {
    if (typeof step === 'number') text += `[${step}]`;
    else text += (index === 0 ? '' : '.') + (showableKey(step, path.slice(0, index)) ? step : '…');
  });
  return text;
}

/** Whether a key may be printed: a credential pasted in the place of a key must not be. */
export function showableKey(key: string, parent: Path): boolean {
  if (!PLAIN_KEY.test(key) || looksRandom(key)) return false;
  const last = parent.at(-1);
  const isName = last === 'destinations' || last === 'headers' || last === 'params';
  if (mayBeSecret(parent)) return isName ? isHarmlessName(key) : OUR_KEY.test(key);
  return true;
}

/** Whether a text in the place of a name may be printed. */
export function isHarmlessName(text: string): boolean {
  return NAME.test(text) && !looksRandom(text);
}

/** Names consist of words; a pasted credential has a long run of letters and digits. */
export function looksRandom(text: string): boolean {
  return text.split(/[._-]/).some((word) => word.length > 16 && /[0-9]/.test(word) && /[A-Za-z]/.test(word));
}

/** The value at a path, or undefined where there is none. */
export function valueAt(root: JsonValue, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of path) value = childOf(value, step);
  return value;
}

function childOf(value: JsonValue | undefined, step: string | number): JsonValue | undefined {
  if (isList(value)) return typeof step === 'number' ? value[step] : undefined;
  if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
  return value[step];
}

export function isObject(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}
