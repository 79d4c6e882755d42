import { isObject } from '../../core/job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../core/job/job.ts';
import type { HeldLease, LeaseRecord } from '../../core/leader/lease.ts';
import { ClusterError } from '../../reconcile/cluster-error.ts';
import type { LeaseApi, LeaseCall } from '../../reconcile/leader/lease-api.ts';
import type { Cluster, ClusterRequest } from './cluster.ts';

/**
 * A Lease of `coordination.k8s.io/v1`. It is never patched, which would overwrite whatever is there; and an update names the uid,
 * without which one that is gone would be made anew. What else is in the object, as the labels of a chart, stays.
 */
export function leaseIn(cluster: Cluster, name: string): LeaseApi {
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases`;
  const what = `the Lease "${name}"`;
  const read = new WeakMap<HeldLease, JsonObject>();
  const ask = async (
    request: Pick<ClusterRequest, 'action' | 'method' | 'path' | 'body'>,
    call: LeaseCall,
  ) => {
    const answer = await cluster.ask({ ...request, ...call });
    const held = heldLease(request.action, answer);
    read.set(held, answer);
    return held;
  };
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
    async create(record, call) {
      const body = leaseOf(record, { metadata: { name } });
      const action = `create ${what}`;
      try {
        return await ask({ action, method: 'POST', path: leases, body }, call);
      } catch (error) {
        if (!(error instanceof ClusterError) || error.fault !== 'forbidden') throw error;
        throw new ClusterError('forbidden', { action, status: 403, cause: 'it is not there', next: MAKE_IT });
      }
    },
    replace(from, record, call) {
      const { metadata, ...rest } = read.get(from) ?? {};
      const { uid, resourceVersion } = from;
      const named = {
        ...(metadata !== undefined && isObject(metadata) && metadata),
        name,
        uid,
        resourceVersion,
      };
      const body = leaseOf(record, { ...rest, metadata: named });
      return ask({ action: `update ${what}`, method: 'PUT', path: `${leases}/${name}`, body }, call);
    },
  };
}

/** Who may make a Lease may make any, so the chart's Role does not let the pods do it. */
const MAKE_IT = 'Make it again with "helm upgrade", or give the service account the right to create Leases.';

function leaseOf(record: LeaseRecord, from: JsonObject): JsonObject {
  const { spec } = from;
  return {
    ...from,
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    spec: { ...(spec !== undefined && isObject(spec) && spec), ...record },
  };
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
  return value !== undefined && isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}
