import type { JobFields, JsonValue } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';
import { Secret } from '../../core/secret.ts';
import type { ReconcileError } from '../errors.ts';
import { FAILURE_KINDS, termsOf } from '../failure-kinds.ts';
import type { Clock } from '../ports.ts';

const HOUR_MS = 3_600_000;
/** A job that was refused and is not wanted any more is forgotten after this. */
const FORGOTTEN_MS = 24 * HOUR_MS;

/** What is to be sent, as far as a refusal of it is about. */
export interface Sendable {
  /** What it is a change of. */
  readonly key: string;
  /** Exactly what is sent, and what it is sent to. With secrets, for the fingerprint alone. */
  readonly text: string;
  /** Where it needs a place, and whoever has one there; null for what needs none. */
  readonly place: { readonly key: string; readonly taken: ReadonlySet<number> } | null;
  /** Where it leaves a place once it is carried out. */
  readonly leaves: string | null;
}

/** What Cloudflare refused. */
export interface Parked {
  readonly error: ReconcileError;
  /** Until it may be sent again; 0 when that time has come. */
  readonly leftMs: number;
}

interface Place {
  /** What exactly was refused. */
  readonly digest: string;
  /** Who was there when it was last looked at: where one goes, there may be room for a new one. */
  beside: ReadonlySet<number>;
  /** Where it needs a place; null for what needs none. */
  readonly placeIn: string | null;
  readonly error: ReconcileError;
  readonly site: string | null;
  readonly waitMs: number;
  readonly until: number;
}

/**
 * What Cloudflare refused is not sent again while nothing has changed: neither what would be sent nor what it is sent
 * to, and for what is new none beside it has gone. How long until each is tried once more, as a quota, a right or the
 * world may have changed, follows from the kind of refusal.
 */
export class Parking {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #fingerprint: Fingerprint;
  readonly #places = new Map<string, Place>();

  constructor(clock: Pick<Clock, 'monotonic'>, fingerprint: Fingerprint) {
    this.#clock = clock;
    this.#fingerprint = fingerprint;
  }

  /** Null for what was not refused, or is something else by now. */
  of({ key, text, place: wanted }: Sendable): Parked | null {
    const place = this.#places.get(key);
    if (place === undefined || place.digest !== this.#fingerprint(text)) return null;
    const taken = wanted?.taken ?? NOBODY;
    if (!place.beside.isSubsetOf(taken)) return null;
    place.beside = taken;
    return { error: place.error, leftMs: Math.max(0, place.until - this.#clock.monotonic()) };
  }

  /** @param site where the refused job delivers, when the refusal was about that */
  refused({ key, text, place }: Sendable, error: ReconcileError, site: string | null): Parked {
    const now = this.#clock.monotonic();
    const digest = this.#fingerprint(text);
    const before = this.#places.get(key);
    const waitMs = waitAfter(error, before?.digest === digest ? before.waitMs : 0);
    for (const [other, { until }] of this.#places) {
      if (now - until > FORGOTTEN_MS) this.#places.delete(other);
    }
    const beside = place?.taken ?? NOBODY;
    const placeIn = place?.key ?? null;
    this.#places.set(key, { digest, beside, placeIn, error, site, waitMs, until: now + waitMs });
    return { error, leftMs: waitMs };
  }

  /** It was carried out. Where one has gone, there may be room for a new one. */
  done({ key, leaves }: Sendable): void {
    this.#places.delete(key);
    if (leaves === null) return;
    for (const [other, { placeIn }] of this.#places) if (placeIn === leaves) this.#places.delete(other);
  }

  /** What was refused because of this site may be sent again. */
  release(site: string): void {
    for (const [key, place] of this.#places) if (place.site === site) this.#places.delete(key);
  }
}

const NOBODY: ReadonlySet<number> = new Set();

/** A change of a job, as it is sent. */
export function jobSendable(change: Change, { scope, live }: Pick<Plan, 'scope' | 'live'>): Sendable {
  const key = scopeKey(scope);
  const isNew = change.action === 'create' || change.action === 'replace';
  return {
    key: JSON.stringify([key, change.name, 'live' in change ? change.live.id : null]),
    text: JSON.stringify([
      change.action,
      'body' in change ? plain(change.body) : null,
      'makesRoomFor' in change && change.makesRoomFor ? plain(change.makesRoomFor.body) : null,
      'live' in change ? [change.live.id, plain(change.live.fields)] : null,
    ]),
    place: isNew ? { key, taken: new Set(live.map(({ id }) => id)) } : null,
    leaves: change.action === 'delete' ? key : null,
  };
}

function waitAfter({ kind }: ReconcileError, before: number): number {
  const { firstMs, longestMs } = termsOf(kind ?? 'unknown').wait ?? FAILURE_KINDS.unknown.wait;
  return Math.min(longestMs, Math.max(firstMs, 2 * before));
}

/** With secrets, for the fingerprint alone. */
function plain(fields: JobFields): { readonly [field: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(fields)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}
