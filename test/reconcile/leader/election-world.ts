import type { HeldLease, LeaseRecord } from '../../../src/core/leader/lease.ts';
import type { LeaseTimes } from '../../../src/core/leader/lease-times.ts';
import { ClusterError } from '../../../src/reconcile/cluster-error.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { Elector, type Leading } from '../../../src/reconcile/leader/elector.ts';
import type { LeaseApi, LeaseCall } from '../../../src/reconcile/leader/lease-api.ts';
import type { Clock } from '../../../src/reconcile/ports.ts';

export const TIMES: LeaseTimes = {
  leaseDurationMs: 30_000,
  renewDeadlineMs: 20_000,
  retryPeriodMs: 5_000,
  longestWriteMs: 60_000,
};

/** What becomes of one request: when it is carried out (null: never), and when it is answered (null: never), in ms. */
export interface Fate {
  readonly doneAfterMs: number | null;
  readonly answeredAfterMs: number | null;
}

export const AT_ONCE: Fate = { doneAfterMs: 0, answeredAfterMs: 0 };

/** Electors on one Lease, on time that passes only when it is told to. */
export class ElectionWorld {
  nowMs = 0;
  lease: HeldLease | null = null;
  /** Of the next request of a replica. */
  fateOf: (replica: Replica, verb: 'read' | 'write') => Fate = () => AT_ONCE;
  readonly replicas: Replica[] = [];
  readonly #timers: { readonly at: number; readonly run: () => void }[] = [];
  #version = 0;

  at(ms: number, run: () => void): void {
    this.#timers.push({ at: this.nowMs + Math.max(ms, 0), run });
  }

  add(options: { readonly rate?: number; readonly random?: () => number } = {}): Replica {
    const replica = new Replica(this, `r${this.replicas.length}`, options);
    this.replicas.push(replica);
    return replica;
  }

  /** Lets time pass; `seen` is called after each thing that happens. */
  async pass(ms: number, seen: () => void = () => undefined): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await settled();
      seen();
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.nowMs = Math.max(next.at, this.nowMs);
      next.run();
    }
    this.nowMs = end;
    await settled();
    seen();
  }

  create(record: LeaseRecord): HeldLease {
    if (this.lease !== null) throw new ClusterError('already-exists', { action: 'create' });
    return this.put(record, `uid-${this.#version}`);
  }

  replace(from: HeldLease, record: LeaseRecord): HeldLease {
    const { lease } = this;
    if (lease?.uid !== from.uid || lease.resourceVersion !== from.resourceVersion)
      throw new ClusterError('conflict', { action: 'update' });
    return this.put(record, lease.uid);
  }

  /** By hand. */
  put(record: LeaseRecord, uid = this.lease?.uid ?? 'by-hand'): HeldLease {
    this.lease = { record, uid, resourceVersion: String(++this.#version) };
    return this.lease;
  }

  get writing(): readonly string[] {
    return this.replicas.filter(({ elector }) => elector.gate.mayWrite()).map(({ name }) => name);
  }
}

export class Replica {
  readonly name: string;
  readonly elector: Elector;
  readonly events: ReconcileEvent[] = [];
  readonly #world: ElectionWorld;
  readonly #rate: number;
  readonly #stop = new AbortController();
  /** While it is paused its code does not run, and its clocks do. */
  #pausedUntil = 0;
  isLeading = false;
  /** Whether what was under way has ended when it is stopped. */
  drains = true;
  /** How the wall clock is off: of a machine that slept. */
  wallMs = 1_700_000_000_000;
  running: Promise<void> = Promise.resolve();

  constructor(
    world: ElectionWorld,
    name: string,
    options: { readonly rate?: number; readonly random?: () => number },
  ) {
    const { rate = 1, random = () => 0.5 } = options;
    this.#world = world;
    this.name = name;
    this.#rate = rate;
    const emit = (event: ReconcileEvent): void => void this.events.push(event);
    this.elector = new Elector(name, { lease: this.#api(), clock: this.#clock(), random, emit }, TIMES);
  }

  start(): this {
    this.running = this.elector.run(this.#stop.signal, (leading) => this.#lead(leading));
    return this;
  }

  stop(): void {
    this.#stop.abort();
  }

  pause(ms: number): void {
    this.#pausedUntil = this.#world.nowMs + ms;
  }

  types(): readonly string[] {
    return this.events.map(({ type }) => type).filter((type) => !type.startsWith('lease.'));
  }

  async #lead({ lost }: Leading): Promise<boolean> {
    this.isLeading = true;
    await new Promise<void>((done) => {
      lost.addEventListener('abort', () => done());
      if (this.#stop.signal.aborted) done();
      this.#stop.signal.addEventListener('abort', () => done());
    });
    this.isLeading = false;
    return this.drains;
  }

  /** Runs when its time has come, and the process is not paused. */
  #later(ms: number, run: () => void): void {
    this.#world.at(ms, () => {
      const pausedMs = this.#pausedUntil - this.#world.nowMs;
      if (pausedMs > 0) this.#later(pausedMs, run);
      else run();
    });
  }

  #clock(): Clock {
    const monotonic = (): number => this.#world.nowMs * this.#rate;
    return {
      monotonic,
      now: () => this.wallMs + monotonic(),
      sleep: (ms, signal) =>
        new Promise((done, failed) => {
          const stopped = (): void => failed(signal.reason);
          if (signal.aborted) return stopped();
          signal.addEventListener('abort', stopped, { once: true });
          this.#later(ms / this.#rate, done);
        }),
    };
  }

  #api(): LeaseApi {
    return {
      name: 'logpushd',
      read: (call) => this.#send('read', call, () => this.#world.lease),
      create: (record, call) => this.#send('write', call, () => this.#world.create(record)),
      replace: (from, record, call) => this.#send('write', call, () => this.#world.replace(from, record)),
    };
  }

  #send<T>(verb: 'read' | 'write', { timeoutMs }: LeaseCall, run: () => T): Promise<T> {
    const { doneAfterMs, answeredAfterMs } = this.#world.fateOf(this, verb);
    return new Promise((answered, failed) => {
      let outcome: () => void = () => undefined;
      if (doneAfterMs !== null)
        this.#world.at(doneAfterMs, () => {
          try {
            const value = run();
            outcome = () => answered(value);
          } catch (error) {
            outcome = () => failed(error);
          }
        });
      if (answeredAfterMs !== null && doneAfterMs !== null)
        this.#later(Math.max(answeredAfterMs, doneAfterMs), () => outcome());
      const late = (): void => failed(new ClusterError('timeout', { action: 'ask' }));
      this.#later(timeoutMs / this.#rate, late);
    });
  }
}

function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
