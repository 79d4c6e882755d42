import type { ScopeKey } from '../../src/core/job/job.ts';
import { ReconcileError } from '../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import type { WireRequest } from '../../src/edges/cloudflare/transport.ts';
import { Cloud } from './cloud.ts';
import { Oracles, type Violation } from './oracles.ts';
import { People } from './people.ts';
import { Process } from './process.ts';
import { Rng } from './random.ts';
import type { Disturbance, Edit, HttpFault, Scenario, Version, WorldSpec, ZoneTrouble } from './scenario.ts';
import { Scheduler } from './scheduler.ts';
import { Secrets } from './secrets.ts';
import { whereOf } from './transport.ts';

/** Until late effects have landed, holds have ended and retries were made. */
const WAIT_MS = 6 * 60_000;
/** Whatever ended has started again by then. */
const RESUMED_MS = 2 * 60_000;
/** How long what was undone again and again, or was refused, waits for its next try. */
const HOUR_MS = 60 * 60_000;
/** Requests. */
const SMALL_QUOTA = 100;
/** `reliability.md` invariant 16: convergence within so many quiet passes. */
const PASSES_TO_CONVERGE = 3;

export interface RunOptions {
  /** Keeps the trace as text. */
  readonly record?: boolean;
  /** Passes after convergence in which nothing may be written. @default 1 */
  readonly quietPasses?: number;
  /** Writes down how the same story ends when nothing goes wrong. */
  readonly twin?: Report;
}

export interface Report {
  readonly violations: readonly Violation[];
  readonly hash: string;
  readonly trace: readonly string[];
  /** How often each thing happened. */
  readonly sometimes: ReadonlyMap<string, number>;
  /** Writes that changed something. */
  readonly writes: number;
  /** How often a port was touched in the fault phase: the points at which a crash can be placed. */
  readonly touches: number;
  /** Zone and name to the job as it ended. */
  readonly end: ReadonlyMap<string, string>;
  /** Zone and name of what was held back at the end. */
  readonly withheld: ReadonlySet<string>;
  /** The last pass was refused by the guard. */
  readonly refused: boolean;
  readonly virtualMs: number;
  /** Of the scheduler. */
  readonly steps: number;
}

type At = Extract<Disturbance, { readonly at: number }>;
/** What a person, or the system, asks of the daemon. */
type AskedOfDaemon = 'approve' | 'manual' | 'pause' | 'resume' | 'stop';
type Nth<T extends Disturbance['type']> = Extract<Disturbance, { readonly type: T }>;

/** What lasts for a while. */
interface Conditions {
  isDiskFull: boolean;
  /** Listings may be so old. */
  lagMs: number;
  readonly troubles: Map<number, ZoneTrouble>;
}

const BACKUPS_KEPT = 10;

/** One story from beginning to end. */
export class Simulation {
  readonly scheduler: Scheduler;
  readonly random: Rng;
  readonly cloud: Cloud;
  readonly oracles: Oracles;
  readonly people: People;
  readonly secrets = new Secrets();
  readonly world: WorldSpec;
  readonly scenario: Scenario;
  readonly disk = new Map<ScopeKey, string>();
  readonly wall = { offsetMs: 0 };
  readonly conditions: Conditions = { isDiskFull: false, lagMs: 0, troubles: new Map() };
  readonly sometimes = new Map<string, number>();
  version: Version;
  phase: 'calm' | 'faults' | 'quiet' = 'calm';
  readonly #processes: Process[] = [];
  /** The state before each of the last saves, latest last. */
  readonly #backups: ReadonlyMap<ScopeKey, string>[] = [];
  readonly #started: { id: number } = { id: 0 };
  readonly #counters = new Map<string, number>();
  readonly #planned: ReadonlyMap<string, Disturbance>;
  #starting = 0;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.world = scenario.world;
    this.version = scenario.start;
    this.random = new Rng(`delays ${scenario.seed}`);
    this.scheduler = new Scheduler(new Rng(`order ${scenario.seed}`), { record: options.record ?? false });
    this.oracles = new Oracles(this);
    this.cloud = new Cloud(this.world, this.scheduler, this.oracles);
    this.people = new People(this);
    this.#planned = new Map(
      scenario.disturbances.flatMap((one) => ('nth' in one ? [[keyOf(one), one] as const] : [])),
    );
  }

  async run({ quietPasses = 1, twin }: RunOptions): Promise<Report> {
    const { phases, edits, disturbances } = this.scenario;
    this.oracles.onVersion(this.version);
    if (this.world.scopes === 'account') this.count('in accounts');
    if (this.world.hasSuffix) this.count('names with a suffix');
    for (const { at, version, watched } of edits) {
      this.scheduler.after(at, null, `edit ${version.kind}`, () => this.#publish(version, watched));
    }
    for (const one of disturbances) {
      if ('at' in one) this.scheduler.after(one.at, null, one.type, () => this.#disturb(one));
    }
    this.#start();
    await this.#until(phases.faultsFrom);
    this.phase = 'faults';
    await this.#until(phases.faultsUntil);
    this.#calmDown();
    const pass = this.world.sweepMs + 30_000 + budgetDelayOf(this.world);
    await this.#until(phases.faultsUntil + WAIT_MS + (this.world.overlapMs ?? 0));
    await this.#settle(pass);
    if (this.oracles.isPutOff) {
      this.count('put off at the end');
      await this.#until(this.scheduler.now + HOUR_MS);
      await this.#settle(pass);
    }
    const settledAt = this.scheduler.now;
    const writesThen = this.cloud.writes.length;
    this.oracles.atRest();
    await this.#until(settledAt + quietPasses * pass);
    this.oracles.atEnd(writesThen, twin);
    return this.#report();
  }

  /**
   * Up to so many passes; fewer when one of them has found nothing to do and nothing wrong. What the guard refuses
   * is approved before.
   */
  async #settle(pass: number): Promise<void> {
    if (this.oracles.isRefused) {
      this.#approve(this.oracles.refusedDigest);
      this.count('approved at the end');
      await this.#until(this.scheduler.now + pass + (this.world.overlapMs ?? 0));
    }
    for (let passes = 0; passes < PASSES_TO_CONVERGE; passes += 1) {
      const before = this.oracles.troubles + this.cloud.writes.length;
      await this.#until(this.scheduler.now + pass);
      if (this.oracles.troubles + this.cloud.writes.length === before) return;
    }
  }

  #until(time: number): Promise<void> {
    return this.scheduler.runUntil(time, () => this.oracles.violations.length > 0);
  }

  #report(): Report {
    const { violations, end, withheld, isRefused, successfulWrites } = this.oracles;
    return {
      violations,
      hash: this.scheduler.hash,
      trace: this.scheduler.lines ?? [],
      sometimes: this.sometimes,
      writes: successfulWrites,
      touches: this.#counters.get('crash') ?? 0,
      end: end(),
      withheld: withheld(),
      refused: isRefused,
      virtualMs: this.scheduler.now,
      steps: this.scheduler.steps,
    };
  }

  count(what: string): void {
    this.sometimes.set(what, (this.sometimes.get(what) ?? 0) + 1);
  }

  /** How long a port takes. Often no time, so that much happens at once and in any order. */
  delay(): number {
    const draw = this.random.next();
    if (draw < 0.4) return 0;
    const ms = draw < 0.9 ? draw * 40 : (draw - 0.9) * 5_000;
    return Math.floor(ms * (this.world.slowness ?? 1));
  }

  // --- processes ---

  get living(): readonly Process[] {
    return this.#processes.filter(({ alive }) => alive);
  }

  #start(): void {
    this.#started.id += 1;
    const process = new Process(this, this.#started.id);
    this.#processes.push(process);
    process.start();
  }

  startLater(ms: number): void {
    this.#starting += 1;
    this.scheduler.after(ms, null, 'restart', () => {
      this.#starting -= 1;
      this.#start();
    });
  }

  onTouch(process: Process, label: string): void {
    const crash = this.take('crash');
    if (crash === null) return;
    this.scheduler.trace(`${process.id} crashes: ${label}`);
    process.die();
    this.oracles.onCrash();
    if (crash.stateLost) this.#loseState(new Map());
    else if (crash.savesLost !== undefined) this.#loseState(this.#backups.at(-crash.savesLost) ?? new Map());
    this.startLater(crash.downMs);
  }

  #loseState(left: ReadonlyMap<ScopeKey, string>): void {
    this.count(left.size === 0 ? 'state-lost' : 'state-old');
    this.disk.clear();
    for (const [key, text] of left) this.disk.set(key, text);
    this.oracles.onStateLost();
  }

  keepBackup(): void {
    this.#backups.push(new Map(this.disk));
    if (this.#backups.length > BACKUPS_KEPT) this.#backups.shift();
  }

  onEvent(process: Process, event: ReconcileEvent): void {
    this.scheduler.trace(`${process.id} tells ${event.type}`);
    this.count(`event ${event.type}`);
    this.oracles.onEvent(process, event);
  }

  // --- disturbances ---

  /** The planned fault for this occasion, counted since the beginning of the fault phase. */
  take<T extends 'save-fails' | 'load-fails' | 'read-fails' | 'crash' | 'meddle'>(type: T): Nth<T> | null {
    const planned = this.#next(type);
    if (planned === null || planned.type !== type) return null;
    this.count(type);
    this.oracles.onFault(planned);
    return planned as Nth<T>;
  }

  takeHttpFault(request: WireRequest): HttpFault | null {
    const where = whereOf(request);
    const meddler = this.take('meddle');
    if (meddler !== null) this.people.act(meddler);
    const planned = this.#next(where.on);
    const fault = planned?.type === 'http' ? planned.fault : this.#lastingFault(where);
    if (fault === null) return null;
    this.count(`http ${fault.kind}`);
    this.oracles.onHttpFault(fault, where);
    return fault;
  }

  /** What goes wrong with every such request for a while. */
  #lastingFault({ on, zone }: ReturnType<typeof whereOf>): HttpFault | null {
    if (this.phase !== 'faults') return null;
    const { lagMs, troubles } = this.conditions;
    if (on === 'zones') {
      const hidden = [...troubles].find(([, how]) => how === 'hidden');
      return hidden === undefined ? null : { kind: 'zone-gone', zone: hidden[0] };
    }
    const how = zone === null ? undefined : troubles.get(zone);
    switch (how) {
      case 'down':
        return { kind: 'server-error', status: 503, applied: false };
      case 'slow':
        return { kind: 'slow', ms: this.random.int(5_000, 25_000) };
      case 'not-allowed':
      case 'no-route':
        return { kind: how };
      case 'no-list':
        return on === 'list' ? { kind: 'no-list' } : null;
      case 'hidden':
      case undefined:
        return on === 'list' && lagMs > 0 ? { kind: 'stale', ageMs: this.random.int(0, lagMs) } : null;
    }
  }

  #next(kind: string): Disturbance | null {
    if (this.phase !== 'faults') return null;
    const nth = (this.#counters.get(kind) ?? 0) + 1;
    this.#counters.set(kind, nth);
    return this.#planned.get(`${kind}#${nth}`) ?? null;
  }

  #publish(version: Version, watched: boolean): void {
    this.version = version;
    this.count(`edit ${version.kind}${'how' in version ? ` ${version.how}` : ''}`);
    this.oracles.onVersion(version);
    if (!watched) {
      this.count('edit unwatched');
      return;
    }
    for (const process of this.living) {
      this.scheduler.after(this.random.int(0, 1_500), process, `${process.id} watches`, () =>
        process.onFileChange(),
      );
    }
  }

  #disturb(one: At): void {
    if (this.phase === 'quiet') return;
    this.count(one.type);
    this.oracles.onFault(one);
    const [first] = this.living;
    switch (one.type) {
      case 'approve':
        return this.#approve(one.wrong ? 'f'.repeat(64) : this.oracles.refusedDigest);
      case 'manual':
        return first?.lookAtAll();
      case 'pause':
        return this.#talk(first?.pause(one));
      case 'resume':
        return this.#talk(first?.resumeAll());
      case 'stop':
        return first?.stop(() => this.startLater(one.downMs));
      default:
        return this.#disturbWorld(one);
    }
  }

  /** What the daemon is not asked about. */
  #disturbWorld(one: Exclude<At, { readonly type: AskedOfDaemon }>): void {
    switch (one.type) {
      case 'person':
        return this.people.act(one);
      case 'opponent':
        return this.people.oppose(one.forMs, one.afterMs);
      case 'other-tool':
        for (let i = 0; i < one.requests; i += 1) this.cloud.asOtherTool();
        return undefined;
      case 'second-leader':
        return this.#overlap(one.forMs);
      case 'secret-rotated':
        return this.secrets.rotate(one.name);
      case 'secret-missing':
        this.secrets.hide(one.name);
        this.scheduler.after(one.forMs, null, 'secret back', () => this.secrets.show(one.name));
        return undefined;
      case 'disk-full':
        return this.#during(one.forMs, (isFull) => {
          this.conditions.isDiskFull = isFull;
        });
      case 'reads-lag':
        return this.#during(one.forMs, (lags) => {
          this.conditions.lagMs = lags ? one.ageMs : 0;
        });
      case 'zone-trouble':
        return this.#trouble(one);
      case 'wall-jump':
        this.wall.offsetMs += one.ms;
        return undefined;
    }
  }

  #trouble({ zone, how, forMs }: Extract<At, { readonly type: 'zone-trouble' }>): void {
    this.count(`zone ${how}`);
    this.#during(forMs, (isTroubled) => {
      if (isTroubled) this.conditions.troubles.set(zone, how);
      else {
        this.oracles.onTroubleEnds(zone);
        this.conditions.troubles.delete(zone);
      }
    });
  }

  /** A person who asks something of the daemon hears of a failure, and lets it be. */
  #talk(answer: Promise<void> | undefined): void {
    answer?.catch((error: unknown) => {
      if (!(error instanceof ReconcileError)) this.oracles.onBug(error);
    });
  }

  #during(ms: number, set: (isOn: boolean) => void): void {
    set(true);
    this.scheduler.after(ms, null, 'is over', () => set(false));
  }

  #approve(digest: string | null): void {
    if (digest === null) return;
    this.scheduler.trace(`a person approves ${digest}`);
    this.oracles.onApproval(digest);
    for (const process of this.living) process.approve(digest);
  }

  #overlap(ms: number): void {
    this.#start();
    this.scheduler.after(ms, null, 'overlap ends', () => {
      if (this.living.length > 1) this.living[0]?.die();
    });
  }

  /** Nothing goes wrong from here on, and one daemon is left. */
  #calmDown(): void {
    this.phase = 'quiet';
    this.conditions.isDiskFull = false;
    this.people.rest();
    this.secrets.showAll();
    for (const process of this.living.slice(0, -1)) process.die();
    if (this.living.length === 0 && this.#starting === 0) this.#start();
    // The clock may have been set back, and a pause with it.
    this.scheduler.after(RESUMED_MS, null, 'pauses end', () => this.#talk(this.living[0]?.resumeAll()));
  }
}

/** Where a few calls are the quota, the calls of one pass have to wait for the next window. */
function budgetDelayOf({ quota }: WorldSpec): number {
  return quota.requests < SMALL_QUOTA ? quota.windowSeconds * 1000 : 0;
}

function keyOf(one: Extract<Disturbance, { readonly nth: number }>): string {
  return one.type === 'http' ? `${one.on}#${one.nth}` : `${one.type}#${one.nth}`;
}

export async function simulate(scenario: Scenario, options: RunOptions = {}): Promise<Report> {
  return new Simulation(scenario, options).run(options);
}

/** Long enough for everything that an edit asks for. */
const TWIN_STEP_MS = 120_000;

/** The same story with only the edits and the rotations, in their order, and each with time enough to be carried out. */
export function undisturbed(scenario: Scenario): Scenario {
  const { edits, disturbances, phases, world } = scenario;
  const rotations = disturbances.filter((one) => one.type === 'secret-rotated');
  const order = [...edits, ...rotations].toSorted((a, b) => a.at - b.at);
  const timeOf = (one: Edit | Disturbance): number =>
    phases.faultsFrom + (1 + order.findIndex((other) => other === one)) * TWIN_STEP_MS;
  const faultsUntil = phases.faultsFrom + (order.length + 2) * TWIN_STEP_MS;
  return {
    ...scenario,
    phases: { ...phases, faultsUntil },
    edits: edits.map((edit) => ({ ...edit, at: timeOf(edit), watched: true })),
    disturbances: rotations.flatMap((one) => [
      { ...one, at: timeOf(one) },
      { type: 'manual', at: timeOf(one) + 1 },
    ]),
    // Sweeps find nothing here, but for one at the end.
    // A replace that is taken back before its old job has gone costs less than one that is not.
    world: { ...world, sweepMs: faultsUntil + WAIT_MS, overlapMs: 0 },
  };
}
