import type { Origin, Problem } from '../problem.ts';

/**
 * Every code that a finding about a manifest can have, and how severe it is. Codes are stable, never reused,
 * and explained in `docs/problems.md`.
 */
export const SEVERITIES = {
  'bad-alias': 'error',
  'bad-dataset': 'error',
  'bad-destination': 'error',
  'bad-file': 'error',
  'bad-filter': 'error',
  'bad-key': 'error',
  'bad-lock': 'error',
  'bad-merge': 'error',
  'bad-name': 'error',
  'bad-name-suffix': 'error',
  'bad-number': 'error',
  'bad-reference': 'error',
  'bad-scope': 'error',
  'bad-yaml': 'error',
  'both-option-forms': 'warning',
  'conflicting-keys': 'error',
  'conflicting-scope': 'error',
  'cyclic-alias': 'error',
  deprecated: 'warning',
  'duplicate-defaults': 'error',
  'duplicate-destination': 'error',
  'duplicate-id': 'error',
  'duplicate-item': 'error',
  'duplicate-key': 'error',
  'duplicate-name': 'error',
  'duplicate-preset': 'error',
  'empty-file': 'warning',
  'ended-ignore': 'warning',
  'forbidden-reference': 'error',
  'id-in-selector': 'error',
  'incomplete-destination': 'error',
  'inline-challenge': 'warning',
  'inline-secret': 'error',
  'known-key-in-extra': 'error',
  'missing-dataset': 'error',
  'missing-destination': 'error',
  'missing-key': 'error',
  'not-allowed-value': 'error',
  'not-enabled': 'warning',
  'old-spelling': 'warning',
  'option-not-for-dataset': 'warning',
  'option-not-for-destination': 'warning',
  'out-of-range': 'error',
  'secret-in-plain-field': 'error',
  'selects-nothing': 'warning',
  'stale-lock': 'warning',
  'template-action': 'warning',
  'template-field': 'warning',
  'too-deep': 'error',
  'too-large': 'error',
  'too-long': 'error',
  'too-many-documents': 'error',
  'too-many-files': 'error',
  'too-many-nodes': 'error',
  'too-many-problems': 'warning',
  'too-short': 'error',
  'unavailable-reference': 'error',
  'unknown-dataset': 'warning',
  'unknown-destination': 'error',
  'unknown-field': 'error',
  'unknown-ignore': 'warning',
  'unknown-key': 'error',
  'unknown-option': 'warning',
  'unknown-preset': 'error',
  'unlisted-field': 'warning',
  'unreadable-file': 'error',
  'unsafe-character': 'error',
  'unsafe-key': 'error',
  'unsupported-directive': 'error',
  'unsupported-kind': 'error',
  'unsupported-tag': 'error',
  'unusual-destination': 'warning',
  'unusual-filter': 'warning',
  'unusual-name': 'warning',
  'unusual-option': 'warning',
  'unusual-transformer': 'warning',
  'wrong-scope': 'warning',
  'wrong-type': 'error',
  'zone-in-account': 'warning',
} as const satisfies Record<string, Problem['severity']>;

export type ProblemCode = keyof typeof SEVERITIES;

/** Somewhere in the manifest: where in the text, and the YAML path as shown to people. */
export interface Place {
  readonly origin: Origin;
  readonly path: string;
}

export function finding(code: ProblemCode, { origin, path }: Place, message: string): Problem {
  return { severity: SEVERITIES[code], code, origin, path, message };
}
