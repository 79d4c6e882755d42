import type { Pause, Scope } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { endOf, nextReminder, targetOf } from '../../core/plan/pause.ts';
import { failureOf, planned } from '../errors.ts';
import type { Trigger } from '../event/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Loop } from './loop.ts';
import type { Clock, Emit } from '../ports.ts';
import type { Turns } from './turns.ts';

export interface PauseKeeperPorts {
  readonly ledger: Ledger;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly loop: Pick<Loop, 'lookAt'>;
}

export interface StandingPause {
  readonly scope: Scope;
  readonly pause: Pause;
}

/** The wall clock may be set while one sleeps. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * What people pause: kept in the ledger, so that a restart goes on with it, ended by itself, and told of each day where it
 * has no end, or a far one.
 *
 * That nothing is written where a pause stands is for the plan, which asks the ledger; this only says when to look again.
 */
export class PauseKeeper {
  readonly #ports: PauseKeeperPorts;
  readonly #ending = new AbortController();
  #waiting = new AbortController();
  /** When it was last told of what stands for long. */
  #toldAt: number;

  constructor(ports: PauseKeeperPorts) {
    this.#ports = ports;
    this.#toldAt = ports.clock.now();
    this.#wait();
  }

  /**
   * Once it resolves no change of the scope, or the job, is begun; one that is under way comes to its end.
   *
   * @throws StateError when it could not be kept: then nothing is paused
   */
  async pause(
    scope: Scope,
    asked: Omit<Pause, 'since' | 'until'> & { readonly ms?: number },
  ): Promise<Pause> {
    const { ledger, clock, emit } = this.#ports;
    const { ms, ...rest } = asked;
    const now = clock.now();
    const pause: Pause = {
      ...rest,
      since: new Date(now).toISOString(),
      ...(ms !== undefined && { until: new Date(now + ms).toISOString() }),
    };
    await ledger.pause(scope, pause);
    emit({ type: 'pause.began', scope, pause });
    this.#lookAgain(scope, 'manual');
    this.#wait();
    return pause;
  }

  /**
   * Ends what stands under this name: also where the job, or the scope, is not there any more. Null where nothing does.
   *
   * @throws StateError when a restart would not know that it is over
   */
  async resume(target: string): Promise<StandingPause | null> {
    // Case matters in the name of a job alone.
    const standing = this.standing.find(({ scope, pause }) =>
      [scope.name, scope.id].some(
        (name) =>
          targetOf(pause, { name }).toLowerCase() === target.toLowerCase() &&
          target.endsWith(pause.job ?? ''),
      ),
    );
    if (standing === undefined) return null;
    await this.#end(standing.scope, standing.pause, 'manual');
    this.#wait();
    return standing;
  }

  get standing(): readonly StandingPause[] {
    return this.#ports.ledger.pauses();
  }

  stop(): void {
    this.#ending.abort();
    this.#waiting.abort();
  }

  async #end(scope: Scope, pause: Pause, trigger: Trigger): Promise<void> {
    const { ledger, emit } = this.#ports;
    const failure = await failureOf(ledger.resume(scope, pause));
    emit({ type: 'pause.ended', scope, pause, early: trigger === 'manual' });
    this.#lookAgain(scope, trigger);
    if (failure) throw failure;
  }

  /** Whatever is planned there now was planned for another time. */
  #lookAgain(scope: Scope, trigger: Trigger): void {
    const { turns, loop } = this.#ports;
    turns.void(scopeKey(scope));
    loop.lookAt([scopeKey(scope)], trigger);
  }

  /** Until the next moment that matters; what comes up in the meantime begins anew. */
  #wait(): void {
    this.#waiting.abort();
    this.#waiting = new AbortController();
    const { ledger, clock } = this.#ports;
    const now = clock.now();
    const times = ledger.pauses().flatMap(({ pause }) => [endOf(pause), nextReminder(pause, now)]);
    if (times.length === 0 || this.#ending.signal.aborted) return;
    const ms = Math.min(LONGEST_SLEEP_MS, Math.max(0, Math.min(...times) - now));
    void clock.sleep(ms, this.#waiting.signal).then(
      () => this.#wake(),
      () => undefined,
    );
  }

  async #wake(): Promise<void> {
    const { ledger, clock, emit } = this.#ports;
    const now = clock.now();
    for (const { scope, pause } of ledger.pauses()) {
      // That it is over is known all the same; the next save of this scope forgets it.
      if (endOf(pause) <= now) await this.#end(scope, pause, 'schedule').catch(planned);
      else if (nextReminder(pause, this.#toldAt) <= now) emit({ type: 'pause.standing', scope, pause });
    }
    this.#toldAt = now;
    this.#wait();
  }
}
