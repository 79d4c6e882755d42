import { setTimeout as after } from 'node:timers/promises';
import { openState, type Parts } from '../compose.ts';
import type { ApiCall } from '../edges/cloudflare/api-call.ts';
import { timeoutsFrom } from '../edges/cloudflare/call.ts';
import type { Logger } from '../edges/log/logger.ts';
import type { OpenState } from '../edges/state/open-state.ts';
import { longestInterval } from '../edges/trigger/interval.ts';
import { startSchedule } from '../edges/trigger/schedule.ts';
import { policyOf } from '../plan-policy.ts';
import type { AuditFeed } from '../reconcile/audit/feed.ts';
import type { CredentialWatch } from '../reconcile/credential/watch.ts';
import { ReconcileError } from '../reconcile/errors.ts';
import type { History } from '../reconcile/history/history.ts';
import type { Leading } from '../reconcile/leader/elector.ts';
import { Ledger } from '../reconcile/ledger/ledger.ts';
import { Loop } from '../reconcile/loop/loop.ts';
import { PauseKeeper } from '../reconcile/loop/pause-keeper.ts';
import { Turns } from '../reconcile/loop/turns.ts';
import type { WriteSwitch } from '../reconcile/pass/invariants.ts';
import { Parking } from '../reconcile/pass/parking.ts';
import type { Clock, Emit, MayWrite, StateStore } from '../reconcile/ports.ts';
import { proofsWith } from '../reconcile/proof/proofs.ts';
import { TransformerBook } from '../reconcile/transformer/book.ts';
import { Transformers } from '../reconcile/transformer/transformers.ts';
import type { Settings } from '../settings.ts';
import { openAlerting } from './alerting.ts';
import { type AuditParts, auditParts, credentialWatch, openAuditFeed } from './audit.ts';
import { endAll, type Ending, ENDING_MS } from './endings.ts';
import { openPushFeed } from './pushes.ts';
import { openRecords } from './records.ts';

/** What may be asked of who leads, while it does. */
export interface Term {
  readonly loop: Loop;
  readonly pauses: PauseKeeper;
  readonly history: History;
  readonly feed: AuditFeed;
  /** To be told of each call to Cloudflare. */
  readonly onCall: (call: ApiCall) => void;
}

export interface TermPorts {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly logger: Logger;
  readonly emit: Emit;
  /** Those of a term are among them as long as it goes on. */
  readonly subscribers: Set<Emit>;
  readonly mayWrite: MayWrite;
  /** One a process. */
  readonly writes: WriteSwitch;
  /** Resolves once no change of the manifest is missed. */
  readonly watched: Promise<unknown>;
  /** Aborted: nothing new is begun. */
  readonly stop: AbortSignal;
  /** Resolves when what is under way is not waited for either. */
  readonly stopNow: Promise<void>;
  /** Called when it may be asked; the first pass begins after that. */
  readonly onOpened: (term: Term) => Promise<void>;
  /** Called when it may be asked no more. */
  readonly onEnded: () => void;
  /** Called with what keeps it from going on: a ReconcileError, or a bug. The term ends then. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Leads once: opens the state, takes the manifest to Cloudflare, and closes the state when it is stopped or the Lease is lost.
 *
 * @returns whether nothing is under way any more
 */
export async function runTerm(ports: TermPorts, leading: Leading): Promise<boolean> {
  const { settings, parts, emit, subscribers, stop } = ports;
  const over = AbortSignal.any([stop, leading.lost]);
  if (!(await hasPassed(leading.quietMs, parts.clock, over))) return true;
  const before = new Set(subscribers);
  const endings: Ending[] = [];
  let isDrained = true;
  try {
    const opened = await openTerm(ports, leading, endings);
    await ports.onOpened(opened.term);
    isDrained = await work(ports, { ...opened, leading, over, endings });
  } catch (error) {
    ports.onFailure(error);
  }
  ports.onEnded();
  await endAll(endings).catch((error: unknown) => {
    // Whoever leads now has the state.
    if (!leading.lost.aborted || !(error instanceof ReconcileError)) ports.onFailure(error);
  });
  for (const subscriber of subscribers.difference(before)) subscribers.delete(subscriber);
  // Somebody else tells of them from now on.
  if (settings.election.isEnabled && !stop.aborted) {
    emit({ type: 'scopes.known', scopes: [] });
    emit({ type: 'leader.ended', lease: settings.election.leaseName });
  }
  return isDrained;
}

/** Whether it came to its end. */
async function hasPassed(ms: number, clock: Clock, stop: AbortSignal): Promise<boolean> {
  if (ms > 0) await clock.sleep(ms, stop).catch(() => undefined);
  return !stop.aborted;
}

interface Feed {
  run(stop: AbortSignal): Promise<void>;
}

interface Opened {
  readonly term: Term;
  /** What goes on beside the loop. */
  readonly feeds: readonly Feed[];
  readonly credentials: CredentialWatch;
  readonly state: OpenState;
}

async function openTerm(ports: TermPorts, leading: Leading, endings: Ending[]): Promise<Opened> {
  const { settings, parts, logger, emit, subscribers } = ports;
  const state = await openState(settings);
  endings.push(() => state.close());
  const onSecret: Parameters<typeof openAlerting>[1]['onSecret'] = (secret) => logger.registerSecret(secret);
  const scrub = (text: string): string => logger.scrub(text);
  const alerting = await openAlerting(settings, { ...parts, state, emit, onSecret, scrub });
  endings.push(() => alerting.close());
  subscribers.add(alerting.emit);
  leading.lost.addEventListener('abort', () => subscribers.delete(alerting.emit), { once: true });
  const audit = auditParts(() => parts.clock.now());
  const records = await openRecords(settings, state, {
    clock: parts.clock,
    attributions: audit.attributions,
    emit,
  });
  endings.push(() => records.settled());
  for (const subscriber of records.subscribers) subscribers.add(subscriber);
  const { loop, pauses } = await openLoop(ports, state, audit, endings);
  const { feed, keeper } = await openAuditFeed(settings, parts, state, audit, { loop, emit });
  endings.push(() => keeper.settled());
  const credentials = credentialWatch(parts, emit);
  const pushes = openPushFeed(settings, parts, emit);
  for (const { emit: subscriber } of [audit.attributions, feed, credentials, pushes])
    subscribers.add(subscriber);
  const feeds = [
    ...(settings.audit.poll === null ? [] : [feed]),
    ...(settings.health.graphql === null ? [] : [pushes]),
  ];
  const { history } = records;
  return { state, credentials, feeds, term: { loop, pauses, history, feed, onCall: audit.onCall } };
}

async function openLoop(
  { settings, parts, emit, mayWrite, writes }: TermPorts,
  state: StateStore,
  { attributions }: AuditParts,
  endings: Ending[],
): Promise<Pick<Term, 'loop' | 'pauses'>> {
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
      mayWrite,
      writes,
      emit,
    },
    { policy: policyOf(settings), limits: settings.guard },
  );
  const pauses = new PauseKeeper({ ledger, turns, clock: parts.clock, emit, loop });
  endings.push(() => pauses.stop());
  return { loop, pauses };
}

interface Work extends Opened {
  readonly leading: Leading;
  readonly over: AbortSignal;
  readonly endings: Ending[];
}

/** @returns as {@link runTerm}. What ends it otherwise is told, after the writes in flight have ended. */
async function work(
  ports: TermPorts,
  { term: { loop }, state, feeds, credentials, leading, over, endings }: Work,
): Promise<boolean> {
  const ending = new AbortController();
  try {
    const running = runLoop(ports, loop, endings, ending.signal);
    const polling = poll(feeds, ending.signal, endings);
    const looking = credentials.run(ending.signal).then(() => NEVER);
    const taken = whenTaken(state, ports.settings, ports.parts.clock, leading.lost);
    await Promise.race([whenAborted(over), loop.crashed, running, polling, looking, taken]);
  } catch (error) {
    ports.onFailure(error);
  }
  ending.abort();
  const isDrained = await drain(loop, ports, leading);
  await Promise.race([loop.crashed, Promise.resolve()]).catch(ports.onFailure);
  return isDrained;
}

const NEVER = new Promise<never>(() => undefined);

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Rejects once nothing can be saved any more, and so nothing written: whoever starts it again opens the state anew. */
async function whenTaken(
  { lost }: OpenState,
  { election }: Settings,
  clock: Clock,
  lostLease: AbortSignal,
): Promise<never> {
  if (lost === undefined) return NEVER;
  const error = await lost;
  // Who has taken the Lease takes the state too, and may be heard of in this way first.
  const isDeposed = election.isEnabled && !(await hasPassed(election.renewDeadlineMs, clock, lostLease));
  if (isDeposed) return NEVER;
  throw error;
}

/** Rejects with a bug, and never resolves. What it has to save at its end is saved before the state is closed. */
function poll(feeds: readonly Feed[], ending: AbortSignal, endings: Ending[]): Promise<never> {
  const polling = Promise.all(feeds.map((feed) => feed.run(ending)));
  endings.push(() => polling.catch(() => undefined));
  return polling.then(() => NEVER);
}

/**
 * Waits for the writes in flight, as long as the longest may take, and while nobody else can write, so that their outcome is known
 * when the term ends; then gives them up, and lets them note that it is unknown.
 *
 * @returns whether none had to be given up
 */
async function drain(loop: Loop, { settings, stopNow }: TermPorts, leading: Leading): Promise<boolean> {
  const longestMs = Math.max(...Object.values(timeoutsFrom(settings.cloudflare.timeoutMs))) + ENDING_MS;
  const sooner = async (): Promise<void> => {
    await whenAborted(leading.lost);
    await passing(leading.waitingMs());
  };
  const stopped = loop.stop().then(() => true);
  const givenUp = Promise.race([stopNow, passing(longestMs), sooner()]).then(() => false);
  const isDrained = await Promise.race([stopped, givenUp]);
  loop.abandon();
  await Promise.race([stopped, passing(ENDING_MS)]);
  return isDrained;
}

function passing(ms: number): Promise<void> {
  return after(ms, undefined, { ref: false });
}

/** Never resolves: the loop goes on until it is stopped. */
async function runLoop(
  { settings, parts, emit, watched }: TermPorts,
  loop: Loop,
  endings: Ending[],
  ending: AbortSignal,
): Promise<never> {
  await watched;
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
      paths: parts.origin.places,
    });
  }
  return NEVER;
}
