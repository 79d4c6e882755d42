import { assemble, type Parts } from './compose.ts';
import { openClusterEvents } from './daemon/cluster-events.ts';
import { endAll, type Ending } from './daemon/endings.ts';
import { openHttp } from './daemon/http.ts';
import { leadershipOf } from './daemon/leadership.ts';
import { Standby } from './daemon/standby.ts';
import { runTerm, type Term } from './daemon/term.ts';
import { openTraces } from './daemon/tracing.ts';
import type { ApiCall } from './edges/cloudflare/api-call.ts';
import { createMetrics, type Metrics } from './edges/http/metrics.ts';
import type { Tracing } from './edges/trace/tracing.ts';
import { logEvents } from './edges/log/event-log.ts';
import type { Logger } from './edges/log/logger.ts';
import { WriteSwitch } from './reconcile/pass/invariants.ts';
import type { Emit } from './reconcile/ports.ts';
import { StatusBoard } from './reconcile/status/status-board.ts';
import { openSandbox, type SandboxMode } from './sandbox-mode.ts';
import { packageVersion } from './schemas.ts';
import type { Settings } from './settings.ts';
import { type Signals, listenToSignals } from './signals.ts';

export interface DaemonOptions {
  /** Against a Cloudflare API of its own, in this process. */
  readonly sandbox: boolean;
  readonly logger: Logger;
}

/**
 * Runs until a signal ends it, and resolves to the exit code. Rejects with a `ReconcileError` when it cannot
 * start, and with the bug when there is one.
 *
 * What leads (`daemon/term.ts`) comes and goes with the Lease, where replicas elect who of them writes, and lasts as long as the
 * process where they do not. Ended in two stages: SIGTERM or SIGINT starts nothing new and lets the write in flight finish; a
 * second one does not wait for it.
 */
export async function runDaemon(wanted: Settings, options: DaemonOptions): Promise<number> {
  const signals = listenToSignals();
  const endings: Ending[] = [];
  try {
    await runWhole(wanted, options, signals, endings);
  } catch (error) {
    // Why it ends is what a person needs; what fails on the way out is a consequence.
    await endAll(endings).catch(() => undefined);
    throw error;
  } finally {
    await endAll(endings);
    signals.close();
  }
  return 0;
}

async function runWhole(
  wanted: Settings,
  options: DaemonOptions,
  signals: Signals,
  endings: Ending[],
): Promise<void> {
  const { settings, taken } = options.sandbox
    ? await openSandbox(wanted, endings)
    : { settings: wanted, taken: [] };
  await new Replica(settings, { ...options, taken }, signals, endings).run();
}

/** What lasts as long as the process, whoever leads. */
class Replica {
  readonly #settings: Settings;
  readonly #options: DaemonOptions & Pick<SandboxMode, 'taken'>;
  readonly #signals: Signals;
  readonly #endings: Ending[];
  readonly #stop = new AbortController();
  readonly #failures: unknown[] = [];
  readonly #metrics: Metrics = createMetrics({ version: packageVersion() });
  readonly #board = new StatusBoard({ now: () => Date.now() });
  readonly #subscribers: Set<Emit>;
  /** Null while it does not lead. */
  #term: Term | null = null;
  #isTold = false;
  #traces: Tracing | null = null;

  constructor(
    settings: Settings,
    options: DaemonOptions & Pick<SandboxMode, 'taken'>,
    signals: Signals,
    endings: Ending[],
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#signals = signals;
    this.#endings = endings;
    this.#subscribers = new Set([this.#board.emit, this.#metrics.emit, logEvents(options.logger)]);
  }

  readonly #emit: Emit = (event) => this.#subscribers.forEach((subscriber) => subscriber(event));

  readonly #fail = (error: unknown): void => {
    this.#failures.push(error);
    this.#stop.abort();
  };

  /** Resolves when it is stopped. */
  async run(): Promise<void> {
    const { logger } = this.#options;
    const leadership = leadershipOf(this.#settings, this.#emit);
    const { mayWrite } = leadership;
    await this.#trace();
    const parts = assemble(this.#settings, {
      emit: this.#emit,
      mayWrite,
      onCall: (call) => this.#onCall(call),
      onSecret: (secret) => logger.registerSecret(secret),
    });
    await this.#tellCluster(parts);
    void this.#signals.stop.then((reason) => {
      this.#emit({ type: 'daemon.stopping', reason });
      this.#stop.abort();
    });
    // A standby answers too; who is alone answers when its state is open.
    if (this.#settings.election.isEnabled) await this.#answer(parts);
    const watched = this.#watch(parts);
    const writes = new WriteSwitch();
    await leadership.run(parts, this.#stop.signal, (leading) =>
      runTerm(
        {
          settings: this.#settings,
          parts,
          logger,
          emit: this.#emit,
          subscribers: this.#subscribers,
          mayWrite,
          writes,
          watched,
          stop: this.#stop.signal,
          stopNow: this.#signals.stopNow,
          onOpened: async (term) => {
            this.#term = term;
            await this.#answer(parts);
          },
          onEnded: () => (this.#term = null),
          onFailure: this.#fail,
        },
        leading,
      ),
    );
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #onCall(call: ApiCall): void {
    this.#metrics.onCall(call);
    this.#traces?.onCall(call);
    this.#term?.onCall(call);
  }

  /** They end last: what is sent then has the end of everything else in it. */
  async #trace(): Promise<void> {
    const { logger } = this.#options;
    this.#traces = await openTraces(this.#settings, { logger, emit: this.#emit });
    if (this.#traces === null) return;
    this.#endings.push(() => this.#traces?.close());
    this.#subscribers.add(this.#traces.emit);
  }

  async #tellCluster(parts: Parts): Promise<void> {
    const scrub = (text: string): string => this.#options.logger.scrub(text);
    const events = await openClusterEvents(this.#settings, { ...parts, scrub, emit: this.#emit });
    if (events === null) return;
    this.#endings.push(() => events.close());
    this.#subscribers.add(events.emit);
  }

  /** Health, metrics and status, from the first time on that this is called. */
  async #answer(parts: Parts): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    const server = await openHttp(this.#settings, {
      board: this.#board,
      metrics: this.#metrics,
      logger: this.#options.logger,
      parts,
      term: () => this.#term,
    });
    this.#endings.push(() => server?.close());
    const { sandbox, taken } = this.#options;
    this.#emit({
      type: 'daemon.started',
      version: packageVersion(),
      settingsFile: this.#settings.file,
      apiUrl: this.#settings.cloudflare.baseUrl,
      statusUrl: server?.url ?? null,
      sandbox,
      taken,
    });
  }

  /** Resolves once no change of the manifest is missed, by whoever leads or by this standby. */
  #watch(parts: Parts): Promise<void> {
    const { origin, clock, random } = parts;
    const standby = new Standby(parts, this.#emit, this.#stop.signal);
    const look = (lead: (term: Term) => Promise<void>): void => {
      const looked = this.#term === null ? standby.look() : lead(this.#term);
      looked.catch(this.#fail);
    };
    const watched = origin
      .watch(() => look(({ loop }) => loop.lookAtChanged(origin.trigger)), {
        clock,
        random,
        emit: this.#emit,
      })
      .then((watch) => void this.#endings.push(() => watch.close()));
    watched.catch(this.#fail);
    this.#signals.onHangUp(() => look(({ loop }) => loop.lookAtAll('manual', 'change')));
    if (this.#settings.election.isEnabled)
      void watched.then(
        () => look(() => Promise.resolve()),
        () => undefined,
      );
    return watched;
  }
}
