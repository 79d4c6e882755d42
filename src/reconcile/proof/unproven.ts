import type { AskedChallenge } from '../../core/plan/ledger-entry.ts';

/** Why a destination is not proven, as clauses for a `ChallengeError`; and how long each lasts. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const WHY_NOT_TAKEN =
  'the ownership_challenge of the manifest has expired, or is that of another zone, account or destination';

export function whyNotWritten(message: string): string {
  const told = message === '' ? '' : ` (${message})`;
  return `Cloudflare could not write a challenge file there${told}; give it the right to write, as its documentation of this type says`;
}

export function whyNoName({ at }: AskedChallenge): string {
  return (
    `Cloudflare was asked to write a challenge file, and its answer was lost; it is asked again at ${againAfter(at, HOUR_MS)}, as ` +
    'each request writes a file'
  );
}

export function whyUnnamed({ at }: AskedChallenge): string {
  return (
    'Cloudflare says that it has written a challenge file, but no name that it can be read by; it is asked again at ' +
    `${againAfter(at, HOUR_MS)}, and until then a token written as ownership_challenge would do`
  );
}

export function whyMissing(filename: string): string {
  return (
    `the challenge file ${filename} is not there yet, or not where the reader looks; it is looked for again, and ` +
    'the reader is what to check in the setting challenge.readers'
  );
}

/** It may have been read while it was written. */
export function whyDoubted(filename: string): string {
  return `what the reader found as ${filename} is not a token that Cloudflare takes; it is read once more before that is believed`;
}

export function whyRefused(filename: string, { at }: AskedChallenge): string {
  return (
    `what the reader found as ${filename} is not a token that Cloudflare takes: it is of another zone, account or ` +
    `destination, has expired, or is another file; a new one is asked for at ${againAfter(at, DAY_MS)}, and the reader is what to ` +
    'check in the setting challenge.readers'
  );
}

function againAfter(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
