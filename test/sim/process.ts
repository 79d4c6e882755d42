import { createBudget } from '../../src/edges/cloudflare/budget.ts';
import type { ApiCall } from '../../src/edges/cloudflare/api-call.ts';
import { timeoutsFrom } from '../../src/edges/cloudflare/call.ts';
import { createLogpushApi, createLogpushReader } from '../../src/edges/cloudflare/client.ts';
import { targetOf } from '../../src/core/plan/pause.ts';
import { DOUBT_RULES } from '../../src/core/plan/policy.ts';
import { Secret } from '../../src/core/secret.ts';
import { TokenStanding } from '../../src/edges/cloudflare/token-standing.ts';
import { Attributions } from '../../src/reconcile/drift/attributions.ts';
import { AuditFeed } from '../../src/reconcile/audit/feed.ts';
import { AuditedAccounts } from '../../src/reconcile/audit/audited-accounts.ts';
import { FieldCatalogue } from '../../src/reconcile/manifest/catalogue.ts';
import { ManifestInForce } from '../../src/reconcile/manifest/desired.ts';
import { Directory } from '../../src/reconcile/manifest/directory.ts';
import { ReconcileError } from '../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { Keeper } from '../../src/reconcile/ledger/keeper.ts';
import { Ledger } from '../../src/reconcile/ledger/ledger.ts';
import { markedApi, markedReader } from '../../src/reconcile/marked-api.ts';
import { Loop } from '../../src/reconcile/loop/loop.ts';
import { OwnRays } from '../../src/reconcile/audit/own-rays.ts';
import { PauseKeeper } from '../../src/reconcile/loop/pause-keeper.ts';
import type { Clock, StateStore } from '../../src/reconcile/ports.ts';
import { Turns } from '../../src/reconcile/loop/turns.ts';
import { TOKEN } from './cloud.ts';
import { parse, scopeId, zoneName } from './manifests.ts';
import { simulatedClock, simulatedReferences, simulatedSource, simulatedState } from './ports.ts';
import { type Disturbance, SUFFIX } from './scenario.ts';
import type { Simulation } from './simulation.ts';
import { simulatedTransport } from './transport.ts';
import { WriteSwitch } from '../../src/reconcile/pass/invariants.ts';

type PauseOf = Extract<Disturbance, { readonly type: 'pause' }>;

/** As the daemon waits for writes in flight when it is told to stop. */
const DRAIN_MS = 65_000;
/** How long a supervisor waits before it starts again what could not start. */
const RESTART_MS = 5_000;

/**
 * One run of the daemon: the real loop, ledger, core and client, over simulated ports. When it ends, whatever it
 * was doing never comes back from its port, so nothing of it has an effect any more.
 */
export class Process {
  readonly id: number;
  readonly #simulation: Simulation;
  #alive = true;
  #loop: Loop | null = null;
  #pauses: PauseKeeper | null = null;
  /** When it was told to stop, if it was. */
  stoppingSince: number | null = null;

  constructor(simulation: Simulation, id: number) {
    this.#simulation = simulation;
    this.id = id;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** At every touch of a port. False when the process is gone, or ends here. */
  touches(label: string, when: 'before' | 'after' = 'before'): boolean {
    if (this.#alive) this.#simulation.onTouch(this, `${label} ${when}`);
    return this.#alive;
  }

  /** Ends at once. */
  die(): void {
    this.#alive = false;
  }

  start(): void {
    this.#simulation.scheduler.trace(`${this.id} starts`);
    this.#run().catch((error: unknown) => {
      if (!this.#alive) return;
      if (!(error instanceof ReconcileError)) return this.#simulation.oracles.onBug(error);
      this.die();
      this.#simulation.startLater(RESTART_MS);
    });
  }

  async #run(): Promise<void> {
    const clock = simulatedClock(this.#simulation, this);
    const state = simulatedState(this.#simulation, this);
    const ledger = await Ledger.open(state, clock);
    const loop = await this.#assemble(clock, ledger, state);
    this.#loop = loop;
    loop.crashed.catch((error: unknown) => this.#alive && this.#simulation.oracles.onBug(error));
    await loop.lookAtAll('startup', 'first');
    await loop.idle();
    this.#sweep(loop);
  }

  async #assemble(clock: Clock, ledger: Ledger, state: StateStore): Promise<Loop> {
    const simulation = this.#simulation;
    const {
      quota,
      mode,
      adopt,
      guard,
      allowGap,
      overlapMs = 0,
      graceMs = 0,
      checksBeforeDelete,
    } = simulation.world;
    const random = (): number => simulation.random.next();
    const attributions = new Attributions(() => clock.now());
    const rays = new OwnRays(() => clock.now());
    let feed: AuditFeed | null = null;
    const emit = (event: ReconcileEvent): void => {
      if (!this.#alive) return;
      simulation.onEvent(this, event);
      attributions.emit(event);
      feed?.emit(event);
      if (event.type === 'audit.read' && event.others > 0)
        simulation.count('a change by others in the audit log');
    };
    const options = {
      baseUrl: 'https://api.cloudflare.com/client/v4',
      credentials: { kind: 'token', token: new Secret(TOKEN) },
      budget: createBudget(quota, clock),
      transport: simulatedTransport(simulation, this),
      clock,
      random,
      timeouts: timeoutsFrom(30_000),
      token: new TokenStanding(clock, emit),
      onCall: (call: ApiCall) => rays.note(call),
    } as const;
    const nameSuffix = simulation.world.hasSuffix ? SUFFIX : '';
    const reader = markedReader(createLogpushReader(options), nameSuffix);
    const directory = new Directory(reader, clock);
    const manifest = new ManifestInForce({
      source: simulatedSource(simulation, this),
      references: simulatedReferences(simulation, this),
      directory,
      catalogue: new FieldCatalogue(reader, clock),
      clock,
      parse,
      emit,
    });
    const writer = markedApi(createLogpushApi(options), nameSuffix);
    const turns = new Turns();
    const loop = new Loop(
      {
        manifest,
        clock,
        random,
        reader,
        writer,
        ledger,
        turns,
        attributions,
        emit,
        mayWrite: () => true,
        writes: new WriteSwitch(),
      },
      {
        policy: {
          mode,
          prune: 'never',
          adopt,
          allowedDestinations: [],
          allowGap,
          overlapMs,
          graceMs,
          reenable: 'tell',
          windows: [],
          jobsPerZone: 4,
          removeSurplus: true,
          checkBeforeDelete: checksBeforeDelete ?? false,
          doubts: DOUBT_RULES,
          nameSuffix,
        },
        limits: guard,
      },
    );
    this.#pauses = new PauseKeeper({ ledger, turns, clock, emit, loop });
    const { auditMs } = simulation.world;
    if (auditMs === undefined) return loop;
    feed = await AuditFeed.open(
      state,
      {
        reader,
        accounts: new AuditedAccounts(directory, clock),
        clock,
        attributions,
        rays,
        keeper: new Keeper(state, 'audit', () => undefined),
        lookAt: (scopes) => loop.lookAt(scopes, 'audit'),
        emit,
      },
      { intervalMs: auditMs, overlapMs: 600_000, share: { calls: Infinity, windowMs: 1 } },
    );
    feed.run(loop.stopping).catch((error: unknown) => this.#alive && simulation.oracles.onBug(error));
    return loop;
  }

  #sweep(loop: Loop): void {
    this.#simulation.scheduler.after(this.#simulation.world.sweepMs, this, `${this.id} sweeps`, () => {
      if (this.stoppingSince !== null) return;
      void loop.lookAtAll('schedule', 'sweep');
      this.#sweep(loop);
    });
  }

  /** The file watch tells that something changed. */
  onFileChange(): void {
    if (this.stoppingSince === null) void this.#loop?.lookAtChanged('file-change');
  }

  /** As SIGHUP does. */
  lookAtAll(): void {
    if (this.stoppingSince === null) void this.#loop?.lookAtAll('manual', 'change');
  }

  /** As `POST /api/v1/approve` does. */
  approve(digest: string): void {
    if (this.stoppingSince === null) this.#loop?.approve(digest);
  }

  /** As `POST /api/v1/pause` does. Resolves when it is in force, or was refused. */
  async pause({ zone, job, forMs: ms }: Omit<PauseOf, 'type' | 'at'>): Promise<void> {
    if (this.stoppingSince !== null || this.#pauses === null) return;
    const { world, oracles } = this.#simulation;
    const scope = { kind: world.scopes ?? 'zone', id: scopeId(zone, world), name: zoneName(zone) } as const;
    const pause = await this.#pauses.pause(scope, { ms, ...(job !== undefined && { job }) });
    if (this.#alive) oracles.pauses.onPaused(zone, pause);
  }

  /** As `POST /api/v1/resume` does, for each pause that stands. */
  async resumeAll(): Promise<void> {
    // It may be known before anybody hears that it is.
    this.#simulation.oracles.pauses.forget();
    for (const { scope, pause } of this.#pauses?.standing ?? []) {
      await this.#pauses?.resume(targetOf(pause, scope));
    }
  }

  /** As SIGTERM does. */
  stop(then: () => void): void {
    if (this.stoppingSince !== null) return;
    this.stoppingSince = this.#simulation.scheduler.now;
    this.#pauses?.stop();
    let ended = false;
    const end = (): void => {
      if (ended || !this.#alive) return;
      ended = true;
      this.#loop?.abandon();
      this.die();
      then();
    };
    this.#simulation.scheduler.after(DRAIN_MS, this, `${this.id} is not waited for`, end);
    void (this.#loop?.stop() ?? Promise.resolve()).then(end);
  }
}
