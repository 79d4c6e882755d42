import type { ClusterObject, ClusterObjects, FoundObject } from '../../../src/reconcile/cluster-objects.ts';
import { ClusterError, type ClusterFault } from '../../../src/reconcile/cluster-error.ts';

/** The ConfigMaps, or the Secrets, of a namespace as an apiserver keeps them. */
export class ObjectsInMemory implements ClusterObjects {
  readonly namespace = 'logpush';
  readonly objects = new Map<string, FoundObject>();
  /** Writes that were carried out. */
  writes = 0;
  #version = 0;

  async get(name: string): Promise<FoundObject | null> {
    return this.objects.get(name) ?? null;
  }

  async create(name: string, object: ClusterObject): Promise<FoundObject> {
    if (this.objects.has(name)) throw failure('already-exists', `create ${name}`);
    return this.#put(name, object);
  }

  async replace(name: string, found: FoundObject, object: ClusterObject): Promise<FoundObject> {
    const now = this.objects.get(name);
    if (now === undefined) throw failure('not-found', `write ${name}`);
    if (now.version !== found.version) throw failure('conflict', `write ${name}`);
    return this.#put(name, object);
  }

  /** As with `kubectl edit`. */
  edit(name: string, change: (object: FoundObject) => ClusterObject): void {
    const found = this.objects.get(name);
    if (found !== undefined) this.#put(name, change(found));
  }

  #put(name: string, { data, labels, annotations }: ClusterObject): FoundObject {
    this.#version += 1;
    this.writes += 1;
    const found = { data, labels, annotations, version: String(this.#version), metadata: {} };
    this.objects.set(name, found);
    return found;
  }
}

export function failure(fault: ClusterFault, action = 'do it'): ClusterError {
  return new ClusterError(fault, { action });
}

type Call<T> = () => Promise<T>;

/** The same objects, with something that happens around each call. */
export function around(
  objects: ClusterObjects,
  wrap: <T>(call: Call<T>, what: 'get' | 'create' | 'replace') => Promise<T>,
): ClusterObjects {
  return {
    namespace: objects.namespace,
    get: (name) => wrap(() => objects.get(name), 'get'),
    create: (name, object) => wrap(() => objects.create(name, object), 'create'),
    replace: (name, found, object) => wrap(() => objects.replace(name, found, object), 'replace'),
  };
}
