import { assumedEqual, managedValues, unshownPaths } from '../job/diff.ts';
import type { DesiredJob, DesiredScope, LiveJob, Scope } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { toldOnce } from './challenge.ts';
import type { Plan, Withheld } from './change.ts';
import { doubtsAfter, withoutDoubted } from './doubted.ts';
import { isMaskable } from './classify.ts';
import { oldHalfOf, openDeletesOf, ownerOf } from './ledger-entry.ts';
import type { Fingerprint, LedgerEntry, OldHalf, ScopeLedger } from './ledger-entry.ts';
import { matchJobs, needsReplace } from './match.ts';
import type { Match } from './match.ts';
import { orderChanges } from './order.ts';
import { planPaired } from './plan-job.ts';
import { planLeftover, planSuperseded, planUnmanaged } from './plan-removal.ts';
import { planSurplus } from './plan-surplus.ts';
import { planAmbiguous, planBlocked, planDangling, planMissing } from './plan-unpaired.ts';
import { datasetOf } from './desired-text.ts';
import { choiceText } from './settled-fields.ts';
import type { PlanPolicy } from './policy.ts';
import type { PlanContext, Step } from './step.ts';
import { straysOf } from './stray.ts';
import { withinWindows } from './window.ts';

export type { PlanPolicy } from './policy.ts';

export interface PlanInput {
  readonly desired: DesiredScope;
  /** A complete listing of the scope. */
  readonly live: readonly LiveJob[];
  readonly ledger: ScopeLedger;
  readonly policy: PlanPolicy;
  readonly fingerprint: Fingerprint;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  /** Whether a person has approved what is withheld under this digest. */
  readonly approves?: (digest: string) => boolean;
  /** See {@link PlanContext}. Absent: nobody asks who changed a job. */
  readonly lastWriteOf?: PlanContext['lastWriteOf'];
}

/**
 * Decides everything about one scope: what would be written and in which order, what is withheld and why.
 *
 * The same input gives the same plan, whatever the order of jobs, listing and ledger. Only owned jobs are
 * touched, besides what `adopt`, a pinned `id` or `prune: all` allow; a job that is paired is never deleted.
 */
export function planScope({
  desired,
  live,
  ledger,
  policy,
  fingerprint,
  now,
  approves = () => false,
  lastWriteOf = () => null,
}: PlanInput): Plan {
  const match = matchJobs(desired, live, ledger, { fingerprint, now });
  const creating = ledger.creating.map(({ name }) => name);
  const deleting = openDeletesOf(ledger, now);
  const { drifting = [] } = ledger;
  const known = { creating, deleting, drifting, lastWriteOf, approves };
  const context = { desired, policy, fingerprint, ...known, twins: twinsOf(match), now };
  const steps = stepsOf(match, context);
  const look = { live, surplus: match.surplus, ledger, fingerprint, now, rules: policy.doubts };
  const doubts = doubtsAfter(look);
  const decided = steps.flatMap((step) => step.changes ?? []);
  const wanted = withoutDoubted(decided, doubts, look);
  const waits = steps.flatMap(({ lookAgainAt }) => lookAgainAt ?? []);
  const { scope } = desired;
  const room = { scope, taken: live.length, passing: waits.length, jobsPerZone: policy.jobsPerZone };
  const given = policy.allowGap ? () => true : approves;
  const timely = withinWindows(wanted.changes, policy.windows, now);
  const { changes, withheld } = orderChanges(timely.changes, room, { given, fingerprint });
  const held = [
    ...steps.flatMap((step) => step.withheld ?? []),
    ...wanted.withheld,
    ...timely.withheld,
    ...withheld,
  ];
  const ends = held.flatMap(({ until }) => (until === undefined ? [] : Date.parse(until)));
  const looks = [...waits, ...ends];
  return {
    scope,
    desired,
    changes,
    withheld: toldOnce(held.toSorted(byName), desired.jobs, now),
    unmanaged: steps.flatMap((step) => step.unmanaged ?? []).toSorted(byName),
    unverifiable: steps.flatMap((step) => step.unverifiable ?? []).toSorted(byName),
    adoptable: steps.flatMap((step) => step.adoptable ?? []).toSorted(byDesired),
    paired: match.paired
      .map((each) => ({ desired: each.desired, live: each.live, ...oldHalfOf(each, now) }))
      .toSorted(byDesired),
    live: live.toSorted(byName),
    strays: straysOf(live, managedIn(match, ledger), policy.allowedDestinations),
    doubts,
    ...(looks.length > 0 && { lookAgainAt: Math.min(...looks) }),
  };
}

/**
 * A scope that the manifest does not mention any more, while jobs in it are owned. A vanished file must not
 * delete anything, so all of it is withheld.
 */
export function planForsaken(scope: Scope, ledger: ScopeLedger): Plan {
  const withheld = ledger.entries.map((entry): Withheld => ({
    name: entry.name,
    action: 'delete',
    id: entry.id,
    class: 'pending',
    reason:
      `The manifest does not mention this ${scope.kind} any more, so job ${entry.id} is left alone; ` +
      `write the ${scope.kind} with "jobs: []" to delete its jobs, or put it back.`,
    fields: [],
  }));
  return {
    scope,
    desired: { scope, jobs: [], blocked: [] },
    changes: [],
    withheld: withheld.toSorted(byName),
    unmanaged: [],
    unverifiable: [],
    adoptable: [],
    paired: [],
    live: [],
    isForsaken: true,
    strays: [],
    doubts: { creating: ledger.creating, isCollapseDoubted: false },
  };
}

/** Fields of a job that differ and were not written; see {@link unsentOf}. */
export interface Unsent {
  readonly paths: readonly string[];
  /** What the ledger said was applied before. */
  readonly applied: LedgerEntry['applied'];
}

/**
 * What to remember of a job after a write or an adoption: fingerprints of what was applied, and which of it
 * the answer does not show.
 *
 * @param oldHalf the former job of a replace, until it is deleted
 * @param unsent     what was withheld from this write: it is remembered as it was, and its absence from the
 *                   answer proves nothing about what the API shows
 */
export function entryOf(
  desired: DesiredJob,
  live: LiveJob,
  fingerprint: Fingerprint,
  oldHalf: OldHalf = {},
  unsent: Unsent = { paths: [], applied: {} },
): LedgerEntry {
  const sent = [...managedValues(desired.fields, desired.ignore)].filter(
    ([path]) => !unsent.paths.includes(path),
  );
  const before = Object.entries(unsent.applied).filter(([path]) => unsent.paths.includes(path));
  const unshown = unshownPaths(desired.fields, live.fields, desired.ignore);
  return {
    name: desired.name,
    id: live.id,
    dataset: datasetOf(desired),
    protect: desired.protect,
    applied: Object.fromEntries([
      ...sent.map(([path, text]) => [path, fingerprint(text)] as const),
      ...before,
    ]),
    ...(desired.fieldChoice !== undefined && { fieldChoice: fingerprint(choiceText(desired.fieldChoice)) }),
    unverifiable: unshown.filter((path) => !unsent.paths.includes(path)),
    ...(oldHalf.superseded !== undefined && { superseded: oldHalf.superseded }),
    ...(oldHalf.supersededAt !== undefined && { supersededAt: oldHalf.supersededAt }),
  };
}

/** What the plan withholds of the job that `change` updates; for {@link entryOf}. */
export function unsentOf(
  plan: Plan,
  change: { readonly name: string; readonly live: LiveJob },
  ledger: ScopeLedger,
): Unsent {
  const withheld = plan.withheld.filter(({ name }) => name === change.name);
  const paths = withheld.flatMap(({ fields }) => fields.map(({ path }) => path));
  const { id } = change.live;
  const owner = ownerOf(ledger, id);
  // Taken back beside the job that had replaced it: what was applied to that one says nothing about it.
  const isTakenBack = plan.paired.some(({ live, superseded }) => live.id === id && superseded === owner?.id);
  return { paths, applied: isTakenBack ? {} : (owner?.applied ?? {}) };
}

/**
 * Whether one read of the single job has to come before any decision: the listing lacks a managed value and
 * nothing proves yet that the API never shows it, or it lacks a value that was applied and is wanted no more. A
 * masked secret is shown as masked and needs no read.
 */
export function needsSingleRead(
  desired: DesiredJob,
  live: LiveJob,
  entry: LedgerEntry | undefined,
  fingerprint: Fingerprint,
): boolean {
  const managed = managedValues(desired.fields, desired.ignore);
  const isKnown = (path: string): boolean =>
    entry !== undefined &&
    entry.unverifiable.includes(path) &&
    entry.applied[path] === fingerprint(managed.get(path) ?? '');
  const unshown = unshownPaths(desired.fields, live.fields, desired.ignore);
  const isGone = assumedEqual(desired.fields, live.fields, desired.ignore).some(
    ({ path, desiredText }) =>
      (entry?.applied[path] ?? '') !== '' && entry?.applied[path] !== fingerprint(desiredText),
  );
  return isGone || unshown.some((path) => !isMaskable(path) && !isKnown(path));
}

function managedIn({ paired }: Match, { entries }: ScopeLedger): ReadonlySet<number> {
  return new Set([...paired.map(({ live }) => live.id), ...entries.map(({ id }) => id)]);
}

function twinsOf({ paired, unmanaged }: Match): readonly LiveJob[] {
  const replaced = paired
    .filter(({ desired, live }) => needsReplace(desired, live))
    .map(({ desired }) => desired);
  return unmanaged.filter((live) =>
    replaced.some((desired) => desired.name === live.name && !needsReplace(desired, live)),
  );
}

function stepsOf(match: Match, context: PlanContext): readonly Step[] {
  return [
    ...match.paired.map((each) => planPaired(each, context)),
    ...match.missing.map((each) => planMissing(each, context)),
    ...match.ambiguous.map((each) => planAmbiguous(each)),
    ...match.dangling.map((each) => planDangling(each, context)),
    ...match.blocked.map((each) => planBlocked(each)),
    ...match.leftovers.map((each) => planLeftover(each, context)),
    ...match.superseded.map((each) => planSuperseded(each, context)),
    ...match.surplus.map((each) => planSurplus(each, context)),
    ...match.unmanaged.map((each) => planUnmanaged(each, context)),
  ];
}

interface Listed {
  readonly name: string;
  readonly id?: number;
  readonly action?: string;
  readonly reason?: string;
}

function byName(a: Listed, b: Listed): number {
  return (
    compareText(a.name, b.name) ||
    (a.id ?? 0) - (b.id ?? 0) ||
    compareText(a.action ?? '', b.action ?? '') ||
    compareText(a.reason ?? '', b.reason ?? '')
  );
}

function byDesired(a: { readonly desired: DesiredJob }, b: { readonly desired: DesiredJob }): number {
  return compareText(a.desired.name, b.desired.name);
}
