import { hash } from 'node:crypto';

/**
 * Identifiers that are the same in every run: zone ids come from the zone's name, all others from a counter.
 * A simulation therefore sees the same bytes for the same seed.
 */
export interface Ids {
  /** 16 hexadecimal characters and a colo, as in `cf-ray`. */
  ray(): string;
  /** A version 7 UUID holding `now`, as in `Cf-Auditlog-Id`. */
  uuid(now: number): string;
  /** `length` hexadecimal characters. */
  hex(length: number): string;
}

export function createIds(seed: string): Ids {
  let count = 0;
  const next = (kind: string): string => hashOf(`${seed}/${kind}/${(count += 1)}`);
  return {
    ray: () => `${next('ray').slice(0, 16)}-SBX`,
    uuid: (now) => uuidV7(now, next('uuid')),
    hex: (length) => next('hex').slice(0, length),
  };
}

/** The id of a zone or account of this name: 32 hexadecimal characters, as OA24's `logpush_identifier`. */
export function idOf(kind: 'zone' | 'account' | 'token' | 'user', name: string): string {
  return hashOf(`${kind}:${name}`).slice(0, 32);
}

export function hashOf(text: string): string {
  return hash('sha256', text);
}

function uuidV7(now: number, hash: string): string {
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0').slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
}
