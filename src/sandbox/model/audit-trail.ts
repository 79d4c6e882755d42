import { createHash } from 'node:crypto';
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
  of(accountId: string, now: number, lag: AuditLag): readonly AuditEntry[] {
    return this.#entries
      .filter((entry) => entry.accountId === accountId && appearsAt(entry, lag) <= now)
      .toSorted((a, b) => a.at - b.at);
  }
}

/** Nobody has published how long Cloudflare's take, nor whether in order (`cloudflare-api.md` §9). */
export interface AuditLag {
  readonly kind: 'constant' | 'spread' | 'batched';
  readonly ms: number;
}

function appearsAt({ id, at }: AuditEntry, { kind, ms }: AuditLag): number {
  if (kind === 'constant' || ms === 0) return at + ms;
  return kind === 'batched' ? (Math.floor(at / ms) + 1) * ms : at + Math.round(ms * fractionOf(id));
}

/** From 0 to 1, the same for the same id. */
function fractionOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt16BE() / 0xffff;
}
