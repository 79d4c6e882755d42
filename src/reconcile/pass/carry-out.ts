import type { Scope } from '../../core/job/job.ts';
import { proofNeedOf } from '../../core/plan/challenge.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import { awaitedTransformer, withMadeTransformer } from '../../core/transformer/names.ts';
import { applyChange, type WriteOptions } from './apply.ts';
import { Arrivals, whyAwaited } from '../loop/arrivals.ts';
import { whyNotAfter } from './after-failure.ts';
import type { Desired } from '../manifest/desired.ts';
import type { Entry, Waiting } from './entrance.ts';
import { ChangedError, planned, ReconcileError, StoppedError } from '../errors.ts';
import { WriteCheck } from './invariants.ts';
import type { Outcome, PassPorts, PassRequest, ReadyPlan } from './pass-terms.ts';
import type { LogpushApi } from '../ports.ts';
import { isRemembered, remember } from './remember.ts';
import { reenables, testDestination } from './reenable.ts';
import { whyStandingStill } from './standstill.ts';
import type { MadeTransformers } from '../transformer/pass.ts';
import type { IsCurrent } from '../loop/turns.ts';

/** What became of the plans of a pass. */
export interface Carried {
  readonly outcomes: readonly Outcome[];
  /** Scopes whose ledger is not what it should be. */
  readonly unsettled: readonly Scope[];
}

export interface WriteTerms {
  /** How many jobs the pass may remove, disable or redirect; null when a person has approved more. */
  readonly allowed: number | null;
  readonly idOf: MadeTransformers;
}

/** What writing needs, the same for all changes of a scope. */
interface WritingAll {
  readonly api: LogpushApi;
  readonly ports: PassPorts;
  readonly passId: string;
  readonly isByHand: boolean;
  readonly call: WriteOptions;
  readonly arrivals: Arrivals;
  readonly checkBeforeDelete: boolean;
  readonly idOf: MadeTransformers;
  /** Resolves when all that does not wait for another scope is written in every scope. */
  readonly othersWritten: Promise<unknown>;
}

interface Writing extends WritingAll {
  /** When the scope began to be read, on the monotonic clock. */
  readonly readAt: number;
  /** All that does not wait for another scope is written in this one. */
  readonly onWritten: () => void;
}

const STALE = 'another pass has changed this scope since it was read; it is read again';

/** Carries out all plans of a pass: scopes side by side, the changes of one scope one after the other. */
export async function writePlans(
  ready: readonly ReadyPlan[],
  desired: Pick<Desired, 'scopes'>,
  api: LogpushApi,
  ports: PassPorts,
  { passId, triggers, policy, priority, consents = () => false, reading, writing: signal }: PassRequest,
  { allowed: allowedRemovals, idOf }: WriteTerms,
): Promise<Carried> {
  const check = new WriteCheck({ ...ports, passId, policy, allowedRemovals });
  const plans = ready.map(({ plan }) => plan);
  const arrivals = new Arrivals({ wanted: desired.scopes, plans, ledger: ports.ledger, policy, consents });
  const parts = ready.map(() => Promise.withResolvers<void>());
  const othersWritten = Promise.all(parts.map(({ promise }) => promise));
  const call = { signal, starting: reading, priority, passId };
  const { checkBeforeDelete } = policy;
  const isByHand = triggers.includes('manual');
  const all = { ports, passId, isByHand, call, arrivals, checkBeforeDelete, idOf, othersWritten };
  const carried = await Promise.all(
    ready.map((one, index) => {
      const onWritten = (): void => parts[index]?.resolve();
      const writing = { ...all, api: check.over(api, one.plan), readAt: one.readAt, onWritten };
      return carryOut(one, writing).finally(onWritten);
    }),
  );
  return {
    outcomes: carried.flatMap(({ outcomes }) => outcomes),
    unsettled: carried.flatMap(({ unsettled }) => unsettled),
  };
}

async function carryOut({ plan, seen }: ReadyPlan, writing: Writing): Promise<Carried> {
  const { scope, changes } = plan;
  const { turns } = writing.ports;
  if (changes.length === 0 && isRemembered(plan, writing.ports)) {
    turns.settle(scope, seen);
    return { outcomes: [], unsettled: [] };
  }
  const carried = await turns.take(scope, seen, (isCurrent) => writePlan(plan, isCurrent, writing));
  return carried ?? { outcomes: changes.map((change) => skip(change, scope, STALE, writing)), unsettled: [] };
}

async function writePlan(plan: Plan, isCurrent: IsCurrent, writing: Writing): Promise<Carried> {
  const { scope, changes } = plan;
  const { ports, arrivals, onWritten, othersWritten } = writing;
  const outcomes: Outcome[] = [];
  let unsaved: ReconcileError | undefined;
  const write = async (change: Change): Promise<void> => {
    const why = isCurrent() ? whyNotAfter(outcomes, change) : STALE;
    const written: Written =
      why === null
        ? await writeChange(change, plan, isCurrent, writing)
        : { outcome: skip(change, scope, why, writing) };
    outcomes.push(written.outcome);
    unsaved = written.unsaved ?? unsaved;
  };
  const postponed: Change[] = [];
  for (const change of changes) {
    // What moves away may leave the only place for what is new.
    const needsPlace = postponed.length > 0 && arrivals.lacksPlace(change, plan, outcomes);
    if (needsPlace || arrivals.awaitedBy(change, scope) !== null) postponed.push(change);
    else await write(change);
  }
  onWritten();
  if (postponed.length > 0) await othersWritten;
  for (const change of postponed) {
    const awaited = arrivals.awaitedBy(change, scope);
    if (awaited === null) await write(change);
    else {
      const { digest, isMutual } = awaited;
      outcomes.push({ ...skip(change, scope, whyAwaited(change, awaited), writing), digest, isMutual });
    }
  }
  if (mayWrite(ports) && isCurrent()) {
    const touched = outcomes.map(({ change }) => change.name);
    return { outcomes, unsettled: (await remember(plan, touched, writing)) ? [] : [scope] };
  }
  if (unsaved === undefined || ports.ledger.isSaved(scope)) return { outcomes, unsettled: [] };
  ports.emit({ type: 'ledger.failed', passId: writing.passId, scope, error: unsaved });
  return { outcomes, unsettled: [scope] };
}

/** Why nothing is begun any more. */
function whyStopped({ ports, call: { starting } }: Writing): string {
  return whyStandingStill(ports, starting);
}

function skip(change: Change, scope: Scope, reason: string, { ports, passId }: Writing): Outcome {
  ports.emit({ type: 'change.skipped', passId, scope, change, reason });
  return { scope, change, result: 'skipped', reason };
}

function mayWrite({ mayWrite: isAllowed, writes, ledger }: PassPorts): boolean {
  return isAllowed() && writes.whyOff === null && ledger.whyLost === null;
}

interface Written {
  readonly outcome: Outcome;
  /** Why the ledger could not save it. */
  readonly unsaved?: ReconcileError | undefined;
}

async function writeChange(
  wanted: Change,
  plan: Plan,
  isCurrent: IsCurrent,
  writing: Writing,
): Promise<Written> {
  const { scope, desired } = plan;
  const { ports, call, idOf } = writing;
  const awaited = awaitedTransformer(wanted);
  const made = awaited === null ? undefined : idOf(desired.accountId, awaited);
  if (awaited !== null && made === undefined) {
    const reason = `its transformer "${awaited}" was not made`;
    return { outcome: skip(wanted, scope, reason, writing) };
  }
  const change = made === undefined ? wanted : withMadeTransformer(wanted, made);
  const entry = await ports.entrance.enter(change, plan, call.starting);
  if ('error' in entry) return { outcome: park(change, scope, entry, writing) };
  const proven = await (reenables(change) ? tested : prove)(change, plan, entry, isCurrent, writing);
  if (proven !== null && 'outcome' in proven) return { ...proven };
  // It may have had to wait while another write tried its destination, or for the proof that this one is ours.
  const obstacle = isCurrent() ? (mayWrite(ports) ? null : whyStopped(writing)) : STALE;
  if (proven !== null && obstacle === null) return send(proven, plan, entry, writing);
  const waiting = entry.leave(new StoppedError(change.name));
  if (obstacle === null && waiting?.isKnown) {
    return { outcome: park(change, scope, waiting, writing) };
  }
  return { outcome: skip(change, scope, obstacle ?? whyStopped(writing), writing) };
}

/** The change with the proof that its destination needs, or what has become of it; null: it is not to be sent any more. */
async function prove(
  change: Change,
  plan: Plan,
  entry: Entry,
  isCurrent: IsCurrent,
  writing: Writing,
): Promise<Change | Pick<Written, 'outcome'> | null> {
  const { proofs } = writing.ports;
  if (proofs === undefined || proofNeedOf(change) === null) return change;
  if (!isCurrent() || !mayWrite(writing.ports)) return null;
  const call = { ...writing.call, starting: entry.starting };
  try {
    const proven = await proofs.prove(change, plan, { ...writing, call });
    if (!('error' in proven)) return proven;
    entry.leave(new StoppedError(change.name));
    const { isKnown, error, retryInMs, retryAt } = proven;
    if (isKnown) return { outcome: park(change, plan.scope, proven, writing) };
    const { emit } = writing.ports;
    emit({ type: 'change.failed', passId: writing.passId, scope: plan.scope, change, error, retryAt });
    return { outcome: { scope: plan.scope, change, result: 'failed', error, retryInMs } };
  } catch (error) {
    if (error instanceof StoppedError) return null;
    entry.leave(new StoppedError(change.name));
    throw error;
  }
}

/** The same of a job that Cloudflare has disabled: it is sent where its destination passes. */
async function tested(
  change: Change,
  plan: Plan,
  entry: Entry,
  isCurrent: IsCurrent,
  writing: Writing,
): Promise<Change | Pick<Written, 'outcome'> | null> {
  if (!isCurrent() || !mayWrite(writing.ports)) return null;
  const { scope } = plan;
  const held = await testDestination(change, plan, writing);
  if (held === null) return change;
  entry.leave(new StoppedError(change.name));
  if ('why' in held) {
    return { outcome: { ...skip(change, scope, held.why, writing), retryInMs: held.retryInMs } };
  }
  const { error } = held;
  if (error instanceof StoppedError) return { outcome: skip(change, scope, whyStopped(writing), writing) };
  writing.ports.emit({ type: 'change.failed', passId: writing.passId, scope, change, error });
  return { outcome: { scope, change, result: 'failed', error } };
}

async function send(change: Change, plan: Plan, entry: Entry, writing: Writing): Promise<Written> {
  const { scope } = plan;
  const { api, ports, passId, readAt, call: all, checkBeforeDelete } = writing;
  const { ledger, clock, emit } = ports;
  const call = { ...all, starting: entry.starting };
  const startedAt = clock.monotonic();
  try {
    const { id, job, ray, unsaved } = await applyChange(change, {
      plan,
      readAt,
      api,
      ledger,
      clock,
      call,
      checkBeforeDelete,
    });
    entry.leave(null);
    const durationMs = Math.round(clock.monotonic() - startedAt);
    emit({ type: 'change.applied', passId, scope, change, id, job, ray, durationMs });
    return { outcome: { scope, change, result: 'applied', id }, unsaved };
  } catch (error) {
    // Whoever waits for this write must not wait for ever, also where it ends in a bug.
    const waiting = entry.leave(error instanceof ReconcileError ? error : new StoppedError(change.name));
    const failure = planned(error);
    await ports.proofs?.refused(change, plan, failure);
    if (failure instanceof ChangedError) {
      return { outcome: skip(change, scope, failure.message, writing) };
    }
    if (waiting?.isKnown) return { outcome: park(change, scope, waiting, writing) };
    if (failure instanceof StoppedError) {
      return { outcome: skip(change, scope, whyStopped(writing), writing) };
    }
    const { retryAt, retryInMs } = waiting ?? {};
    emit({ type: 'change.failed', passId, scope, change, error: failure, ...(retryAt && { retryAt }) });
    const outcome: Outcome = { scope, change, result: 'failed', error: failure };
    return { outcome: retryInMs === undefined ? outcome : { ...outcome, retryInMs } };
  }
}

/** A change that is refused stays a failure, though it is not sent again. */
function park(change: Change, scope: Scope, waiting: Waiting, { ports, passId }: Writing): Outcome {
  const { error, retryInMs, retryAt } = waiting;
  ports.emit({ type: 'change.parked', passId, scope, change, error, retryAt });
  return { scope, change, result: 'failed', error, retryInMs };
}
