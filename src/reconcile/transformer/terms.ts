import type { Scope } from '../../core/job/job.ts';
import type { TransformerChange, TransformerPlan } from '../../core/transformer/change.ts';
import type { ReconcileError } from '../errors.ts';
import type { IsCurrent } from '../loop/turns.ts';
import type { PassPorts, PassRequest } from '../pass/pass-terms.ts';
import type { TransformerApi } from '../ports.ts';
import type { AccountSight, Transformers } from './transformers.ts';

/** The pass, and which manifest it is about. */
export interface TransformerPass {
  readonly ports: PassPorts;
  readonly request: PassRequest;
  readonly revision: string;
}

/** What became of one change. */
export interface TransformerOutcome {
  readonly scope: Scope;
  readonly change: TransformerChange;
  readonly result: 'applied' | 'failed' | 'skipped';
  readonly id?: number;
  readonly error?: ReconcileError;
  readonly reason?: string;
  /** Of what Cloudflare refused: when it is looked at again by itself. Absent: as its error says. */
  readonly retryInMs?: number;
}

/** What writing the transformers of one account needs. */
export interface Writing {
  readonly plan: TransformerPlan;
  readonly sight: AccountSight;
  readonly transformers: Transformers;
  readonly api: TransformerApi;
  readonly pass: TransformerPass;
  readonly isCurrent: IsCurrent;
}
