import type { ShareRules } from '../reconcile/call-share.ts';
import type { Settings } from '../settings.ts';

/** Of the calls that logpushd may send in a window, so many at the most are for what is only good to know, each kind of it. */
const SHARE = 0.1;

/** Of a quota too small for one call in a window, one call in a longer one. */
export function optionalShareOf({
  requests,
  windowSeconds,
  share,
}: Settings['cloudflare']['quota']): ShareRules {
  const calls = requests * share * SHARE;
  return { calls: Math.max(1, Math.floor(calls)), windowMs: windowSeconds * 1000 * Math.max(1, 1 / calls) };
}
