/**
 * A time to the minute, for sentences, as in `2026-11-23 10:41 UTC`.
 *
 * @param at milliseconds since the epoch, or RFC 3339 in UTC
 */
export function minuteText(at: number | string): string {
  const text = typeof at === 'string' ? at : new Date(at).toISOString();
  return `${text.slice(0, 16).replace('T', ' ')} UTC`;
}
