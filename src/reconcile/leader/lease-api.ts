import type { HeldLease, LeaseRecord } from '../../core/leader/lease.ts';

export interface LeaseCall {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** One Lease. Everything rejects with `ClusterError` or `StoppedError`, and with nothing else that is no bug. */
export interface LeaseApi {
  /** Its name, for people. */
  readonly name: string;
  /** Null when it is not there. */
  read(call: LeaseCall): Promise<HeldLease | null>;
  /** Rejects with the fault `already-exists` when somebody was faster. */
  create(record: LeaseRecord, call: LeaseCall): Promise<HeldLease>;
  /** Only if it is still what `from` was. Rejects with the fault `conflict` otherwise. */
  replace(from: HeldLease, record: LeaseRecord, call: LeaseCall): Promise<HeldLease>;
}
