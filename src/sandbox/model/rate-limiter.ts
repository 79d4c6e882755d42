import type { Switches } from '../switches.ts';

/** Models of the request limit (`cloudflare-api.md` §7), one state for each credential. */

interface State {
  /** Requests in the present window. */
  readonly used: number;
  readonly windowStart: number;
  readonly blockedUntil: number;
  /** What is left in the bucket, at `filledAt`. */
  readonly tokens: number;
  readonly filledAt: number;
}

export interface RateVerdict {
  readonly allowed: boolean;
  /** `Ratelimit`, `Ratelimit-Policy` and `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;
}

type Rules = Pick<
  Switches,
  'rate_limit' | 'rate_limit_requests' | 'rate_limit_window_seconds' | 'rate_limit_block_seconds'
>;

export class RateLimiter {
  readonly #states = new Map<string, State>();

  take(credential: string, now: number, rules: Rules): RateVerdict {
    if (rules.rate_limit === 'off') return { allowed: true, headers: {} };
    const before = this.#states.get(credential) ?? {
      used: 0,
      windowStart: now,
      blockedUntil: 0,
      tokens: rules.rate_limit_requests,
      filledAt: now,
    };
    const { state, allowed, left, waitMs } =
      rules.rate_limit === 'bucket' ? fromBucket(before, now, rules) : fromWindow(before, now, rules);
    this.#states.set(credential, state);
    return { allowed, headers: headersOf(rules, left, waitMs, allowed) };
  }
}

interface Taken {
  readonly state: State;
  readonly allowed: boolean;
  readonly left: number;
  /** Until the limit is fresh again, or until the caller may try again. */
  readonly waitMs: number;
}

/** `window`: N requests in each window. `block`: one more blocks every call. `headers`: never refuses. */
function fromWindow(before: State, now: number, rules: Rules): Taken {
  const windowMs = Math.max(1, rules.rate_limit_window_seconds * 1000);
  const isNew = now - before.windowStart >= windowMs;
  const windowStart = isNew
    ? before.windowStart + Math.floor((now - before.windowStart) / windowMs) * windowMs
    : before.windowStart;
  const used = isNew ? 0 : before.used;
  if (rules.rate_limit === 'block' && now < before.blockedUntil) {
    return {
      state: { ...before, windowStart, used },
      allowed: false,
      left: 0,
      waitMs: before.blockedUntil - now,
    };
  }
  const resetMs = windowStart + windowMs - now;
  const isOver = used >= rules.rate_limit_requests;
  if (!isOver || rules.rate_limit === 'headers') {
    const left = Math.max(0, rules.rate_limit_requests - used - 1);
    return { state: { ...before, windowStart, used: used + 1 }, allowed: true, left, waitMs: resetMs };
  }
  // §7: exceeding the limit blocks all calls for the next 5 minutes.
  const blockMs = rules.rate_limit === 'block' ? rules.rate_limit_block_seconds * 1000 : resetMs;
  return {
    state: { ...before, windowStart, used, blockedUntil: now + blockMs },
    allowed: false,
    left: 0,
    waitMs: blockMs,
  };
}

function fromBucket(before: State, now: number, rules: Rules): Taken {
  const size = rules.rate_limit_requests;
  const perMs = size / Math.max(1, rules.rate_limit_window_seconds * 1000);
  const tokens = Math.min(size, before.tokens + (now - before.filledAt) * perMs);
  const allowed = tokens >= 1;
  const left = allowed ? tokens - 1 : tokens;
  const missing = allowed ? size - left : 1 - tokens;
  const waitMs = perMs === 0 ? rules.rate_limit_window_seconds * 1000 : missing / perMs;
  return { state: { ...before, tokens: left, filledAt: now }, allowed, left: Math.floor(left), waitMs };
}

/** §7: `retry-after` only when the limit is exceeded. */
function headersOf(rules: Rules, left: number, waitMs: number, allowed: boolean): Record<string, string> {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const policy = `"default";q=${rules.rate_limit_requests};w=${rules.rate_limit_window_seconds}`;
  return {
    ratelimit: `"default";r=${left};t=${seconds}`,
    'ratelimit-policy': policy,
    ...(allowed ? {} : { 'retry-after': String(seconds) }),
  };
}
