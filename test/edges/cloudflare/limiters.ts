/** Three guesses at how Cloudflare counts 1,200 requests in 5 minutes (`performance.md` §2.4). */
export interface Limiter {
  /** Whether a request at that time is let through. */
  admits(nowMs: number): boolean;
  left(nowMs: number): { readonly remaining: number; readonly resetSeconds: number };
}

/** Counts in windows of the wall clock; with `blockMs` a request too many shuts the door for that long. */
export function fixedWindow(requests: number, windowMs: number, blockMs = 0, phaseMs = 0): Limiter {
  let window = -1;
  let used = 0;
  let blockedUntil = -1;
  const turn = (now: number) => {
    const current = Math.floor((now + phaseMs) / windowMs);
    if (current !== window) [window, used] = [current, 0];
  };
  return {
    admits(now) {
      turn(now);
      if (now < blockedUntil) return false;
      used += 1;
      if (used <= requests) return true;
      blockedUntil = now + blockMs;
      return false;
    },
    left(now) {
      turn(now);
      const resetMs = windowMs - ((now + phaseMs) % windowMs);
      return { remaining: Math.max(0, requests - used), resetSeconds: Math.ceil(resetMs / 1000) };
    },
  };
}

export function bucket(requests: number, windowMs: number): Limiter {
  let tokens = requests;
  let at = 0;
  const refill = (now: number) => {
    tokens = Math.min(requests, tokens + ((now - at) * requests) / windowMs);
    at = now;
  };
  return {
    admits(now) {
      refill(now);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    left(now) {
      refill(now);
      const resetSeconds = Math.max(1, Math.ceil(((requests - tokens) * windowMs) / requests / 1000));
      return { remaining: Math.floor(tokens), resetSeconds };
    },
  };
}
