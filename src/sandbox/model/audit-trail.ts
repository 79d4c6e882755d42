import type { JsonRecord } from './json.ts';

/** What happened to Logpush jobs, newest last. Entries appear after the lag that the switch asks for. */
export interface AuditEntry {
  readonly id: string;
  readonly at: number;
  readonly accountId: string;
  readonly zoneId: string | null;
  readonly shown: JsonRecord;
}

// 18 months of a busy sandbox are of no use to anybody; the newest are.
const ENTRIES_KEPT = 10_000;

export class AuditTrail {
  #entries: AuditEntry[] = [];

  add(entry: AuditEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > ENTRIES_KEPT) this.#entries = this.#entries.slice(-ENTRIES_KEPT);
  }

  /** Entries of an account that have appeared by `now`, oldest first. */
  of(accountId: string, now: number, lagMs: number): readonly AuditEntry[] {
    return this.#entries
      .filter((entry) => entry.accountId === accountId && entry.at + lagMs <= now)
      .toSorted((a, b) => a.at - b.at);
  }
}
