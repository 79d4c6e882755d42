import { rateLimitsOf } from './ratelimit.ts';

interface Ceiling {
  readonly remaining: number;
  /** Left alone for people and other tools, who use the same token. */
  readonly reserve: number;
  /** From when the figures say nothing any more. */
  readonly until: number;
  /** Sent since, and in flight then: the figures may not count them yet. */
  spent: number;
}

/**
 * What Cloudflare's `Ratelimit` headers leave us. They only ever lower what we send: whether they describe a
 * window or a bucket, of one data centre or of all, is not known (`performance.md` §1).
 */
export class HeaderCeiling {
  readonly #quota: { readonly requests: number; readonly share: number };
  readonly #ceilings = new Map<string, Ceiling>();

  constructor(quota: { readonly requests: number; readonly share: number }) {
    this.#quota = quota;
  }

  /** @param othersInFlight requests under way besides the one that was answered. */
  observe(headers: Readonly<Record<string, string>>, now: number, othersInFlight: number): void {
    for (const limit of rateLimitsOf(headers)) {
      const quota = Math.min(limit.quota ?? this.#quota.requests, this.#quota.requests);
      this.#ceilings.set(limit.name, {
        remaining: limit.remaining,
        reserve: Math.round((1 - this.#quota.share) * quota),
        until: now + limit.resetSeconds * 1000,
        spent: othersInFlight,
      });
    }
  }

  spend(): void {
    for (const ceiling of this.#ceilings.values()) ceiling.spent += 1;
  }

  readyAt(now: number): number {
    let ready = now;
    for (const [name, { remaining, reserve, until, spent }] of this.#ceilings) {
      if (until <= now) this.#ceilings.delete(name);
      else if (remaining - spent <= reserve) ready = Math.max(ready, until);
    }
    return ready;
  }

  /** Requests that Cloudflare says are left, where it said so lately. */
  remaining(now: number): number | undefined {
    const left = [...this.#ceilings.values()].filter(({ until }) => until > now);
    return left.length === 0 ? undefined : Math.min(...left.map(({ remaining }) => remaining));
  }
}
