import { parseDestination } from '../../core/destination/destination.ts';
import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change } from '../../core/plan/change.ts';
import { destinationText } from '../../core/plan/desired-text.ts';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';
import { DestinationHeldError, type ReconcileError } from '../errors.ts';
import type { Clock, Emit } from '../ports.ts';

const MANY_JOBS = 3;
const FIRST_HOLD_MS = 60_000;
const LONGEST_HOLD_MS = 30 * 60_000;
/** A refusal this old says nothing about the destination now; longer than a refused job waits for its next try. */
const RECENT_MS = 2 * 3_600_000;

/** Where jobs deliver to, as far as it fails as a whole: a bucket or host, with what opens it. */
export interface Site {
  /** Equal for equal sites; shows nothing. */
  readonly key: string;
  /** As in `s3://acme-logs`. */
  readonly shown: string;
}

/** While nothing is written to a site. */
interface Hold {
  readonly error: ReconcileError;
  readonly jobs: number;
  readonly waitMs: number;
  readonly until: number;
  /** Resolves when the one write that tries the site has ended. */
  probe: Promise<void> | null;
}

interface State {
  readonly shown: string;
  /** Jobs refused because of the site since the last success there, and when. */
  readonly refused: Map<string, number>;
  hold: Hold | null;
  /** Ends the writes that still wait for their turn when a hold begins. */
  stop: AbortController;
  /** Scopes with writes that are not made because of the hold. */
  readonly waiting: Set<ScopeKey>;
}

export interface DestinationPorts {
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly fingerprint: Fingerprint;
  readonly emit: Emit;
  /** The hold of a site is over: these scopes have writes to it. */
  readonly onReleased: (scopes: readonly ScopeKey[]) => void;
}

/**
 * One hold for a destination that is refused for many jobs, in place of one failure for each of them.
 *
 * Once three different jobs were refused because of it, with no success between, nothing is written there for a
 * minute. Then one write goes alone: refused, the wait doubles, up to half an hour; carried out, all go on.
 */
export class Destinations {
  readonly #ports: DestinationPorts;
  readonly #states = new Map<string, State>();

  constructor(ports: DestinationPorts) {
    this.#ports = ports;
  }

  /** Where a change makes a job deliver to; null for a delete, and for what is no address. */
  siteOf(change: Change): Site | null {
    if (change.action === 'delete') return null;
    const { scheme, authority, params } = parseDestination(destinationText(change.desired));
    if (scheme === '' || authority === '') return null;
    const keys = params.filter(({ secret }) => secret).map(({ name, value }) => `${name}=${value.reveal()}`);
    const key = this.#ports.fingerprint(JSON.stringify([scheme, authority, keys.toSorted()]));
    return { key, shown: `${scheme}://${authority}` };
  }

  /** Milliseconds until the site may be tried; 0 when that time has come, null when it is not held. */
  leftMs(site: Site): number | null {
    const hold = this.#states.get(site.key)?.hold;
    return hold ? Math.max(0, hold.until - this.#ports.clock.monotonic()) : null;
  }

  /** Resolves when the write under way that tries the site has ended; null when there is none. */
  probing(site: Site): Promise<void> | null {
    return this.#states.get(site.key)?.hold?.probe ?? null;
  }

  /** Why a write to the site is not made now. */
  heldError(site: Site, scope: Scope, action: string): DestinationHeldError {
    const state = this.#stateOf(site);
    state.waiting.add(scopeKey(scope));
    const { clock } = this.#ports;
    const retryAt = new Date(clock.now() + (this.leftMs(site) ?? 0)).toISOString();
    return new DestinationHeldError({
      action,
      destination: site.shown,
      jobs: state.hold?.jobs ?? state.refused.size,
      retryAt,
      ...(state.hold && { last: state.hold.error }),
    });
  }

  /** Aborted when a hold of the site begins. */
  signalOf(site: Site): AbortSignal {
    return this.#stateOf(site).stop.signal;
  }

  /** The caller's write tries the site for all; `end` it whatever becomes of it. */
  beginProbe(site: Site): { end(): void } {
    const { hold } = this.#stateOf(site);
    const ended = Promise.withResolvers<void>();
    if (hold) hold.probe = ended.promise;
    return {
      end: () => {
        if (hold) hold.probe = null;
        ended.resolve();
      },
    };
  }

  /** The write that tried the site has shown nothing about it: another one is to, later. */
  postpone(site: Site): void {
    const state = this.#stateOf(site);
    const { hold } = state;
    if (hold) state.hold = { ...hold, until: this.#ports.clock.monotonic() + hold.waitMs, probe: null };
  }

  /** @returns whether the site was held before, so that this was told already */
  refused(site: Site, scope: Scope, job: string, error: ReconcileError): boolean {
    const state = this.#stateOf(site);
    const { clock, emit } = this.#ports;
    const now = clock.monotonic();
    for (const [other, at] of state.refused) if (now - at > RECENT_MS) state.refused.delete(other);
    state.refused.set(JSON.stringify([scopeKey(scope), job]), now);
    state.waiting.add(scopeKey(scope));
    const jobs = state.refused.size;
    const { hold } = state;
    if (hold !== null) {
      // Writes that were under way when the hold began say nothing new.
      if (hold.until > now) return true;
      const waitMs = Math.min(LONGEST_HOLD_MS, 2 * hold.waitMs);
      state.hold = { error, jobs, waitMs, until: now + waitMs, probe: null };
      return true;
    }
    if (jobs < MANY_JOBS) return false;
    state.hold = { error, jobs, waitMs: FIRST_HOLD_MS, until: now + FIRST_HOLD_MS, probe: null };
    state.stop.abort();
    state.stop = new AbortController();
    emit({
      type: 'destination.held',
      destination: site.shown,
      jobs,
      error,
      retryAt: new Date(clock.now() + FIRST_HOLD_MS).toISOString(),
    });
    return false;
  }

  /** @returns whether that ended a hold */
  succeeded(site: Site): boolean {
    const state = this.#stateOf(site);
    const wasHeld = state.hold !== null;
    const waiting = [...state.waiting];
    state.hold = null;
    state.refused.clear();
    state.waiting.clear();
    if (!wasHeld) return false;
    this.#ports.emit({ type: 'destination.released', destination: site.shown });
    this.#ports.onReleased(waiting);
    return true;
  }

  #stateOf({ key, shown }: Site): State {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state: State = {
      shown,
      refused: new Map(),
      hold: null,
      stop: new AbortController(),
      waiting: new Set(),
    };
    this.#states.set(key, state);
    return state;
  }
}
