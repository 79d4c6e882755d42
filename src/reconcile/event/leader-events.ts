import type { ReconcileError } from '../errors.ts';

export type LeaderEvent =
  | {
      /** Somebody else holds the Lease, or nobody yet. Told when it begins, and for each other holder. */
      readonly type: 'leader.standby';
      readonly lease: string;
      /** Empty: nobody. */
      readonly holder: string;
    }
  | {
      readonly type: 'leader.elected';
      readonly lease: string;
      readonly identity: string;
      /** Of the Lease: the number of this term. */
      readonly term: number;
      /** For so long nothing is written: the holder before may have a write under way. */
      readonly quietMs: number;
    }
  | {
      /** Nothing is written any more. */
      readonly type: 'leader.lost';
      readonly lease: string;
      readonly term: number;
      /** A clause. */
      readonly reason: string;
    }
  | {
      /** Given back at the end, with nothing under way: another replica takes it at once. */
      readonly type: 'leader.released';
      readonly lease: string;
      readonly term: number;
    }
  | {
      /** This replica has put down all that a leader knows; whoever leads now tells of it. */
      readonly type: 'leader.ended';
      readonly lease: string;
    }
  | { readonly type: 'lease.renewed'; readonly lease: string; readonly durationMs: number }
  | {
      /** It could not be read or written. */
      readonly type: 'lease.failed';
      readonly lease: string;
      readonly error: ReconcileError;
      /** As in `forbidden`, for metrics. */
      readonly fault: string;
      readonly isLeading: boolean;
    }
  | {
      /** A write was held back at the last moment: the Lease is too old, or the time after taking it over is not up. */
      readonly type: 'write.fenced';
    };
