import type { Scalar } from 'yaml';

/** An id of Cloudflare without quotes can look like a number, and as one it would lose its last digits. */
const LIKE_AN_ID = /^[0-9a-f]{32}$/i;
const PLAIN_NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/** The value of a YAML scalar, or a fault for a number that can be read in two ways. */
export function scalarValue(node: Scalar): {
  readonly value: string | number | boolean | null;
  readonly fault?: string;
} {
  const { value, source = '' } = node;
  if (typeof value === 'string' || typeof value === 'boolean') return { value };
  if (typeof value !== 'number') return { value: null };
  if (LIKE_AN_ID.test(source)) return { value: source };
  if (!PLAIN_NUMBER.test(source) || Object.is(value, -0)) {
    return {
      value: source,
      fault:
        'YAML reads this as a number in a notation that is easily misread. Write a plain decimal number, or put text in quotes.',
    };
  }
  if (Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)) return { value };
  return {
    value: source,
    fault: 'This number is too large to be kept exactly. Put it in quotes if it is text.',
  };
}
