import type { Attribution } from '../../core/audit/attribution.ts';
import { NotAllowedError, type ReconcileError } from '../../reconcile/errors.ts';
import type { AuditEvent, DriftEvent } from '../../reconcile/event/drift-events.ts';
import type { EventOf } from '../../reconcile/event/events.ts';
import { failure, type Lines, scopeField } from './line.ts';
import type { LogFields } from './logger.ts';

/** What was changed behind our back, and by whom. */
export const DRIFT_LINES: Pick<Lines, DriftEvent['type']> = {
  'drift.found': ({ attribution, ...event }) => ({
    level: 'warn',
    message: 'drift found',
    fields: {
      ...driftFields(event),
      heals: event.heals,
      signature: event.signature,
      ...authorFields(attribution),
    },
  }),
  'drift.fought': ({ fight: { times, since, until }, attribution, ...event }) => ({
    level: 'warn',
    message: 'drift fought',
    fields: { ...driftFields(event), times, since, until, ...authorFields(attribution) },
  }),
  'drift.attributed': ({ scope, job, action, id, foundAt, attribution }) => ({
    level: 'warn',
    message: 'drift attributed',
    fields: {
      ...scopeField(scope),
      logpushJob: job,
      action,
      jobId: id,
      since: foundAt,
      ...authorFields(attribution),
    },
  }),
};

function driftFields(event: Pick<EventOf<'drift.fought'>, (typeof DRIFT_KEYS)[number]>): LogFields {
  const { passId, scope, job, action, id, fields } = event;
  const paths = fields.map(({ path }) => path);
  const isConflict = fields.some((field) => field.class === 'conflict');
  return {
    passId,
    ...scopeField(scope),
    logpushJob: job,
    action,
    jobId: id,
    class: isConflict ? 'conflict' : 'drift',
    fields: paths,
  };
}

const DRIFT_KEYS = ['passId', 'scope', 'job', 'action', 'id', 'fields'] as const;

function authorFields(attribution: Attribution | undefined): LogFields {
  if (attribution === undefined) return {};
  const { email, way, tokenName, address, agent, at, ray, others } = attribution;
  return {
    by: email ?? undefined,
    way,
    tokenName: tokenName ?? undefined,
    address: address ?? undefined,
    agent: agent ?? undefined,
    changedAt: at,
    changeRay: ray ?? undefined,
    others,
  };
}

/** How the audit logs are read. */
export const AUDIT_LINES: Pick<Lines, AuditEvent['type']> = {
  'audit.read': ({ account, entries, ours, others, delayMs }) => ({
    level: 'debug',
    message: 'audit log read',
    fields: { account: account?.name, entries, ours, others, delayMs },
  }),
  'audit.failed': ({ account, error, retryAt: until }) => {
    const line = failure('audit log not readable', error, { account: account?.name, until });
    return {
      ...line,
      level: 'warn',
      fields: { ...line.fields, reason: missingRight(error) },
    };
  },
  'audit.resumed': ({ account }) => ({
    level: 'info',
    message: 'audit log readable again',
    fields: { account: account?.name },
  }),
};

/** What a person has to do, where it is a right that is missing. */
export function missingRight(error: ReconcileError): string | undefined {
  return error instanceof NotAllowedError ? MISSING_RIGHT : undefined;
}

const MISSING_RIGHT =
  'Without the right "Account Settings: Read" on this account nobody is named for a drift, and changes by others are found ' +
  'by the schedule alone. Give it to the token, or set audit.mode to off.';
