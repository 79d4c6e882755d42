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

import type { DesiredScope, Scope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type { Change, Plan } from '../core/plan/change.ts';
import { refusalOf } from '../core/plan/guard.ts';
import { planForsaken } from '../core/plan/plan.ts';
import { writePlans } from './carry-out.ts';
import type { Desired } from './desired.ts';
import { planned, type ReconcileError } from './errors.ts';
import type { PassSummary, ReconcileEvent } from './events.ts';
import type { Ledger } from './ledger.ts';
import { planOneScope } from './observe.ts';
import type { Outcome, PassPorts, PassRequest, PassResult, ReadyPlan } from './pass-terms.ts';

export async function runPass(ports: PassPorts, request: PassRequest): Promise<PassResult> {
  const startedAt = ports.clock.monotonic();
  const desired = await resolveDesired(ports, request);
  if (desired === null || 'failure' in desired) return nothingDone(ports, request, desired?.failure);

  const { passId, triggers } = request;
  const { revision } = desired;
  const chosen = [...desired.scopes.values()].filter(({ scope }) => request.includes(scope));
  ports.emit({ type: 'pass.started', passId, triggers, revision, scopes: chosen.length });
  for (const { name, reason } of desired.unresolved)
    ports.emit({ type: 'scope.unresolved', passId, name, reason });

  const { planned: readyPlans, unreadable } = await planScopes(chosen, desired, ports, request);
  const plans = readyPlans.map(({ plan }) => plan);
  const refusal = refusalOf(
    plans,
    { ownedJobs: ports.ledger.ownedJobs, desiredJobs: desired.jobs },
    request.limits,
  );
  if (refusal) ports.emit({ type: 'pass.refused', passId, refusal });
  const outcomes = refusal || !ports.writer ? [] : await writePlans(readyPlans, ports.writer, ports, request);

  const result: PassResult = {
    revision,
    rejected: false,
    problems: desired.problems,
    plans,
    unreadable,
    unresolved: desired.unresolved,
    refusal,
    outcomes,
  };
  const durationMs = Math.round(ports.clock.monotonic() - startedAt);
  ports.emit({ type: 'pass.finished', passId, triggers, revision, durationMs, summary: summaryOf(result) });
  return result;
}

async function resolveDesired(
  ports: PassPorts,
  request: PassRequest,
): Promise<Desired | { readonly failure: ReconcileError } | null> {
  try {
    return await ports.manifest.resolve({ signal: request.reading, priority: request.priority });
  } catch (error) {
    return { failure: planned(error) };
  }
}

function nothingDone(
  ports: PassPorts,
  request: PassRequest,
  failure: ReconcileError | undefined,
): PassResult {
  const { passId, triggers } = request;
  if (failure) ports.emit({ type: 'pass.failed', passId, triggers, error: failure });
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

type ScopeResult = ReadyPlan | { readonly scope: Scope; readonly error: ReconcileError };

/** Plans every scope that can be read. One that cannot is reported and left out; the others go on. */
async function planScopes(
  chosen: readonly DesiredScope[],
  desired: Desired,
  ports: PassPorts,
  request: PassRequest,
): Promise<{ readonly planned: readonly ReadyPlan[] } & Pick<PassResult, 'unreadable'>> {
  const results = await Promise.all(chosen.map((one) => planOrReport(one, ports, request)));
  const read = results.flatMap((result) => ('plan' in result ? [result] : []));
  const unreadable = results.flatMap((result) => ('plan' in result ? [] : [result]));
  const forsaken = forsakenScopes(desired.scopes, ports.ledger)
    .filter(request.includes)
    .map((scope) => ({ plan: planForsaken(scope, ports.ledger.of(scope)), seen: ports.turns.at(scope) }));
  for (const { plan } of forsaken) ports.emit({ type: 'scope.planned', passId: request.passId, plan });
  return { planned: [...read, ...forsaken], unreadable };
}

async function planOrReport(
  desired: DesiredScope,
  ports: PassPorts,
  request: PassRequest,
): Promise<ScopeResult> {
  const { scope } = desired;
  const { passId, priority } = request;
  const seen = ports.turns.at(scope);
  try {
    const plan = await planOneScope(desired, ports, request.policy, { signal: request.reading, priority });
    ports.emit({ type: 'scope.planned', passId, plan });
    for (const event of driftOf(plan, passId)) ports.emit(event);
    return { plan, seen };
  } catch (error) {
    const failure = planned(error);
    ports.emit({ type: 'scope.unreadable', passId, scope, error: failure });
    return { scope, error: failure };
  }
}

/** Scopes where we own jobs and that the manifest no longer mentions: told, never emptied. */
function forsakenScopes(desired: ReadonlyMap<ScopeKey, DesiredScope>, ledger: Ledger): readonly Scope[] {
  return ledger.scopes().filter((scope) => !desired.has(scopeKey(scope)));
}

function driftOf(plan: Plan, passId: string): readonly ReconcileEvent[] {
  const moved = (one: { readonly class: string }): boolean =>
    one.class === 'drift' || one.class === 'conflict';
  const event = (
    one: Plan['withheld'][number] | Change,
    id: number | undefined,
    heals: boolean,
  ): ReconcileEvent => ({
    type: 'drift.found',
    passId,
    scope: plan.scope,
    job: one.name,
    id,
    fields: one.fields.filter(moved),
    heals,
  });
  return [
    ...plan.changes.filter(moved).map((one) => event(one, 'live' in one ? one.live.id : undefined, true)),
    ...plan.withheld.filter(moved).map((one) => event(one, one.id, false)),
  ];
}

export function summaryOf(result: PassResult): PassSummary {
  const count = (outcome: Outcome['result']): number =>
    result.outcomes.filter(({ result: one }) => one === outcome).length;
  const sum = (of: (plan: Plan) => number): number =>
    result.plans.reduce((total, plan) => total + of(plan), 0);
  return {
    scopes: result.plans.length,
    unreadable: result.unreadable.length + result.unresolved.length,
    applied: count('applied'),
    failed: count('failed'),
    withheld: sum(({ withheld }) => withheld.length),
    drift: sum((plan) => driftOf(plan, '').length),
    unmanaged: sum(({ unmanaged }) => unmanaged.length),
    unverifiable: sum(({ unverifiable }) => unverifiable.length),
    refused: result.refusal !== null,
  };
}
