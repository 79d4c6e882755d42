import type { ChallengeFile } from './envelope.ts';
import { alphabetical, type Json } from './json.ts';

export const BASE_PATH = '/client/v4';

export interface ApiRequest {
  readonly method: string;
  /** Path and query as in the request line, from `/client/v4` on. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The request was carried out, and its answer must not reach the caller. */
  readonly lost: boolean;
  /** A file that Cloudflare would now write to the destination. */
  readonly challenge: ChallengeFile | null;
}

/** What names one answer, for support and for the audit log. */
export interface AnswerIds {
  readonly ray: string;
  readonly auditId: string;
}

/** §1.1: the headers of the real capture. */
export function jsonResponse(
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>>,
  ids: AnswerIds,
): ApiResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'cf-ray': ids.ray,
      'cf-auditlog-id': ids.auditId,
      ...headers,
    },
    body: alphabetical(body),
    lost: false,
    challenge: null,
  };
}

/** §1.1: pages of the edge are HTML. */
export function htmlResponse(status: number, html: string, ids: AnswerIds): ApiResponse {
  const headers = { 'content-type': 'text/html; charset=UTF-8', 'cf-ray': ids.ray };
  return { status, headers, body: html, lost: false, challenge: null };
}
