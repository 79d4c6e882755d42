import type { JobFields, JsonValue, Scope, ScopeKey } from '../../core/job/job.ts';
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

/** A change that Cloudflare refused. */
export interface Parked {
  readonly error: ReconcileError;
  /** Until it may be sent again; 0 when that time has come. */
  readonly leftMs: number;
}

interface Place {
  /** What exactly was refused. */
  readonly digest: string;
  /** Jobs of the scope when it was last looked at: where one goes, there may be room for a new one. */
  beside: ReadonlySet<number>;
  /** Where it needs a place; null for what needs none. */
  readonly placeIn: ScopeKey | null;
  readonly error: ReconcileError;
  readonly site: string | null;
  readonly waitMs: number;
  readonly until: number;
}

/**
 * Changes that Cloudflare refused are not sent again while nothing has changed: neither what would be sent nor the
 * live job it is sent to, and for a new job none of its scope has gone. How long until each is tried once more, as
 * a quota, a right or the world may have changed, follows from the kind of refusal.
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
  of(change: Change, plan: Plan): Parked | null {
    const place = this.#places.get(keyOf(change, plan.scope));
    if (place === undefined || place.digest !== this.#digestOf(change)) return null;
    const live = idsOf(change, plan);
    if (!place.beside.isSubsetOf(live)) return null;
    place.beside = live;
    return { error: place.error, leftMs: Math.max(0, place.until - this.#clock.monotonic()) };
  }

  /** @param site where the refused job delivers, when the refusal was about that */
  refused(change: Change, plan: Plan, error: ReconcileError, site: string | null): Parked {
    const now = this.#clock.monotonic();
    const key = keyOf(change, plan.scope);
    const digest = this.#digestOf(change);
    const before = this.#places.get(key);
    const waitMs = waitAfter(error, before?.digest === digest ? before.waitMs : 0);
    for (const [other, { until }] of this.#places) {
      if (now - until > FORGOTTEN_MS) this.#places.delete(other);
    }
    const beside = idsOf(change, plan);
    const placeIn = isNew(change) ? scopeKey(plan.scope) : null;
    this.#places.set(key, { digest, beside, placeIn, error, site, waitMs, until: now + waitMs });
    return { error, leftMs: waitMs };
  }

  /** It was carried out. Where a job has gone, there may be room for a new one. */
  done(change: Change, { scope }: Plan): void {
    this.#places.delete(keyOf(change, scope));
    if (change.action !== 'delete') return;
    for (const [key, { placeIn }] of this.#places) if (placeIn === scopeKey(scope)) this.#places.delete(key);
  }

  /** What was refused because of this site may be sent again. */
  release(site: string): void {
    for (const [key, place] of this.#places) if (place.site === site) this.#places.delete(key);
  }

  #digestOf(change: Change): string {
    return this.#fingerprint(
      JSON.stringify([
        change.action,
        'body' in change ? plain(change.body) : null,
        'makesRoomFor' in change && change.makesRoomFor ? plain(change.makesRoomFor.body) : null,
        'live' in change ? [change.live.id, plain(change.live.fields)] : null,
      ]),
    );
  }
}

function idsOf(change: Change, { live }: Plan): ReadonlySet<number> {
  return new Set(isNew(change) ? live.map(({ id }) => id) : []);
}

function isNew({ action }: Change): boolean {
  return action === 'create' || action === 'replace';
}

function waitAfter({ kind }: ReconcileError, before: number): number {
  const { firstMs, longestMs } = termsOf(kind ?? 'unknown').wait ?? FAILURE_KINDS.unknown.wait;
  return Math.min(longestMs, Math.max(firstMs, 2 * before));
}

function keyOf(change: Change, scope: Scope): string {
  return JSON.stringify([scopeKey(scope), change.name, 'live' in change ? change.live.id : null]);
}

/** With secrets, for the fingerprint alone. */
function plain(fields: JobFields): { readonly [field: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(fields)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}
