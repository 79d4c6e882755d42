import type { DesiredTransformer, Scope } from '../job/job.ts';
import type { Action, Difference } from '../plan/change.ts';
import type { DesiredTransformers, ListedTransformer, LiveTransformer } from './transformer.ts';

/** What of a transformer differs. */
export type TransformerField = 'name' | 'sql' | 'description';

/** Of an update; the SQL itself is not shown. */
type TransformerDifference = Difference<TransformerField>;

/** One step from live to desired. */
export type TransformerChange =
  | (TransformerDifference & { readonly action: 'create'; readonly desired: DesiredTransformer })
  | (TransformerDifference & {
      /** `adopt` is an update that also takes a transformer over that nobody owned. */
      readonly action: 'update' | 'adopt';
      readonly desired: DesiredTransformer;
      readonly live: LiveTransformer;
    })
  | (TransformerDifference & { readonly action: 'delete'; readonly live: ListedTransformer });

/** What differs and is not written, and what withholds it. */
export interface WithheldTransformer extends TransformerDifference {
  readonly action: Exclude<Action, 'replace'>;
  readonly id?: number;
  /** RFC 3339: when it is written all the same, unless it is right by then. */
  readonly until?: string;
}

export interface InSync {
  readonly desired: DesiredTransformer;
  readonly live: LiveTransformer;
  /** It is owned, or taken over without a write. */
  readonly isOurs: boolean;
}

/** Everything decided about the transformers of one account. */
export interface TransformerPlan {
  readonly scope: Scope;
  readonly desired: DesiredTransformers;
  /** Creates and updates first: jobs are written between them and the deletes. */
  readonly changes: readonly TransformerChange[];
  readonly withheld: readonly WithheldTransformer[];
  readonly unmanaged: readonly ListedTransformer[];
  readonly inSync: readonly InSync[];
}

export function idOf(change: TransformerChange | WithheldTransformer): number | undefined {
  if ('live' in change) return change.live.id;
  return 'id' in change ? change.id : undefined;
}

/** When something that is withheld may be written, milliseconds since the epoch; none where nothing waits for a time. */
export function opensAt({ withheld }: Pick<TransformerPlan, 'withheld'>): readonly number[] {
  return withheld.flatMap(({ until }) => (until === undefined ? [] : Date.parse(until)));
}

/** Those that somebody else has changed, made or deleted, whether that is put right or not. */
export function driftedTransformers({
  changes,
  withheld,
}: Pick<TransformerPlan, 'changes' | 'withheld'>): readonly (TransformerChange | WithheldTransformer)[] {
  return [...changes, ...withheld].filter((one) => one.class === 'drift' || one.class === 'conflict');
}

/** The change as it is told where it is not written. */
export function heldBack(
  { name, class: whose, fields, origin, ...change }: TransformerChange,
  reason: string,
): WithheldTransformer {
  const { action } = change;
  const id = 'live' in change ? { id: change.live.id } : {};
  return { name, action, class: whose, fields, reason, ...id, ...(origin && { origin }) };
}
