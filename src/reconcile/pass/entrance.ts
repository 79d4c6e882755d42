import type { ScopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import { destinationText } from '../../core/plan/desired-text.ts';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';
import { Destinations, type Site } from './destinations.ts';
import { ChangedError, type ReconcileError, StoppedError, UnknownOutcomeError } from '../errors.ts';
import { termsOf } from '../failure-kinds.ts';
import { jobSendable, Parking } from './parking.ts';
import type { Clock, Emit } from '../ports.ts';

/** A change that is not to be sent now. */
export interface Waiting {
  readonly error: ReconcileError;
  /** When it is looked at again by itself; null: when its destination is released, or with the next sweep. */
  readonly retryInMs: number | null;
  /** RFC 3339: when it, or another write in its place, may be sent again. */
  readonly retryAt: string;
  /** Told already, by the failure before or by the hold of the destination. */
  readonly isKnown: boolean;
}

/** A change that may be sent. */
export interface Entry {
  /** Aborted: what has not been sent yet is not sent any more. */
  readonly starting: AbortSignal;
  /** Once, with what became of it; null where it was carried out. Says how long to wait, null: as usual. */
  leave(failure: ReconcileError | null): Waiting | null;
}

export interface EntrancePorts {
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly fingerprint: Fingerprint;
  readonly emit: Emit;
  readonly onReleased?: (scopes: readonly ScopeKey[]) => void;
}

/** Lets a change be sent unless it is known to be refused: itself, or whatever goes to its destination. */
export class Entrance {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #parking: Parking;
  readonly #destinations: Destinations;

  constructor({ clock, fingerprint, emit, onReleased = () => undefined }: EntrancePorts) {
    this.#clock = clock;
    this.#parking = new Parking(clock, fingerprint);
    this.#destinations = new Destinations({ clock, fingerprint, emit, onReleased });
  }

  /** Waits while another write tries the destination for all. */
  async enter(change: Change, plan: Plan, starting: AbortSignal): Promise<Entry | Waiting> {
    const site = this.#destinations.siteOf(change);
    for (;;) {
      const parked = this.#parking.of(jobSendable(change, plan));
      const leftMs = site && this.#destinations.leftMs(site);
      if (site === null || leftMs === null) {
        if (parked !== null && parked.leftMs > 0) return this.#waiting(parked.error, parked.leftMs, true);
        return this.#entry(change, plan, site, starting, null);
      }
      if (leftMs > 0) return this.#heldBack(site, change, plan);
      const probe = this.#destinations.probing(site);
      if (probe === null) {
        const isOfSite = parked !== null && isAboutSite(parked.error);
        if (parked !== null && parked.leftMs > 0 && !isOfSite) {
          return this.#waiting(parked.error, parked.leftMs, true);
        }
        return this.#entry(change, plan, site, starting, this.#destinations.beginProbe(site));
      }
      await probe;
    }
  }

  #entry(
    change: Change,
    plan: Plan,
    site: Site | null,
    starting: AbortSignal,
    probe: { end(): void } | null,
  ): Entry {
    const signals = site === null ? [starting] : [starting, this.#destinations.signalOf(site)];
    return {
      starting: AbortSignal.any(signals),
      leave: (failure) => {
        const waiting = this.#settle(change, plan, site, failure);
        // Nothing was learnt from it, and the next to try would learn no more.
        if (probe !== null && site !== null && isSilent(failure)) this.#destinations.postpone(site);
        probe?.end();
        return waiting;
      },
    };
  }

  #settle(change: Change, plan: Plan, site: Site | null, failure: ReconcileError | null): Waiting | null {
    const sendable = jobSendable(change, plan);
    if (failure === null) {
      this.#parking.done(sendable);
      if (site !== null && isTried(change) && this.#destinations.succeeded(site)) {
        this.#parking.release(site.key);
      }
      return null;
    }
    const isHeld = site !== null && (this.#destinations.leftMs(site) ?? 0) > 0;
    if (failure instanceof StoppedError && isHeld) return this.#heldBack(site, change, plan);
    // What became of it is looked up soon; sent again it is later each time.
    if (failure instanceof UnknownOutcomeError) this.#parking.refused(sendable, failure, null);
    if (!failure.isRefusal) return null;
    if (site === null || !isAboutSite(failure)) {
      return this.#waiting(failure, this.#parking.refused(sendable, failure, null).leftMs, false);
    }
    const { leftMs } = this.#parking.refused(sendable, failure, site.key);
    const isKnown = this.#destinations.refused(site, plan.scope, change.name, failure);
    const holdMs = this.#destinations.leftMs(site);
    return this.#waiting(failure, holdMs ?? leftMs, isKnown);
  }

  #heldBack(site: Site, change: Change, plan: Plan): Waiting {
    const action = `${change.action} job "${change.name}" in ${plan.scope.name}`;
    const error = this.#destinations.heldError(site, plan.scope, action);
    const leftMs = this.#destinations.leftMs(site) ?? 0;
    return { ...this.#waiting(error, leftMs, true), retryInMs: null };
  }

  #waiting(error: ReconcileError, leftMs: number, isKnown: boolean): Waiting {
    const retryAt = new Date(this.#clock.now() + leftMs).toISOString();
    return { error, retryInMs: leftMs, retryAt, isKnown };
  }
}

function isAboutSite({ kind }: ReconcileError): boolean {
  return kind !== null && termsOf(kind).about === 'destination';
}

/** Whether Cloudflare has said nothing about a write that was sent. */
function isSilent(failure: ReconcileError | null): boolean {
  if (failure === null || failure.isRefusal) return false;
  return !(failure instanceof StoppedError) && !(failure instanceof ChangedError);
}

/** Whether carrying it out has made Cloudflare try the destination (`cloudflare-api.md` §2.3). */
function isTried(change: Change): boolean {
  if (change.action === 'delete') return false;
  return 'destination_conf' in change.body || /^https:/i.test(destinationText(change.desired));
}
