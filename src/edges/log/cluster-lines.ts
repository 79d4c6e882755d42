import type { KubernetesEventEvent } from '../../reconcile/event/cluster-events.ts';
import type { EventOf } from '../../reconcile/event/events.ts';
import { failure, type Line } from './line.ts';

/** The lines of `event-log.ts` about what the people of a cluster are told. */
export const CLUSTER_LINES: {
  readonly [Type in KubernetesEventEvent['type']]: (event: EventOf<Type>) => Line;
} = {
  'kubernetes-event.settled': ({ result }) => ({
    level: 'debug',
    message: 'Kubernetes Event settled',
    fields: { what: result },
  }),
  'kubernetes-events.failing': ({ error }) => ({
    ...failure('Kubernetes takes no Events', error, {}),
    level: 'warn',
  }),
  'kubernetes-events.resumed': () => ({
    level: 'info',
    message: 'Kubernetes takes Events again',
    fields: {},
  }),
};
