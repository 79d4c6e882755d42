import type { JsonObject, JsonValue, ScopeKey } from '../../core/job/job.ts';
import type { Secret } from '../../core/secret.ts';
import { RateLimitedError, ReconcileError, StoppedError } from '../../reconcile/errors.ts';
import type { CallOptions, Clock, MayWrite, Random } from '../../reconcile/ports.ts';
import { aboutCall, type ApiCall } from './api-call.ts';
import type { Budget, Permit } from './budget.ts';
import { sendingOnDoubt } from './doubtful-write.ts';
import { credentialHeaders, type CredentialSource } from './credentials.ts';
import type { Nature } from './error-row.ts';
import {
  AttemptFailure,
  failureOfAnswer,
  failureOfStopping,
  failureOfTransport,
  isTokenRefused,
} from './failure.ts';
import { holdMsOf } from './ratelimit.ts';
import { cleanerFor, type Clean } from './redaction.ts';
import { RETRY_POLICY, type RetryContext, retrying, type RetryPolicy } from './retry.ts';
import { TokenStanding, type Visit } from './token-standing.ts';
import type { Method, Transport, TransportFailure, WireRequest, WireResponse } from './transport.ts';
import { encodeBody, rayOf, readEnvelope, readGraphql, type Body, type EncodedBody } from './wire.ts';

/** Milliseconds for one attempt, from the first byte sent to the last received. */
export type Timeouts = Readonly<Record<Method, number>>;

/** A write waits twice as long, because Cloudflare then tries the destination, which can be slow. */
export function timeoutsFrom(timeoutMs: number): Timeouts {
  return { GET: timeoutMs, POST: 2 * timeoutMs, PUT: 2 * timeoutMs, DELETE: timeoutMs };
}

export interface ClientOptions {
  /** `https://api.cloudflare.com/client/v4`, or what stands in for it. */
  readonly baseUrl: string;
  readonly credentials: CredentialSource;
  readonly budget: Budget;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeouts: Timeouts;
  readonly retry?: Partial<RetryPolicy>;
  readonly onCall?: (call: ApiCall) => void;
  /** Called before each wait for another attempt, with why. */
  readonly onRetry?: (failure: ReconcileError) => void;
  /** Called with each token that is read from a file, before it is used. */
  readonly onSecret?: (secret: Secret) => void;
  /** Asked in the turn in which a request that is no read is sent, and once more where it has to wait for a connection. @default always */
  readonly mayWrite?: MayWrite;
  /** Of this credential; shared by all clients that use it. */
  readonly token?: TokenStanding;
}

export interface CallSpec {
  /** For people: `list jobs of example.com`. */
  readonly action: string;
  readonly nature: Nature;
  readonly method: Method;
  /** Below the base URL, with ids, encoded. */
  readonly path: string;
  readonly endpoint: string;
  readonly scope?: ScopeKey;
  readonly body?: Body;
  /** Answered as GraphQL is, without an envelope. */
  readonly isGraphql?: true;
  /** Asked before it is sent again after an attempt that may have been carried out: whether it was. */
  readonly isDone?: () => Promise<boolean>;
  /** A 429 may hold it for minutes, and by then somebody else may have done it: the caller is told instead, and looks again. */
  readonly isOfItsMoment?: true;
  /**
   * For so long what the caller, or `isDone`, has seen counts as how it is: what has not had its turn by then is not sent, and
   * the caller is told with a RateLimitedError, and looks again.
   */
  readonly freshMs?: number;
}

export interface Success {
  readonly result: JsonValue | undefined;
  readonly resultInfo: JsonObject | undefined;
  readonly ray: string | undefined;
  readonly status: number;
  /** The content type says JSON. */
  readonly labelled: boolean;
  /** Masks what must not be shown of this call's request. */
  readonly clean: Clean;
}

/** Sends one call, as often as it takes and may be. Rejects with a `ReconcileError`. */
export type Caller = (spec: CallSpec, options: CallOptions) => Promise<Success>;

export function createCaller(options: ClientOptions): Caller {
  const base = baseOf(options.baseUrl);
  const policy = { ...RETRY_POLICY, ...options.retry };
  const { clock, random, onRetry, token = new TokenStanding(clock) } = options;
  return async (spec, { signal, priority, starting = signal, passId }) => {
    if (starting.aborted) throw new StoppedError(spec.action);
    const body = spec.body === undefined ? undefined : encodeBody(spec.body);
    const call = { spec, body, url: base + spec.path, signal, priority, starting, passId };
    const waitsForLimit = spec.isOfItsMoment !== true;
    const { action } = spec;
    const told = onRetry && { onRetry };
    const context = { action, policy, clock, random, signal: starting, waitsForLimit, ...told };
    const run: Run = async (attempt, limits) => {
      const credential = (): Promise<string> => credentialOf(options, spec.action);
      const visit = await token.enter({ ...spec, priority, credential });
      const sending = retrying((number) => attempt(number, visit), limits);
      return leaving(visit, sending, spec.action);
    };
    let seenAt = clock.monotonic();
    const attempt: AttemptOnVisit = (number, visit) =>
      attemptCall({ ...call, number, visit, seenAt }, options);
    const { isDone } = spec;
    if (isDone === undefined) return run(attempt, context);
    const look = async (): Promise<boolean> => {
      const done = await isDone();
      seenAt = clock.monotonic();
      return done;
    };
    return sendingOnDoubt(attempt, { run, context, isDone: look, done: DONE_BEFORE });
  };
}

type AttemptOnVisit = (number: number, visit: Visit) => Promise<Success>;
type Run = (attempt: AttemptOnVisit, context: RetryContext) => Promise<Success>;

/** In place of an answer, where it was found to be done. */
const DONE_BEFORE: Success = {
  result: undefined,
  resultInfo: undefined,
  ray: undefined,
  status: 200,
  labelled: false,
  clean: (text) => text,
};

/** Whoever waits for this call must not wait for ever, also where it ends in a bug. */
async function leaving(visit: Visit, call: Promise<Success>, action: string): Promise<Success> {
  try {
    const success = await call;
    visit.leave(null);
    return success;
  } catch (error) {
    visit.leave(error instanceof ReconcileError ? error : new StoppedError(action));
    throw error;
  }
}

async function credentialOf({ credentials, onSecret }: ClientOptions, action: string): Promise<string> {
  return textOf((await credentialHeaders(credentials, action, onSecret)).headers);
}

function textOf(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(headers);
}

/** @throws Error when it is not a plain http(s) address; the settings check it before. */
function baseOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Error('The base URL of the Cloudflare API is not an http(s) address without a password.');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

interface Attempt extends Required<Omit<CallOptions, 'passId'>> {
  readonly passId: string | undefined;
  readonly spec: CallSpec;
  readonly body: EncodedBody | undefined;
  readonly url: string;
  readonly number: number;
  readonly visit: Visit;
  /** When what it is about was seen last, on the monotonic clock. */
  readonly seenAt: number;
}

async function attemptCall(attempt: Attempt, options: ClientOptions): Promise<Success> {
  const permit = await permitFor(attempt, options.budget);
  let isSent = false;
  try {
    const { request, clean } = await requestOf(attempt, options);
    if (attempt.starting.aborted) throw new StoppedError(attempt.spec.action);
    const startedAt = options.clock.monotonic();
    refuseIfLate(attempt, startedAt);
    const mayLeave = attempt.spec.nature === 'read' ? undefined : options.mayWrite;
    if (mayLeave?.() === false) throw new StoppedError(attempt.spec.action);
    isSent = true;
    const outcome = await options.transport.send(
      { ...request, ...(mayLeave && { mayLeave }) },
      attempt.signal,
    );
    const durationMs = options.clock.monotonic() - startedAt;
    if (outcome.kind === 'answer') return succeed(attempt, outcome, clean, durationMs, options);
    throw silence(attempt, outcome, durationMs, options);
  } finally {
    permit.release({ isSent });
  }
}

function refuseIfLate({ spec, seenAt }: Attempt, now: number): void {
  const { action, freshMs = Number.POSITIVE_INFINITY } = spec;
  if (now - seenAt <= freshMs) return;
  const cause = `its turn under the rate limit came after ${Math.ceil((now - seenAt) / 1000)} s, too long to go by what was seen before`;
  throw new AttemptFailure(new RateLimitedError({ action, cause }), 'stop');
}

async function permitFor({ spec, number, priority, starting }: Attempt, budget: Budget): Promise<Permit> {
  try {
    return await budget.acquire(priority, starting, { front: number > 1 });
  } catch (error) {
    throw starting.aborted ? new StoppedError(spec.action) : error;
  }
}

async function requestOf(
  { spec, body, url, visit }: Attempt,
  { credentials, timeouts, onSecret }: ClientOptions,
): Promise<{ request: WireRequest; clean: Clean }> {
  // Read for each attempt, and not before the wait for the budget: the token may have been rotated since.
  const { headers, secrets } = await credentialHeaders(credentials, spec.action, onSecret);
  visit.check(textOf(headers));
  const request: WireRequest = {
    method: spec.method,
    url,
    headers: {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body.text }),
    timeoutMs: timeouts[spec.method],
  };
  return { request, clean: cleanerFor([...secrets, ...(body?.secrets ?? [])]) };
}

function silence(
  attempt: Attempt,
  failure: TransportFailure,
  durationMs: number,
  { onCall }: ClientOptions,
): AttemptFailure {
  const { spec, signal, url } = attempt;
  onCall?.({ ...aboutCall(attempt), status: 'none', durationMs, errors: [] });
  if (signal.aborted) return failureOfStopping(spec, failure);
  return failureOfTransport(spec, { ...failure, cause: `${failure.cause} (${new URL(url).host})` });
}

function succeed(
  attempt: Attempt,
  response: WireResponse,
  clean: Clean,
  durationMs: number,
  { budget, clock, onCall }: ClientOptions,
): Success {
  const { spec, visit } = attempt;
  const { status, headers } = response;
  const reading = (spec.isGraphql === true ? readGraphql : readEnvelope)(response, clean);
  const ray = rayOf(response);
  const envelope = reading.kind === 'envelope' ? reading : undefined;
  const dated = Date.parse(headers['date'] ?? '');
  onCall?.({
    ...aboutCall(attempt),
    status,
    durationMs,
    ...(ray === undefined ? {} : { ray }),
    errors: envelope?.errors.map(({ code }) => code) ?? [],
    ...(Number.isNaN(dated) ? {} : { clockAheadMs: dated - clock.now() }),
  });
  // GraphQL has a limit of its own, which says nothing about that of the other calls.
  if (spec.isGraphql !== true) {
    budget.observe(headers);
    if (status === 429) budget.hold(holdMsOf(headers, clock.now()));
  }
  const failure = failureOfAnswer(spec, response, reading);
  if (failure !== null && isTokenRefused(failure.error)) visit.refusedOnce();
  if (failure !== null) throw failure;
  return {
    result: envelope?.result,
    resultInfo: envelope?.resultInfo,
    labelled: envelope?.labelled ?? false,
    ray,
    status,
    clean,
  };
}
