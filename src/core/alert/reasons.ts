import { plural } from '../render/summary.ts';

/** How much it matters: `critical` wakes somebody, `warning` waits for the morning, `info` is good to know. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What is the same of all alerts of one reason. */
interface ReasonTerms {
  readonly severity: Severity;
  /** For docs/alerts.md. */
  readonly means: string;
  /** The summary where several things are wrong for one cause, or many for none that is known. */
  readonly many: (count: number, cause: string | null) => string;
  /** What to do next, where the report knows nothing better. */
  readonly next: string;
  /**
   * What shows that it is over: `scope`, a later look at the scope finds it no more; `pass`, a later pass comes to its
   * end without it; `event`, an event says so.
   */
  readonly endsBy: 'scope' | 'pass' | 'event';
}

/** Every reason to tell people something. A new one is a row here, and a row for its event in `alert-table.ts`. */
export const REASONS = {
  DriftDetected: {
    severity: 'warning',
    means: 'Somebody changed, deleted or made a job of the manifest at Cloudflare.',
    many: (count) => `${count} jobs were changed at Cloudflare, not by the manifest`,
    next: 'Run "logpushd drift" to see both sides; "logpushd drift accept" takes what is to stay into the manifest.',
    endsBy: 'scope',
  },
  DriftFought: {
    severity: 'warning',
    means: 'What logpushd puts right is undone again and again, so it is tried once an hour only.',
    many: (count) => `${count} jobs are changed back again and again`,
    next: "Find the other tool or person; Cloudflare's audit log names them.",
    endsBy: 'scope',
  },
  StrayFound: {
    severity: 'critical',
    means: 'A live job sends logs to where guard.allowed_destinations allows none to.',
    many: (count) => `${count} jobs send logs to where the settings allow none to`,
    next: 'Find out who made it; delete it, or add the place to guard.allowed_destinations.',
    endsBy: 'scope',
  },
  JobDisabled: {
    severity: 'critical',
    means: 'Cloudflare has disabled a job, because it could not deliver for a day. Its logs are lost.',
    many: (count, cause) => `${plural(count, 'job')} were disabled by Cloudflare${why(cause)}`,
    next: 'Put the destination right, then enable the job again.',
    endsBy: 'scope',
  },
  JobFailing: {
    severity: 'critical',
    means:
      'A job is enabled and cannot deliver. After a day Cloudflare disables it, and logs of the meantime are lost.',
    many: (count, cause) => `${plural(count, 'job')} cannot deliver${why(cause)}`,
    next: 'Put the destination right: its name, its rights, its credentials.',
    endsBy: 'scope',
  },
  JobLagging: {
    severity: 'warning',
    means:
      'A job is enabled, reports no error, and has delivered nothing for longer than its dataset should leave.',
    many: (count) => `${count} jobs have delivered nothing for too long`,
    next: 'See whether there was traffic; if there was, look at the destination and at the filter.',
    endsBy: 'scope',
  },
  JobBlocked: {
    severity: 'warning',
    means:
      'A job of the manifest cannot be made as it is written, say because a secret is missing. It is left as it is.',
    many: (count) => `${count} jobs of the manifest cannot be made as they are written`,
    next: 'Run "logpushd plan" for each of them.',
    endsBy: 'scope',
  },
  FieldsNew: {
    severity: 'info',
    means:
      'Cloudflare lists fields by now that jobs with `all`, `default` or `all_except` could have. Nothing is written before you ask for it.',
    many: (count, cause) => `${cause ?? 'New fields at Cloudflare'}; ${plural(count, 'job')} could have them`,
    next: 'Run "logpushd fields --lock" to take them, as a change to review; or leave them out with all_except.',
    endsBy: 'scope',
  },
  ChangeFailed: {
    severity: 'warning',
    means: 'Cloudflare did not carry out a change.',
    many: (count, cause) => `${count} changes failed${why(cause)}`,
    next: 'Run "logpushd plan" to see what is left to do.',
    endsBy: 'scope',
  },
  DestinationFailing: {
    severity: 'critical',
    means: 'Cloudflare cannot write to a destination. One alert for all jobs that deliver there.',
    many: (count, cause) =>
      `${cause ?? 'A destination'} refuses what Cloudflare writes, for ${plural(count, 'job')}`,
    next: 'Put the destination right: its name, its rights, its credentials. Changes are tried again by themselves.',
    endsBy: 'scope',
  },
  ChallengeWaiting: {
    severity: 'warning',
    means: 'A job waits for the proof that its destination is yours.',
    many: (count) => `${count} jobs wait for a proof of ownership of their destinations`,
    next: 'Set up a reader in challenge.readers, or prove it by hand with "logpushd challenge".',
    endsBy: 'scope',
  },
  ScopeUnreadable: {
    severity: 'warning',
    means:
      'The jobs of a zone or account cannot be read; where it may pass by itself, told after five minutes.',
    many: (count, cause) => `${count} zones or accounts cannot be read${why(cause)}`,
    next: 'Run "logpushd doctor": it shows what the token may do.',
    endsBy: 'scope',
  },
  ScopeUnresolved: {
    severity: 'warning',
    means: 'The manifest names a zone or account that the token does not see.',
    many: (count) => `${count} names of the manifest are no zone or account that the token sees`,
    next: 'Correct the name in the manifest, or give the token the right to see it.',
    endsBy: 'pass',
  },
  ChangesRefused: {
    severity: 'critical',
    means: 'The guard let nothing be written: one pass would take too much away.',
    many: (count) => `Nothing is written in ${count} zones or accounts: too much would go`,
    next: 'Run "logpushd plan"; if it is meant, let it through with "logpushd approve" and the digest that it names.',
    endsBy: 'scope',
  },
  ManifestInvalid: {
    severity: 'warning',
    means: 'The manifest has errors and is not used; the last good one stays in force.',
    many: () => 'The manifest has errors and is not used',
    next: 'Run "logpushd validate" and correct it.',
    endsBy: 'event',
  },
  ManifestUnreadable: {
    severity: 'warning',
    means: 'The manifest could not be read; the last good one stays in force.',
    many: () => 'The manifest cannot be read',
    next: 'Look at the path, the mount and the rights of the files.',
    endsBy: 'event',
  },
  CloudflareUnreachable: {
    severity: 'warning',
    means:
      'No pass can even begin: zones and accounts cannot be listed. Where it may pass by itself, told after five minutes.',
    many: () => 'No pass can begin: zones and accounts cannot be listed',
    next: 'Look at the network, the proxy and cloudflare.base_url; "logpushd doctor" tries them.',
    endsBy: 'pass',
  },
  TokenRefused: {
    severity: 'critical',
    means: 'Cloudflare refuses the API token, whatever is asked. Nothing is kept as the manifest says.',
    many: () => 'Cloudflare refuses the API token',
    next: 'Renew the token, and run "logpushd doctor".',
    endsBy: 'event',
  },
  CredentialExpiring: {
    severity: 'warning',
    means:
      'A shared access signature (SAS) of a destination, or the API token of logpushd, ends within 30 days, by what it says of itself. ' +
      'Told once; over when it is renewed.',
    many: (_, cause) => capital(cause ?? 'several credentials end soon'),
    next: 'Make a new one and put it in place before that day; logpushd reads it by itself, from a secret or token file.',
    endsBy: 'scope',
  },
  CredentialExpired: {
    severity: 'critical',
    means: 'Such a credential ends within a day, or has ended.',
    many: (_, cause) => capital(cause ?? 'several credentials end now'),
    next: 'Make a new one and put it in place now: without it nothing is delivered, or nothing kept as the manifest says.',
    endsBy: 'scope',
  },
  ChallengeExpiring: {
    severity: 'warning',
    means:
      'An ownership_challenge of the manifest ends within a day, and something still holds back the job that has to show it: a pause, the ' +
      'mode, a change window or a limit. Cloudflare takes it no more then.',
    many: (_, cause) => capital(cause ?? 'several proofs of ownership end soon'),
    next: 'Let the job be written before that, or ask for a new token with "logpushd challenge request".',
    endsBy: 'scope',
  },
  StateUnsaved: {
    severity: 'critical',
    means: 'What logpushd remembers of its jobs cannot be saved.',
    many: (count) => `The state of ${count} zones or accounts cannot be saved`,
    next: 'Look at the disk and the rights of the folder of the setting "state".',
    endsBy: 'pass',
  },
  RecordUnsaved: {
    severity: 'warning',
    means:
      'What logpushd remembers of the past cannot be saved: health and gaps, the history, or the audit log.',
    many: (count) => `${count} records of the past cannot be saved`,
    next: 'Look at the disk and the rights of the folder of the setting "state". Nothing is lost before a restart.',
    endsBy: 'event',
  },
  PauseStanding: {
    severity: 'warning',
    means: 'A scope or job is paused without an end, or for long, and may have been forgotten.',
    many: (count) => `${count} pauses still stand`,
    next: 'End it with "logpushd resume", or give it an end.',
    endsBy: 'event',
  },
  InvariantViolated: {
    severity: 'critical',
    means: 'A bug of logpushd was caught before it did harm. Nothing is written until a restart.',
    many: () => 'A bug of logpushd was caught; nothing is written until a restart',
    next: 'Restart logpushd, and report the bug with its log.',
    endsBy: 'event',
  },
} as const satisfies Readonly<Record<string, ReasonTerms>>;

export type Reason = keyof typeof REASONS;
export const REASON_NAMES = Object.keys(REASONS).filter(isReason);

export function isReason(name: string): name is Reason {
  return Object.hasOwn(REASONS, name);
}

export function termsOf(reason: Reason): ReasonTerms {
  return REASONS[reason];
}

function why(cause: string | null): string {
  return cause === null ? '' : `: ${cause}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
