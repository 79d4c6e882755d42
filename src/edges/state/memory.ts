import { randomBytes } from 'node:crypto';
import type { StateStore } from '../../reconcile/ports.ts';
import { keyedFingerprint } from './fingerprint.ts';

/** State that ends with the process: every start takes jobs over by name again. */
export function memoryState(): StateStore {
  const texts = new Map<string, string>();
  const fingerprint = keyedFingerprint(randomBytes(32));
  return {
    load: async () => new Map(texts),
    save: async (key, text) => {
      texts.set(key, text);
    },
    remove: async (key) => {
      texts.delete(key);
    },
    fingerprint: async () => fingerprint,
  };
}
