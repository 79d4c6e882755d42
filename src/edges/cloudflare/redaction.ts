/**
 * Cleans texts that come from Cloudflare: an API error may quote our request, token and destination included.
 *
 * A secret is found whole or in part (any eight characters in a row), in any letter case, and as it is or
 * percent-encoded, JSON-escaped, in base64 or in hex. Parameters with a secret's name are masked even when
 * their value is not ours, because an answer may quote somebody else's job.
 */
export type Clean = (text: string) => string;

const MASK = '[…]';
const PIECE = 8;
const MAX_LENGTH = 300;
/** Longer texts are cut before the search, as only the beginning is kept. */
const MAX_SEARCHED = 4_000;

/** Parameters of a destination that may be shown; everything else in it is treated as a secret. */
const OPEN_PARAMETERS: ReadonlySet<string> = new Set(
  (
    'region endpoint sse account-id instance-id format ddsource service host ddtags sourcetype ' +
    'insecure-skip-verify sts-assume-role-arn'
  ).split(' '),
);
const SECRET_PARAMETER =
  /((?:header_[\w-]+|[\w-]*(?:key|secret|token|sig|password|credential)[\w-]*)=)[^&\s"'<>]{3,}/gi;
const AUTHORIZATION = /\b((?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** @param secrets plain texts: tokens, and destinations, of which only the open parts are let through. */
export function cleanerFor(secrets: readonly string[]): Clean {
  const whole = new Set<string>();
  const pieces = new Set<string>();
  for (const secret of secrets) {
    for (const form of formsOf(secret)) if (form.length >= 4) whole.add(form);
    for (const part of secretPartsOf(secret)) {
      for (const form of formsOf(part)) addPieces(form, whole, pieces);
    }
  }
  const longestFirst = [...whole].toSorted((a, b) => b.length - a.length);
  return (text) => {
    let clean = text.slice(0, MAX_SEARCHED);
    for (const secret of longestFirst) clean = replaceLiteral(clean, secret);
    clean = maskPieces(clean, pieces)
      .replace(SECRET_PARAMETER, (_, name: string) => name + MASK)
      .replace(AUTHORIZATION, (_, scheme: string) => scheme + MASK)
      .replace(CONTROL, ' ')
      .trim();
    return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH - 1)}…` : clean;
  };
}

function addPieces(form: string, whole: Set<string>, pieces: Set<string>): void {
  if (form.length >= 4) whole.add(form);
  const lower = lowered(form);
  for (let at = 0; at + PIECE <= lower.length; at += 1) pieces.add(lower.slice(at, at + PIECE));
}

/** Of a destination the secret values in it; of any other text the text itself. */
function secretPartsOf(secret: string): readonly string[] {
  const [, scheme = '', authority = '', path = '', query = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:[?#](.*))?$/is.exec(secret) ?? [];
  if (scheme === '') return [secret];
  const parts = query.split('&').flatMap((parameter) => {
    const at = parameter.indexOf('=');
    const name = decode(parameter.slice(0, Math.max(at, 0))).toLowerCase();
    return OPEN_PARAMETERS.has(name) ? [] : wordsOf(parameter.slice(at + 1));
  });
  if (authority.includes('@')) parts.push(authority.slice(0, authority.lastIndexOf('@')));
  // Hooks and collectors keep their token in the path.
  if (/^(https?|sumo|splunk|sentinelone)$/i.test(scheme)) {
    parts.push(...path.split('/').filter((segment) => segment.length >= 16));
  }
  return parts;
}

function wordsOf(value: string): readonly string[] {
  const plain = decode(value);
  return [value, plain, ...plain.split(/\s+/).filter((word) => word.length >= PIECE)];
}

function formsOf(text: string): readonly string[] {
  const plain = decode(text);
  const bytes = Buffer.from(plain);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const escaped = JSON.stringify(plain).slice(1, -1);
  const encoded = [encodeURIComponent(plain), encodeURIComponent(text)];
  return [text, plain, escaped, ...encoded, base64, bytes.toString('base64url'), bytes.toString('hex')];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function replaceLiteral(text: string, literal: string): string {
  const pattern = literal.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return text.replace(new RegExp(pattern, 'gi'), () => MASK);
}

function maskPieces(text: string, pieces: ReadonlySet<string>): string {
  if (pieces.size === 0) return text;
  const lower = lowered(text);
  let clean = '';
  let at = 0;
  while (at < text.length) {
    let end = at;
    while (pieces.has(lower.slice(end, end + PIECE))) end += 1;
    if (end === at) {
      clean += text[at];
      at += 1;
    } else {
      clean += MASK;
      at = end + PIECE - 1;
    }
  }
  return clean;
}

/** Keeps every character at its place, which `toLowerCase` does not. */
function lowered(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
