import { isDeepStrictEqual } from 'node:util';
import type { DesiredTransformer } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { pauseOver, pausesInForce, whyPaused } from '../../core/plan/pause.ts';
import type { TransformerChange, TransformerPlan } from '../../core/transformer/change.ts';
import { isDelete, whyInUse } from '../../core/transformer/deletes.ts';
import { brokenTransformerInvariant, type TransformerWrite } from '../../core/transformer/invariants.ts';
import { ownedOf } from '../../core/transformer/owned.ts';
import { driftingIn } from '../../core/transformer/plan.ts';
import { ChangedError, planned, StoppedError, UnknownOutcomeError } from '../errors.ts';
import { violation } from '../pass/invariants.ts';
import { whyStandingStill } from '../pass/standstill.ts';
import type { Parked } from '../pass/parking.ts';
import type { PassPorts } from '../pass/pass-terms.ts';
import type { CallOptions, WrittenTransformer } from '../ports.ts';
import type { Turn } from '../loop/turns.ts';
import { transformerSendable } from './sendable.ts';
import type { TransformerOutcome, TransformerPass, Writing } from './terms.ts';
import type { TransformerSight } from './transformers.ts';

const STALE =
  'another pass has changed the transformers of this account since they were read; they are read again';

/** Before the jobs: what is made and changed, and what is taken over as it is. */
export function writeTransformers(
  plans: readonly TransformerPlan[],
  sight: TransformerSight,
  pass: TransformerPass,
): Promise<readonly TransformerOutcome[]> {
  const changesOf = ({ changes }: TransformerPlan) => changes.filter((change) => !isDelete(change));
  const turnOf = ({ scope }: TransformerPlan): Turn | undefined => {
    const one = sight.accounts.get(scopeKey(scope));
    return one && 'seen' in one ? one.seen : undefined;
  };
  return writeAll(plans, { changesOf, turnOf }, sight, pass, async (writing, changes) => {
    await rememberSight(writing);
    return inTurn(changes, writing);
  });
}

/** After the jobs: what no job refers to any more. Each is looked at again before it goes. */
export function removeTransformers(
  plans: readonly TransformerPlan[],
  sight: TransformerSight,
  pass: TransformerPass,
): Promise<readonly TransformerOutcome[]> {
  const withDeletes = plans.filter(({ changes }) => changes.some(isDelete));
  const changesOf = ({ changes }: TransformerPlan) => changes.filter(isDelete);
  const turnOf = (): Turn | undefined => pass.ports.transformers?.turns.next();
  return writeAll(withDeletes, { changesOf, turnOf }, sight, pass, (writing, changes) =>
    inTurn(changes, writing),
  );
}

interface Part {
  readonly changesOf: (plan: TransformerPlan) => readonly TransformerChange[];
  readonly turnOf: (plan: TransformerPlan) => Turn | undefined;
}

type Write = (
  writing: Writing,
  changes: readonly TransformerChange[],
) => Promise<readonly TransformerOutcome[]>;

async function writeAll(
  plans: readonly TransformerPlan[],
  { changesOf, turnOf }: Part,
  { accounts }: TransformerSight,
  pass: TransformerPass,
  write: Write,
): Promise<readonly TransformerOutcome[]> {
  const { transformers } = pass.ports;
  const api = transformers?.writer;
  if (!transformers || !api) return [];
  const written = plans.map(async (plan) => {
    const sight = accounts.get(scopeKey(plan.scope));
    const turn = turnOf(plan);
    if (sight === undefined || 'error' in sight || turn === undefined) return [];
    const changes = changesOf(plan);
    const writing = { plan, sight, transformers, api, pass };
    const carried = await transformers.turns.take(plan.scope, turn, (isCurrent) =>
      write({ ...writing, isCurrent }, changes),
    );
    return carried ?? changes.map((change) => skip(change, STALE, { ...writing, isCurrent: () => false }));
  });
  return (await Promise.all(written)).flat();
}

async function inTurn(
  changes: readonly TransformerChange[],
  writing: Writing,
): Promise<readonly TransformerOutcome[]> {
  const outcomes: TransformerOutcome[] = [];
  for (const change of changes) outcomes.push(await writeOne(change, writing));
  return outcomes;
}

/** Why nothing is begun any more, or null. */
function whyNot({ pass: { ports, request, revision }, isCurrent }: Writing): string | null {
  const isOn = ports.mayWrite() && ports.writes.whyOff === null && ports.ledger.whyLost === null;
  if (!isOn) return whyStandingStill(ports, request.reading);
  return isCurrent() && ports.manifest.accepted?.revision === revision ? null : STALE;
}

/** Why nothing is written to this account any more, though it was planned: somebody has paused it since. */
function whyPausedSince({ plan: { scope }, pass: { ports } }: Writing): string | null {
  const pauses = pausesInForce(ports.ledger.of(scope).pauses, ports.clock.now());
  const pause = pauseOver({ pauses }, undefined);
  return pause === undefined ? null : whyPaused(pause, scope);
}

async function writeOne(change: TransformerChange, writing: Writing): Promise<TransformerOutcome> {
  const { plan, pass, sight, transformers } = writing;
  const { ports, request } = pass;
  const why = whyNot(writing) ?? whyPausedSince(writing);
  if (why !== null) return skip(change, why, writing);
  const { parking } = transformers;
  const sendable = transformerSendable(change, plan.scope, sight.listed);
  const told = { passId: request.passId, scope: plan.scope, change };
  const parked = parking.of(sendable);
  if (parked !== null && parked.leftMs > 0) {
    ports.emit({ type: 'transformer.parked', ...told, error: parked.error, ...retryOf(parked, ports) });
    return { scope: plan.scope, change, result: 'failed', error: parked.error, retryInMs: parked.leftMs };
  }
  const startedAt = ports.clock.monotonic();
  try {
    const { id, ray } = await send(change, writing);
    parking.done(sendable);
    const durationMs = Math.round(ports.clock.monotonic() - startedAt);
    ports.emit({ type: 'transformer.applied', ...told, id, ray, durationMs });
    return { scope: plan.scope, change, result: 'applied', id };
  } catch (error) {
    const failure = planned(error);
    if (failure instanceof ChangedError) return skip(change, failure.message, writing);
    if (failure instanceof StoppedError)
      return skip(change, whyStandingStill(ports, request.reading), writing);
    const refused = failure.isRefusal ? parking.refused(sendable, failure, null) : null;
    ports.emit({
      type: 'transformer.failed',
      ...told,
      error: failure,
      ...(refused && retryOf(refused, ports)),
    });
    const outcome = { scope: plan.scope, change, result: 'failed', error: failure } as const;
    return refused === null ? outcome : { ...outcome, retryInMs: refused.leftMs };
  }
}

function retryOf({ leftMs }: Parked, { clock }: PassPorts): { readonly retryAt: string } {
  return { retryAt: new Date(clock.now() + leftMs).toISOString() };
}

function skip(change: TransformerChange, reason: string, { plan, pass }: Writing): TransformerOutcome {
  const { scope } = plan;
  pass.ports.emit({ type: 'transformer.skipped', passId: pass.request.passId, scope, change, reason });
  return { scope, change, result: 'skipped', reason };
}

function send(change: TransformerChange, writing: Writing): Promise<WrittenTransformer> {
  if (change.action === 'delete') return sendDelete(change, writing);
  return change.action === 'create' ? sendCreate(change, writing) : sendUpdate(change, writing);
}

async function sendCreate(
  { desired }: Extract<TransformerChange, { action: 'create' }>,
  writing: Writing,
): Promise<WrittenTransformer> {
  const { api, plan, sight, transformers, pass } = writing;
  const { clock } = pass.ports;
  const { name, description, sql } = desired;
  await check({ method: 'POST', accountId: plan.scope.id, name }, name, writing);
  const beside = sight.listed.flatMap((one) => (one.name === name ? one.id : []));
  const since = new Date(clock.now()).toISOString();
  await transformers.book.begin(plan.scope, { name, since, beside, looks: [] });
  try {
    const written = await api.createTransformer(plan.scope, { name, description, sql }, callOf(writing));
    await record(written.id, desired, writing);
    return written;
  } catch (error) {
    // Of a lost answer the next listings tell what became of it.
    if (!(error instanceof UnknownOutcomeError)) await transformers.book.abandon(plan.scope, name);
    throw error;
  }
}

async function sendUpdate(
  { desired, live, fields }: Extract<TransformerChange, { action: 'update' | 'adopt' }>,
  writing: Writing,
): Promise<WrittenTransformer> {
  const { api, plan } = writing;
  const { name, description, sql } = desired;
  await check({ method: 'PUT', accountId: plan.scope.id, id: live.id, name }, name, writing);
  const body = { name, description, ...(fields.includes('sql') && { sql }) };
  const written = await api.updateTransformer(plan.scope, live.id, body, callOf(writing));
  await record(live.id, desired, writing);
  return written;
}

async function sendDelete(
  { live }: Extract<TransformerChange, { action: 'delete' }>,
  writing: Writing,
): Promise<WrittenTransformer> {
  const { api, plan, transformers } = writing;
  const { scope } = plan;
  const now = await api.getTransformer(scope, live.id, callOf(writing));
  const inUse = now && whyInUse(now.jobs);
  if (inUse !== null) throw new ChangedError(inUse);
  if (now !== null && now.name !== live.name)
    throw new ChangedError('it has another name since it was listed');
  await check({ method: 'DELETE', accountId: scope.id, id: live.id }, live.name, writing);
  const written =
    now === null
      ? { id: live.id, ray: undefined }
      : await api.deleteTransformer(scope, live.id, callOf(writing));
  await saved(transformers.book.forget(scope, live.id), writing);
  return written;
}

function record(id: number, desired: DesiredTransformer, writing: Writing): Promise<void> {
  const { plan, transformers, pass } = writing;
  const entry = ownedOf(id, desired, pass.ports.ledger.fingerprint);
  return saved(transformers.book.record(plan.scope, entry), writing);
}

function callOf({ pass: { request } }: Writing): CallOptions {
  const { writing: signal, reading: starting, priority, passId } = request;
  return { signal, starting, priority, passId };
}

/** The last check. @throws InvariantViolatedError */
async function check(write: TransformerWrite, name: string, writing: Writing): Promise<void> {
  const { plan, sight, transformers, pass } = writing;
  const { ports, request } = pass;
  const ledger = await transformers.book.of(plan.scope);
  const facts = { desired: plan.desired, listed: sight.listed, ledger, policy: request.policy };
  const broken = brokenTransformerInvariant(write, facts);
  if (broken === null) return;
  const { method } = write;
  const id = method === 'POST' ? undefined : write.id;
  const action = `${VERBS[method]} transformer "${name}" of ${plan.scope.name}`;
  const terms = { passId: request.passId, writes: ports.writes, emit: ports.emit };
  throw violation(broken, plan.scope, { action, method, job: '', id }, terms);
}

const VERBS = { POST: 'create', PUT: 'update', DELETE: 'delete' } as const;

/** What the look has shown: what is as the manifest says is ours from now on, and what is gone is not. */
async function rememberSight(writing: Writing): Promise<void> {
  const { plan, sight, transformers, pass } = writing;
  if (whyNot(writing) !== null) return;
  const { book } = transformers;
  const { fingerprint } = pass.ports.ledger;
  const ours = plan.inSync.filter(({ isOurs }) => isOurs);
  const entries = ours.map(({ live, desired }) => ownedOf(live.id, desired, fingerprint));
  const isNew = (one: { readonly name: string; readonly id?: number }): boolean =>
    entries.some(({ id, name }) => id === one.id || name === one.name);
  const after = {
    owned: [...sight.ledger.owned.filter((one) => !isNew(one)), ...entries],
    creating: sight.ledger.creating.filter((one) => !isNew(one)),
    drifting: driftingIn(plan, sight.ledger, pass.ports.clock.now()),
  };
  const isKnown = isDeepStrictEqual(after, await book.of(plan.scope));
  // The turn keeps everybody else from writing what this account is known by.
  if (!isKnown || !(await book.isSaved(plan.scope)))
    await saved(
      book.learn(plan.scope, () => after),
      writing,
    );
}

/** What has happened has happened, also where it cannot be saved: the next pass tries to save it again. */
async function saved(saving: Promise<void>, { plan, pass }: Writing): Promise<void> {
  try {
    await saving;
  } catch (error) {
    const { emit } = pass.ports;
    emit({ type: 'ledger.failed', passId: pass.request.passId, scope: plan.scope, error: planned(error) });
  }
}
