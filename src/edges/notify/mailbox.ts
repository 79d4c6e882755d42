import type { Group, Notice } from '../../core/alert/alert.ts';
import { dueOf, type Told } from '../../core/alert/due.ts';
import type { Clock, Emit, Random } from '../../reconcile/ports.ts';
import type { Outcome } from './courier.ts';
import type { MailboxState } from './outbox-page.ts';
import type { ReceiverSpec } from './receiver-spec.ts';
import { bundleOf } from './receivers.ts';

export interface MailboxPorts {
  readonly carry: (notices: readonly Notice[], spec: ReceiverSpec, stop: AbortSignal) => Promise<Outcome>;
  /** Resolves when what the mailbox holds now is kept, or cannot be. */
  readonly saved: () => Promise<void>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: Random;
  readonly emit: Emit;
}

/** Messages that wait for one receiver. What finds no room is told later, if it still stands then. */
const MOST_WAITING = 1_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
const LONGEST_ASKED_WAIT_MS = 3_600_000;
/** A message that is refused so often is given up, or the ones behind it would never go. */
const MOST_REFUSALS = 5;

/**
 * What one receiver is told, in order, each message again until it is taken. Nothing is sent before it is kept, so
 * after a crash it is sent again with the same id: at least once. A receiver that hangs or fails delays nobody else.
 */
export class Mailbox {
  readonly spec: ReceiverSpec;
  readonly #ports: MailboxPorts;
  #told: ReadonlyMap<string, Told>;
  #queue: readonly Notice[];
  /** What has begun, and found no room. */
  #left: ReadonlyMap<string, Group> = new Map();
  #news = Promise.withResolvers<void>();
  /** Something in the queue may not be kept yet. */
  #isNew = false;
  #failures = 0;
  #refusals = 0;

  constructor(spec: ReceiverSpec, state: MailboxState | undefined, ports: MailboxPorts) {
    this.spec = spec;
    this.#ports = ports;
    this.#told = new Map(state?.told);
    this.#queue = state?.queue ?? [];
    this.#sayLength();
  }

  state(): MailboxState {
    return { told: [...this.#told], queue: this.#queue };
  }

  /** Takes up what the receiver has to be told of what stands now. */
  compare(standing: readonly Group[]): void {
    const { filter, repeatMs } = this.spec;
    const { notices, told, left } = dueOf(standing, this.#told, {
      filter,
      repeatMs,
      now: this.#ports.clock.now(),
      waiting: new Set(this.#queue.map(({ alert }) => alert.fingerprint)),
      room: MOST_WAITING - this.#queue.length,
    });
    this.#told = told;
    this.#missed(left);
    this.#queue = this.#queue.map((notice) => upToDate(notice, told.get(notice.alert.fingerprint)));
    if (notices.length === 0) return;
    this.#queue = [...this.#queue, ...notices];
    this.#isNew = true;
    this.#sayLength();
    this.#news.resolve();
  }

  /** What found no room, and is over before there was any: nobody is told that it was. */
  #missed(left: ReadonlyMap<string, Group>): void {
    const missed = [...this.#left].filter(
      ([key, { since }]) => left.get(key)?.since !== since && !this.#told.has(key),
    );
    this.#left = left;
    if (missed.length === 0) return;
    this.#ports.emit({
      type: 'alert.dropped',
      receiver: this.spec.name,
      alerts: missed.map(([fingerprint, { reason }]) => `${reason} ${fingerprint}`),
      statuses: ['firing'],
      said: `it was over before there was room for it: ${MOST_WAITING} messages wait`,
      queued: this.#queue.length,
    });
  }

  /** Sends until the signal stops it. `stopNow` ends also the message that is under way. */
  async run(stop: AbortSignal, stopNow: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => this.#news.resolve(), { once: true });
    while (!stop.aborted) {
      if (this.#queue.length === 0) {
        this.#news = Promise.withResolvers();
        await this.#news.promise;
        continue;
      }
      const waitMs = await this.#sendFirst(stopNow);
      if (waitMs > 0 && !stop.aborted) await this.#ports.clock.sleep(waitMs, stop).catch(() => undefined);
    }
  }

  /** Resolves to how long to wait before the next one. */
  async #sendFirst(stopNow: AbortSignal): Promise<number> {
    // More may be taken up while it is saved.
    while (this.#isNew) {
      this.#isNew = false;
      await this.#ports.saved();
    }
    // One by one, once a message was refused, so that it does not take others with it.
    const batch = this.#queue.slice(0, this.#refusals > 0 ? 1 : bundleOf(this.spec.type));
    const outcome = await this.#ports.carry(batch, this.spec, stopNow);
    const { name: receiver } = this.spec;
    const { emit, clock } = this.#ports;
    if (outcome.isDelivered) {
      this.#drop(batch);
      emit({
        type: 'alert.sent',
        receiver,
        ...tellingOf(batch),
        said: outcome.said,
        queued: this.#queue.length,
      });
      return 0;
    }
    if (stopNow.aborted) return 0;
    const { said, kind } = outcome;
    this.#refusals = kind === 'refused' ? this.#refusals + 1 : 0;
    if (this.#refusals >= MOST_REFUSALS && batch.length === 1) {
      this.#drop(batch);
      emit({ type: 'alert.dropped', receiver, ...tellingOf(batch), said, queued: this.#queue.length });
      return 0;
    }
    const waitMs = this.#waitAfter(outcome.retryAfterMs);
    const retryAt = new Date(clock.now() + waitMs).toISOString();
    emit({ type: 'alert.failed', receiver, ...tellingOf(batch), said, retryAt, queued: this.#queue.length });
    return waitMs;
  }

  #drop(batch: readonly Notice[]): void {
    const gone = new Set(batch.map(({ id }) => id));
    this.#queue = this.#queue.filter(({ id }) => !gone.has(id));
    this.#failures = 0;
    this.#refusals = 0;
    void this.#ports.saved();
  }

  #waitAfter(askedMs: number | null): number {
    const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    const own = doubled * (0.5 + this.#ports.random() / 2);
    return Math.round(Math.max(own, Math.min(askedMs ?? 0, LONGEST_ASKED_WAIT_MS)));
  }

  #sayLength(): void {
    this.#ports.emit({ type: 'alert.queued', receiver: this.spec.name, queued: this.#queue.length });
  }
}

/** One that waits says what is known by now. */
function upToDate(notice: Notice, told: Told | undefined): Notice {
  const isOfIt = told !== undefined && !told.isOver && told.alert.since === notice.alert.since;
  return notice.status === 'firing' && isOfIt ? { ...notice, alert: told.alert } : notice;
}

function tellingOf(batch: readonly Notice[]): {
  readonly alerts: readonly string[];
  readonly statuses: readonly string[];
} {
  return {
    alerts: batch.map(({ alert }) => `${alert.reason} ${alert.fingerprint}`),
    statuses: [...new Set(batch.map(({ status }) => status))],
  };
}
