import { isList, isObject } from './path.ts';
import type { JsonValue } from '../job/job.ts';
import type { Reference } from './reference.ts';
import { parseReferences } from './reference.ts';

/** The value of a reference, or why it has none. */
export type Lookup = (reference: Reference) => { readonly value: string } | { readonly missing: string };

/** Puts values in for references, and collects what is missing instead of stopping at the first. */
export class Filling {
  readonly missing = new Set<string>();
  /** The secrets that were put in, by their names. */
  readonly secrets = new Map<string, string>();
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  text(text: string): string {
    const { parts } = parseReferences(text);
    return parts.map((part) => (typeof part === 'string' ? part : this.#valueOf(part))).join('');
  }

  /**
   * A URI. A value that becomes the value of a query parameter is percent-encoded, so that a `&` or `+` in a key
   * does not change what the URI says. Anywhere else it is taken as it is: it may be a whole query or URI.
   */
  uri(text: string): string {
    let filled = '';
    let syntax = '';
    for (const part of parseReferences(text).parts) {
      if (typeof part === 'string') {
        filled += part;
        syntax += part;
        continue;
      }
      const value = this.#valueOf(part);
      filled += isInParameter(syntax) ? encodeURIComponent(value.toWellFormed()) : value;
      syntax += 'x';
    }
    return filled;
  }

  /** All texts within a value. */
  value(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.text(value);
    if (isList(value)) return value.map((item) => this.value(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.value(item)]));
  }

  #valueOf(reference: Reference): string {
    const found = this.#lookup(reference);
    if ('value' in found) {
      if (reference.kind === 'secret') this.secrets.set(reference.name, found.value);
      return found.value;
    }
    this.missing.add(found.missing);
    return '';
  }
}

/** Whether what follows stands after the `=` of a query parameter. */
function isInParameter(uri: string): boolean {
  const query = uri.indexOf('?');
  if (query === -1) return false;
  return uri.slice(Math.max(query, uri.lastIndexOf('&'))).includes('=');
}
