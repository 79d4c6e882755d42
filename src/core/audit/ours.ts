import type { AuditedAction } from './action.ts';

/** By what our own writes are known in the log. */
export interface Ourselves {
  /** Keys of the rays of our answers. */
  readonly rays: { has(ray: string): boolean };
  /** Null where the credential is no token, or Cloudflare did not say. */
  readonly tokenId: string | null;
}

/** How the client calls itself: `logpushd/1.2.3 (+https://…)`. */
const OUR_AGENT = /^logpushd\//;

/**
 * Whether a write is one of ours. The ray of its answer proves it; of a write whose answer was lost, or that another
 * process with our token has sent, the name of the program does together with the token, as far as both are told.
 */
export function isOurs({ by }: AuditedAction, { rays, tokenId }: Ourselves): boolean {
  if (by.ray !== null && rays.has(by.ray)) return true;
  const isOurToken = tokenId !== null && by.tokenId === tokenId;
  if (by.agent === null) return isOurToken;
  return OUR_AGENT.test(by.agent) && (isOurToken || tokenId === null || by.tokenId === null);
}

/** Whether that hangs on a token that is not the one we know as ours: it may have been exchanged. */
export function hangsOnToken({ by }: AuditedAction, { rays, tokenId }: Ourselves): boolean {
  if (by.tokenId === null || by.tokenId === tokenId || (by.ray !== null && rays.has(by.ray))) return false;
  return by.agent === null || OUR_AGENT.test(by.agent);
}
