import type { Secret } from '../../core/secret.ts';

const REDACTED = '[redacted]';
/** Shorter ones are refused where they are read; replacing them would shred ordinary words. */
const SHORTEST = 8;

interface Known {
  readonly length: number;
  readonly pattern: RegExp;
}

/**
 * The last net: takes known secret values out of finished text, in the forms that they take on their way
 * through encoders: percent and form encoding, JSON, hexadecimal and base64, also one around another.
 *
 * Everything before it must already keep secrets out, so whatever it catches is a bug, and `onCatch` is there
 * to count it.
 */
export class Scrubber {
  readonly #onCatch: () => void;
  readonly #values = new Set<string>();
  /** Longest first: a secret that begins another must not leave the other's end standing. */
  #known: readonly Known[] = [];

  constructor(onCatch: () => void = () => {}) {
    this.#onCatch = onCatch;
  }

  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.length < SHORTEST || this.#values.has(value)) return;
    this.#values.add(value);
    const known = { length: value.length, pattern: patternOf(value) };
    this.#known = [...this.#known, known].toSorted((a, b) => b.length - a.length);
  }

  scrub(text: string): string {
    const scrubbed = this.#known.reduce(
      (rest, { pattern }) => rest.replaceAll(pattern, () => REDACTED),
      text,
    );
    if (scrubbed !== text) this.#onCatch();
    return scrubbed;
  }
}

function patternOf(value: string): RegExp {
  const bytes = Buffer.from(value);
  const forms = [value, bytes.toString('hex'), ...base64FormsOf(bytes)];
  return new RegExp(
    forms
      .filter((form) => form.length >= SHORTEST)
      .map((form) => Array.from(form, spellingsOf).join(''))
      .join('|'),
    'giu',
  );
}

/** A character as it is, or behind any number of backslashes, or as a JSON or percent escape. */
function spellingsOf(character: string): string {
  const percent = Array.from(Buffer.from(character), (byte) => `%(?:25)*${hex(byte, 2)}`).join('');
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const unicode = units.map((unit) => String.raw`\\+u${hex(unit, 4)}`).join('');
  const letter = ESCAPES[character];
  const others = [
    ...(letter === undefined ? [] : [String.raw`\\+${letter}`]),
    ...(character === ' ' ? [String.raw`\+`] : []),
    ...(character === '+' || character === '/' ? [character === '+' ? '-' : '_'] : []),
  ];
  const plain = character === '\\' ? String.raw`\\+` : String.raw`\\*${literal(character)}`;
  return `(?:${[plain, percent, unicode, ...others].join('|')})`;
}

const ESCAPES: { readonly [character: string]: string } = {
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\b': 'b',
  '\f': 'f',
};

function literal(character: string): string {
  return /[a-z0-9]/iu.test(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

/**
 * As it stands alone, and the part that is the same wherever in a longer text it begins: base64 takes three
 * bytes at a time, so the characters at the seams depend on the neighbours.
 */
function base64FormsOf(bytes: Buffer): readonly string[] {
  const alone = bytes.toString('base64').replaceAll('=', '');
  const inside = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3));
    return whole.toString('base64').slice(shift === 0 ? 0 : 4);
  });
  return [alone, ...inside];
}
