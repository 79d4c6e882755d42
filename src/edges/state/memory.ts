import type { StateStore } from '../../reconcile/ports.ts';
import { type FreshKey, keyedFingerprint, RANDOM_KEY } from './fingerprint.ts';

/** State that ends with the process: every start takes jobs over by name again. */
export function memoryState(fresh: FreshKey = RANDOM_KEY): StateStore {
  const texts = new Map<string, string>();
  let fingerprint: ReturnType<StateStore['fingerprint']> | undefined;
  return {
    load: async () => new Map(texts),
    save: async (name, text) => {
      texts.set(name, text);
    },
    remove: async (name) => {
      texts.delete(name);
    },
    fingerprint: () => (fingerprint ??= fresh().then(keyedFingerprint)),
  };
}
