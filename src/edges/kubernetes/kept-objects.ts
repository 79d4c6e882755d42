import type { JsonObject, JsonValue } from '../../core/job/job.ts';
import { ClusterError } from '../../reconcile/cluster-error.ts';
import type { ClusterObject, ClusterObjects, FoundObject } from '../../reconcile/cluster-objects.ts';
import type { Cluster, ClusterRequest } from './cluster.ts';

/** How a kind is called, and how it writes texts. */
interface Kind {
  readonly kind: string;
  readonly path: string;
  readonly encode: (text: string) => string;
  readonly decode: (text: string) => string;
}

const CONFIG_MAP: Kind = {
  kind: 'ConfigMap',
  path: 'configmaps',
  encode: (text) => text,
  decode: (text) => text,
};

const SECRET: Kind = {
  kind: 'Secret',
  path: 'secrets',
  encode: (text) => Buffer.from(text, 'utf8').toString('base64'),
  decode: (text) => Buffer.from(text, 'base64').toString('utf8'),
};

export function configMapsIn(cluster: Cluster): ClusterObjects {
  return keptObjects(cluster, CONFIG_MAP);
}

export function secretsIn(cluster: Cluster): ClusterObjects {
  return keptObjects(cluster, SECRET);
}

function keptObjects(cluster: Cluster, kind: Kind): ClusterObjects {
  const all = `/api/v1/namespaces/${cluster.namespace}/${kind.path}`;
  const ask = async (
    verb: string,
    name: string,
    request: Pick<ClusterRequest, 'method' | 'path' | 'body'>,
  ): Promise<FoundObject> => {
    const action = `${verb} the ${kind.kind} "${name}" in the namespace "${cluster.namespace}"`;
    // A write that is given up is doubtful: it goes on to its answer, or to the time limit of the call.
    const answer = await cluster.ask({ ...request, action, signal: new AbortController().signal });
    return foundIn(answer, kind) ?? damaged(action);
  };
  return {
    namespace: cluster.namespace,
    async get(name) {
      try {
        return await ask('read', name, { method: 'GET', path: `${all}/${name}` });
      } catch (error) {
        if (error instanceof ClusterError && error.fault === 'not-found') return null;
        throw error;
      }
    },
    create: (name, object) =>
      ask('create', name, { method: 'POST', path: all, body: bodyOf(kind, { name }, object) }),
    replace(name, { metadata }, object) {
      return ask('write', name, {
        method: 'PUT',
        path: `${all}/${name}`,
        body: bodyOf(kind, metadata, object),
      });
    },
  };
}

function bodyOf({ kind, encode }: Kind, metadata: JsonObject, object: ClusterObject): JsonObject {
  const { labels, annotations } = object;
  const data = Object.fromEntries(Object.entries(object.data).map(([key, text]) => [key, encode(text)]));
  // Who manages which field is not ours to write: the API server goes on with what it has.
  const own = Object.entries(metadata).filter(([name]) => name !== 'managedFields');
  return { apiVersion: 'v1', kind, metadata: { ...Object.fromEntries(own), labels, annotations }, data };
}

function foundIn({ metadata, data }: JsonObject, { decode }: Kind): FoundObject | null {
  if (!isObject(metadata) || typeof metadata['resourceVersion'] !== 'string') return null;
  const texts = Object.entries(textsIn(data)).map(([key, text]) => [key, decode(text)]);
  return {
    data: Object.fromEntries(texts),
    labels: textsIn(metadata['labels']),
    annotations: textsIn(metadata['annotations']),
    version: metadata['resourceVersion'],
    metadata,
  };
}

function textsIn(value: JsonValue | undefined): { readonly [key: string]: string } {
  if (!isObject(value)) return {};
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(action: string): never {
  throw new ClusterError('damaged', { action });
}
