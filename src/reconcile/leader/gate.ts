import {
  clockSlackMs,
  type LeaseTimes,
  WAITING_SHARE,
  WRITING_SHARE,
} from '../../core/leader/lease-times.ts';
import type { Clock } from '../ports.ts';

interface Open {
  /** When the last good renewal was sent, on both clocks. */
  sent: Moment;
  readonly quietUntil: number;
}

export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * Whether this replica may write now. Asked in the same turn in which a request is handed to its socket; it depends on nothing
 * that runs in time: while everything hangs, it closes by itself.
 */
export class WriteGate {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #times: LeaseTimes;
  #open: Open | null = null;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, times: LeaseTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  now(): Moment {
    return { monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
  }

  /** @param sent when the request was sent by which the Lease was taken */
  open(sent: Moment, quietMs: number): void {
    this.#open = { sent, quietUntil: sent.monotonic + quietMs };
  }

  renewed(sent: Moment): void {
    if (this.#open !== null) this.#open.sent = sent;
  }

  close(): void {
    this.#open = null;
  }

  readonly mayWrite = (): boolean => {
    if (this.#open === null) return false;
    const { sent, quietUntil } = this.#open;
    const now = this.now();
    const elapsed = now.monotonic - sent.monotonic;
    // A machine that slept has a wall clock that went on.
    const sleptMs = Math.abs(now.wall - sent.wall - elapsed);
    return (
      now.monotonic >= quietUntil &&
      elapsed <= this.#times.leaseDurationMs * WRITING_SHARE &&
      sleptMs <= clockSlackMs(this.#times)
    );
  };

  /** For how long from now the answer of a write may still be waited for. */
  waitingMs(sent: Moment): number {
    const until = sent.monotonic + this.#times.leaseDurationMs * WAITING_SHARE;
    return Math.max(until - this.#clock.monotonic(), 0);
  }
}
