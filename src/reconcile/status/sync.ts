import type { DifferenceClass } from '../../core/plan/change.ts';
import { DestinationHeldError, type ReconcileError, timeOf } from '../errors.ts';

/** Does it match the manifest? Says nothing about whether it delivers. */
export type SyncState = 'in_sync' | 'pending' | 'drift' | 'conflict' | 'unverifiable' | 'unmanaged';

export interface Sync {
  readonly sync: SyncState;
  /** Why it is not in sync, and what to do. */
  readonly reason: string | null;
  /** The fields in which it differs, or whose value cannot be seen. */
  readonly fields: readonly string[];
  /** Why each of them differs, in the same order. */
  readonly classes: readonly DifferenceClass[];
}

export const IN_SYNC: Sync = { sync: 'in_sync', reason: null, fields: [], classes: [] };
export const UNMANAGED: Sync = { sync: 'unmanaged', reason: null, fields: [], classes: [] };

/** Those that leave nothing to do. */
export const SETTLED: ReadonlySet<SyncState> = new Set(['in_sync', 'unverifiable', 'unmanaged']);

/** Why it is not as wanted, where Cloudflare refused the change. */
export function whyRefused(
  { error, retryAt }: { readonly error: ReconcileError; readonly retryAt?: string },
  what: string,
): string {
  if (retryAt === undefined || error instanceof DestinationHeldError) return error.message;
  return `${error.message} It is sent again at ${timeOf(retryAt)}, or when the manifest or the ${what} changes.`;
}
