import type { JsonObject } from '../core/job/job.ts';

/** A ConfigMap or a Secret. */
export interface ClusterObject {
  /** Texts, whatever they are encoded in. */
  readonly data: { readonly [key: string]: string };
  readonly labels: { readonly [name: string]: string };
  readonly annotations: { readonly [name: string]: string };
}

/** One that is there. */
export interface FoundObject extends ClusterObject {
  /** Two with the same are the same. */
  readonly version: string;
  /** All that the cluster and others note on it. */
  readonly metadata: JsonObject;
}

/**
 * The ConfigMaps, or the Secrets, of one namespace. All of it rejects with `ClusterError`, and with nothing else that is no
 * bug.
 */
export interface ClusterObjects {
  readonly namespace: string;
  /** Null: there is none of that name. */
  get(name: string): Promise<FoundObject | null>;
  /** The fault is `already-exists` where there is one of that name. */
  create(name: string, object: ClusterObject): Promise<FoundObject>;
  /** The fault is `conflict` where the object has another version by now, and `not-found` where it is gone. */
  replace(name: string, found: FoundObject, object: ClusterObject): Promise<FoundObject>;
}
