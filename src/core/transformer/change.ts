import type { DesiredTransformer, Scope } from '../job/job.ts';
import type { Action, DifferenceClass } from '../plan/change.ts';
import type { Origin } from '../problem.ts';
import type { DesiredTransformers, ListedTransformer, LiveTransformer } from './transformer.ts';

/** What of a transformer differs. */
export type TransformerField = 'name' | 'sql' | 'description';

interface ChangeBase {
  readonly name: string;
  readonly class: DifferenceClass;
  /** One sentence. */
  readonly reason: string;
  /** Of an update; the SQL itself is not shown. */
  readonly fields: readonly TransformerField[];
  readonly origin?: Origin;
}

/** One step from live to desired. */
export type TransformerChange =
  | (ChangeBase & { readonly action: 'create'; readonly desired: DesiredTransformer })
  | (ChangeBase & {
      /** `adopt` is an update that also takes a transformer over that nobody owned. */
      readonly action: 'update' | 'adopt';
      readonly desired: DesiredTransformer;
      readonly live: LiveTransformer;
    })
  | (ChangeBase & { readonly action: 'delete'; readonly live: ListedTransformer });

/** What differs and is not written, and what withholds it. */
export interface WithheldTransformer extends ChangeBase {
  readonly action: Exclude<Action, 'replace'>;
  readonly id?: number;
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
