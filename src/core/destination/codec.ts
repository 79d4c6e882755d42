import { decodePercent, encodePath } from './percent.ts';

/** The value of one key of a destination. */
export type Plain = string | boolean;

/** How the value of a key stands in a URI. */
export interface Codec {
  /** Of a place: what of the text is this key, as a regular expression. */
  readonly pattern: string;
  readonly write: (value: Plain) => string;
  /** Null for a text that no value is written as. */
  readonly read: (text: string) => Plain | null;
}

/** A name between two slashes, or a host. */
export const TEXT: Codec = {
  pattern: '[^/]+',
  write: (value) => encodePath(String(value)).replaceAll('/', '%2F'),
  read: (text) => decodePercent(text, 'plus'),
};

/** One label of a host name. */
export const LABEL: Codec = { ...TEXT, pattern: '[^/.]+' };

/** The rest of the path; a slash at its start is not part of it. */
export const FOLDER: Codec = {
  pattern: '.*',
  write: (value) => encodePath(String(value).replace(/^\/+/, '')),
  read(text) {
    const folder = decodePercent(text, 'plus');
    return folder.startsWith('/') ? null : folder;
  },
};

/** One of a few words, each of which stands for a text. */
export function oneOf(texts: { readonly [word: string]: string }): Codec {
  return {
    pattern: '[^/]+',
    write: (value) => texts[String(value)] ?? '',
    read: (text) => Object.keys(texts).find((word) => texts[word] === text.toLowerCase()) ?? null,
  };
}

/** The value of a parameter behind a word, as in `Splunk TOKEN`. */
export function behind(word: string): Codec {
  return {
    pattern: '',
    write: (value) => word + String(value),
    read: (text) => (text.startsWith(word) && text.length > word.length ? text.slice(word.length) : null),
  };
}

export const FLAG: Codec = {
  pattern: '',
  write: String,
  read: (text) => (text === 'true' || text === 'false' ? text === 'true' : null),
};

/** The key of a service account: as JSON, as base64 with or without its prefix, or where it lies (`url:…`). */
export const CREDENTIALS: Codec = {
  pattern: '',
  write(value) {
    const text = String(value);
    if (/^(?:base64|url):/.test(text)) return text;
    return `base64:${text.trimStart().startsWith('{') ? base64Of(text) : text}`;
  },
  read: (text) => text,
};

function base64Of(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
