import {
  NotAllowedError,
  NotFoundError,
  RateLimitedError,
  RejectedError,
  StoppedError,
  UnknownOutcomeError,
  UnreachableError,
  UnusableAnswerError,
  type CloudflareError,
  type FailureDetails,
  type ReconcileError,
} from '../../reconcile/errors.ts';
import type { Method, TransportFailure, WireResponse } from './transport.ts';
import { contentTypeOf, rayOf, type Envelope, type Unreadable } from './wire.ts';

/**
 * What a failed attempt means, and whether sending the same again can help and do no harm.
 *
 * - `read`: a GET.
 * - `write`: a PUT or DELETE: the same twice is the same once.
 * - `check`: a POST that changes no job, but may write to the destination.
 * - `create`: a POST that makes something. It is sent again only where Cloudflare surely did not carry it
 *   out: nothing was sent, a 429, or a refusal in an envelope (`reliability.md` invariant 10).
 */
export type Nature = 'read' | 'write' | 'check' | 'create';

/** `blip`: Cloudflare at times refuses a good token for a moment (`cloudflare-api.md` §8.2). */
export type Advice = 'stop' | 'backoff' | 'blip' | 'rate-limit';

/** One failed attempt, on its way to the retry. Never leaves this folder. */
export class AttemptFailure extends Error {
  readonly error: ReconcileError;
  readonly advice: Advice;
  /** Cloudflare may have carried it out. */
  readonly doubtful: boolean;

  constructor(error: ReconcileError, advice: Advice, doubtful = false) {
    super(error.message);
    this.error = error;
    this.advice = advice;
    this.doubtful = doubtful;
  }
}

export interface Attempted {
  readonly action: string;
  readonly nature: Nature;
  readonly method: Method;
}

const AUTHENTICATION_ERROR = 10000;
/** Errors about the token that come with 400 as well as with 403. */
const TOKEN_CODES = new Set([6003, 6111, 9103, 9106, 9107, 9109, AUTHENTICATION_ERROR]);
const NO_ROUTE_CODES = new Set([7000, 7003]);
const NOT_ALLOWED_FAMILY = 1004;
const ALREADY_EXISTS = 1007;
/** A destination that cannot be written to, or is not proven to be one's own (`cloudflare-api.md` §8.2). */
const DESTINATION_ERROR = 1002;
const DESTINATION_TROUBLE = /\bvalidating destination\b|\berror writing object\b|\berror uploading\b/i;
/** The receiver's name could not be looked up when Cloudflare tried the destination (`cloudflare-api.md` §8.2). */
const DNS_TROUBLE = /\bdns ?error\b|\bno such host\b/i;

export function failureOfTransport(attempted: Attempted, failure: TransportFailure): AttemptFailure {
  const { action, nature } = attempted;
  const details = { action, cause: failure.cause };
  if (failure.kind === 'not-sent') return new AttemptFailure(new UnreachableError(details), 'backoff');
  if (nature === 'create') return new AttemptFailure(new UnknownOutcomeError(details), 'stop', true);
  if (failure.kind === 'unusable') return new AttemptFailure(new UnusableAnswerError(details), 'stop');
  return unreachable(nature, details);
}

/** The process is ending, and does not wait for the answer. */
export function failureOfStopping({ action, nature }: Attempted, failure: TransportFailure): AttemptFailure {
  const doubtful = failure.kind !== 'not-sent' && (nature === 'create' || nature === 'write');
  const error = doubtful
    ? new UnknownOutcomeError({ action, cause: 'logpushd was stopped before the answer came' })
    : new StoppedError(action);
  return new AttemptFailure(error, 'stop', doubtful);
}

function unreachable(nature: Nature, details: FailureDetails): AttemptFailure {
  const advice = nature === 'check' ? 'stop' : 'backoff';
  return new AttemptFailure(new UnreachableError(details), advice, nature === 'write');
}

/** Null for a success: 2xx, `success` true, no errors; or an empty 2xx to a DELETE. */
export function failureOfAnswer(
  attempted: Attempted,
  response: WireResponse,
  reading: Envelope | Unreadable,
): AttemptFailure | null {
  const { status } = response;
  const details = detailsOf(attempted, response, reading);
  if (status === 429) return new AttemptFailure(new RateLimitedError(details), 'rate-limit');
  if (status >= 500 || status === 408) return failureOfServer(attempted, details);
  const ok = status >= 200 && status < 300;
  if (ok && reading.kind === 'envelope' && reading.success && reading.errors.length === 0) return null;
  if (ok && attempted.method === 'DELETE' && reading.kind === 'unreadable' && reading.empty) return null;
  const refused = reading.kind === 'envelope' && !reading.success && reading.errors.length > 0;
  if (refused && (ok || status >= 400)) return failureOfRefusal(attempted, details);
  return failureOfDoubtful(attempted, details, reading);
}

/** 5xx, 408: it may have been carried out. */
function failureOfServer({ nature }: Attempted, details: FailureDetails): AttemptFailure {
  if (nature === 'create') return new AttemptFailure(new UnknownOutcomeError(details), 'stop', true);
  return unreachable(nature, details);
}

/** An envelope that says no: it was not carried out. */
function failureOfRefusal({ nature }: Attempted, details: FailureDetails): AttemptFailure {
  const errors = details.errors ?? [];
  const { status } = details;
  const has = (codes: ReadonlySet<number>) => errors.some(({ code }) => codes.has(code));
  // Cloudflare's words for it are not known; it may as well be our own create that arrived twice.
  if (nature === 'create' && errors.some(({ code }) => code === ALREADY_EXISTS)) {
    return new AttemptFailure(new UnknownOutcomeError(details), 'stop');
  }
  if (status === 401 || has(TOKEN_CODES)) {
    const blip = status === 401 || errors.some(({ code }) => code === AUTHENTICATION_ERROR);
    return new AttemptFailure(new NotAllowedError(details), blip ? 'blip' : 'stop');
  }
  if (errors.some(({ code }) => code === NOT_ALLOWED_FAMILY)) {
    const reading = nature === 'read' || errors.some(isReadingRefused);
    return new AttemptFailure(reading ? new NotAllowedError(details) : new RejectedError(details), 'stop');
  }
  if (status === 404 || has(NO_ROUTE_CODES)) return new AttemptFailure(new NotFoundError(details), 'stop');
  if (status === 403) return new AttemptFailure(new NotAllowedError(details), 'stop');
  const passing = errors.some(({ message }) => DNS_TROUBLE.test(message));
  const about = passing || errors.some(isAboutDestination) ? 'destination' : 'job';
  return new AttemptFailure(new RejectedError(details, passing ? 'next-pass' : 'after-edit', about), 'stop');
}

/** Whether the token is refused, or a right of it: the two have the same answer. */
export function isTokenRefused(error: ReconcileError): error is NotAllowedError {
  if (!(error instanceof NotAllowedError) || !error.isAsked) return false;
  return error.status === 401 || error.errors.some(({ code }) => TOKEN_CODES.has(code));
}

/** Whether a failure tells nothing about the token: no answer, one of somebody else, or one before it was looked at. */
export function saysNothing(error: ReconcileError): boolean {
  if (error instanceof NotAllowedError && !error.isAsked) return true;
  const { status, errors } = error;
  return status === undefined || status === 429 || status >= 500 || errors.length === 0;
}

/**
 * Whether an answer says that the one thing asked for is not there. That the way to its zone is not found says
 * nothing about the thing (`reliability.md` F13).
 */
export function isMissing(error: unknown): error is NotFoundError {
  return error instanceof NotFoundError && !error.errors.some(({ code }) => NO_ROUTE_CODES.has(code));
}

function isAboutDestination({ code, message }: CloudflareError): boolean {
  return code === DESTINATION_ERROR || DESTINATION_TROUBLE.test(message);
}

/** 1004 is quota, entitlement, filter and permission in one; only the text tells them apart. */
function isReadingRefused({ code, message }: CloudflareError): boolean {
  return code === NOT_ALLOWED_FAMILY && /^reading\b/i.test(message);
}

/** No envelope, or one that contradicts itself: a block page, a captive portal, a proxy, a cut answer. */
function failureOfDoubtful(
  { nature }: Attempted,
  details: FailureDetails,
  reading: Envelope | Unreadable,
): AttemptFailure {
  const { status } = details;
  if (nature === 'create') return new AttemptFailure(new UnknownOutcomeError(details), 'stop');
  if (status === 401 || status === 403) return new AttemptFailure(new NotAllowedError(details), 'stop');
  const told = reading.kind === 'envelope' || reading.empty;
  if (status === 404 && told) return new AttemptFailure(new NotFoundError(details), 'stop');
  return new AttemptFailure(new UnusableAnswerError(details), 'stop');
}

function detailsOf(
  { action }: Attempted,
  response: WireResponse,
  reading: Envelope | Unreadable,
): FailureDetails {
  const ray = rayOf(response);
  const { status } = response;
  return {
    action,
    status,
    ...(ray === undefined ? {} : { ray }),
    errors: reading.kind === 'envelope' ? reading.errors : [],
    cause: causeOf(response, reading),
  };
}

function causeOf(response: WireResponse, reading: Envelope | Unreadable): string {
  const { status } = response;
  if (status >= 300 && status < 400) return 'it is a redirect, and logpushd never follows one';
  if (status === 407) return 'the proxy asks for a password';
  if (reading.kind === 'unreadable') return reading.cause;
  if (reading.success) return `the answer says both success and failure (${contentTypeOf(response)})`;
  return 'no reason given';
}
