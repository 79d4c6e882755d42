import { isDeeperThan } from '../../core/job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../core/job/job.ts';
import { Secret } from '../../core/secret.ts';
import type { CloudflareError } from '../../reconcile/errors.ts';
import type { Clean } from './redaction.ts';
import type { WireResponse } from './transport.ts';

/** The shape of what goes over the wire: JSON bodies out, the envelope in (`cloudflare-api.md` §1.1). */

/** What a body may be made of. Secrets are put in by {@link encodeBody} only. */
export type BodyValue = JsonValue | Secret | { readonly [key: string]: BodyValue };
export type Body = { readonly [key: string]: BodyValue };

export interface EncodedBody {
  readonly text: string;
  /** The secrets in it, in plain text, for cleaning what the answer says about them. */
  readonly secrets: readonly string[];
}

/** The only place where a job's secrets become plain text. */
export function encodeBody(body: Body): EncodedBody {
  const secrets: string[] = [];
  const reveal = (value: BodyValue): JsonValue => {
    if (value instanceof Secret) {
      secrets.push(value.reveal());
      return value.reveal();
    }
    if (isArray(value)) return value.map(reveal);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
  };
  return { text: JSON.stringify(reveal(body)), secrets };
}

export interface Envelope {
  readonly kind: 'envelope';
  readonly success: boolean;
  readonly result: JsonValue | undefined;
  readonly errors: readonly CloudflareError[];
  readonly resultInfo: JsonObject | undefined;
  /** The content type says JSON. */
  readonly labelled: boolean;
}

export interface Unreadable {
  readonly kind: 'unreadable';
  /** Type and length of the body, never its text. */
  readonly cause: string;
  readonly empty: boolean;
}

/** Cloudflare's answers have about 10 levels. */
const MAX_DEPTH = 100;

/** Reads the envelope by hand: `errors` and `messages` may be null, and any part may be missing or damaged. */
export function readEnvelope(response: WireResponse, clean: Clean): Envelope | Unreadable {
  const { body } = response;
  const type = contentTypeOf(response);
  const unreadable = (cause: string): Unreadable => ({
    kind: 'unreadable',
    cause,
    empty: body.trim() === '',
  });
  if (body.trim() === '') return unreadable('the answer is empty');
  const value = parse(body);
  const told = `the answer is ${type}, ${body.length} characters`;
  if (value === undefined) return unreadable(`${told}, and not JSON`);
  if (isDeeperThan(MAX_DEPTH, value)) return unreadable(`${told}, and nested more than ${MAX_DEPTH} deep`);
  if (!isObject(value)) return unreadable(`${told}, and not an object`);
  const errors = errorsOf(value['errors'], clean);
  if (errors === undefined) return unreadable(`${told}, and its "errors" is not a list`);
  const { success } = value;
  if (typeof success !== 'boolean' && errors.length === 0) {
    return unreadable(`${told}, and has no "success"`);
  }
  const info = value['result_info'];
  return {
    kind: 'envelope',
    success: success === true,
    result: value['result'],
    errors,
    resultInfo: isObject(info) ? info : undefined,
    labelled: isLabelled(type),
  };
}

/**
 * An answer of the GraphQL API: `data`, and `errors` that come with status 200 and have a word where others have a number
 * (docs of the GraphQL Analytics API, Error responses). What it refuses before it reads the query comes in an envelope.
 */
export function readGraphql(response: WireResponse, clean: Clean): Envelope | Unreadable {
  const value = parse(response.body);
  const isOwn = isObject(value) && value['success'] === undefined && isObject(value['data'] ?? {});
  if (!isOwn || isDeeperThan(MAX_DEPTH, value)) return readEnvelope(response, clean);
  const { errors: given, data } = value;
  const errors = errorsOf(isArray(given) ? given.map(withWord) : given, clean);
  if (errors === undefined || (errors.length === 0 && !isObject(data))) return readEnvelope(response, clean);
  const labelled = isLabelled(contentTypeOf(response));
  return {
    kind: 'envelope',
    success: errors.length === 0,
    result: data,
    errors,
    resultInfo: undefined,
    labelled,
  };
}

function withWord(error: JsonValue): JsonValue {
  const extensions = isObject(error) ? error['extensions'] : undefined;
  const word = isObject(extensions) ? extensions['code'] : undefined;
  if (!isObject(error) || typeof word !== 'string') return error;
  return { ...error, message: `${typeof error['message'] === 'string' ? error['message'] : ''} (${word})` };
}

function isLabelled(type: string): boolean {
  return /^[\w.-]+\/(?:[\w.-]+\+)?json$/.test(type);
}

/** The id under which Cloudflare's support finds the call. */
export function rayOf(response: WireResponse): string | undefined {
  const ray = response.headers['cf-ray'];
  return ray !== undefined && /^[\w-]{1,64}$/.test(ray) ? ray : undefined;
}

export function contentTypeOf(response: WireResponse): string {
  const type = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : 'of no known type';
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: BodyValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function parse(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Undefined where it is damaged. Each error may hold a chain of further ones and point at a field. */
function errorsOf(
  value: JsonValue | undefined,
  clean: Clean,
  chains = MAX_CHAINS,
): readonly CloudflareError[] | undefined {
  if (value === undefined || value === null) return [];
  if (!isArray(value)) return undefined;
  const all = value.slice(0, MAX_ERRORS).flatMap((entry): readonly CloudflareError[] => {
    if (!isObject(entry)) return [{ code: 0, message: clean(typeof entry === 'string' ? entry : '') }];
    const source = entry['source'];
    const pointer = isObject(source) ? source['pointer'] : undefined;
    const at = typeof pointer === 'string' && pointer !== '' ? ` (at ${pointer})` : '';
    const message = typeof entry['message'] === 'string' ? entry['message'] : 'no message';
    const links = entry['error_chain'];
    const chain = isArray(links) && chains > 0 ? errorsOf(links.slice(0, MAX_LINKS), clean, chains - 1) : [];
    return [{ code: codeOf(entry['code']), message: clean(message + at) }, ...(chain ?? [])];
  });
  return all.slice(0, MAX_ERRORS);
}

/** Chains within chains are read so far down. */
const MAX_CHAINS = 3;
const MAX_LINKS = 10;
const MAX_ERRORS = 50;

function codeOf(value: JsonValue | undefined): number {
  const code = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof code === 'number' && Number.isSafeInteger(code) ? code : 0;
}
