/**
 * Canary secrets, and the scanner that finds them (`reliability.md` invariant 39).
 *
 * A canary has a random core; any 8 characters of it in an output are a leak, in whatever form they were
 * written. The scanner undoes encodings rather than listing encoded needles, so that nested and partial forms
 * are found too.
 */

import { createHash } from 'node:crypto';

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
  /** The encodings that were undone to see it, outermost first, as in `base64 > percent`; `raw` for none. */
  readonly form: string;
}

/** The bytes of a core that are enough to count as a leak. */
const WINDOW = 8;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The same label gives the same canary; two labels share no 8 characters. */
export function aCanary(label: string): Canary {
  const bytes = createHash('sha512').update(`canary ${label}`).digest();
  const core = Array.from(bytes.subarray(0, 40), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return { label, core, value: `${core.slice(0, 20)}+/="& %${core.slice(20)}` };
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
  const windows = windowsOf(canaries);
  const leaks = new Map<string, Leak>();
  for (const { form, view } of viewsOf(text)) {
    const folded = view.toLowerCase();
    for (let at = 0; at + WINDOW <= folded.length; at += 1) {
      const label = windows.get(folded.slice(at, at + WINDOW));
      if (label !== undefined && !leaks.has(label)) leaks.set(label, { label, form });
    }
  }
  return [...leaks.values()];
}

function windowsOf(canaries: readonly Canary[]): ReadonlyMap<string, string> {
  const windows = new Map<string, string>();
  for (const { label, core } of canaries) {
    for (let at = 0; at + WINDOW <= core.length; at += 1) {
      windows.set(core.slice(at, at + WINDOW).toLowerCase(), label);
    }
  }
  return windows;
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
  { form: 'reversed', decode: (text) => [reversed(text)] },
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
  const runs = text.match(/[A-Za-z0-9+/_-]{11,}/g) ?? [];
  if (runs.length === 0) return [];
  return [0, 1, 2, 3].map((shift) =>
    runs.map((run) => Buffer.from(run.slice(shift), 'base64').toString('latin1')).join('\n'),
  );
}

/** Hexadecimal with or without separators, as `util.inspect` prints a Buffer. */
function hexDecoded(text: string): readonly string[] {
  const runs = text.match(/(?:[0-9a-f]{2}[ :,-]?){8,}|(?:0x[0-9a-f]{2},? ?){8,}/gi) ?? [];
  if (runs.length === 0) return [];
  const digits = runs.map((run) => run.replaceAll(/0x|[^0-9a-f]/gi, ''));
  return [0, 1].map((shift) =>
    digits.map((run) => Buffer.from(run.slice(shift), 'hex').toString('latin1')).join('\n'),
  );
}

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
