import { scopeKey, type ScopeKey } from '../../core/job/job.ts';
import { planned } from '../errors.ts';
import type { EventOf, ReconcileEvent } from '../event/events.ts';
import type { Clock, Emit } from '../ports.ts';
import type { ClusterObject, Delivery, EventRecorder } from './recorder.ts';
import { type Told, toldOf } from './table.ts';

export interface AnnouncerPorts {
  readonly recorder: EventRecorder;
  /** Rejects with a `ReconcileError`, and with nothing else that is no bug. */
  readonly send: (delivery: Delivery, signal: AbortSignal) => Promise<void>;
  /** What an Event is about: by the file of the manifest where one is meant. */
  readonly objectOf: (file: string | undefined) => ClusterObject;
  readonly lease: ClusterObject;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly emit: Emit;
}

const MOST_WAITING = 100;
const ENDING_MS = 1_000;

/** Tells the people of a cluster what happens, by Events on what it is about. Best effort: it keeps nobody waiting. */
export class Announcer {
  readonly #ports: AnnouncerPorts;
  readonly #ending = new AbortController();
  readonly #waiting: Delivery[] = [];
  /** Scopes that were not as the manifest says when they were looked at last. */
  readonly #off = new Set<ScopeKey>();
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  #isFailing = false;

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports;
  }

  /** Subscribe this to the loop's events. */
  readonly emit: Emit = (event) => {
    if (this.#ending.signal.aborted) return;
    const now = this.#ports.clock.now();
    for (const told of [...toldOf(event), ...this.#inSync(event)]) this.#record(told, now);
    if (event.type !== 'pass.finished' && event.type !== 'daemon.stopping') return;
    for (const delivery of this.#ports.recorder.grown(now)) this.#queue(delivery);
  };

  /** Gives what waits a moment, and then up. */
  async close(): Promise<void> {
    const given = this.#ports.clock.sleep(ENDING_MS, this.#ending.signal).catch(() => undefined);
    await Promise.race([this.#sending, given]);
    this.#ending.abort();
    await this.#sending;
  }

  #record(told: Told, now: number): void {
    const { recorder, objectOf, lease } = this.#ports;
    const about = { regarding: objectOf(told.file), ...(told.isOfLease && { related: lease }) };
    const delivery = recorder.record(told, about, now);
    if (delivery === 'limited') this.#settle('limited');
    else if (delivery !== null) this.#queue(delivery);
  }

  /** Only on change: most zones are in sync most of the time. */
  #inSync(event: ReconcileEvent): readonly Told[] {
    if (event.type !== 'scope.planned' || event.plan.isForsaken === true) return [];
    const { scope, changes, withheld, desired } = event.plan;
    const key = scopeKey(scope);
    if (changes.length + withheld.length + desired.blocked.length > 0) {
      this.#off.add(key);
      return [];
    }
    if (!this.#off.delete(key)) return [];
    return [{ reason: 'ZoneInSync', note: `${scope.name} is as the manifest says.` }];
  }

  #queue(delivery: Delivery): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#settle('dropped');
      return;
    }
    this.#waiting.push(delivery);
    if (this.#isSending) return;
    this.#isSending = true;
    this.#sending = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      for (;;) {
        const delivery = this.#waiting.shift();
        if (delivery === undefined || this.#ending.signal.aborted) return;
        await this.#send(delivery);
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #send(delivery: Delivery): Promise<void> {
    const { send, emit } = this.#ports;
    try {
      await send(delivery, this.#ending.signal);
    } catch (error) {
      const failure = planned(error);
      if (this.#ending.signal.aborted) return;
      this.#settle('failed');
      if (!this.#isFailing) emit({ type: 'kubernetes-events.failing', error: failure });
      this.#isFailing = true;
      return;
    }
    this.#settle(delivery.series === undefined ? 'sent' : 'counted');
    if (this.#isFailing) emit({ type: 'kubernetes-events.resumed' });
    this.#isFailing = false;
  }

  #settle(result: EventOf<'kubernetes-event.settled'>['result']): void {
    this.#ports.emit({ type: 'kubernetes-event.settled', result });
  }
}
