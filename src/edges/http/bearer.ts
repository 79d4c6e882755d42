import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

/** Whether an `Authorization` header holds the token. The time it takes tells nothing about the token. */
export function isBearer(header: string | undefined, token: Secret): boolean {
  const given = /^Bearer (?<token>\S+)$/iu.exec(header ?? '')?.groups?.['token'];
  return given !== undefined && timingSafeEqual(digestOf(given), digestOf(token.reveal()));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
