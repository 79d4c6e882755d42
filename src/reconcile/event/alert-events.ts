import type { ReconcileError } from '../errors.ts';

/** A message to a receiver of alerts. */
export interface AboutMessage {
  /** As the settings name it. */
  readonly receiver: string;
  /** Reason and fingerprint of each alert in it. */
  readonly alerts: readonly string[];
  readonly statuses: readonly string[];
  /** What the receiver answered, or why it did not. Without secrets. */
  readonly said: string;
  /** How many messages wait for it by now. */
  readonly queued: number;
}

/** What is said of telling people. */
export type AlertEvent =
  | {
      /** How many messages wait for a receiver of alerts by now. */
      readonly type: 'alert.queued';
      readonly receiver: string;
      readonly queued: number;
    }
  | ({ readonly type: 'alert.sent' } & AboutMessage)
  | ({
      /** It is sent again, later each time. */
      readonly type: 'alert.failed';
      /** RFC 3339. */
      readonly retryAt: string;
    } & AboutMessage)
  | ({
      /** The receiver refuses this very message, and it is given up. */
      readonly type: 'alert.dropped';
    } & AboutMessage)
  | {
      /** What was told would be told again after a restart. Told once, until it can be saved again. */
      readonly type: 'alert.unsaved';
      readonly error: ReconcileError;
    }
  | { readonly type: 'heartbeat.sent' }
  | {
      readonly type: 'heartbeat.failed';
      /** What was answered, or why nothing was. */
      readonly said: string;
    };
