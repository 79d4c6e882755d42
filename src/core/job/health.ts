import type { LiveJob } from './job.ts';

/** Whether a job delivers, as far as its own fields tell (`cloudflare-api.md` §8.1). */
export interface DeliveryHealth {
  readonly state: 'healthy' | 'lagging' | 'failing' | 'disabled' | 'never_ran' | 'unknown';
  /** End of the last time range pushed, RFC 3339. */
  readonly lastComplete: string | null;
  readonly lastError: string | null;
  /** Cleaned of addresses, because Cloudflare's text may quote the destination with its keys. */
  readonly error: string | null;
}

/** Jobs run about once a minute, and new settings need about 15 minutes to reach the data path. */
const LAGGING_AFTER_MS = 60 * 60_000;
const LONGEST_ERROR = 200;

/** @param at the time of looking, RFC 3339. */
export function healthOf(live: LiveJob | null, at: string): DeliveryHealth {
  if (live === null) return { state: 'unknown', lastComplete: null, lastError: null, error: null };
  const { lastComplete, lastError, errorMessage } = live.delivery;
  return {
    state: stateOf(live, at),
    lastComplete,
    lastError,
    error: errorMessage === null ? null : cleanDeliveryError(errorMessage),
  };
}

function stateOf({ fields, delivery }: LiveJob, at: string): DeliveryHealth['state'] {
  const { lastComplete, lastError } = delivery;
  if (fields['enabled'] !== true) return 'disabled';
  if (lastError !== null) return 'failing';
  if (lastComplete === null) return 'never_ran';
  return Date.parse(at) - Date.parse(lastComplete) > LAGGING_AFTER_MS ? 'lagging' : 'healthy';
}

// Both are tried only where a word begins, so that a long word takes no longer than to walk over it.
const ADDRESS = /(?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/[^\s"']+/gi;
const CREDENTIAL = /(?<![\w-])(?=[\w-]*?(?:key|token|secret|password|sig|credential))[\w-]+=[^\s&"']+/gi;

/** Keeps the sense of Cloudflare's error text, without any address in it. */
export function cleanDeliveryError(text: string): string {
  const cleaned = text
    .replaceAll(ADDRESS, '[address]')
    .replaceAll(CREDENTIAL, '[credential]')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
  return cleaned.length > LONGEST_ERROR ? `${cleaned.slice(0, LONGEST_ERROR)}…` : cleaned;
}
