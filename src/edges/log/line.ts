import type { Scope } from '../../core/job/job.ts';
import { NotAllowedError, type ReconcileError } from '../../reconcile/errors.ts';
import { termsOf } from '../../reconcile/failure-kinds.ts';
import type { EventOf, EventType } from '../../reconcile/event/events.ts';
import type { LogLevel } from './level.ts';
import type { LogFields, LogRecord } from './logger.ts';

/** What of an event goes to the log besides its name. */
export type Line = Omit<LogRecord, 'event' | 'human'>;
export type Lines = { readonly [Type in EventType]: (event: EventOf<Type>) => Line };

export function scopeField({ kind, name }: Scope): LogFields {
  return kind === 'zone' ? { zone: name } : { account: name };
}

export function failure(message: string, error: ReconcileError, fields: LogFields): Line {
  const { name, kind, ray, status, retry, errors } = error;
  return {
    level: levelOf(error),
    message,
    fields: {
      ...fields,
      error: error.message,
      errorName: name,
      kind: kind ?? undefined,
      retry,
      status,
      ray,
      codes: errors.flatMap(({ code }) => (code === 0 ? [] : [String(code)])),
    },
  };
}

/** What the next pass may put right by itself is a warning; what waits for a person is an error. */
function levelOf(error: ReconcileError): LogLevel {
  const { name, kind } = error;
  if (name === 'StoppedError') return 'debug';
  if (error instanceof NotAllowedError && !error.isAsked) return 'debug';
  const needsPerson = ['NotAllowedError', 'StateError', 'SourceError', 'InvariantViolatedError'].includes(
    name,
  );
  return needsPerson || (kind !== null && termsOf(kind).needsPerson) ? 'error' : 'warn';
}
