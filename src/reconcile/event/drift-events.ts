import type { Attribution } from '../../core/audit/attribution.ts';
import type { Scope } from '../../core/job/job.ts';
import type { Action, FieldDiff, Fight } from '../../core/plan/change.ts';
import type { Signature } from '../../core/plan/signature.ts';
import type { ReconcileError } from '../errors.ts';
import type { Account } from '../ports.ts';

/** A job was changed behind our back. */
export type DriftEvent =
  | {
      readonly type: 'drift.found';
      readonly passId: string;
      readonly scope: Scope;
      readonly job: string;
      /** What puts it right: `create` where somebody deleted the job, `delete` where somebody made it. */
      readonly action: Action;
      readonly id: number | undefined;
      /** What moved of a job that is there before and after. */
      readonly fields: readonly FieldDiff[];
      readonly heals: boolean;
      /** Why it is, or is not, put right, in words for people. */
      readonly reason: string;
      /** Who did it, where the audit log tells; absent where it does not, or not yet. */
      readonly attribution?: Attribution;
      readonly signature?: Signature;
    }
  | {
      /** The audit log tells only now who caused a drift that was told before. */
      readonly type: 'drift.attributed';
      readonly scope: Scope;
      readonly job: string;
      readonly action: Action;
      /** The live job, or the one that was gone. */
      readonly id: number;
      /** RFC 3339: when the drift was found last. */
      readonly foundAt: string;
      readonly attribution: Attribution;
    }
  | {
      /** Somebody undoes what is put right again and again. Told when it begins, and not again before it has ended. */
      readonly type: 'drift.fought';
      readonly passId: string;
      readonly scope: Scope;
      readonly job: string;
      /** `create` where it is the job that is deleted each time. */
      readonly action: Action;
      readonly id: number | undefined;
      readonly fields: readonly FieldDiff[];
      readonly fight: Fight;
      readonly attribution?: Attribution;
    };

/** What the audit logs of Cloudflare are asked for, and how that goes. */
export type AuditEvent =
  | {
      /** What an audit log has told, asked for or sent to us. */
      readonly type: 'audit.read';
      /** The account that was asked; null for what was sent to us. */
      readonly account: Account | null;
      readonly entries: number;
      /** Of them that change Logpush jobs and were not known before: by logpushd, and by others. */
      readonly ours: number;
      readonly others: number;
      /** Milliseconds that the latest of the new ones took to get here. */
      readonly delayMs?: number;
    }
  | {
      /** An account's audit log cannot be read. Told once, until it can. */
      readonly type: 'audit.failed';
      /** Null: not even which accounts there are. */
      readonly account: Account | null;
      readonly error: ReconcileError;
      /** RFC 3339: when it is tried again. */
      readonly retryAt: string;
    }
  | { readonly type: 'audit.resumed'; readonly account: Account | null };
