import type { ScopeKind } from '../job/job.ts';
import { compareText } from '../problem.ts';
import type { Plan } from './change.ts';
import { datasetOf } from './desired-text.ts';

/** Fields that Cloudflare lists by now, and that jobs with `all`, `default` or `all_except` do not have yet. */
export interface NewFields {
  readonly kind: ScopeKind;
  readonly dataset: string;
  /** In alphabetical order. */
  readonly fields: readonly string[];
  /** How many jobs could have them. */
  readonly jobs: number;
}

export function newFieldsOf(plans: readonly Plan[]): readonly NewFields[] {
  const found = plans.flatMap(({ scope, desired }) =>
    desired.jobs.flatMap((job) =>
      job.newFields === undefined
        ? []
        : [{ kind: scope.kind, dataset: datasetOf(job), fields: job.newFields }],
    ),
  );
  const groups = Map.groupBy(found, ({ kind, dataset }) => `${dataset} ${kind}`);
  return [...groups]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      const fields = [...new Set(group.flatMap((one) => one.fields))].toSorted(compareText);
      return [{ ...first, fields, jobs: group.length }];
    });
}
