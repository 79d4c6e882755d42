import type { ReconcileError } from '../errors.ts';

/** What became of an Event of Kubernetes. */
export const EVENT_RESULTS = ['sent', 'counted', 'limited', 'dropped', 'failed'] as const;

/** What is said of the Events that the people of a cluster are told by. */
export type KubernetesEventEvent =
  | {
      /**
       * `sent`: made; `counted`: a series was counted up; `limited`: there were too many of its object; `dropped`: too many
       * waited; `failed`: Kubernetes did not take it. Of the last three nobody is told in the cluster.
       */
      readonly type: 'kubernetes-event.settled';
      readonly result: (typeof EVENT_RESULTS)[number];
    }
  | {
      /** Kubernetes takes no Events. Told once, until it does. */
      readonly type: 'kubernetes-events.failing';
      readonly error: ReconcileError;
    }
  | { readonly type: 'kubernetes-events.resumed' };
