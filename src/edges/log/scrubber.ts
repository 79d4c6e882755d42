import type { Secret } from '../../core/secret.ts';

const REDACTED = '[redacted]';
/** Shorter ones are refused where they are read; replacing them would shred ordinary words. */
const SHORTEST = 8;

/**
 * The last net: takes known secret values out of finished text, in the forms that they take on their way
 * through encoders. Everything before it must already keep secrets out, so whatever it catches is a bug, and
 * `onCatch` is there to count it.
 */
export class Scrubber {
  readonly #onCatch: () => void;
  readonly #known = new Set<string>();
  /** Longest first: a secret that begins another must not leave the other's end standing. */
  #forms: readonly string[] = [];

  constructor(onCatch: () => void = () => {}) {
    this.#onCatch = onCatch;
  }

  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.length < SHORTEST || this.#known.has(value)) return;
    this.#known.add(value);
    const forms = new Set([...this.#forms, ...formsOf(value)]);
    this.#forms = [...forms].toSorted((a, b) => b.length - a.length);
  }

  scrub(text: string): string {
    let scrubbed = text;
    for (const form of this.#forms) {
      if (scrubbed.includes(form)) scrubbed = scrubbed.replaceAll(form, () => REDACTED);
    }
    if (scrubbed !== text) this.#onCatch();
    return scrubbed;
  }
}

function formsOf(value: string): readonly string[] {
  const percent = encodeURIComponent(value.toWellFormed());
  const plain = [
    value,
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/gu, (code) => code.toLowerCase()),
    percent.replaceAll('%20', '+'),
    encodeURIComponent(percent),
    encodeURI(value.toWellFormed()),
    Buffer.from(value).toString('hex'),
    ...base64FormsOf(value),
  ];
  const escaped = plain.map(escape);
  return [...plain, ...escaped, ...escaped.map(escape)].filter((form) => form.length >= SHORTEST);
}

function escape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * As it stands alone, and the part that is the same wherever in a longer text it begins: base64 takes three
 * bytes at a time, so the characters at the seams depend on the neighbours.
 */
function base64FormsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const alone = bytes.toString('base64').replaceAll('=', '');
  const inside = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3));
    return whole.toString('base64').slice(shift === 0 ? 0 : 4);
  });
  return [alone, ...inside].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
