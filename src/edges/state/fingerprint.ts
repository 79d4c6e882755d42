import { createHmac } from 'node:crypto';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';

export const KEY_BYTES = 32;
const DIGITS = 32;

/** HMAC-SHA-256, cut to 128 bits: without the key nobody can try out guesses against a stolen ledger. */
export function keyedFingerprint(key: Uint8Array): Fingerprint {
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, DIGITS);
}
