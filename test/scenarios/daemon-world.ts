import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { healthRules } from '../../src/core/health/rules.ts';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import type { Group } from '../../src/core/alert/alert.ts';
import { DOUBT_RULES, type PlanPolicy } from '../../src/core/plan/policy.ts';
import { Secret } from '../../src/core/secret.ts';
import { createBudget } from '../../src/edges/cloudflare/budget.ts';
import { createAuditReader } from '../../src/edges/cloudflare/audit.ts';
import type { ApiCall } from '../../src/edges/cloudflare/api-call.ts';
import { createCaller, timeoutsFrom } from '../../src/edges/cloudflare/call.ts';
import { createLogpushApi, createTransformerApi } from '../../src/edges/cloudflare/client.ts';
import type { CredentialSource } from '../../src/edges/cloudflare/credentials.ts';
import { TokenStanding } from '../../src/edges/cloudflare/token-standing.ts';
import { axiosTransport } from '../../src/edges/cloudflare/transport.ts';
import { memoryState } from '../../src/edges/state/memory.ts';
import { FieldCatalogue } from '../../src/reconcile/manifest/catalogue.ts';
import { ManifestInForce } from '../../src/reconcile/manifest/desired.ts';
import { Directory } from '../../src/reconcile/manifest/directory.ts';
import type { EventOf, EventType, ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { Attributions } from '../../src/reconcile/drift/attributions.ts';
import { AuditFeed } from '../../src/reconcile/audit/feed.ts';
import { AuditedAccounts } from '../../src/reconcile/audit/audited-accounts.ts';
import { HealthWatch } from '../../src/reconcile/health/watch.ts';
import { Keeper } from '../../src/reconcile/ledger/keeper.ts';
import { OwnRays } from '../../src/reconcile/audit/own-rays.ts';
import type { AuditReader, LogpushApi, StateStore, TokenCheck } from '../../src/reconcile/ports.ts';
import { Ledger } from '../../src/reconcile/ledger/ledger.ts';
import { Loop } from '../../src/reconcile/loop/loop.ts';
import { AlertCenter } from '../../src/reconcile/alert/center.ts';
import { PauseKeeper } from '../../src/reconcile/loop/pause-keeper.ts';
import { Parking } from '../../src/reconcile/pass/parking.ts';
import { TransformerBook } from '../../src/reconcile/transformer/book.ts';
import { Transformers } from '../../src/reconcile/transformer/transformers.ts';
import { StatusBoard } from '../../src/reconcile/status/status-board.ts';
import { Turns } from '../../src/reconcile/loop/turns.ts';
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { loadSchema } from '../../src/schemas.ts';
import { ManualClock } from '../manual-clock.ts';
import { WriteSwitch } from '../../src/reconcile/pass/invariants.ts';

interface WorldTerms {
  readonly credentials: CredentialSource;
  readonly policy: Partial<PlanPolicy>;
}

/** Waits of the rate limit, which the test is not about. */
const SHORT_MS = 1_500;

/** The loop of the daemon with its real client, over real HTTP to a sandbox; the test owns the time of both. */
export class DaemonWorld {
  readonly clock: ManualClock;
  readonly sandbox: RunningSandbox;
  readonly loop: Loop;
  readonly attributions: Attributions;
  readonly rays: OwnRays;
  readonly keeper: Keeper;
  readonly api: LogpushApi & AuditReader & TokenCheck;
  readonly #directory: Directory;
  readonly #state: StateStore;
  readonly #terms: WorldTerms;
  #health: HealthWatch | null = null;
  #feed: AuditFeed | null = null;
  readonly #stopping = new AbortController();
  readonly board: StatusBoard;
  readonly pauses: PauseKeeper;
  readonly alerts: AlertCenter;
  /** What stands, as people are told of it. */
  standing: readonly Group[] = [];
  readonly events: ReconcileEvent[] = [];
  text = '';
  /** Right before a transformer is sent that is new. */
  beforeTransformer: () => Promise<unknown> = async () => undefined;

  static async open(
    { policy = {}, ...options }: SandboxOptions & { readonly policy?: Partial<PlanPolicy> } = {},
    credentials: CredentialSource = { kind: 'token', token: new Secret('a-token-of-the-test') },
  ): Promise<DaemonWorld> {
    const clock = new ManualClock();
    // A destination without keys needs no challenge here.
    const switches = { ownership: 'off', ...options.switches } as const;
    const sandbox = await startSandbox({ now: () => clock.now(), ...options, switches });
    onTestFinished(() => sandbox.close());
    return DaemonWorld.#start(clock, sandbox, memoryState(), { credentials, policy });
  }

  static async #start(
    clock: ManualClock,
    sandbox: RunningSandbox,
    state: StateStore,
    terms: WorldTerms,
  ): Promise<DaemonWorld> {
    const ledger = await Ledger.open(state, clock);
    const world = new DaemonWorld(clock, sandbox, { state, ledger }, terms);
    await world.#openHealth();
    await world.#openFeed();
    onTestFinished(() => world.#stop());
    return world;
  }

  /** The same installation after its process has ended, at once or in good order. */
  async restarted(how: 'killed' | 'stopped', policy = this.#terms.policy): Promise<DaemonWorld> {
    if (how === 'stopped') await this.#stop();
    else this.loop.abandon();
    await this.keeper.settled();
    await this.#health?.settled();
    const world = await DaemonWorld.#start(this.clock, this.sandbox, this.#state, {
      ...this.#terms,
      policy,
    });
    world.text = this.text;
    return world;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.pauses.stop();
    this.alerts.close();
    await this.loop.stop();
    await this.keeper.settled();
    await this.#health?.settled();
  }

  private constructor(
    clock: ManualClock,
    sandbox: RunningSandbox,
    { state, ledger }: { readonly state: StateStore; readonly ledger: Ledger },
    terms: WorldTerms,
  ) {
    const { credentials, policy } = terms;
    this.clock = clock;
    this.#state = state;
    this.#terms = terms;
    this.attributions = new Attributions(() => clock.now());
    this.rays = new OwnRays(() => clock.now());
    this.sandbox = sandbox;
    this.board = new StatusBoard(clock);
    this.alerts = new AlertCenter({
      clock,
      sink: { stand: (groups) => (this.standing = groups), remember: () => undefined },
      scrub: (text) => text,
      state: { groups: [], faults: [] },
    });
    const emit = (event: ReconcileEvent): void => {
      this.events.push(event);
      this.board.emit(event);
      this.alerts.emit(event);
      this.attributions.emit(event);
      this.#feed?.emit(event);
      this.#health?.emit(event);
    };
    this.keeper = new Keeper(state, 'audit', emit);
    const options = {
      baseUrl: sandbox.url,
      credentials,
      budget: createBudget({ requests: 12_000, windowSeconds: 300, share: 1 }, clock),
      transport: axiosTransport({ version: 'test', environment: {} }),
      clock,
      random: () => 0.5,
      timeouts: timeoutsFrom(30_000),
      token: new TokenStanding(clock, emit),
      onCall: (call: ApiCall) => this.rays.note(call),
    };
    const api = { ...createLogpushApi(options), ...createAuditReader(createCaller(options)) };
    this.api = api;
    this.#directory = new Directory(api, clock);
    const manifest = new ManifestInForce({
      source: {
        read: async () => ({
          files: [{ path: 'manifest.yaml', text: this.text }],
          revision: createHash('sha256').update(this.text).digest('hex').slice(0, 12),
        }),
      },
      references: {
        read: async () => ({ env: new Map(), secrets: new Map(), unreadable: new Map() }),
      },
      directory: this.#directory,
      catalogue: new FieldCatalogue(api, clock),
      clock,
      parse: createManifestParser(loadSchema('manifest')),
      emit,
    });
    const random = (): number => 0.5;
    const transformers = createTransformerApi(options);
    const turns = new Turns();
    this.loop = new Loop(
      {
        manifest,
        reader: api,
        writer: api,
        ledger,
        turns,
        transformers: new Transformers({
          reader: transformers,
          writer: {
            ...transformers,
            createTransformer: async (...asked) => {
              await this.beforeTransformer();
              return transformers.createTransformer(...asked);
            },
          },
          book: new TransformerBook(state),
          parking: new Parking(clock, ledger.fingerprint),
        }),
        attributions: this.attributions,
        clock,
        random,
        mayWrite: () => true,
        writes: new WriteSwitch(),
        emit,
      },
      {
        policy: {
          mode: 'enforce',
          prune: 'owned',
          adopt: 'always',
          allowedDestinations: [],
          allowGap: false,
          overlapMs: 0,
          graceMs: 0,
          reenable: 'tell',
          windows: [],
          jobsPerZone: 4,
          doubts: DOUBT_RULES,
          nameSuffix: '',
          removeSurplus: true,
          checkBeforeDelete: true,
          ...policy,
        },
        limits: { maxRemovals: 1_000, maxRemovalShare: 1 },
      },
    );
    this.pauses = new PauseKeeper({ ledger, turns, clock, emit, loop: this.loop });
  }

  async #openHealth(): Promise<void> {
    const { clock, attributions } = this;
    this.#health = await HealthWatch.open(this.#state, {
      clock,
      attributions,
      rules: healthRules(),
      emit: (event) => {
        this.events.push(event);
        this.board.emit(event);
      },
    });
  }

  async #openFeed(): Promise<void> {
    const { clock, attributions, rays, keeper, loop } = this;
    this.#feed = await AuditFeed.open(
      this.#state,
      {
        reader: this.api,
        accounts: new AuditedAccounts(this.#directory, clock),
        clock,
        attributions,
        rays,
        keeper,
        lookAt: (scopes) => loop.lookAt(scopes, 'audit'),
        emit: (event) => {
          this.events.push(event);
          this.board.emit(event);
        },
      },
      { intervalMs: 60_000, overlapMs: 600_000, share: { calls: Infinity, windowMs: 1 } },
    );
  }

  get feed(): AuditFeed {
    if (this.#feed === null) throw new Error('the world is not open');
    return this.#feed;
  }

  /** Asks the audit logs once, and does what follows. */
  async poll(): Promise<void> {
    await this.through(this.feed.poll(this.#stopping.signal).then(() => this.loop.idle()));
  }

  /** One job named `http` in each zone, to a path of its own in this bucket. */
  write(zones: readonly string[], bucket: string, fields = ''): void {
    const path = `s3://${bucket}/\${zone.name}/{DATE}?region=eu-west-1`;
    const jobs = `[{ name: http, dataset: http_requests, enabled: true, destination_conf: '${path}'${fields} }]`;
    this.text = `version: 1\nzones:\n${zones.map((zone) => `  - { zone: ${zone}, jobs: ${jobs} }\n`).join('')}`;
  }

  async sweep(): Promise<void> {
    await this.through(this.loop.lookAtAll('schedule', 'sweep').then(() => this.loop.idle()));
  }

  async wait(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (let left = ms; left > 0; left = end - this.clock.now()) {
      await this.clock.advance(Math.min(left, this.clock.nextWakeMs ?? left));
      await this.through(this.loop.idle());
    }
  }

  /** Until `work` is done; the waits of the rate limit pass meanwhile. */
  async through(work: Promise<unknown>): Promise<void> {
    const done = work.then(() => true);
    for (;;) {
      const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
      if (await Promise.race([done, turn])) return;
      const { nextWakeMs } = this.clock;
      if (nextWakeMs !== undefined && nextWakeMs <= SHORT_MS) await this.clock.advance(nextWakeMs);
    }
  }

  told<Type extends EventType>(type: Type): readonly EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** How many writes the sandbox has seen. */
  get writes(): number {
    return this.sandbox.requests().filter(({ method }) => method !== 'GET').length;
  }

  jobs(zone: string): readonly Record<string, unknown>[] {
    return this.sandbox.model.jobs(zone).map(({ config }) => config);
  }
}
