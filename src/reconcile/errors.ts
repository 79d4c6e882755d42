/**
 * Failures of the world that we planned for, classified by what to do next. Anything that is not a
 * `ReconcileError` is a bug and ends the process with exit code 70.
 */

import { type FailureKind, type FailureMeaning, type RetryWhen, termsOf } from './failure-kinds.ts';

/** One entry of the envelope's `errors`. */
export interface CloudflareError {
  /** 0 where the answer has none. */
  readonly code: number;
  readonly message: string;
}

export interface FailureDetails {
  /** What was being done, as in `create job "http" in example.com`. */
  readonly action: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** All errors of the envelope, not only the first. */
  readonly errors?: readonly CloudflareError[];
  /** The `cf-ray` of the answer, for Cloudflare's support. */
  readonly ray?: string;
  /** Said in place of Cloudflare's errors when there are none: `connection refused`, `no answer within 30 s`. */
  readonly cause?: string;
  /** What Cloudflare's answer means, where it is known. */
  readonly meaning?: FailureMeaning;
}

export abstract class ReconcileError extends Error {
  abstract readonly retry: RetryWhen;
  /** Cloudflare says no to this very change: the same is not sent again while nothing has changed. */
  readonly isRefusal: boolean = false;
  readonly meaning: FailureMeaning | undefined;
  /** Null where it is not about what Cloudflare answered. */
  readonly kind: FailureKind | null;
  readonly action: string;
  readonly status: number | undefined;
  readonly errors: readonly CloudflareError[];
  readonly ray: string | undefined;

  constructor(
    message: string,
    details: FailureDetails,
    kind: FailureKind | null = details.meaning?.kind ?? null,
  ) {
    super(message);
    this.name = new.target.name;
    this.action = details.action;
    this.status = details.status;
    this.errors = details.errors ?? [];
    this.ray = details.ray;
    this.meaning = details.meaning;
    this.kind = kind;
  }
}

/** 429: not carried out. The request's own retries are used up. */
export class RateLimitedError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(details: FailureDetails) {
    super(
      `Cloudflare's rate limit stopped "${details.action}". It was not carried out and is tried again. ${explain(details)}`.trimEnd(),
      details,
      details.meaning?.kind ?? 'later',
    );
  }
}

/** Certainly not carried out, or harmless to repeat: refused, DNS, 5xx or time-out on GET, PUT, DELETE. */
export class UnreachableError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(details: FailureDetails) {
    super(
      `Cloudflare could not be reached to ${details.action}: ${describeCause(details)}. ` +
        explain(
          details,
          'Nothing is lost by trying again; if it stays so, look at the network, the proxy and cloudflare.base_url.',
        ),
      details,
      details.meaning?.kind ?? 'retry',
    );
  }
}

/** A create was sent and its answer lost: the job may or may not exist. Never sent again blindly. */
export class UnknownOutcomeError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(details: FailureDetails) {
    super(
      `It is not known whether Cloudflare carried out "${details.action}": ${describeCause(details)}. ` +
        `${explain(details)} The next pass reads the scope again and decides.`.trimStart(),
      details,
      details.meaning?.kind ?? 'retry',
    );
  }
}

/** An answer that cannot be trusted: not JSON, not an envelope, an incomplete listing. Nothing is written on it. */
export class UnusableAnswerError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(details: FailureDetails) {
    super(
      `Cloudflare's answer to "${details.action}" cannot be used: ${describeCause(details)}. ` +
        `Nothing was decided on it. ${explain(details)}`.trimEnd(),
      details,
      details.meaning?.kind ?? 'retry',
    );
  }
}

/** Cloudflare refuses this job. What repeating it is worth follows from the kind of refusal. */
export class RejectedError extends ReconcileError {
  readonly retry: RetryWhen;
  override readonly isRefusal = true;

  constructor(details: FailureDetails, kind: FailureKind = details.meaning?.kind ?? 'after-edit') {
    super(
      `Cloudflare refused to ${details.action}: ${describeCause(details)}. ${explain(details)}`.trimEnd(),
      details,
      kind,
    );
    this.retry = termsOf(kind).retry;
  }
}

/** Not sent: many jobs were refused because of this destination, and one write at a time tries it. */
export class DestinationHeldError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(details: {
    readonly action: string;
    /** Without secrets, as in `s3://acme-logs`. */
    readonly destination: string;
    readonly jobs: number;
    /** RFC 3339 */
    readonly retryAt: string;
    readonly last?: ReconcileError;
  }) {
    const { action, destination, jobs, retryAt, last } = details;
    super(
      `Nothing is written to ${destination} for now, so "${action}" was not sent: ${jobs} jobs were refused because ` +
        `of it${last ? `, as in: ${last.message}` : '.'} One write tries it again at ${timeOf(retryAt)}, and all ` +
        'others follow when it is carried out; put the destination right, or write another one.',
      { action },
    );
  }
}

/** The ownership of a destination could not be proven, so nothing was sent to it. */
export class ChallengeError extends ReconcileError {
  readonly retry = 'next-pass';
  /** There is no file to read, and asking for one within the hour is of no use. */
  readonly isLasting: boolean;

  /**
   * @param destination without secrets, as in `s3://acme-logs/http`
   * @param cause a clause: what went wrong; and after a semicolon what to do
   */
  constructor(destination: string, cause: string, { isLasting = false } = {}) {
    super(`waiting-for-challenge: the ownership of ${destination} is not proven: ${cause}.`, {
      action: `prove the ownership of ${destination}`,
    });
    this.isLasting = isLasting;
  }
}

/** 401, 403, or 1004 on a read: the token lacks a right, or is not valid. */
export class NotAllowedError extends ReconcileError {
  readonly retry = 'next-pass';
  /** False where the answer to another call of the token stands for it, and was told then. */
  readonly isAsked: boolean;
  override readonly isRefusal: boolean;

  constructor(details: FailureDetails, { isAsked = true }: { readonly isAsked?: boolean } = {}) {
    super(
      `Cloudflare does not allow to ${details.action}: ${describeCause(details)}. ` +
        explain(
          details,
          'Either the token is wrong, expired or revoked, or it lacks the right: Logpush calls, reads included, need ' +
            '"Logs: Edit" on that zone or account, and listing zones needs "Zone: Read".',
        ),
      details,
      details.meaning?.kind ?? 'missing-right',
    );
    this.isAsked = isAsked;
    const { meaning, errors = [] } = details;
    this.isRefusal = isAsked && errors.length > 0 && meaning !== undefined && meaning.isOfToken !== true;
  }
}

/** 404: the job, zone or account is not there. */
export class NotFoundError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(details: FailureDetails) {
    super(
      `Cloudflare does not find what is needed to ${details.action}: ${describeCause(details)}. ${explain(details)}`.trimEnd(),
      details,
      details.meaning?.kind ?? 'gone',
    );
  }
}

/** The manifest could not be read: file missing, no permission, unstable. The last accepted revision stays in force. */
export class SourceError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(message: string) {
    super(message, { action: 'read the manifest' });
  }
}

/** The ledger could not be read or written. Nothing is written to Cloudflare without it. */
export class StateError extends ReconcileError {
  readonly retry = 'next-pass';

  constructor(message: string) {
    super(message, { action: 'use the state' });
  }
}

/** The state is another process's by now: this one can save nothing until it opens it again, and writes nothing more. */
export class LostStateError extends StateError {}

/** Somebody changed what was about to be written since it was read. */
export class ChangedError extends ReconcileError {
  readonly retry = 'next-pass';

  /** @param what as in `job 7 is gone since it was read; nothing was written` */
  constructor(what: string) {
    super(`${what}; the scope is read again`, { action: 'write what was planned' });
  }
}

/** A write was not sent because it would have broken what always holds: a bug, caught before it did harm. */
export class InvariantViolatedError extends ReconcileError {
  readonly retry = 'never';

  /** @param consequence a clause: what happens now, and what to do */
  constructor(action: string, consequence: string) {
    super(`"${action}" was not sent, and ${consequence}.`, { action });
  }
}

/** The process is shutting down. */
export class StoppedError extends ReconcileError {
  readonly retry = 'never';

  constructor(action: string) {
    super(`Stopped before "${action}" was sent.`, { action });
  }
}

/** As in `12:31 UTC`. */
export function timeOf(at: string): string {
  return `${at.slice(11, 16)} UTC`;
}

function describeCause(details: FailureDetails): string {
  const errors = (details.errors ?? []).map(({ code, message }) =>
    code === 0 ? message : `${message} (${code})`,
  );
  const cause = errors.length > 0 ? errors.join('; ') : (details.cause ?? 'no reason given');
  return details.status === undefined ? cause : `HTTP ${details.status}, ${cause}`;
}

/** What the answer means and what to do about it; what is always true of such a failure, where nothing more is known. */
function explain({ meaning }: FailureDetails, otherwise = ''): string {
  if (meaning === undefined) return otherwise;
  const more = meaning.kind === 'missing-right' ? ' "logpushd doctor" shows what the token may do.' : '';
  return `${meaning.says} ${meaning.next}${more}`;
}

/** Lets a bug through untouched: only the failures we planned for may be reported and survived. */
export function planned(error: unknown): ReconcileError {
  if (error instanceof ReconcileError) return error;
  throw error;
}

/** The planned failure of what is only to be reported, not to stop what is being done. */
export async function failureOf(work: Promise<void>): Promise<ReconcileError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return planned(error);
  }
}
