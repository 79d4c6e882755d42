import type { Scope } from '../job/job.ts';
import {
  idOf,
  type TransformerChange,
  type TransformerPlan,
  type WithheldTransformer,
} from '../transformer/change.ts';
import type { PlanReport } from './plan-report.ts';

/** The transformers of one account in the document of a plan. */
export interface TransformersDocument {
  readonly scope: Scope;
  readonly changes: readonly TransformerChangeDocument[];
  readonly withheld: readonly TransformerChangeDocument[];
  readonly unmanaged: readonly { readonly name: string; readonly id: number }[];
  readonly unreadable?: { readonly reason: string };
}

interface TransformerChangeDocument {
  readonly action: TransformerChange['action'];
  readonly name: string;
  readonly id?: number;
  readonly class: TransformerChange['class'];
  readonly fields: TransformerChange['fields'];
  readonly reason: string;
  readonly origin?: { readonly file: string; readonly line: number };
}

export function transformersDocuments({
  transformers,
}: Pick<PlanReport, 'transformers'>): readonly TransformersDocument[] {
  const { plans = [], unreadable = [] } = transformers ?? {};
  return [
    ...plans.map(planDocument),
    ...unreadable.map(({ scope: { kind, id, name }, reason }) => ({
      scope: { kind, id, name },
      changes: [],
      withheld: [],
      unmanaged: [],
      unreadable: { reason },
    })),
  ];
}

function planDocument({ scope, changes, withheld, unmanaged }: TransformerPlan): TransformersDocument {
  const { kind, id, name } = scope;
  return {
    scope: { kind, id, name },
    changes: changes.map(changeDocument),
    withheld: withheld.map(changeDocument),
    unmanaged: unmanaged.map((one) => ({ name: one.name, id: one.id })),
  };
}

function changeDocument(change: TransformerChange | WithheldTransformer): TransformerChangeDocument {
  const { action, name, fields, reason, origin } = change;
  const id = idOf(change);
  return {
    action,
    name,
    ...(id !== undefined && { id }),
    class: change.class,
    fields,
    reason,
    ...(origin && { origin: { file: origin.file, line: origin.line } }),
  };
}
