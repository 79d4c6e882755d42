import { isTrouble } from '../../core/health/health.ts';
import type { DeliveryEvent } from '../../reconcile/event/delivery-events.ts';
import type { EventOf } from '../../reconcile/event/events.ts';
import { failure, type Lines, scopeField } from './line.ts';
import type { LogFields } from './logger.ts';

/** Whether jobs deliver. */
export const DELIVERY_LINES: Pick<Lines, DeliveryEvent['type']> = {
  'scope.health': ({ passId, scope, jobs }) => ({
    level: 'debug',
    message: 'scope health',
    fields: { passId, ...scopeField(scope), jobs: jobs.map(({ name, health }) => `${name} ${health.state}`) },
  }),
  'health.changed': ({ from, ...event }) => ({
    level: isTrouble(event.health.state) ? 'error' : 'info',
    message: 'health changed',
    fields: { ...deliveryFields(event), before: from ?? undefined },
  }),
  'gap.began': ({ gap, ...event }) => ({
    level: 'warn',
    message: 'gap began',
    fields: { ...deliveryFields(event), since: gap.from, reason: gap.reason, lost: gap.isLost },
  }),
  'gap.ended': ({ gap, ...event }) => ({
    level: 'info',
    message: 'gap ended',
    fields: {
      ...deliveryFields(event),
      since: gap.from,
      until: gap.to,
      reason: gap.reason,
      lost: gap.isLost,
    },
  }),
  'reenable.tried': ({ passId, scope, job, id, times, passed, said, nextAt }) => ({
    level: passed ? 'info' : 'warn',
    message: passed ? 'destination passed, job enabled again' : 'destination failed, job left disabled',
    fields: {
      passId,
      ...scopeField(scope),
      logpushJob: job,
      jobId: id,
      times,
      reason: said === '' ? undefined : said,
      until: passed ? undefined : nextAt,
    },
  }),
  'pushes.read': ({ scope, jobs }) => ({
    level: 'debug',
    message: 'pushes read',
    fields: {
      ...scopeField(scope),
      jobs: [...jobs].map(([id, { lost, records }]) => `${id} ${records} records, ${lost} pushes lost`),
    },
  }),
  'pushes.failed': ({ scopes, error, retryAt: until }) => ({
    ...failure('pushes not readable', error, { scopes: scopes.map(({ name }) => name), until }),
    level: 'warn',
  }),
  'pushes.resumed': () => ({ level: 'info', message: 'pushes readable again', fields: {} }),
  'record.unsaved': ({ what, error }) => failure('record not saved', error, { what }),
  'record.saved': ({ what }) => ({ level: 'info', message: 'record saved again', fields: { what } }),
  'record.damaged': ({ what, error }) => failure('record begun anew', error, { what }),
};

function deliveryFields(event: Omit<EventOf<'health.changed'>, 'type' | 'from'>): LogFields {
  const { passId, scope, job, id, dataset, destination, health } = event;
  const { state, lastComplete, error, cause } = health;
  return {
    passId,
    ...scopeField(scope),
    logpushJob: job,
    jobId: id ?? undefined,
    dataset,
    destination,
    health: state,
    lastComplete: lastComplete ?? undefined,
    error: error ?? undefined,
    cause: cause?.text,
    next: cause?.next,
  };
}
