import { StoppedError, type ReconcileError } from '../../reconcile/errors.ts';
import { AttemptFailure } from './failure.ts';
import { backOff, type RetryContext } from './retry.ts';

/** Ends a run of attempts: the last one may have been carried out, and that is to be looked up first. */
class Doubt extends Error {
  readonly error: ReconcileError;
  readonly attempts: number;

  constructor(error: ReconcileError, attempts: number) {
    super(error.message);
    this.error = error;
    this.attempts = attempts;
  }
}

/** Sends, beginning with this attempt, and as often as may be. */
type Run<T, Visit> = (attempt: Attempt<T, Visit>, context: RetryContext) => Promise<T>;

type Attempt<T, Visit> = (number: number, visit: Visit) => Promise<T>;

/**
 * Sends a PUT or a DELETE whose attempts may be carried out though no answer says so: after such an attempt the next
 * thing that is asked about the job is how it is (`reliability.md` invariant 15).
 *
 * @param isDone reads the job; true: there is nothing to send any more, and `done` is the answer
 */
export async function sendingOnDoubt<T, Visit>(
  attempt: Attempt<T, Visit>,
  {
    run,
    context,
    isDone,
    done,
  }: {
    readonly run: Run<T, Visit>;
    readonly context: RetryContext;
    readonly isDone: () => Promise<boolean>;
    readonly done: T;
  },
): Promise<T> {
  const { policy, clock } = context;
  const startedAt = clock.monotonic();
  let sent = 0;
  let doubt: ReconcileError | undefined;
  const once: Attempt<T, Visit> = (number, visit) => orDoubt(attempt(sent + number, visit), number);
  try {
    for (;;) {
      const left = { ...context, policy: { ...policy, maxAttempts: policy.maxAttempts - sent } };
      try {
        return await run(once, left);
      } catch (error) {
        if (!(error instanceof Doubt)) throw error;
        doubt = error.error;
        sent += error.attempts;
      }
      if (sent >= policy.maxAttempts || clock.monotonic() - startedAt >= policy.maxTotalMs) throw doubt;
      await backOff(sent, context);
      if (await isDone()) return done;
    }
  } catch (error) {
    // It cannot be said that nothing was sent.
    throw error instanceof StoppedError && doubt !== undefined ? doubt : error;
  }
}

async function orDoubt<T>(attempt: Promise<T>, number: number): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    const isDoubtful = error instanceof AttemptFailure && error.doubtful && error.advice !== 'stop';
    throw isDoubtful ? new Doubt(error.error, number) : error;
  }
}
