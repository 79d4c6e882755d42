/**
 * Canary secrets, and the scanner that finds them (`reliability.md` invariant 39).
 *
 * A canary has a random core; any 8 characters of it in an output are a leak, in whatever form they were
 * written. The scanner undoes encodings rather than listing encoded needles, so that nested and partial forms
 * are found too.
 */

import { createHash } from 'node:crypto';
import { constants, inflateRawSync } from 'node:zlib';

export interface Canary {
  /** Where it was planted. Safe to print. */
  readonly label: string;
  /** The secret: the core, with characters in it that every encoding has to escape. */
  readonly value: string;
  /** 40 random letters and digits, for positions that take nothing else. */
  readonly core: string;
}

export interface Leak {
  readonly label: string;
  /** The encodings that were undone to see it, outermost first, as in `base64 > percent`; `raw` for none. It may be reversed. */
  readonly form: string;
}

/** The bytes of a core that are enough to count as a leak. */
const WINDOW = 8;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The same label gives the same canary; two labels share no 8 characters. */
export function aCanary(label: string): Canary {
  const bytes = createHash('sha512').update(`canary ${label}`).digest();
  const core = Array.from(bytes.subarray(0, 40), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  const canary = { label, core, value: `${core.slice(0, 20)}+/="& %${core.slice(20)}` };
  planted.set(label, canary);
  return canary;
}

/** Every canary of this thread, by label. */
const planted = new Map<string, Canary>();

/** A secret that a test has chosen itself is a canary too. Shorter ones than a window cannot be told from words. */
export function plant(label: string, value: string): void {
  if (value.length >= WINDOW) planted.set(label, { label, core: value, value });
}

export function plantedCanaries(): readonly Canary[] {
  return [...planted.values()];
}

/** One destination a position: a canary in every place of every scheme where a credential can stand. */
export function canaryDestinations(salt = ''): readonly { readonly canary: Canary; readonly text: string }[] {
  return POSITIONS.map(({ at, text }) => {
    const canary = aCanary(`${at}${salt}`);
    return { canary, text: text(encodeURIComponent(canary.value), canary.core) };
  });
}

const R2_ACCOUNT = 'account-id=01a7362d577a6c3019a474fd6f485823';

const POSITIONS: readonly { at: string; text: (encoded: string, core: string) => string }[] = [
  { at: 's3 access-key-id', text: (v) => s3(`access-key-id=${v}&secret-access-key=plainplain`) },
  { at: 's3 secret-access-key', text: (v) => s3(`access-key-id=plainplain&secret-access-key=${v}`) },
  {
    at: 'r2 access-key-id',
    text: (v) => `r2://b/p/{DATE}?${R2_ACCOUNT}&access-key-id=${v}&secret-access-key=plainplain`,
  },
  {
    at: 'r2 secret-access-key',
    text: (v) => `r2://b/p?secret-access-key=${v}&access-key-id=plainplain&${R2_ACCOUNT}`,
  },
  {
    at: 'kinesis secret-access-key',
    text: (v) => `kinesis://stream?region=us-east-1&access-key-id=plainplain&secret-access-key=${v}`,
  },
  {
    at: 'kinesis sts-external-id',
    text: (v) => `kinesis://stream?region=us-east-1&sts-assume-role-arn=arn%3Aaws&sts-external-id=${v}`,
  },
  {
    at: 'https header',
    text: (v) => `https://logs.example.com/in?header_Authorization=Bearer%20${v}&tags=a`,
  },
  { at: 'https header, other case', text: (v) => `https://logs.example.com/in?HEADER_X-Token=${v}` },
  { at: 'https path', text: (_, c) => `https://hooks.example.com/services/${c}` },
  { at: 'https unknown parameter', text: (v) => `https://logs.example.com/in?whatever=${v}` },
  { at: 'https bare query', text: (_, c) => `https://logs.example.com/in?${c}` },
  { at: 'https user', text: (_, c) => `https://${c}:x@logs.example.com/in` },
  { at: 'https password', text: (_, c) => `https://user:${c}@logs.example.com/in` },
  { at: 'https fragment', text: (_, c) => `https://logs.example.com/in#${c}` },
  { at: 's3 user', text: (_, c) => `s3://${c}@bucket/p?region=us-west-2` },
  {
    at: 's3 unknown parameter',
    text: (v) => s3(`access-key-id=plainplain&secret-access-key=plainplain&session-token=${v}`),
  },
  {
    at: 'splunk header',
    text: (v) =>
      `splunk://splunk.example.com:8088/services/collector/raw?channel=c&insecure-skip-verify=false&sourcetype=s&header_Authorization=Splunk%20${v}`,
  },
  {
    at: 'sentinelone header',
    text: (v) =>
      `sentinelone://ingest.example.com/services/collector/raw?sourcetype=s&header_Authorization=Bearer%20${v}`,
  },
  {
    at: 'datadog header',
    text: (v) =>
      `datadog://http-intake.logs.datadoghq.com/api/v2/logs?header_DD-API-KEY=${v}&ddsource=cloudflare`,
  },
  { at: 'new relic key', text: (v) => `https://log-api.newrelic.com/log/v1?Api-Key=${v}&format=cloudflare` },
  {
    at: 'ibmcl key',
    text: (v) => `ibmcl://id.ingress.us-south.logs.cloud.ibm.com/logs/v1/singles?ibm_api_key=${v}`,
  },
  { at: 'bq credentials', text: (v) => `bq://projects/p/datasets/d/tables/t?credentials=base64%3A${v}` },
  { at: 'azure sas signature', text: (v) => `azure://container/dir?sv=2022&ss=b&srt=o&sp=w&sig=${v}` },
  { at: 'azure sas, other part', text: (v) => `azure://container/dir?sig=plainplain&skoid=${v}` },
  { at: 'sumo path', text: (_, c) => `sumo://collectors.sumologic.com/receiver/v1/http/${c}` },
  { at: 'unknown scheme, parameter', text: (v) => `newthing://host/path?token=${v}` },
  { at: 'unknown scheme, path', text: (_, c) => `newthing://host/${c}` },
  { at: 'unknown scheme, user', text: (_, c) => `newthing://${c}@host/path` },
  { at: 'no scheme', text: (_, c) => c },
];

function s3(keys: string): string {
  return `s3://acme-logs/http/{DATE}?region=auto&endpoint=storage.example.com&${keys}`;
}

/** Every canary that shows in the text, and how. Empty is the only good answer. */
export function leaksIn(text: string, canaries: readonly Canary[]): readonly Leak[] {
  const scanner = SCANNERS.get(canaries) ?? new Scanner(canaries);
  SCANNERS.set(canaries, scanner);
  return scanner.leaksIn(text);
}

/** To look for the same canaries in many texts. */
const SCANNERS = new WeakMap<readonly Canary[], Scanner>();

const FILTER_BITS = 18;

/**
 * Looks for all windows of all canaries in one walk over a text. Nearly every place is ruled out by the hash of
 * the characters there, which goes from one place to the next without looking at all of them again.
 */
class Scanner {
  readonly #windows = new Map<string, string>();
  readonly #filter = new Uint8Array(1 << FILTER_BITS);

  constructor(canaries: readonly Canary[]) {
    for (const { label, core } of canaries) {
      for (let at = 0; at + WINDOW <= core.length; at += 1) {
        const window = core.slice(at, at + WINDOW).toLowerCase();
        for (const one of [window, reversed(window)]) {
          this.#windows.set(one, label);
          let hash = 0;
          for (let n = 0; n < WINDOW; n += 1) hash = Math.imul(hash, FACTOR) + one.charCodeAt(n);
          this.#filter[placeOf(hash)] = 1;
        }
      }
    }
  }

  leaksIn(text: string): readonly Leak[] {
    const leaks = new Map<string, Leak>();
    for (const { form, view } of viewsOf(text)) {
      for (const label of this.#labelsIn(view)) if (!leaks.has(label)) leaks.set(label, { label, form });
    }
    return [...leaks.values()];
  }

  #labelsIn(text: string): ReadonlySet<string> {
    const labels = new Set<string>();
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash, FACTOR) + lower(text.charCodeAt(at));
      if (at >= WINDOW) hash -= Math.imul(lower(text.charCodeAt(at - WINDOW)), OLDEST);
      if (at + 1 < WINDOW || this.#filter[placeOf(hash)] === 0) continue;
      const label = this.#windows.get(text.slice(at + 1 - WINDOW, at + 1).toLowerCase());
      if (label !== undefined) labels.add(label);
    }
    return labels;
  }
}

const FACTOR = 0x01000193;
/** What the character that leaves a window has been multiplied by. */
const OLDEST = Array.from({ length: WINDOW }).reduce<number>((power) => Math.imul(power, FACTOR), 1);

function placeOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> (32 - FILTER_BITS);
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

interface View {
  readonly form: string;
  readonly view: string;
}

/** How many encodings are undone on top of each other. Percent-encoding counts once, however often it was done. */
const DEPTH = 2;

function viewsOf(text: string): readonly View[] {
  const seen = new Set([text]);
  const views: View[] = [{ form: 'raw', view: text }];
  let layer = views.slice();
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const next = layer.flatMap((outer) =>
      DECODERS.flatMap(({ form, decode }) =>
        decode(outer.view).map((view) => ({
          form: outer.form === 'raw' ? form : `${outer.form} > ${form}`,
          view,
        })),
      ),
    );
    layer = next.filter(({ view }) => view.length >= WINDOW && !seen.has(view) && seen.add(view));
    views.push(...layer);
  }
  return views;
}

/** Each undoes one encoding wherever it finds it, and gives nothing where there is none. */
const DECODERS: readonly { form: string; decode: (text: string) => readonly string[] }[] = [
  { form: 'percent', decode: (text) => changed(text, percentDecoded(text)) },
  { form: 'escape', decode: (text) => changed(text, unescaped(text)) },
  { form: 'base64', decode: base64Decoded },
  { form: 'hex', decode: hexDecoded },
  { form: 'codes', decode: codesDecoded },
  { form: 'utf-16', decode: (text) => changed(text, text.replaceAll('\0', '')) },
  { form: 'compressed', decode: decompressed },
];

function changed(before: string, after: string): readonly string[] {
  return before === after ? [] : [after];
}

/** Byte by byte and forgiving: a broken sequence beside the canary must not hide it. */
function percentDecoded(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return once === text ? text : percentDecoded(once);
}

/** JSON's and JavaScript's escapes, HTML's character references. */
function unescaped(text: string): string {
  return text
    .replace(/\\u\{?([0-9a-f]{4,6})\}?|\\x([0-9a-f]{2})/gi, (_, unicode?: string, hex?: string) =>
      charOf(unicode ?? hex ?? '', 16),
    )
    .replace(/&#x([0-9a-f]{1,6});|&#([0-9]{1,7});/gi, (_, hex?: string, decimal?: string) =>
      hex === undefined ? charOf(decimal ?? '', 10) : charOf(hex, 16),
    )
    .replace(/\\(?:\r?\n)?/g, '');
}

function charOf(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

/** Every run of base64 characters at each of its four alignments: text before the canary shifts it. */
function base64Decoded(text: string): readonly string[] {
  return runsDecoded(text.match(/[A-Za-z0-9+/_-]{11,}/g) ?? [], 4, 'base64');
}

/** Hexadecimal with or without separators, as `util.inspect` prints a Buffer. */
function hexDecoded(text: string): readonly string[] {
  const runs = text.match(/(?:[0-9a-f]{2}[ :,-]?){8,}|(?:0x[0-9a-f]{2},? ?){8,}/gi) ?? [];
  return runsDecoded(
    runs.map((run) => run.replaceAll(/0x|[^0-9a-f]/gi, '')),
    2,
    'hex',
  );
}

/** Each run from each of its first characters on, forwards and backwards. */
function runsDecoded(
  runs: readonly string[],
  alignments: number,
  encoding: 'base64' | 'hex',
): readonly string[] {
  if (runs.length === 0) return [];
  return [runs, runs.map(reversed)].flatMap((some) =>
    Array.from({ length: alignments }, (_, shift) =>
      some.map((run) => Buffer.from(run.slice(shift), encoding).toString('latin1')).join('\n'),
    ),
  );
}

/** How gzip and zlib begin, and the length of their headers. */
const COMPRESSED: readonly (readonly [beginning: string, header: number])[] = [
  ['\x1f\x8b\x08', 10],
  ...['\x01', '\x5e', '\x9c', '\xda'].map((level) => [`x${level}`, 2] as const),
];

/** Also what was cut off, or has something behind it. */
function decompressed(text: string): readonly string[] {
  return COMPRESSED.flatMap(([beginning, header]) =>
    placesIn(text, beginning).flatMap((at) => {
      try {
        const bytes = Buffer.from(text.slice(at + header), 'latin1');
        return [inflateRawSync(bytes, INFLATING).toString('latin1')];
      } catch {
        return [];
      }
    }),
  );
}

function placesIn(text: string, part: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}

const INFLATING = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 24 };

/** Decimal character codes, as `JSON.stringify` prints a Buffer. */
function codesDecoded(text: string): readonly string[] {
  const runs = text.match(/(?:\d{2,3},\s*){7,}\d{2,3}/g) ?? [];
  if (runs.length === 0) return [];
  return [
    runs
      .map((run) =>
        run
          .split(',')
          .map((code) => String.fromCharCode(Number(code)))
          .join(''),
      )
      .join('\n'),
  ];
}

function reversed(text: string): string {
  return text.split('').toReversed().join('');
}
