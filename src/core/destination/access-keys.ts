import type { Parameter } from './destination-type.ts';

/** As Amazon's protocol has them. */
export const ACCESS_KEYS: readonly Parameter[] = [
  { key: 'access_key_id', name: 'access-key-id', secret: true },
  { key: 'secret_access_key', name: 'secret-access-key', secret: true },
];
