/** A job's `filter`: on the wire a string that holds JSON, in a manifest that string or the object itself (§5). */
import { canonicalJson, isDeeperThan, isObject } from './canonical-json.ts';
import type { JsonValue } from './job.ts';

/** Deeper than any filter Cloudflare accepts (30 operators), and safe for recursion. */
export const MAX_FILTER_DEPTH = 200;

/**
 * One text for every spelling of the same filter, or null for none: `""`, `null`, `{}` and `{"where":{}}`.
 *
 * Key order and white space are spelling; the order of arrays and the types of values are not. A text that is no
 * JSON is its own canonical text: Cloudflare may know better, and two of them are equal only if they are the same.
 */
export function canonicalFilter(value: JsonValue): string | null {
  const parsed = parse(value, keepDigits);
  if (isNone(parsed)) return null;
  return typeof parsed === 'string' ? parsed : canonicalJson(parsed);
}

/** What a person is shown: the JSON inside the string, where there is any. */
export function shownFilter(value: JsonValue): JsonValue {
  const parsed = parse(value);
  return isNone(parsed) ? null : parsed;
}

/** What Cloudflare is sent: a text as it was written, an object as JSON, and `""` for none. */
export function filterText(value: JsonValue): string {
  if (canonicalFilter(value) === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parse(value: JsonValue, revive?: typeof keepDigits): JsonValue {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  try {
    const parsed: JsonValue = JSON.parse(text, revive);
    return isDeeperThan(MAX_FILTER_DEPTH, parsed) ? text : parsed;
  } catch {
    return text;
  }
}

function isNone(filter: JsonValue): boolean {
  if (filter === null || filter === '') return true;
  if (!isObject(filter)) return false;
  const keys = Object.keys(filter);
  const { where } = filter;
  return keys.length === 0 || (keys.length === 1 && isObject(where) && Object.keys(where).length === 0);
}

/** Two ids that differ beyond the 53 bits of a JavaScript number are two filters. */
function keepDigits(_key: string, value: JsonValue, context?: { readonly source?: string }): JsonValue {
  const isInexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isInexact && context?.source !== undefined ? { number: context.source } : value;
}
