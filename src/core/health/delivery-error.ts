const LONGEST_ERROR = 200;

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
