import { cleanText } from '../core/render/foreign-text.ts';

/** What can be wrong with settings. Stable, documented in docs/settings.md, never reused. */
export const FINDING_CODES = {
  'unreadable-settings': 'The settings file cannot be read, or is not one YAML mapping.',
  'bad-window':
    'A change window has a time that is none: its cron expression, its duration or its time zone.',
  'bad-yaml': 'The settings file is not valid YAML.',
  'unknown-key': 'The settings file has a key that does not exist.',
  'unknown-variable': 'A variable starts with LOGPUSHD_ and sets nothing. A warning.',
  'wrong-type': 'The value has the wrong type: text where a number is needed, and the like.',
  'out-of-range': 'The value is of the right type, but too small, too large or too long.',
  'not-allowed-value': 'The key takes one of a few words, and this is none of them.',
  contradiction: 'Two variables set what can hold only in one form.',
  'bad-schedule': 'The schedule is not a cron expression, or fires too often or never.',
  'bad-timezone': 'The time zone does not exist.',
  'bad-url': 'The address of the API is not a URL that credentials may be sent to.',
  'unchecked-certificates':
    'The environment switches the checks of certificates off, so the credential could go to anybody.',
  'bad-state': 'The place of the state is neither file:PATH nor memory.',
  'bad-election':
    'The times of the leader election do not fit together, or the state is one that other replicas do not see.',
  'bad-reader': 'A reader of challenges lacks a key that its kind needs, or has one that it does not have.',
  'bad-receiver':
    'A receiver of alerts lacks a key that its type needs, has one that it does not have, or shows a credential.',
  'bad-http': 'The listen address is neither HOST:PORT nor off.',
  'bad-traces':
    'A standard variable of OpenTelemetry says what logpushd cannot do. A warning: traces go on without it, or not at all.',
  'missing-credentials': 'The command talks to Cloudflare, and the environment holds no complete credential.',
  'bad-credentials':
    'A credential cannot be used as it is: two of one kind, an unreadable file, a line break inside.',
} as const;

export type FindingCode = keyof typeof FINDING_CODES;

/** Something wrong in what a person set. Findings are collected and shown all at once, never thrown. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  /** `file:line:column`, the name of a variable, or a flag. */
  readonly place: string;
  /** As in `guard.max_removals`; empty when it is not about one key. */
  readonly key: string;
  /** What is wrong with which value, and the remedy. Never a credential. */
  readonly message: string;
}

/** All findings for people: place, severity, code and key, then what to do. Empty text for none. */
export function renderFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ place, severity, code, key, message }) => {
      const head = [place, severity, code, key].filter((part) => part !== '').join('  ');
      return `${head}\n  ${message}`
        .split('\n')
        .map((line) => `${cleanText(line)}\n`)
        .join('');
    })
    .join('');
}

/** A value as a person typed it, short enough for one line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
