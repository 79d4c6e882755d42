import { ReconcileError } from './errors.ts';

/** What went wrong with a request to Kubernetes, by what it means for whoever sent it. */
export const CLUSTER_FAULTS = {
  /** No cluster is configured, or its configuration cannot be used. Nothing was sent. */
  unconfigured: 'the cluster to use is not configured',
  unauthorized: 'Kubernetes does not take the token',
  forbidden: 'the service account may not do this',
  'not-found': 'there is no such object',
  'already-exists': 'there is already such an object',
  /** The object is another one than the one that was read: a later version, or made anew under the same name. */
  conflict: 'somebody else has changed the object since it was read',
  /** 400 or 422: no retry helps. */
  invalid: 'Kubernetes does not take the object',
  'too-large': 'the object is too large for Kubernetes',
  /** 410: a watch or a page of a list is too old to go on. */
  expired: 'what was read is too old',
  /** 429, or 503: not done, come back later. */
  busy: 'Kubernetes has too much to do',
  /** 5xx: it may have been done. */
  failing: 'Kubernetes could not answer',
  /** No answer: it may have been done. */
  unreachable: 'Kubernetes could not be reached',
  /** No answer in time: it may have been done, or be done later. */
  timeout: 'Kubernetes did not answer in time',
  /** An answer that is none of Kubernetes: it may have been done. */
  damaged: 'the answer is not one of Kubernetes',
} as const;

export type ClusterFault = keyof typeof CLUSTER_FAULTS;

/** A request to Kubernetes that was not answered with a yes. */
export class ClusterError extends ReconcileError {
  readonly retry = 'next-pass';
  readonly fault: ClusterFault;
  /** What went wrong, as a clause for a message of the caller's own. Nothing of it is a secret. */
  readonly clause: string;

  /** @param next a sentence: what to do, as in `Give its service account the verb "get" on leases.` */
  constructor(fault: ClusterFault, details: ClusterDetails) {
    const { action, status, cause = CLUSTER_FAULTS[fault], next = NEXT[fault] } = details;
    const clause = status === undefined ? cause : `${cause} (HTTP ${status})`;
    super(`It was not possible to ${action}: ${clause}. ${next}`.trimEnd(), { action });
    this.fault = fault;
    this.clause = clause;
  }
}

interface ClusterDetails {
  readonly action: string;
  readonly status?: number;
  /** In place of what the fault says by itself. */
  readonly cause?: string;
  readonly next?: string;
}

const PASSES = 'It is tried again by itself; if it stays so, look at the API server and at the network.';

const NEXT: { readonly [fault in ClusterFault]: string } = {
  unconfigured: '',
  unauthorized:
    'Its token is read again each time; if it stays so, look whether the service account still exists.',
  forbidden:
    'Its Role lacks this right, or its RoleBinding is gone; docs/kubernetes.md lists what is needed.',
  'not-found': 'Create it, or set the name of one that exists.',
  'already-exists': '',
  conflict: 'It is read again.',
  invalid: 'This is a bug of logpushd, or the object was edited by hand to something that it cannot be.',
  'too-large': '',
  expired: 'It is read anew.',
  busy: PASSES,
  failing: PASSES,
  unreachable: PASSES,
  timeout: PASSES,
  damaged: 'Look whether a proxy answers in place of the API server.',
};
