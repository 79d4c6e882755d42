import { isMasked } from '../destination/mask.ts';
import type { JsonValue } from '../job/job.ts';
import { isList, isObject } from '../job/canonical-json.ts';
import { isCredentialParam } from '../manifest/credential.ts';
import type { SecretBook } from './secret-book.ts';
import { SHORTEST_SECRET } from './secret-book.ts';

/** Writes a reference in place of one secret part of a destination. */
export type Refer = (
  part: string,
  value: string,
  how?: { readonly masked?: boolean; readonly isWholeParameter?: boolean },
) => string;

export function referIn(book: SecretBook, job: string, nameFor: (part: string) => string): Refer {
  return (part, value, { masked = isMasked(value), isWholeParameter = false } = {}) =>
    book.refer({ value, masked, isWholeParameter, wishedName: nameFor(part), job });
}

/** Whether a file in the secrets folder can hold the value, so that reading it gives the same text. */
export function isStorable(value: string): boolean {
  return isMasked(value) || (Array.from(value).length >= SHORTEST_SECRET && !/[\0\r\n]/.test(value));
}

/**
 * Receivers of one's own have paths and parameters that may be tokens or plain words. What is too short to be
 * accepted as a secret, and is not called like one, is a word.
 */
export function isWord(part: string, value: string, scheme: string): boolean {
  const mayBeWord = scheme === 'https' && (part === 'path' || !isCredentialParam(part));
  return mayBeWord && !isMasked(value) && Array.from(value).length < SHORTEST_SECRET;
}

/** `${` in a text of a manifest starts a reference; a plain one is written `$${`. */
export function escaped(text: string): string {
  return text.replaceAll('${', () => '$${');
}

export function escapedIn(value: JsonValue): JsonValue {
  if (typeof value === 'string') return escaped(value);
  if (isList(value)) return value.map(escapedIn);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, escapedIn(member)]));
}
