import { byPlace, type Problem } from '../problem.ts';
import type { PlanReport } from './plan-report.ts';

/** Findings about the manifest, and then those of single jobs, each once however many scopes have the job. */
export function allFindings({ problems, plans }: PlanReport): readonly Problem[] {
  const ofJobs = plans.flatMap(({ desired }) => desired.blocked).flatMap(({ findings }) => findings ?? []);
  const each = new Map([...problems, ...ofJobs.toSorted(byPlace)].map((one) => [JSON.stringify(one), one]));
  return [...each.values()];
}
