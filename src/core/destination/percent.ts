/**
 * Percent-encoding (RFC 3986) by hand. `new URL` would turn `{DATE}` into `%7BDATE%7D`, and a text that went
 * through it is no longer the text that the ownership token was issued for.
 */

/** What a raw `+` stands for: nothing but itself in a path, a space in a query, and in a key see {@link plusOf}. */
export type Plus = 'plus' | 'space' | 'own';

/** Parameters that hold a key or signature: base64 has `+` and never a space. */
const KEYS: ReadonlySet<string> = new Set([
  'secret-access-key',
  'access-key-id',
  'sts-external-id',
  'Api-Key',
  'ibm_api_key',
  'credentials',
  'sig',
]);

/**
 * Query decoders read a raw `+` as a space, and encoders that write forms turn `%20` into `+`, so the two are one.
 * Not in a key: whoever pastes a key with a raw `+` has a job that cannot log in, and mends it by writing `%2B`.
 * There `+` is equal to neither `%20` nor `%2B`, and the mending is seen.
 */
export function plusOf(parameter: string): Plus {
  return KEYS.has(parameter) ? 'own' : 'space';
}

/**
 * One spelling for every spelling of the same characters; two texts that mean different ones stay different.
 * A raw `#` starts a fragment and `%23` does not, hence it stays raw.
 */
export function canonicalPercent(text: string, plus: Plus): string {
  return text.replaceAll(/%([0-9a-f]{2})|[^A-Za-z0-9\-._~]/giu, (match: string, hex: string | undefined) => {
    if (hex !== undefined) return canonicalByte(Number.parseInt(hex, 16));
    if (match === '#') return match;
    if (match === '+') return { plus: '%2B', space: '%20', own: '+' }[plus];
    return encodeURIComponent(match.toWellFormed());
  });
}

/** An encoded slash is part of a name, not a border between two, so it stays apart from a raw one. */
export function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((name) => canonicalPercent(name, 'plus'))
    .join('/');
}

/** One spelling that a person can write a pattern for: `{DATE}` and `=` as they are, only `%` and `/` encoded. */
export function readablePath(path: string): string {
  return path
    .split('/')
    .map((name) => decodePercent(name, 'plus').replaceAll(/[%/]/g, encodeURIComponent))
    .join('/');
}

/** What a person meant. Bytes that are no UTF-8 stay as they are written. */
export function decodePercent(text: string, plus: Plus): string {
  const spaced = plus === 'space' ? text.replaceAll('+', ' ') : text;
  return spaced.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** For a name or value of a query: `%20` for a space, as Cloudflare's documentation writes it. */
export function encodeParameter(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/**
 * For a path: all that a path may hold stays readable, above all the `=` of `date={DATE}`, which Cloudflare's own
 * jobs have unencoded; so do braces, which Cloudflare replaces.
 */
export function encodePath(path: string): string {
  return path.toWellFormed().replaceAll(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/{}]/gu, encodeURIComponent);
}

function canonicalByte(byte: number): string {
  return byte < 0x80
    ? encodeURIComponent(String.fromCodePoint(byte))
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
