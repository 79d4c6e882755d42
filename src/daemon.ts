import { setTimeout as after } from 'node:timers/promises';
import { assemble, openState, policyOf } from './compose.ts';
import { createMetrics } from './edges/http/metrics.ts';
import { type HttpServer, startHttp } from './edges/http/server.ts';
import { logEvents } from './edges/log/event-log.ts';
import type { Logger } from './edges/log/logger.ts';
import { startSchedule } from './edges/trigger/schedule.ts';
import { watchPaths } from './edges/trigger/watch.ts';
import { Ledger } from './reconcile/ledger.ts';
import { Loop } from './reconcile/loop.ts';
import type { Emit } from './reconcile/ports.ts';
import { StatusBoard } from './reconcile/status-board.ts';
import { Turns } from './reconcile/turns.ts';
import { openSandbox } from './sandbox-mode.ts';
import { packageVersion } from './schemas.ts';
import type { Settings } from './settings.ts';
import { type Signals, listenToSignals } from './signals.ts';

/** Longer than the longest write, so that its outcome is known when the process ends. */
const DRAIN_MS = 65_000;

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
export async function runDaemon(wanted: Settings, { sandbox, logger }: DaemonOptions): Promise<number> {
  const signals = listenToSignals();
  const endings: Ending[] = [() => signals.close()];
  try {
    const settings = sandbox ? await openSandbox(wanted, endings) : wanted;
    await runParts(settings, { sandbox, logger }, signals, endings);
    return 0;
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

async function runParts(
  settings: Settings,
  { sandbox, logger }: DaemonOptions,
  signals: Signals,
  endings: Ending[],
): Promise<void> {
  const metrics = createMetrics({ version: packageVersion() });
  const board = new StatusBoard({ now: () => Date.now() });
  const subscribers: readonly Emit[] = [board.emit, metrics.emit, logEvents(logger)];
  const emit: Emit = (event) => subscribers.forEach((subscriber) => subscriber(event));

  const parts = assemble(settings, { emit, onCall: metrics.onCall });
  const state = await openState(settings);
  endings.push(() => state.close());
  const ledger = await Ledger.open(state, parts.clock);
  const loop = new Loop(
    { ...parts, writer: parts.api, ledger, turns: new Turns(), emit },
    { policy: policyOf(settings), limits: settings.guard },
  );

  const server = await openHttp(settings, { board, metrics, loop, endings });
  emit({
    type: 'daemon.started',
    version: packageVersion(),
    apiUrl: settings.cloudflare.baseUrl,
    statusUrl: server?.url ?? null,
    sandbox,
  });

  const watch = await watchPaths(settings.manifest, () => void loop.lookAtChanged('file-change'));
  endings.push(() => watch.close());
  const running = runLoop(settings, loop, emit, endings);
  const signal = await Promise.race([signals.stop, loop.crashed, running]);
  emit({ type: 'daemon.stopping', reason: signal });
  await Promise.race([loop.stop(), signals.stopNow, after(DRAIN_MS, undefined, { ref: false })]);
  loop.abandon();
}

/** Never resolves: the loop goes on until it is stopped. */
async function runLoop(settings: Settings, loop: Loop, emit: Emit, endings: Ending[]): Promise<never> {
  const onHangUp = (): void => void loop.lookAtAll('manual', 'change');
  process.on('SIGHUP', onHangUp);
  endings.push(() => process.off('SIGHUP', onHangUp));

  await loop.lookAtAll('startup', 'first');
  await loop.idle();
  const schedule = startSchedule({
    cron: settings.schedule,
    timezone: settings.timezone,
    onTick: () => void loop.lookAtAll('schedule', 'sweep'),
  });
  endings.push(() => schedule.stop());
  emit({ type: 'daemon.watching', schedule: settings.schedule, paths: settings.manifest });
  return new Promise(() => undefined);
}

interface HttpParts {
  readonly board: StatusBoard;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly loop: Loop;
  readonly endings: Ending[];
}

async function openHttp(
  settings: Settings,
  { board, metrics, loop, endings }: HttpParts,
): Promise<HttpServer | null> {
  if (settings.http === null) return null;
  const server = await startHttp({
    ...settings.http,
    token: settings.httpToken,
    status: () => board.toJson(),
    ready: () => board.ready,
    metrics: () => metrics.text(),
    reconcile: (scope) => {
      const scopes = board.find(scope);
      if (scopes.length === 0) return null;
      loop.lookAt(scopes, 'manual');
      return { queued: scopes };
    },
  });
  endings.push(() => server.close());
  return server;
}
