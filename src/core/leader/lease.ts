import type { LeaseTimes } from './lease-times.ts';

/** What a Lease says, in the words of Kubernetes. Its times are for people: no clock is compared with them. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with six digits of a second; null: never. */
  readonly acquireTime: string | null;
  readonly renewTime: string | null;
  /** How often the holder has changed. */
  readonly leaseTransitions: number;
}

/** A Lease as it was read. */
export interface HeldLease {
  readonly record: LeaseRecord;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** A Lease, and since when it has been as it is, on our monotonic clock. */
export interface Sighting {
  readonly lease: HeldLease;
  readonly sinceMs: number;
}

/** A hand may have written anything. */
const LONGEST_DURATION_SECONDS = 300;

/** What was seen before, or a new sighting when the holder has renewed it, or it is another one. */
export function sightingOf(lease: HeldLease, before: Sighting | null, nowMs: number): Sighting {
  const isSame =
    before !== null &&
    before.lease.uid === lease.uid &&
    JSON.stringify(before.lease.record) === JSON.stringify(lease.record);
  return { lease, sinceMs: isSame ? before.sinceMs : nowMs };
}

/** For how long after it is taken nothing may be written; null: it may not be taken. */
export type Claim = { readonly quietMs: number } | null;

/**
 * Whether a Lease may be taken, and what must be waited for then. Only who released it is known to write no more. Whoever let
 * it expire may have a write under way; and where it was made anew, or its holder taken out by hand, the holder may not know yet.
 */
export function claimOn(
  { lease: { record }, sinceMs }: Sighting,
  identity: string,
  nowMs: number,
  times: LeaseTimes,
): Claim {
  const { holderIdentity } = record;
  if (holderIdentity === identity) return { quietMs: 0 };
  if (holderIdentity === '') return { quietMs: isReleased(record) ? 0 : times.leaseDurationMs };
  const seconds = Math.min(Math.max(record.leaseDurationSeconds, 1), LONGEST_DURATION_SECONDS);
  if (nowMs - sinceMs < seconds * 1000) return null;
  return { quietMs: times.longestWriteMs + times.leaseDurationMs };
}

/** As {@link released} writes it. */
function isReleased({ leaseDurationSeconds, renewTime }: LeaseRecord): boolean {
  return leaseDurationSeconds === 1 && renewTime !== null;
}

/** What the holder writes. @param now as in `2026-11-23T01:02:03.456000Z` */
export function claimed(
  before: LeaseRecord | null,
  identity: string,
  now: string,
  { leaseDurationMs }: Pick<LeaseTimes, 'leaseDurationMs'>,
): LeaseRecord {
  const isOurs = before?.holderIdentity === identity;
  const transitions = before?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    acquireTime: isOurs ? before.acquireTime : now,
    renewTime: now,
    leaseTransitions: isOurs || before === null ? transitions : transitions + 1,
  };
}

/** What it writes when it holds it no more and has nothing under way. */
export function released({ leaseTransitions }: LeaseRecord, now: string): LeaseRecord {
  return { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
}

/** The time as Kubernetes wants it, with six digits of a second. @param now milliseconds since the epoch */
export function microTime(now: number): string {
  return new Date(now).toISOString().replace(/Z$/, '000Z');
}
