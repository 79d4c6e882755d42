import type { AboutMessage, AlertEvent } from '../../reconcile/event/alert-events.ts';
import { timeOf } from '../../reconcile/errors.ts';
import type { EventOf } from '../../reconcile/event/events.ts';
import { failure, type Line } from './line.ts';
import type { LogFields } from './logger.ts';
import { count, type Shop } from './shop.ts';

/** The lines of `event-log.ts` about telling people. */
export const ALERT_LINES: { readonly [Type in AlertEvent['type']]: (event: EventOf<Type>) => Line } = {
  'alert.queued': ({ receiver, queued }) => ({
    level: 'debug',
    message: 'alert queued',
    fields: { receiver, queued },
  }),
  'alert.sent': (event) => ({ level: 'info', message: 'alert sent', fields: messageFields(event) }),
  'alert.failed': ({ retryAt: until, ...event }) => ({
    level: 'warn',
    message: 'alert not sent',
    fields: { ...messageFields(event), until },
  }),
  'alert.dropped': (event) => ({ level: 'error', message: 'alert given up', fields: messageFields(event) }),
  'alert.unsaved': ({ error }) => failure('alerts not saved', error, {}),
  'heartbeat.sent': () => ({ level: 'debug', message: 'heartbeat sent', fields: {} }),
  'heartbeat.failed': ({ said: reason }) => ({
    level: 'warn',
    message: 'heartbeat not sent',
    fields: { reason },
  }),
};

function messageFields({ receiver, alerts, statuses, said, queued }: AboutMessage): LogFields {
  return { receiver, alerts, statuses, reason: said, queued };
}

/** The same for `progress.ts`. */
export const ALERT_TEXTS: {
  readonly [Type in Exclude<AlertEvent['type'], 'alert.unsaved'>]: (
    event: EventOf<Type>,
    shop: Shop,
  ) => string | undefined;
} = {
  'alert.queued': () => undefined,
  'alert.sent': ({ receiver, alerts }, { clean }) =>
    `told ${clean(receiver)}: ${count(alerts.length, 'alert')}`,
  'alert.failed': ({ receiver, said, retryAt }, { yellow, clean }) =>
    `${yellow('not told')}: ${clean(receiver)}: ${clean(said)}; it is tried again at ${timeOf(retryAt)}`,
  'alert.dropped': ({ receiver, alerts, said }, { red, clean }) =>
    `${red('given up')}: ${clean(receiver)} refuses ${alerts.map(clean).join(', ')}: ${clean(said)}`,
  'heartbeat.sent': () => undefined,
  'heartbeat.failed': ({ said }, { yellow, clean }) => `${yellow('heartbeat not sent')}: ${clean(said)}`,
};
