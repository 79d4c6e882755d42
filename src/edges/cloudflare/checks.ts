import type { JsonObject } from '../../core/job/job.ts';
import { RejectedError } from '../../reconcile/errors.ts';
import type { CallOptions, LogpushChecks, ScopeRef, Verdict } from '../../reconcile/ports.ts';
import type { FailureMeaning } from '../../reconcile/failure-kinds.ts';
import type { Caller, Success } from './call.ts';
import { below } from './endpoint.ts';
import { rowOf } from './error-table.ts';
import { unusable } from './reader.ts';
import { isObject, type Body } from './wire.ts';

export const PREVIEW_PATH = 'transformers/preview';

/** The POSTs that change nothing, by the end of their path. A client that cannot write may send these. */
export const CHECK_PATHS = [
  'validate/destination',
  'validate/destination/exists',
  'validate/origin',
  'ownership/validate',
  PREVIEW_PATH,
] as const;

interface Check {
  readonly action: string;
  readonly path: (typeof CHECK_PATHS)[number];
  readonly body: Body;
}

export function createChecks(call: Caller): LogpushChecks {
  const ask = async (scope: ScopeRef, check: Check, options: CallOptions): Promise<Asked> => {
    const { action, body } = check;
    const answer = await call(
      { action, nature: 'check', method: 'POST', ...below(scope, check.path), body },
      options,
    );
    if (!isObject(answer.result)) throw unusable(action, 'it holds no verdict', answer);
    return { answer, result: answer.result, action };
  };

  return {
    validateDestination: (scope, destination, options) =>
      verdictOf(() =>
        ask(
          scope,
          {
            action: `validate a destination in ${scope.name}`,
            path: 'validate/destination',
            body: { destination_conf: destination },
          },
          options,
        ),
      ),

    async destinationExists(scope, destination, options) {
      const asked = await ask(
        scope,
        {
          action: `ask in ${scope.name} whether a destination is in use`,
          path: 'validate/destination/exists',
          body: { destination_conf: destination },
        },
        options,
      );
      return flagOf(asked, 'exists');
    },

    validateOrigin: (scope, logpullOptions, dataset, options) =>
      verdictOf(
        () =>
          ask(
            scope,
            {
              action: `validate logpull_options in ${scope.name}`,
              path: 'validate/origin',
              body: { logpull_options: logpullOptions, dataset },
            },
            options,
          ),
        ABOUT_OPTIONS,
      ),

    validateOwnership: (scope, destination, challenge, options) =>
      verdictOf(
        () =>
          ask(
            scope,
            {
              action: `validate an ownership challenge in ${scope.name}`,
              path: 'ownership/validate',
              body: { destination_conf: destination, ownership_challenge: challenge },
            },
            options,
          ),
        null,
      ),
  };
}

interface Asked {
  readonly answer: Success;
  readonly result: JsonObject;
  readonly action: string;
}

/** The code of refusals of a destination, and one that says nothing. */
const ABOUT_DESTINATION = 1002;
const ABOUT_OPTIONS = 0;

/**
 * A plain refusal is a verdict too: some checks say no with `valid: false`, others with an error.
 *
 * @param code null where `valid: false` says it all
 */
async function verdictOf(
  ask: () => Promise<Asked>,
  code: number | null = ABOUT_DESTINATION,
): Promise<Verdict> {
  try {
    const asked = await ask();
    const message = messageOf(asked.answer);
    const isValid = flagOf(asked, 'valid');
    return {
      valid: isValid,
      message,
      ...(!isValid && code !== null && { meaning: meaningOf(code, message) }),
    };
  } catch (error) {
    return refusalAsVerdict(error);
  }
}

export function refusalAsVerdict(error: unknown): Verdict {
  if (!(error instanceof RejectedError) || error.errors.length === 0) throw error;
  const message = error.errors.map(({ code, message }) => `${message} (${code})`).join('; ');
  return { valid: false, message, ...(error.meaning && { meaning: error.meaning }) };
}

/** A verdict has no code of its own, so that of its subject stands for it. */
function meaningOf(code: number, message: string): FailureMeaning {
  return rowOf({ form: 'refusal', status: 400, errors: [{ code, message }], nature: 'check' });
}

export function messageOf({ result, clean }: Success): string {
  const message = isObject(result) ? result['message'] : undefined;
  return typeof message === 'string' ? clean(message) : '';
}

function flagOf({ answer, result, action }: Asked, key: 'valid' | 'exists'): boolean {
  const value = result[key];
  if (typeof value !== 'boolean') throw unusable(action, `its "${key}" is neither true nor false`, answer);
  return value;
}
