import type { JsonObject } from '../../core/job/job.ts';
import { ClusterError } from '../../reconcile/cluster-error.ts';
import type { ClusterEvent, ClusterObject, Delivery } from '../../reconcile/cluster-event/recorder.ts';
import type { Cluster } from './cluster.ts';
import type { Pod } from './pod.ts';

/** Who makes the Events: a qualified name, else the API server refuses them. */
export const REPORTING_CONTROLLER = 'logpushd.dev/logpushd';

/** The API server takes no longer one. */
const LONGEST_INSTANCE = 128;

/**
 * Makes Events, and counts up those that stand for a series. One that the API server has forgotten is made anew. Rejects with
 * `ClusterError` or `StoppedError`.
 */
export function eventSender(
  open: () => Promise<Cluster>,
  { name: pod }: Pod,
): (delivery: Delivery, signal: AbortSignal) => Promise<void> {
  return async ({ event, series }, signal) => {
    const cluster = await open();
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(event.regarding.namespace)}/events`;
    const action = `tell of "${event.reason}" with an Event`;
    if (series !== undefined) {
      const body = { series: { count: series.count, lastObservedTime: microTime(series.lastAt) } };
      const counted = { method: 'PATCH', path: `${path}/${event.name}`, action, body, signal } as const;
      if (!(await isGone(cluster.ask(counted)))) return;
    }
    await cluster.ask({ method: 'POST', path, action, body: bodyOf(event, pod), signal });
  };
}

async function isGone(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (error instanceof ClusterError && error.fault === 'not-found') return true;
    throw error;
  }
}

function bodyOf(
  { name, reason, type, action, note, regarding, related, at }: ClusterEvent,
  pod: string,
): JsonObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: regarding.namespace },
    eventTime: microTime(at),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: pod.slice(0, LONGEST_INSTANCE),
    action,
    reason,
    type,
    note,
    regarding: referenceTo(regarding),
    ...(related !== undefined && { related: referenceTo(related) }),
  };
}

function referenceTo({ apiVersion, kind, namespace, name, uid }: ClusterObject): JsonObject {
  return { apiVersion, kind, namespace, name, ...(uid !== undefined && { uid }) };
}

/** The API server takes no time with another number of digits. */
function microTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, -1)}000Z`;
}
