import type { Scope } from '../../core/job/job.ts';
import type { TransformerChange, TransformerPlan } from '../../core/transformer/change.ts';
import type { ReconcileError } from '../errors.ts';

/** What a pass says about the transformers of an account. */
export type TransformerEvent =
  | { readonly type: 'transformers.planned'; readonly passId: string; readonly plan: TransformerPlan }
  | {
      /** Jobs that name transformers of this account are blocked meanwhile. */
      readonly type: 'transformers.unreadable';
      readonly passId: string;
      readonly scope: Scope;
      readonly error: ReconcileError;
    }
  | {
      readonly type: 'transformer.applied';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: TransformerChange;
      readonly id: number;
      readonly ray: string | undefined;
      readonly durationMs: number;
    }
  | {
      readonly type: 'transformer.failed';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: TransformerChange;
      readonly error: ReconcileError;
      /** RFC 3339: what was refused is not sent again before, unless it changes. */
      readonly retryAt?: string;
    }
  | {
      /** Not sent, because it was refused before, which was told then. It has failed all the same. */
      readonly type: 'transformer.parked';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: TransformerChange;
      readonly error: ReconcileError;
      readonly retryAt: string;
    }
  | {
      readonly type: 'transformer.skipped';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: TransformerChange;
      readonly reason: string;
    };
