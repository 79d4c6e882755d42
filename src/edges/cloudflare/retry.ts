import pRetry from 'p-retry';
import { StoppedError, type ReconcileError } from '../../reconcile/errors.ts';
import type { Clock, Random } from '../../reconcile/ports.ts';
import { AttemptFailure } from './failure.ts';

/** Retry of one call. The next pass is the retry of everything else. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  /** Longest wait before the second attempt; doubles each time. */
  readonly firstWaitMs: number;
  readonly maxWaitMs: number;
  /** After this time, counted from the first attempt, no further one is made. */
  readonly maxTotalMs: number;
  /** Further attempts after a refused token. */
  readonly maxBlips: number;
}

export const RETRY_POLICY: RetryPolicy = {
  maxAttempts: 5,
  firstWaitMs: 500,
  maxWaitMs: 60_000,
  maxTotalMs: 300_000,
  maxBlips: 2,
};

export interface RetryContext {
  readonly action: string;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted: no further attempt is made. */
  readonly signal: AbortSignal;
  /** Whether it is sent again after a 429. @default true */
  readonly waitsForLimit?: boolean;
  /** Told why the next attempt is made, before the wait for it; not of a 429, which holds the budget. */
  readonly onRetry?: (failure: ReconcileError) => void;
}

/**
 * Repeats an attempt as its failures advise, and rejects with the last `ReconcileError`.
 *
 * The waits are ours, on the clock of the program. p-retry is not given the signal: it would throw away the
 * answer of a write that arrives just as the signal fires.
 */
export async function retrying<T>(
  attempt: (number: number) => Promise<T>,
  context: RetryContext,
): Promise<T> {
  const { policy, clock, waitsForLimit = true } = context;
  const startedAt = clock.monotonic();
  let blips = 0;
  let doubt: ReconcileError | undefined;

  const mayRetry = (failure: AttemptFailure, attempts: number): boolean => {
    if (failure.advice === 'blip') blips += 1;
    if (failure.advice === 'rate-limit' && !waitsForLimit) return false;
    if (failure.advice === 'stop' || attempts >= policy.maxAttempts || blips > policy.maxBlips) return false;
    return clock.monotonic() - startedAt < policy.maxTotalMs;
  };

  try {
    return await pRetry(attempt, {
      retries: policy.maxAttempts - 1,
      minTimeout: 0,
      async onFailedAttempt({ error, attemptNumber }) {
        if (!(error instanceof AttemptFailure) || !mayRetry(error, attemptNumber)) throw error;
        if (error.doubtful) doubt = error.error;
        // A 429 holds the budget, where the next attempt waits its turn.
        if (error.advice === 'rate-limit') return;
        context.onRetry?.(error.error);
        await backOff(attemptNumber, context);
      },
    });
  } catch (error) {
    const last = error instanceof AttemptFailure ? error.error : error;
    // An earlier attempt may have been carried out, so it cannot be said that nothing was sent.
    throw last instanceof StoppedError && doubt !== undefined ? doubt : last;
  }
}

/** Full jitter: callers that failed together do not come back together. */
export async function backOff(attempts: number, context: RetryContext): Promise<void> {
  const { policy, clock, random, signal, action } = context;
  const longest = Math.min(policy.maxWaitMs, policy.firstWaitMs * 2 ** (attempts - 1));
  try {
    await clock.sleep(Math.ceil(random() * longest), signal);
  } catch (error) {
    throw signal.aborted ? new StoppedError(action) : error;
  }
}
