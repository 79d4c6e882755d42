import type { ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { digestOfPlans } from '../../core/plan/digest.ts';
import type { GuardLimits } from '../../core/plan/guard.ts';
import type { PlanPolicy } from '../../core/plan/plan.ts';
import type { Trigger } from '../event/events.ts';
import { Entrance } from '../pass/entrance.ts';
import { Approvals } from './approvals.ts';
import { heldAfter, type HeldScopes } from './held-scopes.ts';
import { Intake } from './intake.ts';
import { runPass } from '../pass/pass.ts';
import type { PassPorts, PassResult } from '../pass/pass-terms.ts';
import type { Priority, Random } from '../ports.ts';
import { type Batch, ScopeQueue } from './queue.ts';
import { Retries } from './retries.ts';

export interface LoopPorts extends Omit<PassPorts, 'entrance'> {
  readonly random: Random;
}

export interface LoopRules {
  readonly policy: PlanPolicy;
  readonly limits: GuardLimits;
}

/** What became of a change, of whatever kind. */
type Tried = Pick<PassResult['outcomes'][number], 'result' | 'error' | 'retryInMs'>;

/** Changes overtake: a person who saved a file does not wait for the background sweep. */
const LANES = {
  urgent: ['change', 'retry'],
  background: ['first', 'sweep'],
} as const satisfies Record<string, readonly Priority[]>;
type Lane = keyof typeof LANES;
const LANE_NAMES: readonly Lane[] = ['urgent', 'background'];

/**
 * The one loop of the daemon: triggers become entries of the queue, entries become passes.
 *
 * - A trigger names no change, only scopes to look at again.
 * - There are two lanes, and each runs one pass at a time, so a sweep never overlaps itself. What waits while
 *   a pass runs is taken whole by the next one.
 * - A scope that could not be read or written waits for a retry, longer each time; one in which something is in
 *   doubt, until the next look helps.
 * - `stop` lets the write in flight finish and starts nothing new; `abandon` does not wait for it.
 */
export class Loop {
  readonly #ports: LoopPorts;
  readonly #rules: LoopRules;
  readonly #queue: ScopeQueue;
  readonly #retries: Retries;
  readonly #intake: Intake;
  readonly #entrance: Entrance;
  readonly #running = new Map<Lane, Promise<void>>();
  readonly #reading = new AbortController();
  readonly #writing = new AbortController();
  readonly #crash: PromiseWithResolvers<never> = Promise.withResolvers<never>();
  /** Of refused passes: looked at together or not at all, or the guard could be passed bit by bit. */
  #held: HeldScopes | null = null;
  readonly #approvals = new Approvals();
  /** Digests of what is withheld and may be approved. */
  readonly #withheld = new Map<ScopeKey, readonly string[]>();
  /** Full scopes whose jobs wait for each other: only who sees all of them knows that the wait has no end. */
  #entangled: ReadonlySet<ScopeKey> = new Set();
  #passes = 0;

  constructor(ports: LoopPorts, rules: LoopRules) {
    this.#ports = ports;
    this.#rules = rules;
    const { signal } = this.#reading;
    this.#queue = new ScopeQueue(() => this.#startPasses());
    this.#retries = new Retries(ports.clock, ports.random, signal);
    this.#intake = new Intake({
      ...ports,
      queue: this.#queue,
      retries: this.#retries,
      newPassId: () => this.#newPassId(),
      lookAtNothing: (trigger, priority) =>
        this.#runPass({ scopes: new Set(), triggers: [trigger], priority }),
      onBug: (error) => this.#giveUp(error),
      signal,
    });
    this.#entrance = new Entrance({
      ...ports,
      fingerprint: ports.ledger.fingerprint,
      onReleased: (keys) => keys.forEach((key) => this.#lookAgain(key)),
    });
    this.#crash.promise.catch(() => undefined);
  }

  /** Rejects with the first bug; never resolves. */
  get crashed(): Promise<never> {
    return this.#crash.promise;
  }

  /** Reads the manifest and looks at every scope. Resolves when the scopes are in the queue. */
  lookAtAll(trigger: Trigger, priority: Priority): Promise<void> {
    return this.#intake.ask({ look: 'all', trigger, priority });
  }

  /** Reads the manifest and looks at the scopes for which it says something else than before. */
  lookAtChanged(trigger: Trigger): Promise<void> {
    return this.#intake.ask({ look: 'changed', trigger, priority: 'change' });
  }

  /** Looks at some scopes again, ahead of the sweep. */
  lookAt(scopes: readonly ScopeKey[], trigger: Trigger): void {
    this.#queue.add({ scopes, trigger, priority: 'change' });
  }

  /**
   * Lets the refused plan, or the withheld change, of this digest through, once, within the hour; null when nothing
   * of this digest is refused or withheld now.
   */
  approve(digest: string): readonly ScopeKey[] | null {
    const withheld = [...this.#withheld]
      .filter(([, digests]) => digests.includes(digest))
      .map(([key]) => key);
    const scopes =
      this.#held?.refusal.digest === digest ? [...this.#held.scopes.keys(), ...withheld] : withheld;
    if (scopes.length === 0) return null;
    this.#approvals.add(digest, this.#ports.clock.monotonic());
    this.lookAt(scopes, 'manual');
    return scopes;
  }

  /** Resolves when nothing is asked, nothing waits and nothing runs; what waits for a retry does not count. */
  async idle(): Promise<void> {
    await this.#intake.settled;
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Starts nothing new and resolves when the writes in flight have their answers. */
  async stop(): Promise<void> {
    this.#reading.abort();
    await Promise.all([this.#intake.settled, ...this.#running.values()]);
  }

  /** Gives up on the writes in flight; their outcome is looked up by the next start. */
  abandon(): void {
    this.#reading.abort();
    this.#writing.abort();
  }

  /** Aborted once nothing new is begun. */
  get stopping(): AbortSignal {
    return this.#reading.signal;
  }

  get #isStopping(): boolean {
    return this.#reading.signal.aborted;
  }

  #startPasses(): void {
    for (const lane of LANE_NAMES) {
      if (this.#isStopping || this.#running.has(lane)) continue;
      const batch = this.#queue.take(LANES[lane]);
      if (batch === null) continue;
      const pass = this.#runPass(batch)
        .catch((error: unknown) => this.#giveUp(error))
        .finally(() => {
          this.#running.delete(lane);
          this.#startPasses();
        });
      this.#running.set(lane, pass);
    }
  }

  async #runPass(batch: Batch): Promise<void> {
    const asked = batch.scopes.isDisjointFrom(this.#entangled)
      ? batch.scopes
      : batch.scopes.union(this.#entangled);
    const held = this.#heldWith(asked);
    const scopes = held === null ? asked : asked.union(held.scopes);
    const result = await runPass(
      {
        ...this.#ports,
        entrance: this.#entrance,
        mayWrite: () => !this.#isStopping && this.#ports.mayWrite(),
      },
      {
        ...this.#rules,
        passId: this.#newPassId(),
        triggers: batch.triggers,
        priority: batch.priority,
        includes: (scope) => scopes.has(scopeKey(scope)),
        held,
        approves: (digest) => this.#approvals.use(digest, this.#ports.clock.monotonic()),
        consents: (digest) => this.#approvals.has(digest, this.#ports.clock.monotonic()),
        reading: this.#reading.signal,
        writing: this.#writing.signal,
      },
    );
    if (result.failure) {
      this.#lookAgainTogether(scopes);
      return;
    }
    this.#held = heldAfter(this.#held, scopes, result.held ?? null);
    this.#keepApprovals(scopes, result);
    this.#retryFailed(scopes, result);
  }

  /** Of what may be approved, and of what was approved and is done now. */
  #keepApprovals(scopes: ReadonlySet<ScopeKey>, { plans, outcomes }: PassResult): void {
    const { clock, ledger } = this.#ports;
    const entangled = outcomes.flatMap(({ scope, isMutual = false }) => (isMutual ? [scopeKey(scope)] : []));
    this.#entangled = this.#entangled.difference(scopes).union(new Set(entangled));
    for (const { scope, withheld } of plans) {
      const waiting = outcomes.filter((outcome) => scopeKey(outcome.scope) === scopeKey(scope));
      const digests = [...withheld, ...waiting].flatMap(({ digest }) => digest ?? []);
      this.#withheld.set(scopeKey(scope), digests);
    }
    if (this.#approvals.isEmpty) return;
    for (const { scope, change, result } of outcomes) {
      if (result !== 'applied') continue;
      this.#approvals.use(
        digestOfPlans([{ scope, changes: [change] }], ledger.fingerprint),
        clock.monotonic(),
      );
    }
  }

  #heldWith(scopes: ReadonlySet<ScopeKey>): HeldScopes | null {
    return this.#held === null || scopes.isDisjointFrom(this.#held.scopes) ? null : this.#held;
  }

  #retryFailed(scopes: ReadonlySet<ScopeKey>, result: PassResult): void {
    const { outcomes: others = [], unreadable = [] } = result.transformers ?? {};
    const outcomes = [...result.outcomes, ...others];
    const failed = new Set<ScopeKey>([
      ...[...result.unreadable, ...unreadable].map(({ scope }) => scopeKey(scope)),
      ...outcomes.filter((outcome) => this.#isWorthRetrying(outcome)).map(({ scope }) => scopeKey(scope)),
      ...(result.unsettled ?? []).map(scopeKey),
    ]);
    for (const key of scopes) {
      if (failed.has(key)) this.#retries.after(key, () => this.#lookAgain(key));
      else this.#retries.succeeded(key);
    }
    const now = this.#ports.clock.now();
    for (const { scope, doubts } of result.plans) {
      const key = scopeKey(scope);
      if (doubts.lookAt !== undefined)
        this.#retries.within(doubts.lookAt - now, key, () => this.#lookAgain(key));
    }
    for (const { scope, retryInMs } of outcomes) {
      const key = scopeKey(scope);
      if (typeof retryInMs === 'number') this.#retries.within(retryInMs, key, () => this.#lookAgain(key));
    }
    // By another key: what waits for long must not keep a failure from being retried soon.
    for (const [key, time] of result.lookAgainAt ?? []) {
      this.#retries.within(time - now, `${key} later`, () => this.#lookAgain(key));
    }
  }

  #isWorthRetrying({ result, error, retryInMs }: Tried): boolean {
    if (retryInMs !== undefined || this.#ports.writes.whyOff !== null) return false;
    return result === 'skipped' || (result === 'failed' && error?.retry === 'next-pass');
  }

  #lookAgain(key: ScopeKey): void {
    this.#queue.add({ scopes: [key], trigger: 'retry', priority: 'retry' });
  }

  /** What failed was not about single scopes: were each retried by itself, each would fail by itself. */
  #lookAgainTogether(scopes: ReadonlySet<ScopeKey>): void {
    this.#intake.askLater({ look: scopes, trigger: 'retry', priority: 'retry' });
  }

  #newPassId(): string {
    this.#passes += 1;
    return `${Math.floor(this.#ports.clock.now() / 1000).toString(36)}-${this.#passes}`;
  }

  /** After a bug nothing new is started: nobody knows what it would do. */
  #giveUp(error: unknown): void {
    this.#reading.abort();
    this.#crash.reject(error);
  }
}
