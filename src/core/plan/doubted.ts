import type { LiveJob } from '../job/job.ts';
import type { Change, Doubts, Plan } from './change.ts';
import { collapseAfter, isDoubted } from './collapse.ts';
import { areCopiesDoubted, copiesAfter } from './copies.ts';
import { nextLook, wayOut } from './doubt.ts';
import type { Collapse, Copies, Fingerprint, OpenCreate, ScopeLedger } from './ledger-entry.ts';
import type { Match } from './match.ts';
import { arrivalsOf, stillOpen } from './open-create.ts';
import type { DoubtRules } from './policy.ts';
import { heldBack } from './step.ts';

/** One complete listing, and what was known before it. */
export interface Look {
  readonly live: readonly LiveJob[];
  readonly surplus: Match['surplus'];
  readonly ledger: ScopeLedger;
  readonly fingerprint: Fingerprint;
  readonly now: number;
  readonly rules: DoubtRules;
}

/** What one more complete listing leaves open. */
export function doubtsAfter(look: Look): Doubts {
  const { live, ledger, fingerprint, now, rules, surplus } = look;
  const creating = stillOpen(ledger, live, { now, fingerprint, rule: rules.lostCreate });
  const waiting = creating.filter((create) => isAwaited(create, look));
  const collapse = collapseAfter(ledger, live, now, rules.collapse);
  const isCollapseDoubted = isDoubted(collapse, rules.collapse);
  const copies = copiesAfter(ledger, surplus, now, rules.copies);
  const times = [
    ...waiting.map(({ looks }) => nextLook(looks, rules.lostCreate)),
    ...(isCollapseDoubted ? [nextLook(collapse.looks, rules.collapse)] : []),
    ...(surplus.length > 0 && areCopiesDoubted(copies, rules.copies)
      ? [nextLook(copies.looks, rules.copies)]
      : []),
  ];
  return {
    creating,
    ...(collapse && { collapse }),
    ...(copies && { copies }),
    isCollapseDoubted,
    ...(times.length > 0 && { lookAt: Math.min(...times) }),
  };
}

/** What has turned up is not waited for, whatever becomes of it. */
function isAwaited(create: OpenCreate, { live, ledger, fingerprint }: Look): boolean {
  return arrivalsOf(create, live, ledger, fingerprint).length === 0;
}

/** Takes out what must not be written before a doubt is settled. */
export function withoutDoubted(
  changes: readonly Change[],
  { creating, collapse, copies }: Doubts,
  look: Look,
): Pick<Plan, 'changes' | 'withheld'> {
  const { rules } = look;
  const awaited = creating.filter((create) => isAwaited(create, look));
  const doubted = changes.flatMap((change) => {
    // What turned up and still leaves something to create is somebody else's by a pin.
    const open = change.action === 'create' ? creating : awaited;
    const reason =
      whyDoubted(change, { creating: open, collapse }, rules) ??
      whyCopyDoubted(change, changes, copies, look);
    return reason === null ? [] : [{ change, reason }];
  });
  return {
    changes: changes.filter((change) => !doubted.some((one) => one.change === change)),
    withheld: doubted.map(({ change, reason }) => heldBack(change, reason)),
  };
}

/** An update makes no job and takes none away. */
function whyDoubted(
  { action, name }: Change,
  {
    creating,
    collapse,
  }: { readonly creating: readonly OpenCreate[]; readonly collapse: Collapse | undefined },
  rules: DoubtRules,
): string | null {
  if (action === 'update' || action === 'adopt') return null;
  if (isDoubted(collapse, rules.collapse)) return whyCollapsed(collapse, rules);
  const open = action === 'delete' ? undefined : creating.find((create) => create.name === name);
  return open === undefined ? null : whyOpen(open, rules);
}

/** The kept one is as it was made until its copy is gone: the two would not be the same any more. */
function whyCopyDoubted(
  change: Change,
  changes: readonly Change[],
  copies: Copies | undefined,
  { surplus, rules: { copies: rule } }: Look,
): string | null {
  if (change.action === 'create' || !areCopiesDoubted(copies, rule)) return null;
  const { id } = change.live;
  if (change.action === 'delete')
    return change.keeps === undefined || surplus.every(({ live }) => live.id !== id)
      ? null
      : `Job ${id} is the same as job ${change.keeps.id}, but one of the two may be deleted already and only ` +
          `still be shown. ${wayOut(copies.looks, rule)}`;
  const going = surplus.find(({ live, kept }) => kept.id === id && changes.some((one) => removes(one, live)));
  if (going === undefined) return null;
  return (
    `Job ${id} seems to have a copy, job ${going.live.id}, which could not be told from another job after this. ` +
    wayOut(copies.looks, rule)
  );
}

function removes(change: Change, { id }: LiveJob): boolean {
  return change.action === 'delete' && change.live.id === id;
}

function whyOpen({ since, looks }: OpenCreate, { lostCreate }: DoubtRules): string {
  const time = since.slice(11, 19);
  return (
    `A create of it at ${time} UTC got no answer, so it may be on its way; it is sent again when it surely made no job. ` +
    wayOut(looks, lostCreate)
  );
}

function whyCollapsed({ gone, looks }: Collapse, rules: DoubtRules): string {
  return (
    `Most jobs that logpushd owns here are gone at once (${gone.join(', ')}), and ` +
    `what says so may be wrong; until it is certain none is created or deleted here. ${wayOut(looks, rules.collapse)}`
  );
}
