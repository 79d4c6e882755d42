/**
 * Up to which part of its duration, counted from when the last good renewal was sent, the holder of a Lease may begin a
 * write: 25 s of 30 s. A tenth of the duration is margin, and before that a fifteenth for the write itself to leave.
 * Others may take the Lease after the whole duration (`reliability.md` §7.1).
 */
export const WRITING_SHARE = 5 / 6;
