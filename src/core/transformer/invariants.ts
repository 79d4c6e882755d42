import { modeOf, type PlanPolicy, pruneOf } from '../plan/policy.ts';
import type { TransformerLedger } from './owned.ts';
import type { DesiredTransformers, ListedTransformer } from './transformer.ts';

/**
 * What holds for every write of a transformer, however it was planned: checked right before it is sent, from the manifest, the
 * listing and the ledger alone.
 */
export const TRANSFORMER_INVARIANTS = {
  'transformer-observed': 'nothing is written to transformers in mode observe',
  'transformer-of-other-account': 'only transformers of the account that the plan is about are written to',
  'undesired-transformer': 'only transformers of the manifest are created and changed',
  'transformer-beside-equal': 'no transformer is created while one of its name is there',
  'foreign-transformer': 'transformers of others are changed only as adopt allows, and never deleted',
  'delete-of-wanted-transformer': 'a transformer that the manifest wants is not deleted',
  'transformer-prune-never': 'with prune: never no transformer is deleted',
} as const;

export type TransformerInvariant = keyof typeof TRANSFORMER_INVARIANTS;

export const TRANSFORMER_INVARIANT_NAMES: readonly TransformerInvariant[] =
  Object.keys(TRANSFORMER_INVARIANTS).filter(isInvariant);

function isInvariant(name: string): name is TransformerInvariant {
  return name in TRANSFORMER_INVARIANTS;
}

export type TransformerWrite =
  | { readonly method: 'POST'; readonly accountId: string; readonly name: string }
  | { readonly method: 'PUT'; readonly accountId: string; readonly id: number; readonly name: string }
  | { readonly method: 'DELETE'; readonly accountId: string; readonly id: number };

export interface TransformerFacts {
  readonly desired: DesiredTransformers;
  /** With what this pass has made since. */
  readonly listed: readonly ListedTransformer[];
  readonly ledger: TransformerLedger;
  readonly policy: Pick<PlanPolicy, 'mode' | 'prune' | 'adopt'>;
}

/** The first rule that this write would break, or null. */
export function brokenTransformerInvariant(
  write: TransformerWrite,
  facts: TransformerFacts,
): TransformerInvariant | null {
  const { desired, policy } = facts;
  if (modeOf(desired, policy).value === 'observe') return 'transformer-observed';
  if (write.accountId !== desired.scope.id) return 'transformer-of-other-account';
  return write.method === 'DELETE' ? brokenByDelete(write.id, facts) : brokenBySetting(write, facts);
}

function brokenBySetting(
  write: Extract<TransformerWrite, { name: string }>,
  { desired, listed, ledger, policy }: TransformerFacts,
): TransformerInvariant | null {
  const { name } = write;
  if (!desired.transformers.some((one) => one.name === name)) return 'undesired-transformer';
  if (write.method === 'POST') {
    return listed.some((one) => one.name === name) ? 'transformer-beside-equal' : null;
  }
  const isOwned = ledger.owned.some(({ id }) => id === write.id);
  const isMade = ledger.creating.some((open) => open.name === name && !open.beside.includes(write.id));
  return isOwned || isMade || policy.adopt === 'always' ? null : 'foreign-transformer';
}

function brokenByDelete(
  id: number,
  { desired, ledger, policy }: TransformerFacts,
): TransformerInvariant | null {
  const entry = ledger.owned.find((one) => one.id === id);
  if (entry === undefined) return 'foreign-transformer';
  if (desired.transformers.some(({ name }) => name === entry.name)) return 'delete-of-wanted-transformer';
  return pruneOf(desired, policy).value === 'never' ? 'transformer-prune-never' : null;
}
