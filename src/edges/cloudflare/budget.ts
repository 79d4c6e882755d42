import { PRIORITIES, type Clock, type Priority } from '../../reconcile/ports.ts';
import { HeaderCeiling } from './header-ceiling.ts';
import { SlidingLog } from './sliding-log.ts';

/**
 * When a call may go. Every call of a credential passes through its one budget (`performance.md` §3.4).
 *
 * - In any trailing window no more than `share` of the quota is sent, counted by a log of the sends.
 * - A class goes before all classes after it, and has its own part of the quota; what is not a change never
 *   takes the last tenth, nor the last connections, so a person's change finds room at once.
 * - A 429 holds everything. Then one call goes alone, and the others follow when it is answered; the share
 *   is halved, and grows back a little with each window without a 429.
 *
 * Unknown to it: sends before the process started, and what others send with the same token, except through
 * the rate-limit headers.
 */
export interface Budget {
  /** Resolves when the call may go; rejects with the signal's reason. */
  acquire(priority: Priority, signal: AbortSignal, options?: AcquireOptions): Promise<Permit>;
  /** The headers of an answer, before its permit is released. */
  observe(headers: Readonly<Record<string, string>>): void;
  /** After a 429: nothing goes for `ms`. */
  hold(ms: number): void;
  snapshot(): BudgetSnapshot;
}

export interface AcquireOptions {
  /** Ahead of its class: this call had its turn already, and was not carried out. */
  readonly front?: boolean;
}

export interface Permit {
  /**
   * The answer is here, or will not come.
   *
   * @param outcome `isSent` false: nothing went, so after a 429 the next call still goes alone. Absent: it went.
   */
  release(outcome?: { readonly isSent: boolean }): void;
}

export interface BudgetSnapshot {
  /** Sends in the trailing window. */
  readonly used: number;
  /** Sends that the window may hold now. */
  readonly limit: number;
  readonly share: number;
  readonly inFlight: number;
  readonly waiting: Readonly<Record<Priority, number>>;
  /** What Cloudflare's headers say is left. */
  readonly remaining: number | undefined;
  /** Milliseconds until a hold ends, 0 without one. */
  readonly heldMs: number;
}

export interface Quota {
  readonly requests: number;
  readonly windowSeconds: number;
  /** Part of the quota that is ours, above 0 and at most 1. */
  readonly share: number;
}

const SHARES: Readonly<Record<Priority, number>> = { change: 1, retry: 0.1, first: 0.5, sweep: 0.25 };
const KEPT_FOR_CHANGES = 0.1;
const MAX_IN_FLIGHT = 16;
const MAX_BACKGROUND_IN_FLIGHT = 12;
const MAX_PER_SECOND = 150; // Cloudflare's limit for an IP address is 200.
const MIN_SHARE = 0.25;
const SHARE_STEP = 0.05;

/** @param onPause told once of each wait that a person would notice, with how long it takes */
export function createBudget(quota: Quota, clock: Clock, onPause?: (ms: number) => void): Budget {
  return new CredentialBudget(quota, clock, onPause);
}

const NOTICED_MS = 2000;

interface Waiter {
  readonly go: () => void;
}

class CredentialBudget implements Budget {
  readonly #quota: Quota;
  readonly #clock: Clock;
  readonly #onPause: (ms: number) => void;
  readonly #windowMs: number;
  readonly #ceiling: HeaderCeiling;
  readonly #all: SlidingLog;
  readonly #background: SlidingLog;
  readonly #classes: Readonly<Record<Priority, SlidingLog>>;
  readonly #second = new SlidingLog(1000);
  readonly #waiting: Readonly<Record<Priority, Waiter[]>> = { change: [], retry: [], first: [], sweep: [] };
  #inFlight = 0;
  #share: number;
  #shareChangedAt: number;
  #heldUntil = 0;
  #probe: 'none' | 'due' | 'out' = 'none';
  #alarm: AbortController | undefined;
  #toldUntil = 0;

  constructor(quota: Quota, clock: Clock, onPause: (ms: number) => void = () => undefined) {
    this.#quota = quota;
    this.#clock = clock;
    this.#onPause = onPause;
    // One second more than Cloudflare's window, as its clock and ours do not start together.
    this.#windowMs = (quota.windowSeconds + 1) * 1000;
    this.#ceiling = new HeaderCeiling(quota);
    const log = () => new SlidingLog(this.#windowMs);
    this.#all = log();
    this.#background = log();
    this.#classes = { change: log(), retry: log(), first: log(), sweep: log() };
    this.#share = quota.share;
    this.#shareChangedAt = clock.monotonic();
  }

  acquire(priority: Priority, signal: AbortSignal, options: AcquireOptions = {}): Promise<Permit> {
    const turn = Promise.withResolvers<Permit>();
    if (signal.aborted) {
      turn.reject(signal.reason);
      return turn.promise;
    }
    const queue = this.#waiting[priority];
    const waiter: Waiter = {
      go: () => {
        signal.removeEventListener('abort', leave);
        turn.resolve(this.#permit());
      },
    };
    const leave = () => {
      queue.splice(queue.indexOf(waiter), 1);
      turn.reject(signal.reason);
      this.#admit();
    };
    signal.addEventListener('abort', leave, { once: true });
    if (options.front === true) queue.unshift(waiter);
    else queue.push(waiter);
    this.#admit();
    return turn.promise;
  }

  observe(headers: Readonly<Record<string, string>>): void {
    this.#ceiling.observe(headers, this.#clock.monotonic(), Math.max(0, this.#inFlight - 1));
  }

  hold(ms: number): void {
    const now = this.#clock.monotonic();
    // Several calls in flight meet the same block; it is one event.
    if (now >= this.#heldUntil) {
      this.#recover(now);
      this.#share = Math.min(this.#quota.share, Math.max(MIN_SHARE, this.#share / 2));
    }
    this.#heldUntil = Math.max(this.#heldUntil, now + ms);
    this.#shareChangedAt = this.#heldUntil;
    this.#probe = 'due';
    this.#admit();
  }

  snapshot(): BudgetSnapshot {
    const now = this.#clock.monotonic();
    this.#recover(now);
    const { change, retry, first, sweep } = this.#waiting;
    return {
      used: this.#all.count(now),
      limit: this.#limit(),
      share: this.#share,
      inFlight: this.#inFlight,
      waiting: { change: change.length, retry: retry.length, first: first.length, sweep: sweep.length },
      remaining: this.#ceiling.remaining(now),
      heldMs: Math.max(0, this.#heldUntil - now),
    };
  }

  #permit(): Permit {
    const probing = this.#probe === 'out';
    let released = false;
    return {
      release: ({ isSent } = { isSent: true }) => {
        if (released) return;
        released = true;
        this.#inFlight -= 1;
        if (probing && this.#probe === 'out') this.#probe = isSent ? 'none' : 'due';
        this.#admit();
      },
    };
  }

  /** Lets go whoever may go now, and sets the alarm for the next who may go later. */
  #admit(): void {
    this.#alarm?.abort();
    this.#alarm = undefined;
    const now = this.#clock.monotonic();
    this.#recover(now);
    let next = Infinity;
    for (const priority of PRIORITIES) {
      const queue = this.#waiting[priority];
      for (let waiter = queue[0]; waiter !== undefined; waiter = queue[0]) {
        const ready = this.#readyAt(priority, now);
        next = Math.min(next, ready);
        if (ready > now) break;
        queue.shift();
        this.#record(priority, now);
        waiter.go();
      }
    }
    if (next > now && next < Infinity) this.#wake(next - now);
    if (next < Infinity && next - now >= NOTICED_MS && now >= this.#toldUntil) {
      this.#toldUntil = next;
      this.#onPause(next - now);
    }
  }

  #wake(ms: number): void {
    const alarm = new AbortController();
    this.#alarm = alarm;
    this.#clock.sleep(Math.ceil(ms), alarm.signal).then(
      () => this.#admit(),
      () => undefined,
    );
  }

  #record(priority: Priority, now: number): void {
    const logs = [this.#all, this.#second, this.#classes[priority]];
    if (priority !== 'change') logs.push(this.#background);
    for (const log of logs) log.add(now);
    this.#ceiling.spend();
    this.#inFlight += 1;
    if (this.#probe === 'due') this.#probe = 'out';
  }

  #readyAt(priority: Priority, now: number): number {
    if (now < this.#heldUntil) return this.#heldUntil;
    const background = priority !== 'change';
    const room = background ? MAX_BACKGROUND_IN_FLIGHT : MAX_IN_FLIGHT;
    if (this.#probe === 'out' || this.#inFlight >= room) return Infinity;
    const { requests } = this.#quota;
    const limit = this.#limit();
    const times = [
      this.#all.readyAt(limit, now),
      this.#second.readyAt(MAX_PER_SECOND, now),
      this.#classes[priority].readyAt(Math.max(1, Math.floor(SHARES[priority] * requests)), now),
      this.#ceiling.readyAt(now),
    ];
    if (background) {
      const open = Math.max(1, limit - Math.floor(KEPT_FOR_CHANGES * requests));
      times.push(this.#background.readyAt(open, now));
    }
    return Math.max(...times);
  }

  #limit(): number {
    return Math.max(1, Math.floor(this.#share * this.#quota.requests));
  }

  #recover(now: number): void {
    const windowMs = this.#quota.windowSeconds * 1000;
    while (this.#share < this.#quota.share && now - this.#shareChangedAt >= windowMs) {
      this.#share = Math.min(this.#quota.share, this.#share + SHARE_STEP);
      this.#shareChangedAt += windowMs;
    }
  }
}
