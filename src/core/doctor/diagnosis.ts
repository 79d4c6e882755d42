/** `unknown`: it cannot be told from here; nothing points to trouble. */
export type DiagnosisState = 'ok' | 'unknown' | 'warn' | 'fail';

/** What was looked at. */
export type DiagnosisCheck =
  | 'manifest'
  | 'token'
  | 'zones'
  | 'accounts'
  | 'audit'
  | 'pushes'
  | 'scope'
  | 'job'
  | 'transformers'
  | 'destination'
  | 'sas'
  | 'challenge'
  | 'stray'
  | 'rate limit'
  | 'clock'
  | 'fields'
  | 'pass';

/** One line of what `doctor` says. */
export interface Diagnosis {
  readonly check: DiagnosisCheck;
  /** What of it, as in a zone or `s3://acme-logs`; empty where there is only one. */
  readonly subject: string;
  readonly state: DiagnosisState;
  /** What is the case. No secret. */
  readonly says: string;
  /** What to do; empty where there is nothing to do. */
  readonly next: string;
}

/** A failure in words: what happened, and what to do. */
export interface Trouble {
  readonly says: string;
  readonly next: string;
}

export function ok(check: DiagnosisCheck, subject: string, says: string): Diagnosis {
  return { check, subject, state: 'ok', says, next: '' };
}
