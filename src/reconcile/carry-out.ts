import { isDeepStrictEqual } from 'node:util';
import type { Scope } from '../core/job/job.ts';
import type { Change, Pairing, Plan } from '../core/plan/change.ts';
import type { LedgerEntry } from '../core/plan/ledger-entry.ts';
import { entryOf } from '../core/plan/plan.ts';
import { applyChange } from './apply.ts';
import { planned } from './errors.ts';
import type { Ledger } from './ledger.ts';
import type { Outcome, PassPorts, PassRequest, ReadyPlan } from './pass-terms.ts';
import type { LogpushApi } from './ports.ts';

/** Carries out all plans of a pass: scopes side by side, the changes of one scope one after the other. */
export async function writePlans(
  plans: readonly ReadyPlan[],
  api: LogpushApi,
  ports: PassPorts,
  request: PassRequest,
): Promise<readonly Outcome[]> {
  const outcomes = await Promise.all(
    plans.map(async ({ plan, seen }) => {
      const written = await ports.turns.take(plan.scope, seen, () => writePlan(plan, api, ports, request));
      return written ?? plan.changes.map((change) => skip(change, plan.scope, STALE, ports, request));
    }),
  );
  return outcomes.flat();
}

const STALE = 'another pass has changed this scope since it was read; it is read again';

async function writePlan(
  plan: Plan,
  api: LogpushApi,
  ports: PassPorts,
  request: PassRequest,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const change of plan.changes) {
    outcomes.push(await writeChange(change, plan, api, ports, request));
  }
  await remember(plan, outcomes, ports, request);
  return outcomes;
}

function skip(
  change: Change,
  scope: Scope,
  reason: string,
  ports: PassPorts,
  { passId }: PassRequest,
): Outcome {
  ports.emit({ type: 'change.skipped', passId, scope, change, reason });
  return { scope, change, result: 'skipped', reason };
}

async function writeChange(
  change: Change,
  plan: Plan,
  api: LogpushApi,
  ports: PassPorts,
  request: PassRequest,
): Promise<Outcome> {
  const { scope } = plan;
  const { passId } = request;
  if (!ports.mayWrite()) return skip(change, scope, 'logpushd is stopping', ports, request);
  const startedAt = ports.clock.monotonic();
  try {
    const call = { signal: request.writing, priority: request.priority };
    const { id, job, ray } = await applyChange(change, {
      plan,
      api,
      ledger: ports.ledger,
      call,
    });
    const durationMs = Math.round(ports.clock.monotonic() - startedAt);
    ports.emit({ type: 'change.applied', passId, scope, change, id, job, ray, durationMs });
    return { scope, change, result: 'applied', id };
  } catch (error) {
    const failure = planned(error);
    ports.emit({ type: 'change.failed', passId, scope, change, error: failure });
    return { scope, change, result: 'failed', error: failure };
  }
}

/**
 * Takes equal unowned jobs into the ledger and renews what is remembered of jobs in sync: a manifest that was
 * changed to what is live needs no write, but from then on that is what was last wanted.
 */
async function remember(
  plan: Plan,
  outcomes: readonly Outcome[],
  ports: PassPorts,
  request: PassRequest,
): Promise<void> {
  if (!ports.mayWrite()) return;
  const { scope } = plan;
  const unsettled = new Set([
    ...outcomes.map(({ change }) => change.name),
    ...plan.withheld.map(({ name }) => name),
  ]);
  try {
    for (const { desired, live, superseded } of plan.adoptable) {
      await ports.ledger.record(scope, entryOf(desired, live, ports.ledger.fingerprint, superseded));
      ports.emit({ type: 'job.adopted', passId: request.passId, scope, job: live });
    }
    for (const pairing of plan.paired.filter(({ desired }) => !unsettled.has(desired.name))) {
      await renew(pairing, plan, ports.ledger);
    }
  } catch (error) {
    ports.emit({ type: 'ledger.failed', passId: request.passId, scope, error: planned(error) });
  }
}

async function renew({ desired, live, superseded }: Pairing, { scope }: Plan, ledger: Ledger): Promise<void> {
  const known = ledger.of(scope).entries.find(({ id }) => id === live.id);
  if (known === undefined) return;
  const renewed = renewedEntry(known, entryOf(desired, live, ledger.fingerprint, superseded));
  if (!isDeepStrictEqual(known, renewed)) await ledger.record(scope, renewed);
}

/** A listing may leave out what a single read shows, so only a write decides anew what cannot be seen. */
function renewedEntry(known: LedgerEntry, now: LedgerEntry): LedgerEntry {
  return {
    ...now,
    unverifiable: known.unverifiable.filter((path) => now.applied[path] === known.applied[path]),
  };
}
