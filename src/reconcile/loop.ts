import type { DesiredScope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type { GuardLimits } from '../core/plan/guard.ts';
import type { PlanPolicy } from '../core/plan/plan.ts';
import { digestOf, type Desired, type ManifestState } from './desired.ts';
import { planned } from './errors.ts';
import type { Trigger } from './events.ts';
import { runPass } from './pass.ts';
import type { PassPorts, PassResult } from './pass-terms.ts';
import type { Priority, Random } from './ports.ts';
import { type Batch, ScopeQueue } from './queue.ts';
import { Retries } from './retries.ts';

export interface LoopPorts extends Omit<PassPorts, 'mayWrite'> {
  readonly random: Random;
}

export interface LoopRules {
  readonly policy: PlanPolicy;
  readonly limits: GuardLimits;
}

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
 * - A scope that could not be read or written waits for a retry, longer each time.
 * - `stop` lets the write in flight finish and starts nothing new; `abandon` does not wait for it.
 */
export class Loop {
  readonly #ports: LoopPorts;
  readonly #rules: LoopRules;
  readonly #queue: ScopeQueue;
  readonly #retries: Retries;
  readonly #running = new Map<Lane, Promise<void>>();
  readonly #reading = new AbortController();
  readonly #writing = new AbortController();
  readonly #crash: PromiseWithResolvers<never> = Promise.withResolvers<never>();
  /** What each scope was last asked to be; only a scope whose digest moved is looked at after a file change. */
  #digests: ReadonlyMap<ScopeKey, string> = new Map();
  /** Scopes of a refused pass: looked at together or not at all, or the guard could be passed bit by bit. */
  #held: ReadonlySet<ScopeKey> = new Set();
  #refreshing: Promise<void> = Promise.resolve();
  #passes = 0;
  #finishedPasses = 0;

  constructor(ports: LoopPorts, rules: LoopRules) {
    this.#ports = ports;
    this.#rules = rules;
    this.#queue = new ScopeQueue(() => this.#startPasses());
    this.#retries = new Retries(ports.clock, ports.random, this.#reading.signal);
    this.#crash.promise.catch(() => undefined);
  }

  /** Rejects with the first bug; never resolves. */
  get crashed(): Promise<never> {
    return this.#crash.promise;
  }

  get finishedPasses(): number {
    return this.#finishedPasses;
  }

  /** Reads the manifest and looks at every scope. Resolves when the scopes are in the queue. */
  lookAtAll(trigger: Trigger, priority: Priority): Promise<void> {
    return this.#serially(async () => {
      await this.#refresh();
      const desired = await this.#resolve(trigger, priority);
      if (!desired) return;
      const scopes = this.#knownScopes(desired);
      if (scopes.length > 0) this.#queue.add(scopes, trigger, priority);
      else await this.#runPass({ scopes: new Set(), triggers: [trigger], priority });
    });
  }

  /** Reads the manifest and looks at the scopes for which it says something else than before. */
  lookAtChanged(trigger: Trigger): Promise<void> {
    return this.#serially(async () => {
      const before = this.#ports.manifest.accepted;
      const read = await this.#refresh();
      if (read === null || this.#ports.manifest.accepted === before) return;
      const former = this.#digests;
      const desired = await this.#resolve(trigger, 'change');
      if (!desired) return;
      const changed = this.#knownScopes(desired).filter((key) => former.get(key) !== this.#digests.get(key));
      this.#queue.add(changed, trigger, 'change');
    });
  }

  /** Looks at one scope again, ahead of the sweep. */
  lookAt(scopes: readonly ScopeKey[], trigger: Trigger): void {
    this.#queue.add(scopes, trigger, 'change');
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    await this.#refreshing;
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Starts nothing new and resolves when the write in flight has its answer. */
  async stop(): Promise<void> {
    this.#reading.abort();
    await Promise.allSettled([this.#refreshing, ...this.#running.values()]);
  }

  /** Gives up on the write in flight; its outcome is looked up by the next start. */
  abandon(): void {
    this.#reading.abort();
    this.#writing.abort();
  }

  get #stopping(): boolean {
    return this.#reading.signal.aborted;
  }

  #serially(work: () => Promise<void>): Promise<void> {
    this.#refreshing = this.#refreshing.then(work).catch((error: unknown) => this.#reportOrCrash(error));
    return this.#refreshing;
  }

  async #refresh(): Promise<ManifestState | null> {
    try {
      return await this.#ports.manifest.refresh(this.#reading.signal);
    } catch (error) {
      this.#ports.emit({ type: 'manifest.unreadable', error: planned(error) });
      return null;
    }
  }

  async #resolve(trigger: Trigger, priority: Priority): Promise<Desired | null> {
    try {
      const desired = await this.#ports.manifest.resolve({ signal: this.#reading.signal, priority });
      if (desired) this.#digests = this.#digestsOf(desired);
      this.#retries.succeeded('*');
      return desired;
    } catch (error) {
      const failure = planned(error);
      if (this.#stopping) return null;
      this.#ports.emit({
        type: 'pass.failed',
        passId: this.#nextPassId(),
        triggers: [trigger],
        error: failure,
      });
      this.#retries.after('*', () => void this.lookAtAll(trigger, priority));
      return null;
    }
  }

  #digestsOf(desired: Desired): ReadonlyMap<ScopeKey, string> {
    const digest = (scope: DesiredScope): string => digestOf(scope, this.#ports.ledger.fingerprint);
    return new Map([...desired.scopes].map(([key, scope]) => [key, digest(scope)]));
  }

  /** The manifest's scopes, and those of the ledger that it no longer mentions. */
  #knownScopes(desired: Desired): readonly ScopeKey[] {
    return [...new Set([...desired.scopes.keys(), ...this.#ports.ledger.scopes().map(scopeKey)])];
  }

  #startPasses(): void {
    for (const lane of LANE_NAMES) {
      if (this.#stopping || this.#running.has(lane)) continue;
      const batch = this.#queue.take(LANES[lane]);
      if (batch === null) continue;
      const pass = this.#runPass(batch)
        .catch((error: unknown) => this.#reportOrCrash(error))
        .finally(() => {
          this.#running.delete(lane);
          this.#startPasses();
        });
      this.#running.set(lane, pass);
    }
  }

  async #runPass(batch: Batch): Promise<void> {
    const scopes = this.#withHeld(batch.scopes);
    const result = await runPass(
      { ...this.#ports, mayWrite: () => !this.#stopping },
      {
        ...this.#rules,
        passId: this.#nextPassId(),
        triggers: batch.triggers,
        priority: batch.priority,
        includes: (scope) => scopes.has(scopeKey(scope)),
        reading: this.#reading.signal,
        writing: this.#writing.signal,
      },
    );
    if (this.#stopping) return;
    this.#finishedPasses += 1;
    this.#keepHeld(scopes, result);
    this.#retryFailed(scopes, result);
  }

  #withHeld(scopes: ReadonlySet<ScopeKey>): ReadonlySet<ScopeKey> {
    return [...scopes].some((key) => this.#held.has(key)) ? scopes.union(this.#held) : scopes;
  }

  #keepHeld(scopes: ReadonlySet<ScopeKey>, { refusal, plans }: PassResult): void {
    if (refusal)
      this.#held = new Set(
        plans.filter(({ changes }) => changes.length > 0).map(({ scope }) => scopeKey(scope)),
      );
    else this.#held = this.#held.difference(scopes);
  }

  #retryFailed(scopes: ReadonlySet<ScopeKey>, result: PassResult): void {
    const failed = new Set<ScopeKey>([
      ...result.unreadable.map(({ scope }) => scopeKey(scope)),
      ...result.outcomes.filter(isWorthRetrying).map(({ scope }) => scopeKey(scope)),
      ...(result.failure ? scopes : []),
    ]);
    for (const key of scopes) {
      if (failed.has(key)) this.#retries.after(key, () => this.#queue.add([key], 'retry', 'retry'));
      else this.#retries.succeeded(key);
    }
  }

  #nextPassId(): string {
    this.#passes += 1;
    return `${Math.floor(this.#ports.clock.now() / 1000).toString(36)}-${this.#passes}`;
  }

  #reportOrCrash(error: unknown): void {
    this.#crash.reject(error);
  }
}

function isWorthRetrying({ result, error }: PassResult['outcomes'][number]): boolean {
  return result === 'skipped' || (result === 'failed' && error?.retry === 'next-pass');
}
