import { isDeepStrictEqual } from 'node:util';
import type { LiveJob } from '../../core/job/job.ts';
import type { Fight, Pairing, Plan, Withheld } from '../../core/plan/change.ts';
import { healingsInSync, healingsTold, withHealings } from '../../core/plan/fight.ts';
import { copiesWithout } from '../../core/plan/copies.ts';
import { driftingAfter } from '../../core/plan/grace.ts';
import { type Drifting, ownerOf, type LedgerEntry, type ScopeLedger } from '../../core/plan/ledger-entry.ts';
import { createdInSync } from '../../core/plan/surplus.ts';
import { entryOf, unsentOf } from '../../core/plan/plan.ts';
import { failureOf, planned, type ReconcileError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PassPorts } from './pass-terms.ts';
import type { CallOptions, Clock, LogpushReader } from '../ports.ts';

interface Remembering {
  readonly api: LogpushReader;
  readonly ports: Pick<PassPorts, 'ledger' | 'emit' | 'clock' | 'attributions'>;
  readonly passId: string;
  readonly call: CallOptions;
}

/** Whether the ledger already says of a scope what a look at it has shown. */
export function isRemembered(
  plan: Plan,
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Pick<Clock, 'now'> },
): boolean {
  return (
    plan.adoptable.length === 0 &&
    renewalsOf(plan, ledger, [], clock.now()).length === 0 &&
    fightsBegun(plan, ledger).length === 0 &&
    vanishedFrom(plan, ledger).length === 0 &&
    areDoubtsRemembered(plan, ledger, []) &&
    isDriftRemembered(plan, ledger, clock.now()) &&
    !ledger.hasOldDeletes(plan.scope) &&
    ledger.isSaved(plan.scope)
  );
}

/**
 * Takes equal unowned jobs into the ledger, renews what is remembered of jobs in sync (a manifest that was
 * changed to what is live needs no write, but from then on that is what was last wanted), and forgets jobs that
 * nobody wants any more and that are gone.
 *
 * @param touched names of jobs that this pass has written or tried to
 * @returns false when it could not be saved, which has been told, or when what was taken over is to be looked at again
 */
export async function remember(
  plan: Plan,
  touched: readonly string[],
  { api, ports, passId, call }: Remembering,
): Promise<boolean> {
  const { scope } = plan;
  const { ledger, emit } = ports;
  let failure: ReconcileError | undefined;
  const keep = async (saved: Promise<void>): Promise<void> => {
    failure = await failureOf(saved);
  };
  const adoptable = plan.adoptable.filter((pairing) => !isMadeSince(pairing, touched, ledger.of(scope)));
  const adoptions = adoptionsOf(plan, adoptable, ledger);
  for (const { entry, live } of adoptions) {
    await keep(ledger.record(scope, entry));
    emit({ type: 'job.adopted', passId, scope, job: live });
  }
  for (const entry of renewalsOf(plan, ledger, touched, ports.clock.now())) {
    await keep(ledger.record(scope, entry));
  }
  for (const { entry, held } of fightsBegun(plan, ledger)) {
    await keep(ledger.record(scope, entry));
    const { action, id, fields, fight } = held;
    const attribution = ports.attributions?.of(scope, { name: entry.name, action });
    const known = attribution ? { attribution } : {};
    emit({ type: 'drift.fought', passId, scope, job: entry.name, action, id, fields, fight, ...known });
  }
  for (const id of vanishedFrom(plan, ledger)) {
    if (await isGone(plan, id, api, call)) await keep(ledger.forget(scope, id));
  }
  if (!areDoubtsRemembered(plan, ledger, touched) || ledger.hasOldDeletes(scope) || !ledger.isSaved(scope))
    await keep(ledger.recordDoubts(scope, doubtsOf(plan, ledger, touched)));
  if (!isDriftRemembered(plan, ledger, ports.clock.now()))
    await keep(ledger.recordDrifting(scope, driftingIn(plan, ledger, ports.clock.now())));
  // Each save is of the whole page, so that the last one decides.
  if (failure) emit({ type: 'ledger.failed', passId, scope, error: failure });
  const isSettled = adoptable.length === plan.adoptable.length && adoptions.every(({ isWhole }) => isWhole);
  return failure === undefined && isSettled;
}

/** Ids are given once: what this pass has made under that one was not there when the scope was listed, so the listing was wrong. */
function isMadeSince(
  { desired, live }: Pairing,
  touched: readonly string[],
  { entries }: ScopeLedger,
): boolean {
  return entries.some(({ id, name }) => id === live.id && name !== desired.name && touched.includes(name));
}

interface Adoption {
  readonly entry: LedgerEntry;
  readonly live: LiveJob;
  /** It is as desired. */
  readonly isWhole: boolean;
}

function adoptionsOf(plan: Plan, adoptable: Plan['adoptable'], ledger: Ledger): readonly Adoption[] {
  const { scope } = plan;
  return adoptable.map((pairing) => {
    const { desired, live } = pairing;
    const known = ledger.of(scope).entries.find(({ name }) => name === desired.name);
    const unsent = unsentOf(plan, { name: desired.name, live }, ledger.of(scope));
    const entry = entryOf(desired, live, ledger.fingerprint, pairing, unsent);
    return { entry: withHealings(entry, known?.healings ?? {}), live, isWhole: unsent.paths.length === 0 };
  });
}

interface FightBegun {
  /** With the mark that it was told. */
  readonly entry: LedgerEntry;
  readonly held: Withheld & { readonly fight: Fight };
}

/** What is withheld because somebody undoes it again and again, and was not told yet. */
function fightsBegun({ scope, withheld }: Plan, ledger: Ledger): readonly FightBegun[] {
  return withheld.flatMap((one) => {
    const entry = ledger.of(scope).entries.find(({ name }) => name === one.name);
    if (one.fight === undefined || entry === undefined) return [];
    const told = healingsTold(entry.healings, one.action, one.fields);
    return told === null ? [] : [{ entry: withHealings(entry, told), held: { ...one, fight: one.fight } }];
  });
}

function renewalsOf(
  plan: Plan,
  ledger: Ledger,
  touched: readonly string[],
  now: number,
): readonly LedgerEntry[] {
  // Of the old half of a replace nothing is remembered but its id, so that withholding its end unsettles nothing.
  const withheld = plan.withheld.filter(({ action }) => action !== 'delete');
  const unsettled = new Set([...touched, ...withheld.map(({ name }) => name)]);
  return plan.paired
    .filter((pairing) => !unsettled.has(pairing.desired.name))
    .filter((pairing) => !isMadeSince(pairing, touched, ledger.of(plan.scope)))
    .flatMap((pairing) => renewalOf(pairing, plan, ledger, now) ?? []);
}

function renewalOf(pairing: Pairing, { scope }: Plan, ledger: Ledger, now: number): LedgerEntry | null {
  const { desired, live } = pairing;
  const before = ledger.of(scope);
  const known = before.entries.find(({ id }) => id === live.id);
  if (known === undefined) return null;
  const created = createdInSync(known, before, now);
  const next = entryOf(desired, live, ledger.fingerprint, pairing);
  const renewed = renewedEntry(known, { ...next, ...(created && { created }) }, live, now);
  return isDeepStrictEqual(known, renewed) ? null : renewed;
}

type RememberedDoubts = Pick<ScopeLedger, 'creating' | 'collapse' | 'copies'>;

/** Of a create that was begun since, the look says nothing; nor of what has gone since. */
function doubtsOf(
  { scope, live, doubts: { creating, collapse, copies } }: Plan,
  ledger: Ledger,
  touched: readonly string[],
): RememberedDoubts {
  const open = ledger
    .of(scope)
    .creating.flatMap((create) =>
      touched.includes(create.name) ? [create] : (creating.find(({ name }) => name === create.name) ?? []),
    );
  const { entries, copies: known } = ledger.of(scope);
  const leaving = ledger.leaving(scope);
  const isThere = (id: number): boolean =>
    !leaving.includes(id) && (live.some((job) => job.id === id) || known?.ids.includes(id) === true);
  const gone = copies?.ids.filter((id) => !isThere(id)) ?? [];
  const left = copiesWithout({ entries, ...(copies && { copies }) }, gone);
  return { creating: open, ...(collapse && { collapse }), ...(left && { copies: left }) };
}

function areDoubtsRemembered(plan: Plan, ledger: Ledger, touched: readonly string[]): boolean {
  const { creating, collapse, copies } = ledger.of(plan.scope);
  const known: RememberedDoubts = { creating, ...(collapse && { collapse }), ...(copies && { copies }) };
  return isDeepStrictEqual(doubtsOf(plan, ledger, touched), known);
}

function driftingIn(plan: Plan, ledger: Ledger, now: number): readonly Drifting[] {
  return driftingAfter(plan, ledger.of(plan.scope).drifting ?? [], now);
}

function isDriftRemembered(plan: Plan, ledger: Ledger, now: number): boolean {
  return isDeepStrictEqual(driftingIn(plan, ledger, now), ledger.of(plan.scope).drifting ?? []);
}

/** A listing may leave out what a single read shows, so only a write decides anew what cannot be seen. */
function renewedEntry(known: LedgerEntry, next: LedgerEntry, live: LiveJob, now: number): LedgerEntry {
  const unverifiable = known.unverifiable.filter((path) => next.applied[path] === known.applied[path]);
  return withHealings({ ...next, unverifiable }, healingsInSync(known.healings, live, now));
}

/**
 * Owned jobs that are neither wanted nor listed, old halves of replaces and copies: somebody else has deleted them,
 * or a delete was not remembered.
 */
function vanishedFrom({ scope, desired, live, doubts }: Plan, ledger: Ledger): readonly number[] {
  if (doubts.isCollapseDoubted) return [];
  const wanted = new Set([...desired.jobs, ...desired.blocked].map(({ name }) => name));
  const listed = new Set(live.map(({ id }) => id));
  const { entries, copies } = ledger.of(scope);
  // Of a job that somebody has made anew under its marked name, only this entry knows that it is protected.
  const isLike = ({ name, protect }: LedgerEntry): boolean =>
    protect && live.some((job) => job.marked === true && job.name === name);
  const unwanted = entries.filter((entry) => !wanted.has(entry.name) && !isLike(entry)).map(({ id }) => id);
  const oldHalves = entries.flatMap(({ superseded }) => superseded ?? []);
  const spare = copies?.ids.filter((id) => ownerOf(ledger.of(scope), id) === undefined) ?? [];
  return [...unwanted, ...oldHalves, ...spare].filter((id) => !listed.has(id));
}

/** A listing may lag behind, and a job that is forgotten too early is never pruned. */
async function isGone({ scope }: Plan, id: number, api: LogpushReader, call: CallOptions): Promise<boolean> {
  try {
    return (await api.getJob(scope, id, call)) === null;
  } catch (error) {
    planned(error);
    return false;
  }
}
