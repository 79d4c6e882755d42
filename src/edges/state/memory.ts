import { createHmac, randomBytes } from 'node:crypto';
import type { StateStore } from '../../reconcile/ports.ts';
import { KEY_BYTES, keyedFingerprint } from './fingerprint.ts';

/**
 * State that ends with the process: every start takes jobs over by name again.
 *
 * @param secret What two runs have in common; null for nothing. With it both name the same plan by the same digest, so
 *   that what one has refused another can be told to let through.
 */
export function memoryState(secret: () => Promise<string | null>): StateStore {
  const texts = new Map<string, string>();
  const key = async (): Promise<Uint8Array> => {
    const shared = await secret();
    return shared === null
      ? randomBytes(KEY_BYTES)
      : createHmac('sha256', shared).update('logpushd fingerprints').digest();
  };
  let fingerprint: ReturnType<StateStore['fingerprint']> | undefined;
  return {
    load: async () => new Map(texts),
    save: async (name, text) => {
      texts.set(name, text);
    },
    remove: async (name) => {
      texts.delete(name);
    },
    fingerprint: () => (fingerprint ??= key().then(keyedFingerprint)),
  };
}
