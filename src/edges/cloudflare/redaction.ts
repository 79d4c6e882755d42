import { secretPartsOf } from '../../core/destination/destination.ts';

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

/** Tried only where a word begins, so that a long word takes no longer than to walk over it. */
const SECRET_PARAMETER =
  /((?<![\w-])(?=[\w-]*?(?:header_[\w-]|key|secret|token|sig|password|credential))[\w-]+=)[^&\s"'<>]{3,}/gi;
const AUTHORIZATION = /\b((?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** What is looked for because of one secret. */
interface Needles {
  readonly whole: readonly { readonly length: number; readonly pattern: RegExp }[];
  /** All runs of {@link PIECE} characters of the secret parts, in lower case. */
  readonly pieces: ReadonlySet<string>;
}

/** The token is a secret of every call: what it is made of is worked out once. */
let tokenNeedles: { readonly token: string; readonly needles: Needles } | undefined;

/** @param secrets plain texts: tokens, and destinations, of which only the open parts are let through. */
export function cleanerFor(secrets: readonly string[]): Clean {
  // Most answers are good ones, and have nothing to clean.
  let needles: readonly Needles[] | undefined;
  return (text) => {
    needles ??= secrets.map((secret) => (isDestination(secret) ? needlesOf(secret) : needlesOfToken(secret)));
    let clean = text.slice(0, MAX_SEARCHED);
    const longestFirst = needles.flatMap(({ whole }) => whole).toSorted((a, b) => b.length - a.length);
    for (const { pattern } of longestFirst) clean = clean.replace(pattern, MASK);
    const pieces = needles.map((some) => some.pieces);
    clean = maskPieces(clean, pieces)
      .replace(SECRET_PARAMETER, (_, name: string) => name + MASK)
      .replace(AUTHORIZATION, (_, scheme: string) => scheme + MASK)
      .replace(CONTROL, ' ')
      .trim();
    return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH - 1)}…` : clean;
  };
}

function needlesOfToken(token: string): Needles {
  if (tokenNeedles?.token !== token) tokenNeedles = { token, needles: needlesOf(token) };
  return tokenNeedles.needles;
}

function needlesOf(secret: string): Needles {
  const whole = new Set<string>();
  const pieces = new Set<string>();
  for (const form of formsOf(secret)) if (form.length >= 4) whole.add(form);
  for (const part of partsOf(secret)) {
    for (const form of formsOf(part)) addPieces(form, whole, pieces);
  }
  return { whole: [...whole].map((text) => ({ length: text.length, pattern: patternOf(text) })), pieces };
}

function addPieces(form: string, whole: Set<string>, pieces: Set<string>): void {
  if (form.length >= 4) whole.add(form);
  const lower = lowered(form);
  for (let at = 0; at + PIECE <= lower.length; at += 1) pieces.add(lower.slice(at, at + PIECE));
}

/** Of a destination the secret parts and their words; of any other text the text itself. */
function partsOf(secret: string): readonly string[] {
  if (!isDestination(secret)) return [secret];
  return [...secretPartsOf(secret).values()].flatMap((part) => [part, ...wordsOf(part)]);
}

function isDestination(secret: string): boolean {
  return secret.includes('://');
}

function wordsOf(part: string): readonly string[] {
  return decode(part)
    .split(/[\s/&=]+/)
    .filter((word) => word.length >= PIECE);
}

function formsOf(text: string): readonly string[] {
  const plain = decode(text).toWellFormed();
  const bytes = Buffer.from(plain);
  const escaped = JSON.stringify(plain).slice(1, -1);
  const encoded = [plain, text.toWellFormed()].map(encodeURIComponent);
  return [text, plain, escaped, ...encoded, ...base64Of(bytes), bytes.toString('hex')];
}

/** Inside a longer text the same bytes have three spellings, by where they begin in a group of three. */
function base64Of(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    // The characters at both ends also hold bits of the neighbours.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor((shifted.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((encoding) => shifted.toString(encoding).slice(from, to));
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function patternOf(literal: string): RegExp {
  return new RegExp(literal.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`), 'gi');
}

function maskPieces(text: string, pieces: readonly ReadonlySet<string>[]): string {
  const lower = lowered(text);
  const isPiece = (from: number): boolean => {
    const run = lower.slice(from, from + PIECE);
    return pieces.some((some) => some.has(run));
  };
  let clean = '';
  let at = 0;
  while (at < text.length) {
    let end = at;
    while (isPiece(end)) end += 1;
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
