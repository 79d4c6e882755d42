import { createHmac, randomBytes } from 'node:crypto';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';

export const KEY_BYTES = 32;
const DIGITS = 32;

export type FreshKey = () => Promise<Buffer>;

/**
 * The key of a state that has none yet. @param secret What two runs have in common; null for nothing. With it both name the same
 * plan by the same digest, so that what one has refused another can be told to let through, though the first has kept nothing.
 */
export function freshKey(secret: () => Promise<string | null>): FreshKey {
  return async () => {
    const shared = await secret();
    return shared === null
      ? randomBytes(KEY_BYTES)
      : createHmac('sha256', shared).update('logpushd fingerprints').digest();
  };
}

export const RANDOM_KEY: FreshKey = freshKey(async () => null);

/** HMAC-SHA-256, cut to 128 bits: without the key nobody can try out guesses against a stolen ledger. */
export function keyedFingerprint(key: Uint8Array): Fingerprint {
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, DIGITS);
}
