import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type FakeObject, type Kind, Refusal } from './fake-objects.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: FakeObject;
}

/** Objects of one API server: each change makes a version, and an update names the one that it is based on. */
export class FakeStore {
  readonly #objects = new Map<string, FakeObject>();
  readonly #watchers = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  #version = 100;
  /** Changes up to this one are forgotten. */
  #oldest = 100;

  get version(): string {
    return String(this.#version);
  }

  get(kind: Kind, namespace: string, name: string): FakeObject {
    return this.#objects.get(keyOf(kind, namespace, name)) ?? missing(kind, name);
  }

  list(kind: Kind, namespace: string): readonly FakeObject[] {
    const prefix = keyOf(kind, namespace, '');
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  create(kind: Kind, namespace: string, given: any): FakeObject {
    const name = given.metadata?.name ?? `${given.metadata?.generateName}${randomUUID().slice(0, 5)}`;
    kind.check(given);
    if (this.#objects.has(keyOf(kind, namespace, name)))
      throw new Refusal(409, 'AlreadyExists', `${kind.plural} "${name}" already exists`);
    if (given.metadata?.resourceVersion)
      throw new Refusal(500, '', 'resourceVersion should not be set on objects to be created');
    const metadata = { uid: randomUUID(), creationTimestamp: new Date().toISOString() };
    return this.#put('ADDED', kind, {
      ...given,
      metadata: { ...given.metadata, ...metadata, name, namespace },
    });
  }

  has(kind: Kind, namespace: string, name: string): boolean {
    return this.#objects.has(keyOf(kind, namespace, name));
  }

  update(kind: Kind, namespace: string, name: string, given: any): FakeObject {
    const { resourceVersion, uid } = given.metadata;
    if (kind.plural === 'leases' && !this.has(kind, namespace, name)) {
      if (uid !== undefined) conflict(kind, name, `Precondition failed: UID in precondition: ${uid}`);
      const { resourceVersion: _, ...metadata } = given.metadata;
      return this.create(kind, namespace, { ...given, metadata });
    }
    const old = this.get(kind, namespace, name);
    if (given.metadata?.name !== name)
      throw new Refusal(400, 'BadRequest', 'the name of the object does not match the name on the URL');
    if (uid !== undefined && uid !== old.metadata.uid)
      conflict(kind, name, `Precondition failed: UID in precondition: ${uid}`);
    if (!resourceVersion && kind.plural === 'leases')
      throw new Refusal(
        422,
        'Invalid',
        'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      );
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
      conflict(kind, name, 'the object has been modified; please apply your changes to the latest version');
    kind.check(given);
    kind.checkUpdate?.(old, given);
    const { uid: same, creationTimestamp } = old.metadata;
    const metadata = { ...given.metadata, uid: same, creationTimestamp, name, namespace };
    // An update that changes nothing makes no version.
    const isSame = isDeepStrictEqual(bare(kind, given, metadata), bare(kind, old, old.metadata));
    return isSame ? old : this.#put('MODIFIED', kind, { ...given, metadata });
  }

  /** A merge patch, which needs no version. */
  patch(kind: Kind, namespace: string, name: string, patch: any): FakeObject {
    const old = this.get(kind, namespace, name);
    return this.update(kind, namespace, name, merged(old, patch));
  }

  delete(kind: Kind, namespace: string, name: string, options: any = {}): FakeObject {
    const object = this.get(kind, namespace, name);
    const { uid, resourceVersion } = options?.preconditions ?? {};
    if (uid !== undefined && uid !== object.metadata.uid)
      conflict(kind, name, `Precondition failed: UID in precondition: ${uid}`);
    if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion)
      conflict(kind, name, `Precondition failed: ResourceVersion in precondition: ${resourceVersion}`);
    this.#objects.delete(keyOf(kind, namespace, name));
    this.#tell('DELETED', object);
    return object;
  }

  /** Tells of each change after `version`, those of before included, until it is ended. */
  watch(version: string, told: (change: Change) => void): () => void {
    const from = version === '' || version === '0' ? this.#version : Number(version);
    if (from < this.#oldest) throw new Refusal(410, 'Expired', 'too old resource version');
    if (from > this.#version) throw new Refusal(504, 'Timeout', 'Too large resource version');
    this.#changes.filter((change) => change.version > from).forEach(told);
    this.#watchers.add(told);
    return () => this.#watchers.delete(told);
  }

  /** A watch can go on from nothing that is older than now. */
  forgetChanges(): void {
    this.#changes = [];
    this.#version++;
    this.#oldest = this.#version;
  }

  /** @returns what puts it back, as from a backup of etcd: versions begin again where they were. */
  backup(): () => void {
    const objects = new Map(this.#objects);
    const version = this.#version;
    return () => {
      this.#objects.clear();
      for (const [key, object] of objects) this.#objects.set(key, object);
      this.#changes = this.#changes.filter((change) => change.version <= version);
      this.#version = version;
    };
  }

  #put(type: Change['type'], kind: Kind, object: any): FakeObject {
    this.#version++;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const whole = structuredClone({ ...object, apiVersion: kind.apiVersion, kind: kind.kind, metadata });
    this.#objects.set(keyOf(kind, metadata.namespace, metadata.name), whole);
    this.#tell(type, whole, this.#version);
    return whole;
  }

  #tell(type: Change['type'], object: FakeObject, version = ++this.#version): void {
    const change = { type, object, version };
    this.#changes.push(change);
    for (const told of this.#watchers) told(change);
  }
}

function bare({ apiVersion, kind }: Kind, object: any, metadata: any): object {
  const { resourceVersion: _, ...rest } = metadata;
  return structuredClone({ ...object, apiVersion, kind, metadata: rest });
}

function keyOf({ plural }: Kind, namespace: string, name: string): string {
  return `${plural}/${namespace}/${name}`;
}

function missing({ plural }: Kind, name: string): never {
  throw new Refusal(404, 'NotFound', `${plural} "${name}" not found`);
}

function conflict({ plural }: Kind, name: string, why: string): never {
  throw new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${plural} "${name}": ${why}`);
}

function merged(old: any, patch: any): any {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof old === 'object' && old !== null && !Array.isArray(old) ? old : {};
  const all = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete all[key];
    else all[key] = merged(base[key], value);
  }
  return all;
}
