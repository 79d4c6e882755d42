import { createHmac } from 'node:crypto';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import type { ScopeLedger } from '../../src/core/plan/ledger-entry.ts';
import type { GuardLimits } from '../../src/core/plan/guard.ts';
import { DOUBT_RULES, type PlanPolicy } from '../../src/core/plan/policy.ts';
import { Secret } from '../../src/core/secret.ts';
import { FieldCatalogue } from '../../src/reconcile/manifest/catalogue.ts';
import { ManifestInForce } from '../../src/reconcile/manifest/desired.ts';
import { Directory } from '../../src/reconcile/manifest/directory.ts';
import { Entrance } from '../../src/reconcile/pass/entrance.ts';
import type { ReconcileError } from '../../src/reconcile/errors.ts';
import type { EventOf, EventType, ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { WriteSwitch } from '../../src/reconcile/pass/invariants.ts';
import { Ledger } from '../../src/reconcile/ledger/ledger.ts';
import { Loop, type LoopRules } from '../../src/reconcile/loop/loop.ts';
import { markedApi } from '../../src/reconcile/marked-api.ts';
import { runPass } from '../../src/reconcile/pass/pass.ts';
import { PauseKeeper } from '../../src/reconcile/loop/pause-keeper.ts';
import type { PassRequest, PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import type { ChallengeReader, LogpushApi, ManifestText, StateStore } from '../../src/reconcile/ports.ts';
import { Proofs } from '../../src/reconcile/proof/proofs.ts';
import { StatusBoard } from '../../src/reconcile/status/status-board.ts';
import { Turns } from '../../src/reconcile/loop/turns.ts';
import { loadSchema } from '../../src/schemas.ts';
import { ManualClock } from '../manual-clock.ts';
import { FakeCloudflare } from './fake-cloudflare.ts';

const parse = createManifestParser(loadSchema('manifest'));

export interface WorldOptions {
  readonly policy?: Partial<PlanPolicy>;
  readonly limits?: Partial<GuardLimits>;
  readonly random?: () => number;
  /** Asked by the loop. */
  readonly mayWrite?: () => boolean;
  readonly cloudflare?: FakeCloudflare;
  /** Reads challenges; without one no destination is proven. */
  readonly reader?: ChallengeReader;
}

/** One job as a manifest has it. */
export type WrittenJob = { readonly name: string; readonly [key: string]: unknown };

/** The loop with everything around it in memory: the test owns time, files, secrets, state and Cloudflare. */
export class World {
  readonly clock: ManualClock;
  readonly cloudflare: FakeCloudflare;
  readonly events: ReconcileEvent[] = [];
  readonly secrets = new Map<string, string>();
  readonly state: MemoryState;
  readonly board: StatusBoard;
  readonly source = new FakeSource();
  readonly manifest: ManifestInForce;
  readonly ledger: Ledger;
  readonly turns = new Turns();
  /** Of single passes. */
  readonly writes = new WriteSwitch();
  readonly loop: Loop;
  readonly pauses: PauseKeeper;
  readonly proofs: Proofs | undefined;
  /** How often text was parsed. */
  parses = 0;
  readonly #api: LogpushApi;
  readonly #rules: LoopRules;
  readonly #watchers = new Set<() => void>();

  /** With the state of another one it is the same installation after a restart. */
  static async open(options: WorldOptions = {}, state: MemoryState = new MemoryState()): Promise<World> {
    const clock = new ManualClock();
    return new World(state, await Ledger.open(state, clock), clock, options);
  }

  private constructor(state: MemoryState, ledger: Ledger, clock: ManualClock, options: WorldOptions) {
    this.clock = clock;
    const { policy, limits, random, cloudflare = new FakeCloudflare() } = options;
    this.cloudflare = cloudflare;
    this.state = state;
    this.ledger = ledger;
    this.board = new StatusBoard(this.clock);
    const api = markedApi(this.cloudflare.api, policy?.nameSuffix ?? '');
    this.#api = api;
    const { emit } = this;
    this.#rules = {
      policy: {
        mode: 'enforce',
        prune: 'owned',
        adopt: 'always',
        allowedDestinations: [],
        allowGap: false,
        removeSurplus: true,
        checkBeforeDelete: true,
        doubts: DOUBT_RULES,
        nameSuffix: '',
        overlapMs: 900_000,
        graceMs: 0,
        reenable: 'tell',
        windows: [],
        jobsPerZone: 4,
        ...policy,
      },
      limits: { maxRemovals: 3, maxRemovalShare: 0.1, ...limits },
    };
    this.manifest = new ManifestInForce({
      source: this.source,
      references: {
        read: async ({ secrets }) => ({
          env: new Map(),
          secrets: new Map(
            [...secrets].flatMap((name) => {
              const value = this.secrets.get(name);
              return value === undefined ? [] : [[name, new Secret(value)] as const];
            }),
          ),
          unreadable: new Map(),
        }),
      },
      directory: new Directory(api, this.clock),
      catalogue: new FieldCatalogue(api, this.clock),
      clock: this.clock,
      parse: (files) => {
        this.parses += 1;
        return parse(files);
      },
      emit,
    });
    const { reader } = options;
    this.proofs = reader && new Proofs({ clock, ledger, reader, emit });
    this.loop = new Loop(
      {
        ...(this.proofs && { proofs: this.proofs }),
        manifest: this.manifest,
        reader: api,
        writer: api,
        ledger,
        turns: this.turns,
        clock: this.clock,
        random: random ?? (() => 0.5),
        mayWrite: options.mayWrite ?? (() => true),
        writes: new WriteSwitch(),
        emit,
      },
      this.#rules,
    );
    this.pauses = new PauseKeeper({ ledger, turns: this.turns, clock, emit, loop: this.loop });
  }

  readonly emit = (event: ReconcileEvent): void => {
    this.events.push(event);
    this.board.emit(event);
    for (const watcher of this.#watchers) watcher();
  };

  /** Zones with these jobs; each zone exists from now on. */
  write(zones: { readonly [zone: string]: readonly WrittenJob[] }): void {
    for (const name of Object.keys(zones)) {
      if (!this.cloudflare.zones.some((zone) => zone.name === name)) this.cloudflare.zone(name);
    }
    const entries = Object.entries(zones).map(([zone, jobs]) => ({ zone, jobs: jobs.map(withDefaults) }));
    this.source.text = JSON.stringify({ version: 1, zones: entries }, null, 1);
  }

  /** Writes a manifest and brings Cloudflare to it. */
  async settle(zones: { readonly [zone: string]: readonly WrittenJob[] }): Promise<void> {
    this.write(zones);
    await this.sweep();
    const undone = this.events.filter(({ type }) => /failed|skipped|refused|rejected|unreadable/.test(type));
    if (undone.length > 0) throw new Error(`not settled: ${undone.map(describe).join('; ')}`);
    this.forget();
  }

  async sweep(): Promise<void> {
    await this.loop.lookAtAll('schedule', 'sweep');
    await this.loop.idle();
  }

  async change(): Promise<void> {
    await this.loop.lookAtChanged('file-change');
    await this.loop.idle();
  }

  /** One pass by itself, as `apply` makes it (or `plan`, without `write`). */
  async pass(
    request: Partial<PassRequest> & { readonly write?: boolean; readonly mayWrite?: () => boolean } = {},
  ): Promise<PassResult> {
    const { write = true, mayWrite, ...rest } = request;
    const api = this.#api;
    const signal = new AbortController().signal;
    await this.manifest.refresh(signal);
    return runPass(
      {
        manifest: this.manifest,
        reader: api,
        writer: write ? api : null,
        ledger: this.ledger,
        turns: this.turns,
        ...(this.proofs && { proofs: this.proofs }),
        entrance: new Entrance({
          clock: this.clock,
          fingerprint: this.ledger.fingerprint,
          emit: this.emit,
        }),
        clock: this.clock,
        writes: this.writes,
        mayWrite: mayWrite ?? (() => !(rest.reading?.aborted ?? false)),
        emit: this.emit,
      },
      {
        passId: 'single',
        triggers: ['manual'],
        priority: 'change',
        includes: () => true,
        ...this.#rules,
        reading: signal,
        writing: signal,
        ...rest,
      },
    );
  }

  /** Time goes on, and what that wakes comes to its end. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.loop.idle();
  }

  /** What has been called and told so far is of no interest any more. */
  forget(): void {
    this.events.length = 0;
    this.cloudflare.calls.length = 0;
  }

  told<Type extends EventType>(type: Type): readonly EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** Resolves with the first such event there has been since `forget`, or will be. */
  async says<Type extends EventType>(type: Type): Promise<EventOf<Type>> {
    for (;;) {
      const [event] = this.told(type);
      if (event) return event;
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  entries(zone = 'example.com'): ScopeLedger {
    const found = this.cloudflare.zones.find(({ name }) => name === zone);
    return this.ledger.of({ kind: 'zone', id: found?.id ?? '' });
  }

  /** What a restart would know of a zone. */
  stored(zone: string): ScopeLedger {
    const found = this.cloudflare.zones.find(({ name }) => name === zone);
    return JSON.parse(this.state.texts.get(`zone.${found?.id}`) ?? '{"entries":[],"creating":[]}');
  }
}

function describe(event: ReconcileEvent): string {
  return 'error' in event ? `${event.type}: ${event.error.message}` : JSON.stringify(event);
}

function withDefaults(job: WrittenJob): object {
  return {
    dataset: 'http_requests',
    enabled: true,
    destination_conf: `s3://bucket/${job.name}/{DATE}?region=us-east-1`,
    ...job,
  };
}

export class FakeSource {
  text = '';
  failure: ReconcileError | null = null;
  reads = 0;
  #gate: Promise<void> | null = null;

  /** The next read waits; it sees what stands there when it began. */
  hold(): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate.promise;
    return () => gate.resolve();
  }

  async read(): Promise<ManifestText> {
    this.reads += 1;
    const { text, failure } = this;
    const gate = this.#gate;
    this.#gate = null;
    await gate;
    if (failure) throw failure;
    const files = text === '' ? [] : [{ path: 'manifest.yaml', text }];
    return { files, revision: createHmac('sha256', 'revision').update(text).digest('hex').slice(0, 12) };
  }
}

export class MemoryState implements StateStore {
  readonly texts = new Map<string, string>();
  /** Fails the saves for which it gives an error. */
  failing: (key: string, text: string | null) => Error | null = () => null;

  async load() {
    return new Map(this.texts);
  }

  async save(key: string, text: string) {
    this.#failIfAsked(key, text);
    this.texts.set(key, text);
  }

  async remove(key: string) {
    this.#failIfAsked(key, null);
    this.texts.delete(key);
  }

  async fingerprint() {
    return (text: string) => createHmac('sha256', 'key of the test').update(text).digest('hex');
  }

  #failIfAsked(key: string, text: string | null): void {
    const failure = this.failing(key, text);
    if (failure) throw failure;
  }
}
