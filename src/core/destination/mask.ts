/** Shown in place of a secret. */
export const MASK = '…';

/**
 * Whether Cloudflare (or a proxy in between) put something in place of a secret: asterisks, bullets, the word
 * "redacted", or nothing. Such a value says that there is a secret, and not which (`cloudflare-api.md` §2.5).
 */
export function isMasked(value: string): boolean {
  return value.trim() === '' || /\*{3}|^\*+$|redacted|[•●∙…]/i.test(value);
}
