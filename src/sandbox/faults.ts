import { isRecord, type Json, type JsonRecord } from './model/json.ts';

/**
 * The fault port: rules that make chosen requests go wrong in chosen ways (`reliability.md` §3.1). It only
 * decides; what a drop or a slow drip means on a socket is the server's business.
 */

type When = 'before' | 'after';

/** What goes wrong. `before` and `after` say whether the request has been carried out when it does. */
export type FaultOutcome =
  /** This answer instead of the real one. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: Json;
      readonly headers?: Readonly<Record<string, string>>;
      readonly applied?: boolean;
    }
  | {
      readonly kind: 'rate-limited';
      readonly retry_after?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** An HTML page, as captive portals and Cloudflare's edge send it. */
  | { readonly kind: 'html'; readonly status?: number; readonly applied?: boolean }
  /** Bytes that are no JSON, under the content type of JSON. */
  | { readonly kind: 'garbage'; readonly applied?: boolean }
  /** The connection is closed without an answer. */
  | { readonly kind: 'drop'; readonly when?: When }
  /** As `drop`, with a TCP reset. */
  | { readonly kind: 'reset'; readonly when?: When }
  /** No answer ever, until the caller gives up. */
  | { readonly kind: 'hang'; readonly when?: When }
  | { readonly kind: 'delay'; readonly ms: number; readonly when?: When }
  /** The connection is closed at once; the request is carried out later all the same. */
  | { readonly kind: 'late'; readonly ms: number }
  /** A proxy carries it out twice; the second answer is sent. */
  | { readonly kind: 'double' }
  /** The answer breaks off. `chunked`: without a content-length. */
  | { readonly kind: 'truncate'; readonly bytes?: number; readonly chunked?: boolean }
  /** The answer comes byte by byte. `endless`: and never ends. */
  | { readonly kind: 'drip'; readonly bytes?: number; readonly every_ms?: number; readonly endless?: boolean }
  /** Reads show how it was so long ago. */
  | { readonly kind: 'stale'; readonly age_ms: number }
  /** Keys of the real envelope are replaced, as in `{"result": null}`. */
  | { readonly kind: 'rewrite'; readonly set: JsonRecord }
  /** Only the first items of a listing. */
  | { readonly kind: 'partial'; readonly keep: number }
  /** A small gzip body that unpacks to this much. */
  | { readonly kind: 'bomb'; readonly megabytes: number };

export interface FaultRule {
  readonly id: number;
  /** Any method when absent. */
  readonly method?: string;
  /** Path below `/client/v4`; `*` is one segment, `**` any number. Any path when absent. */
  readonly path?: string;
  /** The first matching request it hits, counted from 1. */
  readonly nth: number;
  /** How many matching requests it hits; null: all from the nth on. */
  readonly times: number | null;
  readonly outcome: FaultOutcome;
  /** Matching requests so far. */
  readonly seen: number;
  readonly hits: number;
}

/** What somebody wrote as a fault is not one. */
export class FaultError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FaultError';
  }
}

export class FaultPort {
  #rules: FaultRule[] = [];
  #lastId = 0;

  /** @throws FaultError with what is wrong. */
  add(written: unknown): FaultRule {
    const rule = { ...parseRule(written), id: (this.#lastId += 1), seen: 0, hits: 0 };
    this.#rules.push(rule);
    return rule;
  }

  list(): readonly FaultRule[] {
    return this.#rules;
  }

  remove(id: number): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
    return this.#rules.length < before;
  }

  clear(): void {
    this.#rules = [];
  }

  /** What happens to this request: the outcome of the oldest rule that hits, or null. Every match is counted. */
  take(method: string, path: string): FaultOutcome | null {
    let outcome: FaultOutcome | null = null;
    this.#rules = this.#rules.map((rule) => {
      if (!matches(rule, method, path)) return rule;
      const seen = rule.seen + 1;
      const isHit = outcome === null && seen >= rule.nth && (rule.times === null || rule.hits < rule.times);
      if (isHit) outcome = rule.outcome;
      return { ...rule, seen, hits: rule.hits + (isHit ? 1 : 0) };
    });
    return outcome;
  }
}

function matches(rule: FaultRule, method: string, path: string): boolean {
  const isMethod = rule.method === undefined || rule.method === '*' || rule.method === method;
  return isMethod && (rule.path === undefined || globOf(rule.path).test(path));
}

function globOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replace(/\*\*|\*/g, (stars) => (stars === '**' ? '.*' : '[^/]+'))}$`);
}

type Test = readonly [what: string, test: (value: Json) => boolean];

const FLAG: Test = ['true or false', (value) => typeof value === 'boolean'];
const TEXT: Test = ['a string', (value) => typeof value === 'string'];
const COUNT: Test = ['a whole number', (value) => Number.isSafeInteger(value) && Number(value) >= 0];
const WHEN: Test = ['"before" or "after"', (value) => value === 'before' || value === 'after'];
const OBJECT: Test = ['an object', isRecord];
const HEADERS: Test = [
  'an object of strings',
  (value) => isRecord(value) && Object.values(value).every(TEXT[1]),
];
const STATUS: Test = [
  'a status from 200 to 599',
  (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
];
const ANY: Test = ['any JSON', () => true];

/** The keys of each outcome; those that must be there first. */
const OUTCOMES: Readonly<
  Record<FaultOutcome['kind'], readonly [needed: Record<string, Test>, optional: Record<string, Test>]>
> = {
  answer: [{ status: STATUS }, { body: ANY, headers: HEADERS, applied: FLAG }],
  'rate-limited': [{}, { retry_after: TEXT, headers: HEADERS }],
  html: [{}, { status: STATUS, applied: FLAG }],
  garbage: [{}, { applied: FLAG }],
  drop: [{}, { when: WHEN }],
  reset: [{}, { when: WHEN }],
  hang: [{}, { when: WHEN }],
  delay: [{ ms: COUNT }, { when: WHEN }],
  late: [{ ms: COUNT }, {}],
  double: [{}, {}],
  truncate: [{}, { bytes: COUNT, chunked: FLAG }],
  drip: [{}, { bytes: COUNT, every_ms: COUNT, endless: FLAG }],
  stale: [{ age_ms: COUNT }, {}],
  rewrite: [{ set: OBJECT }, {}],
  partial: [{ keep: COUNT }, {}],
  bomb: [{ megabytes: COUNT }, {}],
};

export const FAULT_KINDS: readonly string[] = Object.keys(OUTCOMES);

function parseRule(written: unknown): Omit<FaultRule, 'id' | 'seen' | 'hits'> {
  if (!isRecord(written)) throw new FaultError('Send one JSON object, as in {"outcome": {"kind": "drop"}}.');
  const { method, path, nth = 1, times = 1, outcome, ...rest } = written;
  const extra = Object.keys(rest)[0];
  if (extra !== undefined)
    throw new FaultError(`"${extra}" is no part of a fault; it has method, path, nth, times and outcome.`);
  expect('method', method, TEXT);
  expect('path', path, TEXT);
  expect('nth', nth, COUNT);
  if (times !== null) expect('times', times, COUNT);
  return {
    ...(typeof method === 'string' ? { method: method.toUpperCase() } : {}),
    ...(typeof path === 'string' ? { path } : {}),
    nth: Number(nth),
    times: times === null ? null : Number(times),
    outcome: parseOutcome(outcome),
  };
}

function parseOutcome(outcome: Json | undefined): FaultOutcome {
  if (!isOutcome(outcome))
    throw new FaultError(`"outcome" needs a "kind": one of ${FAULT_KINDS.join(', ')}.`);
  const [needed, optional] = OUTCOMES[outcome.kind];
  const known: Readonly<Record<string, Test>> = { kind: TEXT, ...needed, ...optional };
  for (const [key, value] of Object.entries(outcome)) {
    const test = Object.hasOwn(known, key) ? known[key] : undefined;
    if (test === undefined) throw new FaultError(`"${key}" is no part of the outcome "${outcome.kind}".`);
    expect(`outcome.${key}`, value, test);
  }
  const lacking = Object.keys(needed).find((key) => !(key in outcome));
  if (lacking !== undefined) throw new FaultError(`The outcome "${outcome.kind}" needs "${lacking}".`);
  return outcome;
}

/** The kind is known; the other keys are checked right after. */
function isOutcome(value: unknown): value is FaultOutcome {
  return isRecord(value) && typeof value['kind'] === 'string' && FAULT_KINDS.includes(value['kind']);
}

function expect(name: string, value: Json | undefined, [what, test]: Test): void {
  if (value !== undefined && !test(value)) throw new FaultError(`"${name}" is not ${what}.`);
}
