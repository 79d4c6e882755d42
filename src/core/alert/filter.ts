import { matches } from '../manifest/glob.ts';
import type { Group, Labels, Subject } from './alert.ts';
import { type Reason, SEVERITIES, type Severity, termsOf } from './reasons.ts';

/** Which alerts a receiver is for. */
export interface AlertFilter {
  readonly minSeverity: Severity;
  /** Empty: all. */
  readonly reasons: readonly Reason[];
  /** Patterns of names of zones and accounts; empty: all. What is about no scope passes: it concerns everybody. */
  readonly scopes: readonly string[];
  /** Patterns by the name of a label. What lacks one of them does not pass. */
  readonly labels: Labels;
}

/** The subjects of a group that a receiver is told of; none: it is told nothing. */
export function subjectsFor(
  { minSeverity, reasons, scopes, labels }: AlertFilter,
  { reason, subjects }: Pick<Group, 'reason' | 'subjects'>,
): readonly Subject[] {
  const { severity } = termsOf(reason);
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(minSeverity)) return [];
  if (reasons.length > 0 && !reasons.includes(reason)) return [];
  const isFor = ({ scope, labels: own }: Subject): boolean =>
    (scope === null || scopes.length === 0 || scopes.some((pattern) => matches(pattern, scope.name))) &&
    Object.entries(labels).every(
      ([name, pattern]) => Object.hasOwn(own, name) && matches(pattern, own[name] ?? ''),
    );
  return subjects.filter(isFor);
}
