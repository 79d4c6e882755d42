import type { JsonObject } from '../../core/job/job.ts';
import { DEFAULT_LIMITS } from '../../core/manifest/limits.ts';
import { revisedText } from '../../core/manifest/revision.ts';
import { ClusterError, type ClusterFault } from '../../reconcile/cluster-error.ts';
import { SourceError, StoppedError } from '../../reconcile/errors.ts';
import type { ManifestSource } from '../../reconcile/ports.ts';
import type { Cluster } from './cluster.ts';
import { configMapsPath, identityOf, partOf, textOf } from './config-map.ts';
import { filesIn, type HeldConfigMap, shownPlace, type TextLimits } from './manifest-text.ts';

/** As it was read at one moment. */
interface SeenConfigMap extends HeldConfigMap {
  readonly uid: string;
  readonly version: string;
}

export interface ConfigMapsSource extends ManifestSource {
  /** Of a ConfigMap as it was read last; undefined before. */
  uidOf(name: string): string | undefined;
}

/** How often several ConfigMaps are looked at until two looks agree. */
const MOST_LOOKS = 20;

/**
 * The manifest in ConfigMaps of one namespace. A read is all or nothing: it sees all of them as they were at one moment, or
 * rejects with `SourceError`.
 */
export function configMapsSource(
  open: () => Promise<Cluster>,
  names: readonly string[],
  limits: TextLimits = DEFAULT_LIMITS,
): ConfigMapsSource {
  const uids = new Map<string, string>();
  return {
    uidOf: (name) => uids.get(name),
    async read(signal) {
      const cluster = await clusterOf(open);
      const maps = await readTogether(() => readEach(cluster, names, signal), names);
      for (const { name, uid } of maps) uids.set(name, uid);
      return revisedText(filesIn(maps, limits));
    },
  };
}

async function clusterOf(open: () => Promise<Cluster>): Promise<Cluster> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof ClusterError) throw new SourceError(error.message);
    throw error;
  }
}

/** Where each is the same at the end of one look and at the begin of the next, there was a moment at which all were so. */
async function readTogether(
  look: () => Promise<readonly SeenConfigMap[]>,
  names: readonly string[],
): Promise<readonly SeenConfigMap[]> {
  let before = await look();
  if (names.length === 1) return before;
  for (let looks = 1; looks < MOST_LOOKS; looks += 1) {
    const now = await look();
    if (versionsOf(now) === versionsOf(before)) return now;
    before = now;
  }
  throw new SourceError(
    `The ConfigMaps ${names.join(', ')} keep changing while they are read. They are read again with the next pass.`,
  );
}

function versionsOf(maps: readonly SeenConfigMap[]): string {
  return JSON.stringify(maps.map(({ uid, version }) => [uid, version]));
}

async function readEach(
  cluster: Cluster,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly SeenConfigMap[]> {
  const reads = await Promise.allSettled(names.map((name) => readOne(cluster, name, signal)));
  return reads.map((read) => {
    if (read.status === 'rejected') throw read.reason;
    return read.value;
  });
}

async function readOne(cluster: Cluster, name: string, signal: AbortSignal): Promise<SeenConfigMap> {
  const { namespace } = cluster;
  try {
    const path = `${configMapsPath(namespace)}/${name}`;
    const action = `read the ConfigMap "${name}" in the namespace ${namespace}`;
    return held(name, await cluster.ask({ method: 'GET', path, action, signal }));
  } catch (error) {
    if (error instanceof ClusterError) throw sourceErrorFrom(error, name, namespace);
    if (error instanceof StoppedError) throw new StoppedError('read the manifest');
    throw error;
  }
}

function held(name: string, object: JsonObject): SeenConfigMap {
  const { uid, version } = identityOf(object);
  return {
    name,
    uid,
    version,
    data: new Map(Object.entries(partOf(object, 'data')).map(([key, text]) => [key, textOf(text)])),
    binary: new Set(Object.keys(partOf(object, 'binaryData'))),
  };
}

function sourceErrorFrom({ fault, clause }: ClusterError, name: string, namespace: string): SourceError {
  const next =
    NEXT[fault]?.(name, namespace) ??
    'It is read again by itself; until then the last good manifest stays in force.';
  return new SourceError(`The manifest ${shownPlace(name)} cannot be read: ${clause}. ${next}`);
}

const NEXT: { readonly [fault in ClusterFault]?: (name: string, namespace: string) => string } = {
  'not-found': (name, namespace) =>
    `Create the ConfigMap "${name}" in the namespace ${namespace}, or name another one with manifest.kubernetes.configMaps, or another namespace with kubernetes.namespace.`,
  forbidden: (name, namespace) =>
    `Give the service account the verbs get, list and watch on the ConfigMap "${name}" in the namespace ${namespace}.`,
  unauthorized: () => 'Look whether the service account still exists, and whether its token is mounted.',
};
