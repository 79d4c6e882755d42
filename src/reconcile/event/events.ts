import type { LiveJob, Pause, Scope } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import type { Refusal } from '../../core/plan/guard.ts';
import type { NewFields } from '../../core/plan/new-fields.ts';
import type { Stray } from '../../core/plan/stray.ts';
import type { Problem } from '../../core/problem.ts';
import type { DeliveryEvent } from './delivery-events.ts';
import type { AlertEvent } from './alert-events.ts';
import type { CredentialEvent } from './credential-events.ts';
import type { KubernetesEventEvent } from './cluster-events.ts';
import type { DaemonEvent } from './daemon-events.ts';
import type { AuditEvent, DriftEvent } from './drift-events.ts';
import type { LeaderEvent } from './leader-events.ts';
import type { TraceEvent } from './trace-events.ts';
import type { TransformerEvent } from './transformer-events.ts';
import type { ReconcileError } from '../errors.ts';
import type { AnyInvariant } from '../pass/invariants.ts';

export const TRIGGERS = [
  'startup',
  'schedule',
  'file-change',
  'configmap',
  'git',
  'webhook',
  'audit',
  'manual',
  'retry',
] as const;
export type Trigger = (typeof TRIGGERS)[number];

export interface PassSummary {
  readonly scopes: number;
  readonly unreadable: number;
  readonly applied: number;
  readonly failed: number;
  /** Changes not begun: logpushd is stopping, or somebody else wrote to the scope in the meantime. */
  readonly skipped: number;
  readonly withheld: number;
  /** Jobs found to have been changed behind our back. */
  readonly drift: number;
  readonly unmanaged: number;
  readonly unverifiable: number;
  readonly refused: boolean;
}

/**
 * Everything the loop ever says. Log, metrics, status and alerts only subscribe; nobody inside the loop logs.
 * A `ReconcileEvent` never carries a secret except inside a `Secret`.
 */
export type ReconcileEvent =
  | {
      readonly type: 'manifest.accepted';
      readonly revision: string;
      readonly files: number;
      readonly jobs: number;
      readonly scopes: number;
      readonly warnings: readonly Problem[];
    }
  | { readonly type: 'manifest.rejected'; readonly revision: string; readonly problems: readonly Problem[] }
  | {
      /** What shows only with the zones that there are and with the time: all of it, each time it changes. */
      readonly type: 'manifest.warned';
      readonly revision: string;
      readonly warnings: readonly Problem[];
    }
  | { readonly type: 'manifest.unreadable'; readonly error: ReconcileError }
  | {
      /** Changes there are seen only by the sweep. Told once, until they are seen again. */
      readonly type: 'manifest.unwatched';
      readonly place: string;
      readonly error: ReconcileError;
    }
  | { readonly type: 'manifest.watched'; readonly place: string }
  | {
      /** Every scope that the manifest in force is about or in which a job is owned; all others are gone. */
      readonly type: 'scopes.known';
      readonly scopes: readonly Scope[];
    }
  | {
      readonly type: 'pass.started';
      readonly passId: string;
      readonly triggers: readonly Trigger[];
      readonly revision: string;
      readonly scopes: number;
    }
  | { readonly type: 'scope.planned'; readonly passId: string; readonly plan: Plan }
  | {
      readonly type: 'scope.unreadable';
      readonly passId: string;
      readonly scope: Scope;
      readonly error: ReconcileError;
    }
  | {
      readonly type: 'scope.unresolved';
      readonly passId: string;
      readonly name: string;
      readonly reason: string;
    }
  | {
      /** Nothing was written, and these scopes are written to together or not at all. */
      readonly type: 'pass.refused';
      readonly passId: string;
      readonly refusal: Refusal;
      readonly scopes: readonly Scope[];
    }
  | {
      /** A person let exactly this plan through, which the guard had refused. */
      readonly type: 'pass.approved';
      readonly passId: string;
      readonly digest: string;
      readonly refusal: Refusal;
    }
  | DriftEvent
  | {
      /** A live job, managed or not, sends logs to where the settings allow none to. */
      readonly type: 'stray.found';
      readonly passId: string;
      readonly scope: Scope;
      readonly stray: Stray;
    }
  | {
      /** Cloudflare lists fields that jobs with `all`, `default` or `all_except` do not have. Each told once. */
      readonly type: 'fields.new';
      readonly passId: string;
      readonly found: NewFields;
    }
  | { readonly type: 'job.adopted'; readonly passId: string; readonly scope: Scope; readonly job: LiveJob }
  | {
      readonly type: 'change.applied';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: Change;
      readonly id: number;
      /** As Cloudflare holds it now; null once deleted. */
      readonly job: LiveJob | null;
      readonly ray: string | undefined;
      readonly durationMs: number;
    }
  | {
      readonly type: 'change.failed';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: Change;
      readonly error: ReconcileError;
      /** RFC 3339: what was refused is not sent again before, unless it changes. */
      readonly retryAt?: string;
    }
  | {
      /**
       * Not sent, because it was refused before, or its destination is held; both were told then. It has failed
       * all the same.
       */
      readonly type: 'change.parked';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: Change;
      readonly error: ReconcileError;
      readonly retryAt: string;
    }
  | {
      /** Cloudflare was asked to prove to us that a destination is ours, and wrote a file there. */
      readonly type: 'challenge.requested';
      readonly passId: string;
      readonly scope: Scope;
      readonly job: string;
      /** Without secrets, as in `s3://acme-logs/http`. */
      readonly destination: string;
      readonly filename: string;
    }
  | {
      /** The token in the file is one that Cloudflare takes. */
      readonly type: 'challenge.passed';
      readonly passId: string;
      readonly scope: Scope;
      readonly job: string;
      readonly destination: string;
    }
  | {
      /** Nothing is written to it any more: many jobs were refused because of it. Told once, until it is released. */
      readonly type: 'destination.held';
      /** Without secrets, as in `s3://acme-logs`. */
      readonly destination: string;
      readonly jobs: number;
      /** The last refusal. */
      readonly error: ReconcileError;
      readonly retryAt: string;
    }
  | {
      /** A write that tried it was carried out. */
      readonly type: 'destination.released';
      readonly destination: string;
    }
  | {
      readonly type: 'change.skipped';
      readonly passId: string;
      readonly scope: Scope;
      readonly change: Change;
      readonly reason: string;
    }
  | TransformerEvent
  | {
      /** Cloudflare refuses the token, again and again and whatever is asked. Told once, until it is accepted. */
      readonly type: 'token.refused';
      readonly error: ReconcileError;
      /** RFC 3339: since when. */
      readonly since: string;
      /** RFC 3339: when one call tries it again. */
      readonly retryAt: string;
    }
  | { readonly type: 'token.accepted' }
  | AuditEvent
  | {
      /** A person said so: nothing is written to a scope, or to one of its jobs, up to an end or for good. */
      readonly type: 'pause.began';
      readonly scope: Scope;
      readonly pause: Pause;
    }
  | {
      readonly type: 'pause.ended';
      readonly scope: Scope;
      readonly pause: Pause;
      /** A person ended it. */
      readonly early: boolean;
    }
  | {
      /** It has no end, or a far one, and may be forgotten. Told each day. */
      readonly type: 'pause.standing';
      readonly scope: Scope;
      readonly pause: Pause;
    }
  | {
      /** A bug, caught before it did harm: this write was not sent, and nothing is written until a restart. */
      readonly type: 'invariant.violated';
      readonly passId: string;
      readonly scope: Scope;
      readonly invariant: AnyInvariant;
      readonly method: 'POST' | 'PUT' | 'DELETE';
      readonly job: string;
      readonly id: number | undefined;
      readonly error: ReconcileError;
    }
  | {
      readonly type: 'pass.finished';
      readonly passId: string;
      readonly triggers: readonly Trigger[];
      readonly revision: string;
      readonly durationMs: number;
      readonly summary: PassSummary;
    }
  | {
      /** The pass could not even begin: the zones that the manifest names cannot be listed. */
      readonly type: 'pass.failed';
      readonly passId: string;
      readonly triggers: readonly Trigger[];
      readonly error: ReconcileError;
    }
  | {
      /** Nothing was lost at Cloudflare, but the next pass will not remember this one. */
      readonly type: 'ledger.failed';
      readonly passId: string;
      readonly scope: Scope;
      readonly error: ReconcileError;
    }
  | DeliveryEvent
  | CredentialEvent
  | AlertEvent
  | KubernetesEventEvent
  | LeaderEvent
  | TraceEvent
  | DaemonEvent;

export type EventType = ReconcileEvent['type'];

/** The event of one type: a table with an entry for each type is complete, or does not compile. */
export type EventOf<Type extends EventType> = Extract<ReconcileEvent, { readonly type: Type }>;
