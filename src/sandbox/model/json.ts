/** JSON as this imitation keeps and sends it. */

export type Json = string | number | boolean | null | readonly Json[] | JsonRecord;

export interface JsonRecord {
  readonly [key: string]: Json;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

/** A string as it is, anything else as the empty string. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Text with the keys of every object in alphabetical order, as in the one real capture (§1.1, §2.4). */
export function alphabetical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(alphabetical).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${alphabetical(value[key] ?? null)}`).join(',')}}`;
}

/** RFC 3339 in whole seconds. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
