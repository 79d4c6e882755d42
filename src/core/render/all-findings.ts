import type { Plan } from '../plan/change.ts';
import { byPlace, type Problem } from '../problem.ts';
import type { PlanReport } from './plan-report.ts';

/** What refuses single jobs of these scopes, each once however many scopes have the job; in order of place. */
export function jobFindings(plans: readonly Plan[]): readonly Problem[] {
  const found = plans.flatMap(({ desired }) => desired.blocked).flatMap(({ findings }) => findings ?? []);
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()].toSorted(byPlace);
}

/** Findings about the manifest, and then those of single jobs. */
export function allFindings({ problems, plans }: PlanReport): readonly Problem[] {
  return [...problems, ...jobFindings(plans)];
}
