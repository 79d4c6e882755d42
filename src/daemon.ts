import { setTimeout as after } from 'node:timers/promises';
import { openAlerting } from './daemon/alerting.ts';
import { openClusterEvents } from './daemon/cluster-events.ts';
import { assemble, openState, type Parts } from './compose.ts';
import { type AuditParts, auditParts, credentialWatch, openAuditFeed } from './daemon/audit.ts';
import { type ApiCall, timeoutsFrom } from './edges/cloudflare/call.ts';
import { openPushFeed } from './daemon/pushes.ts';
import { openHttp } from './daemon/http.ts';
import { createMetrics } from './edges/http/metrics.ts';
import { logEvents } from './edges/log/event-log.ts';
import type { Logger } from './edges/log/logger.ts';
import { longestInterval } from './edges/trigger/interval.ts';
import { startSchedule } from './edges/trigger/schedule.ts';
import { StateError } from './reconcile/errors.ts';
import { Ledger } from './reconcile/ledger/ledger.ts';
import { Loop } from './reconcile/loop/loop.ts';
import type { OpenState } from './edges/state/open-state.ts';
import type { Emit, StateStore } from './reconcile/ports.ts';
import { policyOf } from './plan-policy.ts';
import { PauseKeeper } from './reconcile/loop/pause-keeper.ts';
import { proofsWith } from './reconcile/proof/proofs.ts';
import { StatusBoard } from './reconcile/status/status-board.ts';
import { Parking } from './reconcile/pass/parking.ts';
import { TransformerBook } from './reconcile/transformer/book.ts';
import { Transformers } from './reconcile/transformer/transformers.ts';
import { Turns } from './reconcile/loop/turns.ts';
import { openRecords } from './daemon/records.ts';
import { openSandbox, type SandboxMode } from './sandbox-mode.ts';
import { packageVersion } from './schemas.ts';
import type { Settings } from './settings.ts';
import { type Signals, listenToSignals } from './signals.ts';

/** How long an ending may take in all, and what was given up may take to notice. */
const ENDING_MS = 5_000;

export interface DaemonOptions {
  /** Against a Cloudflare API of its own, in this process. */
  readonly sandbox: boolean;
  readonly logger: Logger;
}

/** A part that runs, and how to end it. */
type Ending = () => unknown;

/**
 * Runs until a signal ends it, and resolves to the exit code. Rejects with a `ReconcileError` when it cannot
 * start, and with the bug when there is one.
 *
 * Started in the order state, HTTP, watch, first pass, schedule: health answers from the beginning, and an
 * edit during the first pass is not missed. Ended in the opposite order, in two stages: SIGTERM or SIGINT
 * starts nothing new and lets the write in flight finish; a second one does not wait for it.
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
  await runParts(settings, { ...options, taken }, signals, endings);
}

/**
 * Replicas that think that they are guarded, and are not, would all write.
 * @throws StateError
 */
function refuseElection({ election }: Settings): void {
  if (!election.isEnabled) return;
  throw new StateError(
    'leader_election.enabled is true, and this version of the daemon does not take the Lease yet: each replica would write. ' +
      'Run one replica, with leader_election.enabled: false.',
  );
}

/** The last one started ends first. One that fails or hangs keeps neither the others nor the process. */
async function endAll(endings: Ending[]): Promise<void> {
  const failures: unknown[] = [];
  const inTurn = async (): Promise<void> => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.race([inTurn(), after(ENDING_MS, undefined, { ref: false })]);
  if (failures.length > 0) throw failures[0];
}

async function runParts(
  settings: Settings,
  { sandbox, logger, taken }: DaemonOptions & Pick<SandboxMode, 'taken'>,
  signals: Signals,
  endings: Ending[],
): Promise<void> {
  refuseElection(settings);
  const metrics = createMetrics({ version: packageVersion() });
  const board = new StatusBoard({ now: () => Date.now() });
  const subscribers: Emit[] = [board.emit, metrics.emit, logEvents(logger)];
  const emit: Emit = (event) => subscribers.forEach((subscriber) => subscriber(event));

  const onSecret = (secret: Parameters<Logger['registerSecret']>[0]): void => logger.registerSecret(secret);
  const audit = auditParts(() => Date.now());
  const onCall = (call: ApiCall): void => {
    metrics.onCall(call);
    audit.onCall(call);
  };
  const parts = assemble(settings, { emit, onCall, onSecret });
  const state = await openState(settings);
  endings.push(() => state.close());
  const scrub = (text: string): string => logger.scrub(text);
  const alerting = await openAlerting(settings, { ...parts, state, emit, onSecret, scrub });
  endings.push(() => alerting.close());
  subscribers.push(alerting.emit);
  const clusterEvents = await openClusterEvents(settings, { ...parts, scrub, emit });
  if (clusterEvents !== null) {
    endings.push(() => clusterEvents.close());
    subscribers.push(clusterEvents.emit);
  }
  const records = await openRecords(settings, state, {
    clock: parts.clock,
    attributions: audit.attributions,
    emit,
  });
  endings.push(() => records.settled());
  subscribers.push(...records.subscribers);
  const { loop, pauses } = await openLoop(settings, state, parts, audit, emit, endings);
  const { feed, keeper } = await openAuditFeed(settings, parts, state, audit, { loop, emit });
  endings.push(() => keeper.settled());
  const credentials = credentialWatch(parts, emit);
  const pushes = openPushFeed(settings, parts, emit);
  subscribers.push(audit.attributions.emit, feed.emit, credentials.emit, pushes.emit);
  const server = await openHttp(settings, { ...records, board, metrics, loop, pauses, logger, parts, feed });
  endings.push(() => server?.close());
  emit({
    type: 'daemon.started',
    version: packageVersion(),
    settingsFile: settings.file,
    apiUrl: settings.cloudflare.baseUrl,
    statusUrl: server?.url ?? null,
    sandbox,
    taken,
  });
  const ending = new AbortController();
  try {
    const running = runLoop(settings, parts, loop, emit, { signals, endings, ending: ending.signal });
    const feeds = [
      ...(settings.audit.poll === null ? [] : [feed]),
      ...(settings.health.graphql === null ? [] : [pushes]),
    ];
    const polling = poll(feeds, ending.signal, endings);
    const looking = credentials.run(ending.signal).then(() => new Promise<never>(() => undefined));
    const reason = await Promise.race([
      signals.stop,
      loop.crashed,
      running,
      polling,
      looking,
      whenLost(state),
    ]);
    emit({ type: 'daemon.stopping', reason });
  } finally {
    ending.abort();
    await drain(loop, settings, signals);
  }
  await Promise.race([loop.crashed, Promise.resolve()]);
}

/** Rejects once nothing can be saved any more, and so nothing written: whoever starts it again opens the state anew. */
async function whenLost({ lost }: OpenState): Promise<never> {
  if (lost !== undefined) throw await lost;
  return new Promise(() => undefined);
}

/** Rejects with a bug, and never resolves. What it has to save at its end is saved before the state is closed. */
function poll(
  feeds: readonly { run(signal: AbortSignal): Promise<void> }[],
  ending: AbortSignal,
  endings: Ending[],
): Promise<never> {
  const never = new Promise<never>(() => undefined);
  const polling = Promise.all(feeds.map((feed) => feed.run(ending)));
  endings.push(() => polling.catch(() => undefined));
  return polling.then(() => never);
}

async function openLoop(
  settings: Settings,
  state: StateStore,
  parts: Parts,
  { attributions }: AuditParts,
  emit: Emit,
  endings: Ending[],
): Promise<{ readonly loop: Loop; readonly pauses: PauseKeeper }> {
  const ledger = await Ledger.open(state, parts.clock);
  const turns = new Turns();
  const loop = new Loop(
    {
      ...parts,
      ...proofsWith({ clock: parts.clock, ledger, reader: parts.challenges, emit }),
      writer: parts.openApi(),
      transformers: new Transformers({
        reader: parts.transformers,
        writer: parts.openTransformers(),
        book: new TransformerBook(state),
        parking: new Parking(parts.clock, ledger.fingerprint),
      }),
      ledger,
      attributions,
      turns,
      emit,
    },
    { policy: policyOf(settings), limits: settings.guard },
  );
  const pauses = new PauseKeeper({ ledger, turns, clock: parts.clock, emit, loop });
  endings.push(() => pauses.stop());
  return { loop, pauses };
}

/**
 * Waits for the writes in flight, as long as the longest may take, so that their outcome is known when the
 * process ends; then gives them up, and lets them note that it is unknown.
 */
async function drain(loop: Loop, { cloudflare }: Settings, signals: Signals): Promise<void> {
  const longestMs = Math.max(...Object.values(timeoutsFrom(cloudflare.timeoutMs))) + ENDING_MS;
  const stopped = loop.stop();
  await Promise.race([stopped, signals.stopNow, after(longestMs, undefined, { ref: false })]);
  loop.abandon();
  await Promise.race([stopped, after(ENDING_MS, undefined, { ref: false })]);
}

interface Lifetime {
  readonly signals: Signals;
  readonly endings: Ending[];
  readonly ending: AbortSignal;
}

/** Never resolves: the loop goes on until it is stopped. */
async function runLoop(
  settings: Settings,
  { origin, clock, random }: Pick<Parts, 'origin' | 'clock' | 'random'>,
  loop: Loop,
  emit: Emit,
  { signals, endings, ending }: Lifetime,
): Promise<never> {
  const watch = await origin.watch(() => void loop.lookAtChanged(origin.trigger), { clock, random, emit });
  endings.push(() => watch.close());
  signals.onHangUp(() => void loop.lookAtAll('manual', 'change'));

  await loop.lookAtAll('startup', 'first');
  await loop.idle();
  if (!ending.aborted) {
    const schedule = startSchedule({
      cron: settings.schedule,
      timezone: settings.timezone,
      onTick: () => void loop.lookAtAll('schedule', 'sweep'),
    });
    endings.push(() => schedule.stop());
    emit({
      type: 'daemon.watching',
      schedule: settings.schedule,
      intervalSeconds: longestInterval(settings.schedule),
      paths: origin.places,
    });
  }
  return new Promise(() => undefined);
}
