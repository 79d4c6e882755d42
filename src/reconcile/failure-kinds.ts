/** When it makes sense to try again. */
export type RetryWhen = 'next-pass' | 'after-edit' | 'never';

/** What a failure of one kind means for what comes next. */
export interface FailureTerms {
  /** For docs/errors.md: what has happened. */
  readonly means: string;
  /** For docs/errors.md: what logpushd does then. */
  readonly reaction: string;
  readonly retry: RetryWhen;
  /**
   * How long a change that was refused is not sent again while nothing has changed: first, and at most; it doubles each
   * time; so it is for a create whose answer was lost. Null: it is not a refusal.
   */
  readonly wait: { readonly firstMs: number; readonly longestMs: number } | null;
  /** `destination`: whatever delivers there is refused alike. */
  readonly about: 'job' | 'destination';
  readonly needsPerson: boolean;
}

const MINUTE_MS = 60_000;
const HOURLY = { firstMs: 60 * MINUTE_MS, longestMs: 60 * MINUTE_MS };
const DOUBLING = { firstMs: MINUTE_MS, longestMs: 30 * MINUTE_MS };

const WAITS_HOUR =
  'The job is sent again when it changes in the manifest or at Cloudflare, and once an hour in case something else has.';
const WAITS_DOUBLING =
  'It is sent again after a minute, then later each time up to half an hour, and at once when the job changes.';

/** All kinds of failure. Parking, log levels and docs/errors.md follow this table. */
export const FAILURE_KINDS = {
  retry: {
    means: 'Cloudflare, or the way to it, did not answer as it should.',
    reaction:
      'The call is repeated within seconds, later each time, then by the next pass. A create is never repeated before ' +
      'listings have shown that it did not arrive; the next one after a minute, then later each time up to half an hour.',
    retry: 'next-pass',
    wait: DOUBLING,
    about: 'job',
    needsPerson: false,
  },
  later: {
    means: 'It was not carried out now, and will be by itself.',
    reaction: `All calls of the token wait as long as Cloudflare says. An update that changed nothing: ${lower(WAITS_DOUBLING)}`,
    retry: 'next-pass',
    wait: DOUBLING,
    about: 'job',
    needsPerson: false,
  },
  'after-edit': {
    means: 'Cloudflare does not take the job as it is written.',
    reaction: WAITS_HOUR,
    retry: 'after-edit',
    wait: HOURLY,
    about: 'job',
    needsPerson: true,
  },
  'missing-right': {
    means: 'The token is not accepted, or lacks a right.',
    reaction:
      'Nothing is concluded about the jobs of that scope. A token that is refused everywhere is tried by one call at ' +
      `a time. A write that alone lacks a right: ${lower(WAITS_DOUBLING)}`,
    retry: 'next-pass',
    wait: DOUBLING,
    about: 'job',
    needsPerson: true,
  },
  quota: {
    means: 'The zone or account has as many jobs as Cloudflare allows it.',
    reaction:
      'The job is sent again when another one of its scope has gone, when it changes, and once an hour.',
    retry: 'after-edit',
    wait: HOURLY,
    about: 'job',
    needsPerson: true,
  },
  entitlement: {
    means: 'The plan of the zone or account does not include it.',
    reaction: WAITS_HOUR,
    retry: 'after-edit',
    wait: HOURLY,
    about: 'job',
    needsPerson: true,
  },
  destination: {
    means: 'Cloudflare tried to write to the destination and could not.',
    reaction:
      `${WAITS_DOUBLING} Once three jobs were refused because of one destination, it is held: a single ` +
      'write tries it for all.',
    retry: 'next-pass',
    wait: DOUBLING,
    about: 'destination',
    needsPerson: true,
  },
  ownership: {
    means: 'The destination is not proven to be yours.',
    reaction:
      'A token that was refused is not shown again. With a reader of the setting challenge.readers another one is asked ' +
      'for after a day; without one the job is sent again when it changes, and once an hour.',
    retry: 'after-edit',
    wait: HOURLY,
    about: 'job',
    needsPerson: true,
  },
  gone: {
    means: 'The job, zone or account is not there any more.',
    reaction: 'The scope is read again; a delete counts as done.',
    retry: 'next-pass',
    wait: null,
    about: 'job',
    needsPerson: false,
  },
  conflict: {
    means: 'Something like it is there already, or it is in use.',
    reaction:
      'After a create the scope is listed, and a job that turned up is taken for the one that was made. Otherwise as after an edit.',
    retry: 'after-edit',
    wait: HOURLY,
    about: 'job',
    needsPerson: true,
  },
  unknown: {
    means: 'This release does not know the answer.',
    reaction: WAITS_HOUR,
    retry: 'after-edit',
    wait: HOURLY,
    about: 'job',
    needsPerson: true,
  },
} as const satisfies Readonly<Record<string, FailureTerms>>;

export type FailureKind = keyof typeof FAILURE_KINDS;

export function termsOf(kind: FailureKind): FailureTerms {
  return FAILURE_KINDS[kind];
}

/** What an answer of Cloudflare means, for people. */
export interface FailureMeaning {
  readonly kind: FailureKind;
  /** One sentence: what has happened. */
  readonly says: string;
  /** What the person who reads it can do. */
  readonly next: string;
  /** It is about the token as such, not about what was asked. */
  readonly isOfToken?: true;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
