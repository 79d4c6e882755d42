import type { Json } from './json.ts';

/** The numbers of Cloudflare's error list that this imitation answers with (`cloudflare-api.md` §8.2). */
export const CODES = {
  /** The request cannot be read or breaks a rule; the real code of these was never captured. */
  badInput: 1001,
  /** Destination or ownership problem. */
  destination: 1002,
  /** No such job; the real code was never captured. */
  notFound: 1003,
  /** A family: quota, entitlement, permission, bad filter. */
  notAllowed: 1004,
  /** Another job writes to this destination. */
  duplicate: 1007,
  noRoute: 7003,
  missingHeaders: 9106,
  badToken: 1000,
  authentication: 10_000,
  methodNotAllowed: 10_405,
  /** Too many requests; the real code was never captured. */
  rateLimited: 971,
} as const;

/** A refusal: becomes Cloudflare's failure envelope. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** A file that Cloudflare would write to a destination to prove who owns it. */
export interface ChallengeFile {
  readonly scheme: string;
  /** Bucket, container or host. */
  readonly bucket: string;
  /** Path inside the bucket, `{DATE}` expanded, without a leading slash. */
  readonly filename: string;
  /** The token. */
  readonly content: string;
}

/** What a handler answers with. Refusals are thrown as {@link ApiFailure}. */
export interface Reply {
  readonly status?: number;
  readonly result: Json;
  readonly resultInfo?: Json;
  /** The answer as it is, without the envelope. */
  readonly bare?: Json;
  /** The answer is an HTML page instead of the envelope. */
  readonly html?: string;
  /** The request was carried out and its answer is to be lost. */
  readonly lost?: boolean;
  readonly challenge?: ChallengeFile;
}

/** §1.1: `errors` and `messages` are `[]`, and in one hand-written fixture `null`. */
export function successBody(reply: Reply, lists: 'array' | 'null'): Json {
  const none = lists === 'array' ? [] : null;
  return {
    errors: none,
    messages: none,
    result: reply.result,
    success: true,
    ...(reply.resultInfo === undefined ? {} : { result_info: reply.resultInfo }),
  };
}

/** §1.1: `success: false`, `result: null`, and a list of `{code, message}`. */
export function failureBody(failure: Pick<ApiFailure, 'code' | 'message'>): Json {
  return {
    errors: [{ code: failure.code, message: failure.message }],
    messages: [],
    result: null,
    success: false,
  };
}
