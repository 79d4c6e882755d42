import { type Scope, type ScopeKey, scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import { opensAt } from '../../core/transformer/change.ts';
import type { TransformerResult } from '../pass/pass-terms.ts';
import type { TransformerPass } from './terms.ts';
import { removeTransformers, writeTransformers } from './writes.ts';
import { transformerPlans, type TransformerSight } from './transformers.ts';

/** The id of a transformer that was made in this pass, by its account and name; undefined where it was not. */
export type MadeTransformers = (accountId: string | undefined, name: string) => number | undefined;

/** What frames the writing of the jobs of a pass. */
export interface Around {
  readonly idOf: MadeTransformers;
  /** After the jobs. */
  end(): Promise<{ readonly result?: TransformerResult; readonly unsettled: readonly Scope[] }>;
  /** When what is withheld may be written. */
  readonly lookAgainAt: readonly (readonly [ScopeKey, number])[];
}

const NOTHING_AROUND: Around = {
  idOf: () => undefined,
  lookAgainAt: [],
  end: async () => ({ unsettled: [] }),
};

/** Makes and changes transformers before the jobs that refer to them are written; what goes, goes after the jobs. */
export async function beginTransformers(
  sight: TransformerSight,
  jobPlans: readonly Plan[],
  isWriting: boolean,
  pass: TransformerPass,
): Promise<Around> {
  if (sight.accounts.size === 0) return NOTHING_AROUND;
  const plans = await transformerPlans(sight, jobPlans, pass.ports, pass.request);
  const before = isWriting ? await writeTransformers(plans, sight, pass) : [];
  return {
    idOf: (accountId, name) =>
      before.find(({ scope, change }) => scope.id === accountId && change.name === name)?.id,
    lookAgainAt: plans.flatMap((plan) => opensAt(plan).map((at) => [scopeKey(plan.scope), at] as const)),
    async end() {
      const outcomes = [...before, ...(isWriting ? await removeTransformers(plans, sight, pass) : [])];
      const unreadable = [...sight.accounts.values()].flatMap((one) => ('error' in one ? [one] : []));
      const waiting = plans.filter(({ scope }) => sight.isOpen(scope)).map(({ scope }) => scope);
      return { result: { plans, unreadable, outcomes }, unsettled: waiting };
    },
  };
}
