import { cleanText } from '../../core/render/foreign-text.ts';
import type { EventOf } from '../../reconcile/event/events.ts';
import type { Clock, Emit } from '../../reconcile/ports.ts';
import type { CourierOptions } from './courier.ts';
import { answerText, NotDelivered } from './receiver.ts';
import type { HeartbeatSpec, Written } from './receiver-spec.ts';
import { revealed } from './written.ts';

export interface HeartbeatOptions extends Omit<CourierOptions, 'now'> {
  readonly spec: HeartbeatSpec & { readonly url: Written };
  readonly clock: Pick<Clock, 'sleep'>;
  readonly emit: Emit;
}

/** Before the second and the third try. */
const WAITS_MS = [5_000, 30_000];

/**
 * Pings an address after each good sweep, so that somebody else notices when there is none any more. Nothing waits for
 * it; a sweep that ends while a ping is under way sends no other.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #ending = new AbortController();
  #ping: Promise<void> | null = null;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Subscribe this to the loop's events. */
  readonly emit: Emit = (event) => {
    if (event.type !== 'pass.finished' || !isGoodSweep(event) || this.#ping !== null) return;
    this.#ping = this.#pingUntilTaken().finally(() => {
      this.#ping = null;
    });
  };

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#ping;
  }

  async #pingUntilTaken(): Promise<void> {
    const { clock, emit, scrub } = this.#options;
    const { signal } = this.#ending;
    for (const waitMs of [...WAITS_MS, null]) {
      const failure = await this.#pingOnce();
      if (signal.aborted) return;
      if (failure === null) emit({ type: 'heartbeat.sent' });
      else emit({ type: 'heartbeat.failed', said: cleanText(scrub(failure)) });
      if (failure === null || waitMs === null) return;
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** Why it was not taken, or null. */
  async #pingOnce(): Promise<string | null> {
    const { spec, send } = this.#options;
    const { url, method, timeoutMs } = spec;
    try {
      const reveal = await revealed([url], this.#options);
      const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(timeoutMs)]);
      const answer = await send({ method, url: reveal(url), headers: {}, timeoutMs }, signal);
      if (answer.kind !== 'answer') return answer.cause;
      return answer.status >= 200 && answer.status < 300 ? null : answerText(answer);
    } catch (error) {
      if (error instanceof NotDelivered) return error.message;
      return `a bug of logpushd (${error instanceof Error ? error.name : 'no error'}); report it`;
    }
  }
}

/** It looked at everything, could read everything, and did all that it had decided. */
function isGoodSweep({ triggers, summary }: EventOf<'pass.finished'>): boolean {
  const { unreadable, failed, skipped, refused } = summary;
  return triggers.some(isOfSweep) && !refused && unreadable + failed + skipped === 0;
}

function isOfSweep(trigger: EventOf<'pass.finished'>['triggers'][number]): boolean {
  return trigger === 'startup' || trigger === 'schedule';
}
