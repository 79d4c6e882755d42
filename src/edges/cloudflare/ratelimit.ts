/**
 * What an answer says about the rate limit (`performance.md` §1). Names vary (`"default"`, `"burst"`), lists
 * have several items, and any header may be missing, so everything is read by key and nothing is required.
 */
export interface RateLimit {
  readonly name: string;
  /** Requests left. */
  readonly remaining: number;
  readonly resetSeconds: number;
  /** Requests in a window, where a policy of that name came along. */
  readonly quota: number | undefined;
  readonly windowSeconds: number | undefined;
}

type Headers = Readonly<Record<string, string>>;

const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 300_000;
const MAX_ITEMS = 20;

/** From `Ratelimit: "default";r=50;t=30` and `Ratelimit-Policy: "default";q=1200;w=300`. */
export function rateLimitsOf(headers: Headers): readonly RateLimit[] {
  const policies = itemsOf(headers['ratelimit-policy']);
  return itemsOf(headers['ratelimit']).flatMap(({ name, values }) => {
    const remaining = values.get('r');
    if (remaining === undefined) return [];
    const policy =
      policies.find((item) => item.name === name) ?? (policies.length === 1 ? policies[0] : undefined);
    const resetSeconds = Math.min(values.get('t') ?? 1, MAX_WAIT_MS / 1000);
    const quota = policy?.values.get('q');
    const windowSeconds = policy?.values.get('w');
    return [{ name, remaining, resetSeconds, quota, windowSeconds }];
  });
}

/**
 * How long a 429 asks us to stay away: `Retry-After`, else the reset time of an exhausted limit, else the five
 * minutes for which Cloudflare blocks (`cloudflare-api.md` §7). Between 1 s and 300 s.
 */
export function holdMsOf(headers: Headers, wallClockMs: number): number {
  const asked = retryAfterMsOf(headers, wallClockMs);
  if (asked !== undefined) return asked;
  const exhausted = rateLimitsOf(headers).filter(({ remaining }) => remaining === 0);
  if (exhausted.length === 0) return MAX_WAIT_MS;
  return clampWait(Math.max(...exhausted.map(({ resetSeconds }) => resetSeconds * 1000)));
}

/** Undefined where the header is missing or is neither seconds nor a date. */
export function retryAfterMsOf(headers: Headers, wallClockMs: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return clampWait(Number(text) * 1000);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  // Against the clock that wrote the date, where it says what time it has.
  const serverClock = Date.parse(headers['date'] ?? '');
  return clampWait(until - (Number.isNaN(serverClock) ? wallClockMs : serverClock));
}

function clampWait(ms: number): number {
  return Math.min(Math.max(ms, MIN_WAIT_MS), MAX_WAIT_MS);
}

interface Item {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

function itemsOf(text: string | undefined): readonly Item[] {
  if (text === undefined || text.length > 4096) return [];
  return text.split(',').slice(0, MAX_ITEMS).map(itemOf);
}

function itemOf(text: string): Item {
  const parts = text.split(';').map((part) => part.trim());
  const name = parts[0]?.includes('=') === false ? parts.shift() : '';
  const values = new Map<string, number>();
  for (const part of parts) {
    const found = /^([a-z]+)\s*=\s*"?(\d{1,15})(\.\d+)?"?$/i.exec(part);
    if (found?.[1] !== undefined) values.set(found[1].toLowerCase(), Number(found[2]));
  }
  return { name: (name ?? '').replaceAll('"', '').toLowerCase(), values };
}
