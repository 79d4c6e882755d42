import { differsForGood } from '../job/diff.ts';
import type { DesiredJob, DesiredScope, LiveJob } from '../job/job.ts';
import type { Pairing } from './change.ts';
import type { LedgerEntry, ScopeLedger } from './ledger-entry.ts';
import { ownerOf } from './ledger-entry.ts';
import { isCopy } from './same-job.ts';

/** Whose a live job is, at the moment of a write. */
export interface Claim {
  readonly owner: LedgerEntry | undefined;
  /** The job of the manifest that it is. */
  readonly wanted: DesiredJob | undefined;
  /** Another one stands in for it: the new half of its replace, or a copy that a create of ours made besides. */
  readonly spare: 'superseded' | 'surplus' | null;
  /** Nothing proves that the manifest does not mean it. */
  readonly doubtful: boolean;
}

export interface Claims {
  readonly desired: DesiredScope;
  readonly listing: readonly LiveJob[];
  readonly paired: readonly Pairing[];
  readonly ledger: ScopeLedger;
  /** As it was before the first write of the plan: a pin may have given a name to another job since. */
  readonly ledgerBefore: ScopeLedger;
}

export function claimOn(id: number, claims: Claims): Claim {
  const { desired, paired } = claims;
  const owners = [claims.ledger, claims.ledgerBefore].flatMap((ledger) => ownerOf(ledger, id) ?? []);
  const [owner] = owners;
  const pin = desired.jobs.find((job) => job.id === id);
  const job = pin ?? paired.find(({ live }) => live.id === id)?.desired;
  if (pin === undefined && owners.some((one) => isSuperseded(id, one, job, claims)))
    return { owner, wanted: undefined, spare: 'superseded', doubtful: false };
  if (job) return { owner, wanted: job, spare: null, doubtful: false };
  if (isSurplus(id, owner, claims)) return { owner, wanted: job, spare: 'surplus', doubtful: false };
  return { owner, wanted: job, spare: null, doubtful: isDoubtful(id, owner, claims) };
}

/** Whether going from live to desired needs a new job. */
export function isForGood(wanted: DesiredJob, live: LiveJob): boolean {
  return differsForGood(wanted.fields, live.fields, wanted.ignore);
}

/** By the ledger; or a create whose answer was lost has made the new half, or the manifest went back to the old one. */
function isSuperseded(
  id: number,
  owner: LedgerEntry,
  job: DesiredJob | undefined,
  { listing, paired, ledger, ledgerBefore }: Claims,
): boolean {
  if (owner.id !== id) return job === undefined || listing.some((live) => live.id === owner.id);
  const other = paired.find(({ desired, live }) => desired.name === owner.name && live.id !== id);
  if (job !== undefined || other === undefined) return false;
  const isLost = [...ledger.creating, ...ledgerBefore.creating].some(({ name }) => name === owner.name);
  return isLost || owner.superseded === other.live.id;
}

function isSurplus(id: number, owner: LedgerEntry | undefined, claims: Claims): boolean {
  const { listing, paired } = claims;
  const live = listing.find((job) => job.id === id);
  if (live === undefined || (owner === undefined && !isOfOurMaking(live, claims))) return false;
  const kept = paired.map((pair) => pair.live).filter((job) => job.id !== id && job.name === live.name);
  return kept.some((job) => isCopy(job, live) && listing.some((still) => still.id === job.id));
}

/** Whether a create of ours of that name, of late or without an answer, may have made it. */
export function isOfOurMaking({ id, name }: LiveJob, { ledger, ledgerBefore }: Claims): boolean {
  const creates = [ledger, ledgerBefore].flatMap(({ creating, entries }) => [
    ...creating,
    ...entries.flatMap((entry) =>
      entry.created ? [{ name: entry.name, beside: entry.created.beside }] : [],
    ),
  ]);
  return creates.some((create) => create.name === name && !create.beside.includes(id));
}

/** Its name, or the one under which it is owned, is in the manifest, and no other job is known to be that one. */
function isDoubtful(id: number, owner: LedgerEntry | undefined, claims: Claims): boolean {
  const { desired, listing, paired } = claims;
  const live = listing.find((job) => job.id === id);
  const names = owner ? [owner.name] : [live?.name];
  if (desired.blocked.some((job) => job.id === id || names.includes(job.name))) return true;
  const unpaired = desired.jobs.filter((job) => paired.every((pair) => pair.desired.name !== job.name));
  return unpaired.some(({ name }) => names.includes(name));
}
