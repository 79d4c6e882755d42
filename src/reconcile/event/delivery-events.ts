import type { Gap, OpenGap } from '../../core/health/gap.ts';
import type { HealthState } from '../../core/health/health.ts';
import type { JobPushes } from '../../core/health/pushes.ts';
import type { JobHealth } from '../../core/health/record.ts';
import type { Scope } from '../../core/job/job.ts';
import type { ReconcileError } from '../errors.ts';
import type { SeenJob } from '../health/watch.ts';

/** A job of the manifest, and all that is known of its deliveries. */
interface AboutDelivery {
  readonly passId: string;
  readonly scope: Scope;
  readonly job: string;
  /** Null while Cloudflare has no such job. */
  readonly id: number | null;
  readonly dataset: string;
  /** Without secrets, as in `s3://acme-logs/http`. */
  readonly destination: string;
  readonly health: JobHealth;
}

/** Whether jobs deliver, and what is told of that. */
export type DeliveryEvent =
  | {
      /** Whether the jobs of a scope deliver, all of them, after each look and each write. */
      readonly type: 'scope.health';
      readonly passId: string;
      readonly scope: Scope;
      readonly jobs: readonly SeenJob[];
    }
  | (AboutDelivery & {
      readonly type: 'health.changed';
      /** Null for a job that was not known before. */
      readonly from: HealthState | null;
    })
  | (AboutDelivery & { readonly type: 'gap.began'; readonly gap: OpenGap })
  | (AboutDelivery & { readonly type: 'gap.ended'; readonly gap: Gap })
  | {
      /** The destination of a job that Cloudflare has disabled was tested, and where it passed the job is enabled next. */
      readonly type: 'reenable.tried';
      readonly passId: string;
      readonly scope: Scope;
      readonly job: string;
      readonly id: number;
      /** How many tries there were, this one counted. */
      readonly times: number;
      readonly passed: boolean;
      /** What Cloudflare said; may be empty. */
      readonly said: string;
      /** RFC 3339: not before this it is tried again, should it still be disabled. */
      readonly nextAt: string;
    }
  | {
      /** What became of the pushes of a scope's jobs in the last 24 hours, by id of the job. */
      readonly type: 'pushes.read';
      readonly scope: Scope;
      readonly jobs: ReadonlyMap<number, JobPushes>;
    }
  | {
      /** What was pushed cannot be read, of some scopes or all. Told once, until it can. */
      readonly type: 'pushes.failed';
      readonly scopes: readonly Scope[];
      readonly error: ReconcileError;
      /** RFC 3339: when it is tried again. */
      readonly retryAt: string;
    }
  | { readonly type: 'pushes.resumed' }
  | {
      /** Not kept over a restart: what is told of the past. Told once, until it can be saved again. */
      readonly type: 'record.unsaved';
      readonly what: 'health' | 'history' | 'audit';
      readonly error: ReconcileError;
    }
  | {
      /** What could not be saved can be again. */
      readonly type: 'record.saved';
      readonly what: 'health' | 'history' | 'audit';
    }
  | {
      /** A page of the past that cannot be read at the start, and is begun anew. */
      readonly type: 'record.damaged';
      readonly what: 'health' | 'history' | 'audit';
      readonly error: ReconcileError;
    };
