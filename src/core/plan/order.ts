import type { Scope } from '../job/job.ts';
import { compareText } from '../problem.ts';
import type { Action, Change, Plan, Withheld } from './change.ts';
import { approvalOf, digestOfPlans } from './digest.ts';
import type { Fingerprint } from './ledger-entry.ts';
import { placesOf } from './policy.ts';
import { isCopy } from './same-job.ts';
import { heldBack } from './step.ts';

/**
 * Updates free nothing and need nothing, so they go first; a create may take the last place, which a replace would
 * give back by itself; a gap in logs cannot be healed, so deletes go last.
 */
const USUAL: readonly Action[] = ['update', 'adopt', 'replace', 'create', 'delete'];
const WHEN_FULL: readonly Action[] = ['update', 'adopt', 'delete', 'replace', 'create'];
const FIRST = -1;

const REASONS = {
  first:
    'The zone has no room for two jobs: the old one is deleted first, and logs of the moments between are lost.',
  next: 'The new job is created before the old one is deleted, so that nothing is lost.',
  later:
    'The new job is created first, and the old one stays beside it until the new one delivers: for that time both ' +
    'deliver, nothing is lost. A later pass deletes the old one: the daemon by itself, or the next "logpushd apply".',
} as const;

/** The places of a scope. */
export interface Room {
  readonly scope: Scope;
  /** How many jobs are there now. */
  readonly taken: number;
  /** How many of them are old halves of replaces that go by themselves. */
  readonly passing: number;
  /** How many jobs Cloudflare allows in a zone; an account has no known limit. */
  readonly jobsPerZone: number;
}

/** Whether a person, or the settings, let a replace lose logs. */
export interface Consents {
  /** Of the digest that {@link digestOfPlans} makes with `fingerprint`. */
  readonly given: (digest: string) => boolean;
  readonly fingerprint: Fingerprint;
}

/**
 * The order of writing: create before delete, so that no logs are lost, unless the zone is too full for the
 * new jobs. Independent of the order of the input.
 *
 * Decides for each replace when its old job goes, and says so. What finds no place is withheld: until an old half
 * has gone, where one is about to; and a replace that would lose logs, until somebody consents to that.
 */
export function orderChanges(
  changes: readonly Change[],
  room: Room,
  consents: Consents,
): Pick<Plan, 'changes' | 'withheld'> {
  const limit = placesOf(room.scope, room);
  const count = (has: (change: Change) => boolean): number => changes.filter(has).length;
  const lasting = count((change) => change.action === 'create' || isOverlapping(change));
  const peak = room.taken + Math.max(lasting, count(({ action }) => action === 'replace') > 0 ? 1 : 0);
  const order = peak > limit && count(({ action }) => action === 'delete') > 0 ? WHEN_FULL : USUAL;
  const sorted = changes.toSorted(
    (a, b) => rankOf(a, order) - rankOf(b, order) || compareText(a.name, b.name) || idOf(a) - idOf(b),
  );
  return withRoom(sorted, room, limit, consents);
}

function withRoom(
  sorted: readonly Change[],
  { taken, passing, scope }: Room,
  limit: number,
  consents: Consents,
): Pick<Plan, 'changes' | 'withheld'> {
  const [changes, withheld]: [Change[], Withheld[]] = [[], []];
  let [jobs, leaving] = [taken, passing];
  for (const change of sorted) {
    const isFull = jobs >= limit;
    const waits = isFull && jobs - leaving < limit;
    if (change.action === 'delete') jobs -= 1;
    if (change.action !== 'create' && change.action !== 'replace') changes.push(change);
    else if (waits) withheld.push(heldBack(change, WAITS));
    else if (change.action === 'create') {
      // A zone that has more than usual has a contract, and nobody but Cloudflare knows its number.
      const isRefused = isFull && taken <= limit;
      changes.push(
        isRefused ? { ...change, lacksRoom: true, reason: `${change.reason} ${noRoom(jobs)}` } : change,
      );
      jobs += 1;
    } else if (isFull) {
      const lossy = { ...change, oldGoes: 'first', reason: `${change.reason} ${REASONS.first}` } as const;
      const digest = digestOfPlans([{ scope, changes: [lossy] }], consents.fingerprint);
      if (consents.given(digest)) changes.push(lossy);
      else withheld.push({ ...heldBack(change, whyGap(change.live.id, digest)), digest });
    } else {
      if (isOverlapping(change)) [jobs, leaving] = [jobs + 1, leaving + 1];
      changes.push({ ...change, reason: `${change.reason} ${REASONS[change.oldGoes]}` });
    }
  }
  return { changes: withSuccessors(changes, limit - taken), withheld };
}

/** Says of each delete which of the jobs after it has no place before it is gone. */
function withSuccessors(changes: readonly Change[], free: number): readonly Change[] {
  const news = changes.flatMap((change, index) =>
    change.action === 'create' || (change.action === 'replace' && change.oldGoes !== 'first')
      ? [{ index, successor: { name: change.name, desired: change.desired, body: change.body } }]
      : [],
  );
  let freed = 0;
  return changes.map((change, index) => {
    if (change.action !== 'delete') return change;
    const next = news[free + freed];
    freed += 1;
    // With what stays beside its like nothing is lost, whatever becomes of the place.
    const isLoss = change.keeps === undefined;
    return !isLoss || next === undefined || next.index < index
      ? change
      : { ...change, makesRoomFor: next.successor };
  });
}

/** Sent all the same, for by contract there can be more. */
function noRoom(jobs: number): string {
  return (
    `The zone has ${jobs} jobs by then, as many as Cloudflare usually allows: unless its contract allows more, this one is refused. ` +
    'Take a job out of the manifest, delete one that nobody manages, or ask Cloudflare for more.'
  );
}

const WAITS =
  'The zone has no free place, and one is about to become free: the old job of a replace goes once the new one ' +
  'delivers. It is done after that; the setting guard.overlap_seconds shortens this time.';

function whyGap(id: number, digest: string): string {
  return (
    `Replacing job ${id} needs a free place, and the zone has none: the old job would be deleted first, and ` +
    `logs of the moments between lost. Delete another job; or allow just this ${approvalOf(digest)}; ` +
    `or allow it always with the setting guard.allow_gap.`
  );
}

function isOverlapping(change: Change): change is Change & { readonly action: 'replace' } {
  return change.action === 'replace' && change.oldGoes === 'later';
}

/**
 * A copy, or the old half of a replace, is no loss, and its place may be wanted. After an update of the kept job nobody
 * could tell any more that the other is its copy.
 */
function rankOf(change: Change, order: readonly Action[]): number {
  const { action } = change;
  if (action !== 'delete' || change.keeps === undefined) return order.indexOf(action);
  return isCopy(change.keeps, change.live) ? FIRST : order.indexOf('adopt');
}

function idOf(change: Change): number {
  return change.action === 'create' ? 0 : change.live.id;
}
