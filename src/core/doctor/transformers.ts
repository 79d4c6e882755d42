import type { Scope } from '../job/job.ts';
import { plural } from '../render/summary.ts';
import type { TransformerPlan } from '../transformer/change.ts';
import { type Diagnosis, ok, type Trouble } from './diagnosis.ts';

/** What of the transformers of one account was seen. */
export interface TransformersSight {
  readonly scope: Scope;
  readonly seen: TransformerPlan | { readonly trouble: Trouble };
  /** Those whose new SQL Cloudflare did not take when it was tried on an empty record. */
  readonly refused: readonly { readonly name: string; readonly trouble: Trouble }[];
}

export function transformerDiagnoses(sights: readonly TransformersSight[]): readonly Diagnosis[] {
  return sights.flatMap(({ scope, seen, refused }) => {
    const row = { check: 'transformers', subject: scope.name } as const;
    if ('trouble' in seen) return [{ ...row, state: 'fail', ...seen.trouble }];
    const { desired, changes, withheld } = seen;
    const says = `They can be read: ${plural(desired.transformers.length, 'transformer')} in the manifest, ${plural(changes.length, 'change')}.`;
    const next = '"logpushd plan" says why.';
    const held = `${says} ${plural(withheld.length, 'change')} will not be made.`;
    return [
      withheld.length === 0
        ? ok('transformers', scope.name, says)
        : ({ ...row, state: 'warn', says: held, next } as const),
      ...refused.map(({ name, trouble }): Diagnosis => ({
        ...row,
        state: 'fail',
        says: `${name}, tried on an empty record: ${trouble.says}`,
        next: `${trouble.next} "logpushd plan --preview-sample FILE" tries it on real records.`,
      })),
    ];
  });
}
