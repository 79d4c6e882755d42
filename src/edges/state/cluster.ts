import { randomBytes } from 'node:crypto';
import type { StateStore } from '../../reconcile/ports.ts';
import { ClusterKey } from './cluster-key.ts';
import type { ClusterObjects } from '../../reconcile/cluster-objects.ts';
import { ClusterShards } from './cluster-shards.ts';
import { type FreshKey, keyedFingerprint } from './fingerprint.ts';
import type { MovableState } from './open-state.ts';

/** Where a state in a cluster is. */
export interface ClusterPlace {
  /** Of the first ConfigMap, and of the Secret. */
  readonly name: string;
  readonly configMaps: ClusterObjects;
  readonly secrets: ClusterObjects;
  /** Of a state that has none yet. */
  readonly fresh?: FreshKey;
}

/** For reading, beside whoever writes: nothing is taken over, and nothing left behind. */
export function clusterState({ name, configMaps, secrets, fresh }: ClusterPlace): StateStore {
  const load = (): Promise<ReadonlyMap<string, string>> => ClusterShards.read(name, configMaps);
  const refuse = async (): Promise<never> => {
    throw new Error('this state was opened for reading');
  };
  const clusterKey = new ClusterKey(name, secrets, fresh);
  const key = once(async () => clusterKey.toRead(await load()));
  return {
    load,
    save: refuse,
    remove: refuse,
    fingerprint: async () => keyedFingerprint(await key()),
  };
}

/**
 * Takes the state over: when it resolves, whoever had it open can change nothing of it any more, and what is loaded is all that
 * was ever saved. Who may take it over is not decided here; that is what the Lease is for.
 *
 * @param opener who opens it, for people
 * @throws StateError when it cannot be read or written, or somebody else has taken it over meanwhile
 */
export async function openClusterState(place: ClusterPlace, opener: string): Promise<MovableState> {
  const { name, configMaps, secrets, fresh } = place;
  const shards = await ClusterShards.open(name, configMaps, `${opener} ${randomBytes(6).toString('hex')}`);
  const clusterKey = new ClusterKey(name, secrets, fresh);
  const key = once(() => clusterKey.make(shards.texts()));
  return {
    load: async () => shards.texts(),
    async save(pageKey, text) {
      // First, so that a page without a key always means that the key was lost.
      await key();
      await shards.change(pageKey, text);
    },
    remove: (pageKey) => shards.change(pageKey, null),
    fingerprint: async () => keyedFingerprint(await key()),
    key: {
      known: () => clusterKey.known(),
      keep: (wanted) => clusterKey.keep(wanted),
    },
    lost: shards.lost,
    close: () => shards.settled(),
  };
}

/** Works again where it failed. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | null = null;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = null;
      throw error;
    });
    return done;
  };
}
