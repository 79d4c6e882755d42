/**
 * One pass: read everything, decide everything, then write.
 *
 * The pass is level-based. It never asks what happened (a file was saved, a timer fired); it reads the scopes
 * anew and closes whatever gap it finds. Running it twice in a row is therefore harmless, and running it after
 * a crash is the repair.
 *
 * `plan` stops after deciding; `apply` and `run` go on to write. They share these functions, so what a person
 * reviewed is what the daemon does.
 */

import type { DesiredScope, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import { allowedRemovals, refusalOf } from '../../core/plan/guard.ts';
import { ownerOf } from '../../core/plan/ledger-entry.ts';
import { pausesInForce } from '../../core/plan/pause.ts';
import { planForsaken } from '../../core/plan/plan.ts';
import { writePlans } from './carry-out.ts';
import type { Desired } from '../manifest/desired.ts';
import { driftedJobs, driftOf } from '../drift/drift.ts';
import { planned, type ReconcileError, StoppedError } from '../errors.ts';
import type { PassSummary } from '../event/events.ts';
import { planChecked } from '../manifest/field-check.ts';
import { heldBy, lostOf } from '../loop/held-scopes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readOneScope } from './observe.ts';
import { driftedTransformers } from '../../core/transformer/change.ts';
import { beginTransformers } from '../transformer/pass.ts';
import { lookAtTransformers, type TransformerSight } from '../transformer/transformers.ts';
import type { Outcome, PassPorts, PassRequest, PassResult, ReadyPlan } from './pass-terms.ts';

export async function runPass(ports: PassPorts, request: PassRequest): Promise<PassResult> {
  const startedAt = ports.clock.monotonic();
  const desired = await resolveDesired(ports, request);
  if (desired === null || 'failure' in desired) return nothingDone(ports, request, desired?.failure);

  const { passId, triggers } = request;
  const { revision, problems, unresolved } = desired;
  const chosen = [...desired.scopes.values()].filter(({ scope }) => request.includes(scope));
  ports.emit({ type: 'pass.started', passId, triggers, revision, scopes: chosen.length });
  for (const { name, reason } of unresolved) ports.emit({ type: 'scope.unresolved', passId, name, reason });

  const managed = chosen.map((one) => withPauses(one, ports));
  const transformers = await lookAtTransformers(managed, desired, ports, request);
  const { ready, forsaken, unreadable } = await planScopes(chosen, desired, transformers, ports, request);
  const plans = [...ready.map(({ plan }) => plan), ...forsaken];
  for (const found of ports.manifest.newFieldsIn(plans)) ports.emit({ type: 'fields.new', passId, found });
  const known = [...desired.scopes.values()].map(({ scope }) => scope);
  const seen = { revision, rejected: false, problems, known, plans, unreadable, unresolved };
  // Half a picture is nothing to decide on, and what was not read did not fail.
  if (unreadable.some(({ error }) => error instanceof StoppedError))
    return { ...seen, refusal: null, outcomes: [] };

  const { isApproved = false, ...guarded } = refusedTogether(seen, desired, ports, request);
  const allowed = isApproved ? null : allowedRemovals(request.limits, ownedJobsOf(plans, ports));
  const pass = { ports, request, revision };
  const isWriting = !guarded.refusal && ports.writer !== null;
  const around = await beginTransformers(transformers, plans, isWriting, pass);
  const { outcomes, unsettled } =
    guarded.refusal || !ports.writer
      ? NOTHING_WRITTEN
      : await writePlans(ready, desired, ports.writer, ports, request, { allowed, idOf: around.idOf });
  const transformed = await around.end();
  const incomplete = ready.filter(({ isComplete }) => !isComplete).map(({ plan }) => plan.scope);
  const lookAgainAt = lookAgainTimes(plans, outcomes, around.lookAgainAt, ports, request);
  const result = {
    ...seen,
    ...guarded,
    outcomes,
    ...(transformed.result && { transformers: transformed.result }),
    unsettled: [...unsettled, ...incomplete, ...transformed.unsettled],
    lookAgainAt,
  };
  const durationMs = Math.round(ports.clock.monotonic() - startedAt);
  ports.emit({ type: 'pass.finished', passId, triggers, revision, durationMs, summary: summaryOf(result) });
  return result;
}

const NOTHING_WRITTEN = { outcomes: [], unsettled: [] };

async function resolveDesired(
  ports: PassPorts,
  request: PassRequest,
): Promise<Desired | { readonly failure: ReconcileError } | null> {
  try {
    const { reading: signal, priority, passId } = request;
    return await ports.manifest.resolve({ signal, priority, passId });
  } catch (error) {
    return { failure: planned(error) };
  }
}

function withPauses(one: DesiredScope, { ledger, clock }: PassPorts): DesiredScope {
  const pauses = pausesInForce(ledger.of(one.scope).pauses, clock.now());
  return pauses.length === 0 ? one : { ...one, pauses };
}

function nothingDone(
  ports: PassPorts,
  request: PassRequest,
  failure: ReconcileError | undefined,
): PassResult {
  const { passId, triggers } = request;
  if (failure && !(failure instanceof StoppedError))
    ports.emit({ type: 'pass.failed', passId, triggers, error: failure });
  return {
    revision: ports.manifest.accepted?.revision ?? '',
    rejected: failure === undefined,
    problems: ports.manifest.accepted?.problems ?? [],
    plans: [],
    unreadable: [],
    unresolved: [],
    refusal: null,
    outcomes: [],
    ...(failure && { failure }),
  };
}

/** Why nothing of this pass may be written, or null: too much would go, or what was refused is not whole. */
function refusedTogether(
  sight: Pick<PassResult, 'plans' | 'unreadable'>,
  desired: Desired,
  ports: PassPorts,
  { passId, limits, held, approves }: PassRequest,
): Pick<PassResult, 'refusal' | 'held'> & { readonly isApproved?: boolean } {
  const { fingerprint } = ports.ledger;
  const lost = lostOf(held, sight, desired, fingerprint);
  const all = [...sight.plans, ...lost.plans];
  const counts = { ownedJobs: ownedJobsOf(all, ports), desiredJobs: desired.jobs };
  const refusal = refusalOf(all, counts, limits, fingerprint) ?? lost.refusal;
  if (refusal === null) return { refusal };
  const isTorn = lost.refusal !== null || lost.plans.length > 0;
  if (!isTorn && refusal.digest !== null && approves?.(refusal.digest)) {
    ports.emit({ type: 'pass.approved', passId, digest: refusal.digest, refusal });
    return { refusal: null, isApproved: true };
  }
  const scopes = [...sight.plans.filter(({ changes }) => changes.length > 0), ...sight.unreadable].map(
    ({ scope }) => scope,
  );
  // Another pass may have read one of them before this was known, and would write its part of it.
  for (const scope of scopes) ports.turns.void(scopeKey(scope));
  ports.emit({ type: 'pass.refused', passId, refusal, scopes });
  return { refusal, held: heldBy(refusal, sight, lost, desired, fingerprint) };
}

/** When what is withheld may be written; and when the old halves of replaces that began just now may go. */
function lookAgainTimes(
  plans: readonly Plan[],
  outcomes: readonly Outcome[],
  others: readonly (readonly [ScopeKey, number])[],
  { clock }: PassPorts,
  { policy }: PassRequest,
): ReadonlyMap<ScopeKey, number> {
  const begun = outcomes.filter(
    ({ change, result }) => result === 'applied' && change.action === 'replace' && change.oldGoes === 'later',
  );
  const waits = plans.flatMap(({ scope, lookAgainAt }) =>
    lookAgainAt === undefined ? [] : [[scopeKey(scope), lookAgainAt] as const],
  );
  const times = [
    ...begun.map(({ scope }) => [scopeKey(scope), clock.now() + policy.overlapMs] as const),
    ...waits,
    ...others,
  ];
  // The first of those of a scope.
  return new Map(times.toSorted(([, a], [, b]) => b - a));
}

/** Those of the ledger, and those that only their names mark: the ledger has yet to learn of them. */
function ownedJobsOf(plans: readonly Plan[], { ledger }: Pick<PassPorts, 'ledger'>): number {
  const marked = plans.flatMap(({ scope, live }) =>
    live.filter((job) => job.marked === true && ownerOf(ledger.of(scope), job.id) === undefined),
  );
  return ledger.ownedJobs + marked.length;
}

type ScopeResult = ReadyPlan | { readonly scope: Scope; readonly error: ReconcileError };

interface Planned extends Pick<PassResult, 'unreadable'> {
  readonly ready: readonly ReadyPlan[];
  readonly forsaken: readonly Plan[];
}

/** Plans every scope that can be read. One that cannot is reported and left out; the others go on. */
async function planScopes(
  chosen: readonly DesiredScope[],
  desired: Desired,
  transformers: TransformerSight,
  ports: PassPorts,
  request: PassRequest,
): Promise<Planned> {
  const results = await Promise.all(
    chosen.map((one) => planOrReport(transformers.named(one), desired, ports, request)),
  );
  const ready = results.flatMap((result) => ('plan' in result ? [result] : []));
  const unreadable = results.flatMap((result) => ('plan' in result ? [] : [result]));
  const forsaken = forsakenScopes(desired, ports.ledger)
    .filter(request.includes)
    .map((scope) => planForsaken(scope, ports.ledger.of(scope)));
  for (const plan of forsaken) ports.emit({ type: 'scope.planned', passId: request.passId, plan });
  return { ready, forsaken, unreadable };
}

async function planOrReport(
  { desired: wanted, isComplete: isNamed }: ReturnType<TransformerSight['named']>,
  revised: Desired,
  ports: PassPorts,
  { passId, priority, policy, consents, reading }: PassRequest,
): Promise<ScopeResult> {
  const { scope } = wanted;
  const turn = ports.turns.next();
  // One that comes later makes this turn void.
  const paused = withPauses(wanted, ports);
  const readAt = ports.clock.monotonic();
  const lookedAt = ports.attributions?.now() ?? 0;
  const call = { signal: reading, priority, passId };
  try {
    const seen = await readOneScope(paused, ports, policy, call, consents);
    const { plan, ...checked } = await planChecked(
      { ...seen.input, lastWriteOf: (id) => ports.attributions?.lastWrite(scope, id) ?? null },
      ports.manifest.checking(revised),
      call,
    );
    const isComplete = isNamed && seen.isComplete && checked.isComplete;
    ports.emit({ type: 'scope.planned', passId, plan });
    for (const event of driftOf(plan, passId, ports, lookedAt)) ports.emit(event);
    for (const stray of plan.strays) ports.emit({ type: 'stray.found', passId, scope, stray });
    return { plan, seen: turn, readAt, isComplete };
  } catch (error) {
    const failure = planned(error);
    if (!(failure instanceof StoppedError))
      ports.emit({ type: 'scope.unreadable', passId, scope, error: failure });
    return { scope, error: failure };
  }
}

/**
 * Scopes where we own jobs and that the manifest no longer mentions: told, never emptied. One that it does
 * mention but that cannot be resolved now is told as unresolved.
 */
function forsakenScopes({ scopes, unresolved }: Desired, ledger: Ledger): readonly Scope[] {
  const mentioned = new Set(unresolved.map(({ name }) => name.toLowerCase()));
  return ledger
    .scopes()
    .filter((scope) => !scopes.has(scopeKey(scope)))
    .filter(({ id, name }) => !mentioned.has(id) && !mentioned.has(name.toLowerCase()));
}

export function summaryOf(result: PassResult): PassSummary {
  const { outcomes = [], plans = [], unreadable = [] } = result.transformers ?? {};
  const count = (outcome: Outcome['result']): number =>
    [...result.outcomes, ...outcomes].filter(({ result: one }) => one === outcome).length;
  const sum = (of: (plan: Plan) => number): number =>
    result.plans.reduce((total, plan) => total + of(plan), 0);
  const held = plans.flatMap((plan) => plan.withheld);
  return {
    scopes: result.plans.length,
    unreadable: result.unreadable.length + unreadable.length + result.unresolved.length,
    applied: count('applied'),
    failed: count('failed'),
    skipped: count('skipped'),
    withheld: sum(({ withheld }) => withheld.length) + held.length,
    drift: sum(driftedJobs) + plans.flatMap(driftedTransformers).length,
    unmanaged: sum(({ unmanaged }) => unmanaged.length),
    unverifiable: sum(({ unverifiable }) => unverifiable.length),
    refused: result.refusal !== null,
  };
}
