import type { JsonObject, JsonValue } from '../../core/job/job.ts';
import type { HeldLease, LeaseRecord } from '../../core/leader/lease.ts';
import { ClusterError } from '../../reconcile/cluster-error.ts';
import type { LeaseApi, LeaseCall } from '../../reconcile/leader/lease-api.ts';
import type { Cluster, ClusterRequest } from './cluster.ts';

/**
 * A Lease of `coordination.k8s.io/v1`. It is never patched, which would overwrite whatever is there; and an update names the uid,
 * without which one that is gone would be made anew.
 */
export function leaseIn(cluster: Cluster, name: string): LeaseApi {
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases`;
  const what = `the Lease "${name}"`;
  const ask = async (request: Pick<ClusterRequest, 'action' | 'method' | 'path' | 'body'>, call: LeaseCall) =>
    heldLease(request.action, await cluster.ask({ ...request, ...call }));
  return {
    name,
    async read(call) {
      try {
        return await ask({ action: `read ${what}`, method: 'GET', path: `${leases}/${name}` }, call);
      } catch (error) {
        if (error instanceof ClusterError && error.fault === 'not-found') return null;
        throw error;
      }
    },
    create(record, call) {
      const body = leaseOf(record, { name });
      return ask({ action: `create ${what}`, method: 'POST', path: leases, body }, call);
    },
    replace({ uid, resourceVersion }, record, call) {
      const body = leaseOf(record, { name, uid, resourceVersion });
      return ask({ action: `update ${what}`, method: 'PUT', path: `${leases}/${name}`, body }, call);
    },
  };
}

function leaseOf(record: LeaseRecord, metadata: JsonObject): JsonObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { ...record } };
}

/** What a hand has made of it is read as nothing. */
function heldLease(action: string, { metadata, spec }: JsonObject): HeldLease {
  const uid = text(field(metadata, 'uid'));
  const resourceVersion = text(field(metadata, 'resourceVersion'));
  if (uid === '' || resourceVersion === '') throw new ClusterError('damaged', { action });
  return {
    uid,
    resourceVersion,
    record: {
      holderIdentity: text(field(spec, 'holderIdentity')),
      leaseDurationSeconds: number(field(spec, 'leaseDurationSeconds')),
      acquireTime: text(field(spec, 'acquireTime')) || null,
      renewTime: text(field(spec, 'renewTime')) || null,
      leaseTransitions: number(field(spec, 'leaseTransitions')),
    },
  };
}

function field(value: JsonValue | undefined, name: string): JsonValue | undefined {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return entries.find(([key]) => key === name)?.[1];
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}
