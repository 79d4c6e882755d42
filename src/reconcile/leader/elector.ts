import {
  claimed,
  claimOn,
  type HeldLease,
  microTime,
  released,
  type Sighting,
  sightingOf,
} from '../../core/leader/lease.ts';
import type { LeaseTimes } from '../../core/leader/lease-times.ts';
import { ClusterError } from '../cluster-error.ts';
import { planned, type ReconcileError, StoppedError } from '../errors.ts';
import type { Clock, Emit, Random } from '../ports.ts';
import { type Moment, WriteGate } from './gate.ts';
import type { LeaseApi, LeaseCall } from './lease-api.ts';

/** By how much two looks at the Lease may lie apart more than the retry period. */
const SPREAD = 0.2;
/** The shortest time for a call, where the retry period is shorter. */
const LEAST_CALL_MS = 1000;
const RELEASE_TRIES = 3;

export interface ElectorPorts {
  readonly lease: LeaseApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
}

/** What a leader does, from taking the Lease to its end. */
export interface Leading {
  /** Aborted in the turn in which the Lease is lost. */
  readonly lost: AbortSignal;
  readonly quietMs: number;
  /** For how long a write under way may still be waited for. */
  readonly waitingMs: () => number;
}

/** Resolves when all of it has ended; to whether nothing is under way any more. */
export type Lead = (leading: Leading) => Promise<boolean>;

interface Held {
  lease: HeldLease;
  sent: Moment;
}

/**
 * Holds a Lease of Kubernetes, or waits for it, as client-go does (`tryAcquireOrRenew`); and, other than that, says at any
 * moment whether its holder may write. Only our own monotonic clock counts.
 */
export class Elector {
  readonly gate: WriteGate;
  readonly identity: string;
  readonly #ports: ElectorPorts;
  readonly #times: LeaseTimes;
  #sighting: Sighting | null = null;
  #toldHolder: string | null = null;
  /** Until when nothing may be written, because of how the Lease was taken; kept where the answer of taking it was lost. */
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(identity: string, ports: ElectorPorts, times: LeaseTimes) {
    this.identity = identity;
    this.#ports = ports;
    this.#times = times;
    this.gate = new WriteGate(ports.clock, times);
  }

  /** Waits for the Lease, leads while it holds it, and waits again, until it is stopped. Rejects with what `lead` rejects with. */
  async run(stop: AbortSignal, lead: Lead): Promise<void> {
    while (!stop.aborted) {
      const won = await this.#acquire(stop);
      if (won !== null) await this.#lead(won.held, won.quietMs, lead);
    }
  }

  async #acquire(stop: AbortSignal): Promise<{ readonly held: Held; readonly quietMs: number } | null> {
    while (!stop.aborted) {
      const won = await this.#tryOnce(stop);
      if (won !== null) return won;
      await this.#pause(stop);
    }
    return null;
  }

  async #tryOnce(stop: AbortSignal): Promise<{ readonly held: Held; readonly quietMs: number } | null> {
    try {
      const call = this.#call(stop);
      const lease = await this.#ports.lease.read(call);
      if (lease === null) {
        this.#standBy('');
        return await this.#claim(null, this.#times.leaseDurationMs, call);
      }
      const claim = this.#look(lease);
      return claim && (await this.#claim(lease, claim.quietMs, call));
    } catch (error) {
      this.#failed(error, false);
      return null;
    }
  }

  async #claim(
    lease: HeldLease | null,
    quietMs: number,
    call: LeaseCall,
  ): Promise<{ readonly held: Held; readonly quietMs: number }> {
    const { clock } = this.#ports;
    this.#quietUntilMs = Math.max(this.#quietUntilMs, clock.monotonic() + quietMs);
    const held = await this.#write(lease, call);
    return { held, quietMs: Math.max(this.#quietUntilMs - held.sent.monotonic, 0) };
  }

  #look(lease: HeldLease): ReturnType<typeof claimOn> {
    const now = this.#ports.clock.monotonic();
    this.#sighting = sightingOf(lease, this.#sighting, now);
    this.#standBy(lease.record.holderIdentity);
    return claimOn(this.#sighting, this.identity, now, this.#times);
  }

  #standBy(holder: string): void {
    if (holder === this.#toldHolder || holder === this.identity) return;
    this.#toldHolder = holder;
    this.#ports.emit({ type: 'leader.standby', lease: this.#ports.lease.name, holder });
  }

  async #write(lease: HeldLease | null, call: LeaseCall): Promise<Held> {
    const { lease: api, clock, emit } = this.#ports;
    const sent = this.gate.now();
    const record = claimed(lease?.record ?? null, this.identity, microTime(clock.now()), this.#times);
    const written = lease === null ? await api.create(record, call) : await api.replace(lease, record, call);
    emit({ type: 'lease.renewed', lease: api.name, durationMs: clock.monotonic() - sent.monotonic });
    return { lease: written, sent };
  }

  async #lead(held: Held, quietMs: number, lead: Lead): Promise<void> {
    const { emit, lease } = this.#ports;
    const { leaseTransitions: term } = held.lease.record;
    const ended = new AbortController();
    const lost = new AbortController();
    this.gate.open(held.sent, quietMs);
    emit({ type: 'leader.elected', lease: lease.name, identity: this.identity, term, quietMs });
    const renewing = this.#keep(held, ended.signal).then((reason) => {
      if (reason === null) return;
      this.gate.close();
      this.#toldHolder = null;
      emit({ type: 'leader.lost', lease: lease.name, term, reason });
      lost.abort();
    });
    let isDrained = false;
    try {
      const waitingMs = (): number => this.gate.waitingMs(held.sent);
      isDrained = await Promise.race([
        lead({ lost: lost.signal, quietMs, waitingMs }),
        renewing.then(() => new Promise<never>(() => undefined)),
      ]);
    } finally {
      ended.abort();
      await renewing.catch(() => undefined);
      this.gate.close();
      if (isDrained && !lost.signal.aborted) await this.#release(held, term);
    }
  }

  /** Renews until it has ended (null) or the Lease is lost: why. */
  async #keep(held: Held, ended: AbortSignal): Promise<string | null> {
    while (!ended.aborted) {
      await this.#pause(ended, this.#leftMs(held));
      if (ended.aborted) return null;
      const holder = await this.#renew(held, ended);
      if (holder !== null) return `${holder === '' ? 'nobody' : holder} holds the Lease now`;
      if (this.#leftMs(held) <= 0)
        return `the Lease could not be renewed for ${this.#times.renewDeadlineMs / 1000} s`;
    }
    return null;
  }

  /** Until it counts as lost. */
  #leftMs({ sent }: Held): number {
    return sent.monotonic + this.#times.renewDeadlineMs - this.#ports.clock.monotonic();
  }

  /** Null when it is still ours, or nothing is known; else who holds it. */
  async #renew(held: Held, ended: AbortSignal): Promise<string | null> {
    const call = this.#call(ended, Math.max(this.#leftMs(held), 1));
    try {
      this.#take(held, await this.#write(held.lease, call));
      return null;
    } catch (error) {
      const fault = error instanceof ClusterError ? error.fault : null;
      if (fault !== 'conflict' && fault !== 'not-found') {
        this.#failed(error, true);
        return null;
      }
    }
    try {
      const lease = await this.#ports.lease.read(call);
      // What was taken out by hand, or made anew by somebody, may be taken by another one any moment.
      if (lease !== null && lease.record.holderIdentity !== this.identity) return lease.record.holderIdentity;
      this.#take(held, await this.#write(lease, call));
    } catch (error) {
      this.#failed(error, true);
    }
    return null;
  }

  #take(held: Held, { lease, sent }: Held): void {
    held.lease = lease;
    held.sent = sent;
    this.gate.renewed(sent);
  }

  /** Whoever fails here leaves the Lease to expire. */
  async #release(held: Held, term: number): Promise<void> {
    const { lease: api, clock, emit } = this.#ports;
    const call = this.#call(new AbortController().signal);
    let { lease } = held;
    for (let left = RELEASE_TRIES; left > 0; left--) {
      try {
        await api.replace(lease, released(lease.record, microTime(clock.now())), call);
        emit({ type: 'leader.released', lease: api.name, term });
        return;
      } catch (error) {
        if (!(error instanceof ClusterError) || error.fault !== 'conflict') return this.#failed(error, true);
      }
      const read = await api.read(call).catch((error: unknown) => this.#failed(error, true));
      if (!read || read.record.holderIdentity !== this.identity) return;
      lease = read;
    }
  }

  #call(signal: AbortSignal, longestMs = Infinity): LeaseCall {
    const timeoutMs = Math.min(Math.max(this.#times.retryPeriodMs, LEAST_CALL_MS), longestMs);
    return { signal, timeoutMs };
  }

  #failed(error: unknown, isLeading: boolean): void {
    const failure: ReconcileError = planned(error);
    if (failure instanceof StoppedError) return;
    const fault = failure instanceof ClusterError ? failure.fault : 'unknown';
    const { emit, lease } = this.#ports;
    emit({ type: 'lease.failed', lease: lease.name, error: failure, fault, isLeading });
  }

  /** Resolves early where it is stopped. */
  async #pause(stop: AbortSignal, longestMs = Infinity): Promise<void> {
    const { clock, random } = this.#ports;
    const ms = this.#times.retryPeriodMs * (1 + SPREAD * random());
    await clock.sleep(Math.max(Math.min(ms, longestMs), 0), stop).catch((error: unknown) => {
      if (!stop.aborted) throw error;
    });
  }
}
