import { type Diagnosis, ok, type Trouble } from './diagnosis.ts';

/** What is told from the answers themselves: token, clock and rate limit. */

const DAY_MS = 86_400_000;
/** Long enough to have a new token made by somebody else. */
const TOKEN_WARNING_DAYS = 14;
/** Signatures of storage services are refused when clocks differ by some minutes. */
const CLOCK_WARN_MS = 30_000;
const CLOCK_FAIL_MS = 300_000;
const FEW_LEFT = 0.1;

/** What Cloudflare says about the token; null where it does not say. */
export type TokenSight =
  | { readonly status: string; readonly expiresOn: string | undefined }
  | { readonly trouble: Trouble }
  | { readonly isAccepted: boolean; readonly why: string };

export function tokenDiagnosis(token: TokenSight, now: number): Diagnosis {
  const row = { check: 'token', subject: '' } as const;
  if ('trouble' in token) return { ...row, state: 'fail', ...token.trouble };
  if ('why' in token) {
    const says = `It is accepted. ${token.why}`;
    return { ...row, state: 'unknown', says, next: 'Look in the dashboard until when it is valid.' };
  }
  const { status, expiresOn } = token;
  if (status !== 'active') {
    const next = 'Make a new token with the same rights and put it where logpushd reads it.';
    return { ...row, state: 'fail', says: `Cloudflare calls it ${status}.`, next };
  }
  if (expiresOn === undefined) return ok('token', '', 'It is active and has no end.');
  return until({ ...row, expiresOn, now, warnDays: TOKEN_WARNING_DAYS, what: 'token' });
}

/** A state by how many days are left. */
export function until(given: {
  readonly check: Diagnosis['check'];
  readonly subject: string;
  /** RFC 3339, or a date. */
  readonly expiresOn: string;
  readonly now: number;
  readonly warnDays: number;
  readonly what: string;
}): Diagnosis {
  const { check, subject, expiresOn, now, warnDays, what } = given;
  const end = Date.parse(expiresOn);
  const row = { check, subject };
  if (Number.isNaN(end)) {
    return {
      ...row,
      state: 'unknown',
      says: `Its end cannot be read: ${expiresOn}.`,
      next: `Look when the ${what} ends.`,
    };
  }
  const days = Math.floor((end - now) / DAY_MS);
  const next = `Make a new ${what}, and put it in place before that day.`;
  if (end <= now) {
    return {
      ...row,
      state: 'fail',
      says: `It ended on ${expiresOn}.`,
      next: `Make a new ${what} and put it in place.`,
    };
  }
  if (days < warnDays)
    return { ...row, state: 'warn', says: `It ends on ${expiresOn}, in ${days} days.`, next };
  return ok(check, subject, `It is valid until ${expiresOn}, for ${days} days.`);
}

/** @param aheadMs how far Cloudflare's clock is ahead of ours; null where no answer had a date. */
export function clockDiagnosis(aheadMs: number | null): Diagnosis {
  const row = { check: 'clock', subject: '' } as const;
  if (aheadMs === null) {
    const says = 'No answer of Cloudflare said what time it has there.';
    return { ...row, state: 'unknown', says, next: 'Compare the clock of this machine with another one.' };
  }
  const off = Math.abs(aheadMs);
  const seconds = Math.round(off / 1000);
  if (off < CLOCK_WARN_MS) return ok('clock', '', `It is ${seconds} s off that of Cloudflare.`);
  return {
    ...row,
    state: off < CLOCK_FAIL_MS ? 'warn' : 'fail',
    says: `It is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} that of Cloudflare.`,
    next: 'Let this machine set its clock (NTP): tokens, certificates and the age of what is seen are judged by it.',
  };
}

export interface RateSight {
  /** What Cloudflare says is left; undefined where it does not say. */
  readonly remaining: number | undefined;
  /** Sent by this process in the window, and what it allows itself. */
  readonly used: number;
  readonly limit: number;
  /** Until a hold after a 429 ends; 0 without one. */
  readonly heldMs: number;
}

/** What the answers so far say by themselves. */
export interface Connection {
  readonly rate: RateSight;
  /** How far Cloudflare's clock is ahead of ours; null where no answer was dated. */
  readonly clockAheadMs: number | null;
}

/** @param isAnswered whether Cloudflare has answered anything */
export function rateDiagnosis({ remaining, used, limit, heldMs }: RateSight, isAnswered: boolean): Diagnosis {
  const row = { check: 'rate limit', subject: '' } as const;
  if (!isAnswered) {
    const says = 'Cloudflare has not answered, so nothing is known of what is left.';
    return { ...row, state: 'unknown', says, next: '' };
  }
  const next = 'Find out who else uses this token, or lower cloudflare.quota.share.';
  if (heldMs > 0) {
    const says = `It is used up; calls wait ${Math.ceil(heldMs / 1000)} s.`;
    return { ...row, state: 'fail', says, next };
  }
  if (remaining === undefined) {
    return ok(
      'rate limit',
      '',
      `Cloudflare does not say what is left; ${used} of ${limit} own calls are used.`,
    );
  }
  const says = `Cloudflare says that ${remaining} calls are left in this window.`;
  return remaining < limit * FEW_LEFT ? { ...row, state: 'warn', says, next } : ok('rate limit', '', says);
}
