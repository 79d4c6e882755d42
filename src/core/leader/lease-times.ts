/** The times of an election, in milliseconds. */
export interface LeaseTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  /** How long a write may go on after its request was sent. */
  readonly longestWriteMs: number;
}

/**
 * Up to which part of its duration, counted from when the last good renewal was sent, the holder of a Lease may begin a
 * write: 25 s of 30 s. A tenth of the duration is margin, and before that a fifteenth for the write itself to leave.
 * Others may take the Lease after the whole duration (`reliability.md` §7.1).
 */
export const WRITING_SHARE = 5 / 6;

/** Up to which part of it a write that is under way is waited for. */
export const WAITING_SHARE = 9 / 10;

/** By how much wall and monotonic clock may part before a machine counts as one that slept: 2 s of 30 s. */
export function clockSlackMs({ leaseDurationMs }: Pick<LeaseTimes, 'leaseDurationMs'>): number {
  return Math.min(2000, leaseDurationMs / 15);
}
