import {
  NotAllowedError,
  NotFoundError,
  RateLimitedError,
  RejectedError,
  StoppedError,
  UnknownOutcomeError,
  UnreachableError,
  UnusableAnswerError,
  type FailureDetails,
  type ReconcileError,
} from '../../reconcile/errors.ts';
import type { Advice, AnswerForm, ErrorRow, Nature } from './error-row.ts';
import { NO_ROUTE_CODES, rowOf } from './error-table.ts';
import type { Method, TransportFailure, WireResponse } from './transport.ts';
import { contentTypeOf, rayOf, type Envelope, type Unreadable } from './wire.ts';

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

export function failureOfTransport(attempted: Attempted, failure: TransportFailure): AttemptFailure {
  const { action, nature } = attempted;
  const details = { action, cause: failure.cause };
  if (failure.kind === 'not-sent') return new AttemptFailure(new UnreachableError(details), 'backoff');
  if (failure.kind === 'not-trusted') return new AttemptFailure(new UnreachableError(details), 'stop');
  if (nature === 'create') return new AttemptFailure(new UnknownOutcomeError(details), 'stop', true);
  if (failure.kind === 'unusable') return new AttemptFailure(new UnusableAnswerError(details), 'stop');
  return unreachable(nature, details);
}

/** The process is ending, and does not wait for the answer. */
export function failureOfStopping({ action, nature }: Attempted, failure: TransportFailure): AttemptFailure {
  const isSent = failure.kind === 'unknown' || failure.kind === 'unusable';
  const doubtful = isSent && (nature === 'create' || nature === 'write');
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
  if (isSuccess(attempted, response, reading)) return null;
  const details = detailsOf(attempted, response, reading);
  const { status, errors = [] } = details;
  const form = formOf(response, reading);
  const row = rowOf({ form, status, errors, nature: attempted.nature });
  return failureBy(row, form, attempted, { ...details, meaning: row });
}

function isSuccess({ method }: Attempted, { status }: WireResponse, reading: Envelope | Unreadable): boolean {
  if (status < 200 || status >= 300) return false;
  if (reading.kind === 'unreadable') return method === 'DELETE' && reading.empty;
  return reading.success && reading.errors.length === 0;
}

/** Without a refusal in an envelope it is a block page, a captive portal, a proxy, a cut answer. */
function formOf({ status }: WireResponse, reading: Envelope | Unreadable): AnswerForm {
  if (reading.kind === 'unreadable') return reading.empty ? 'bare' : 'page';
  const mayRefuse = status >= 400 || (status >= 200 && status < 300);
  return mayRefuse && !reading.success && reading.errors.length > 0 ? 'refusal' : 'bare';
}

function failureBy(
  { kind, advice = 'stop', isDoubtful }: ErrorRow,
  form: AnswerForm,
  { nature }: Attempted,
  details: FailureDetails,
): AttemptFailure {
  const isUnsure = isDoubtful === true || advice === 'backoff' || (form !== 'refusal' && advice === 'stop');
  if (nature === 'create' && isUnsure)
    return new AttemptFailure(new UnknownOutcomeError(details), 'stop', true);
  if (advice === 'backoff') return unreachable(nature, details);
  return new AttemptFailure(errorOf(kind, details), advice);
}

function errorOf(kind: ErrorRow['kind'], details: FailureDetails): ReconcileError {
  switch (kind) {
    case 'later':
      return new RateLimitedError(details);
    case 'retry':
      return new UnusableAnswerError(details);
    case 'missing-right':
      return new NotAllowedError(details);
    case 'gone':
      return new NotFoundError(details);
    default:
      return new RejectedError(details);
  }
}

/** Whether the token is refused, or a right of it: the two have the same answer. */
export function isTokenRefused(error: ReconcileError): error is NotAllowedError {
  return error instanceof NotAllowedError && error.isAsked && error.meaning?.isOfToken === true;
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
  return error instanceof NotFoundError && !error.errors.some(({ code }) => NO_ROUTE_CODES.includes(code));
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
