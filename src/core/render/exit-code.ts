import type { DifferenceClass, Plan, Withheld } from '../plan/change.ts';
import { isError } from '../problem.ts';
import type { PlanReport } from './plan-report.ts';

/** The exit codes of `plan` (`design.md` §5); 70, a bug, is not for a report to know. */
export type PlanExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/**
 * What a plan says to a script: 3 the manifest is wrong, 5 refused by the guard, 1 part of it could not be
 * decided or waits for a person; and with `detailed` 2 changes are pending, 4 drift, 6 both. What is withheld counts, for it differs
 * all the same; what is unverifiable or unmanaged does not.
 */
export function exitCodeOf(report: PlanReport, detailed: boolean): PlanExitCode {
  if (report.problems.some(isError)) return 3;
  if (report.refusal !== null) return 5;
  const isBlocked = report.plans.some(({ desired }) => desired.blocked.length > 0);
  const isWaiting = report.plans.some(({ withheld }) => withheld.some((each) => each.waitsFor !== undefined));
  const { plans = [], unreadable = [] } = report.transformers ?? {};
  const isUnread = report.unreadable.length + unreadable.length > 0;
  if (isUnread || report.unresolved.length > 0 || isBlocked || isWaiting) return 1;
  if (!detailed) return 0;
  const ofTransformers = plans.flatMap(({ changes, withheld }) =>
    [...changes, ...withheld].map((change) => change.class),
  );
  const classes = new Set([...report.plans.flatMap(classesOf), ...ofTransformers]);
  const pending = classes.has('pending') || classes.has('conflict');
  const drift = classes.has('drift') || classes.has('conflict');
  if (pending && drift) return 6;
  return pending ? 2 : drift ? 4 : 0;
}

function classesOf({ changes, withheld }: Plan): readonly DifferenceClass[] {
  const differing = [...changes, ...withheld.filter((each) => !isMereAdoption(each))];
  return differing.flatMap((each) => [each.class, ...each.fields.map((field) => field.class)]);
}

/** A job that is as desired and only not taken into the ledger: nothing about it differs. */
function isMereAdoption({ action, id, fields }: Withheld): boolean {
  return action === 'adopt' && id !== undefined && fields.length === 0;
}
