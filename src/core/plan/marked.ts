import type { DesiredScope, LiveJob } from '../job/job.ts';
import { datasetOf } from './desired-text.ts';
import type { LedgerEntry, ScopeLedger } from './ledger-entry.ts';
import { ownerOf } from './ledger-entry.ts';
import { needsReplace } from './match.ts';

/**
 * The ledger, and jobs that it does not know though their names mark them as ours; what was last applied to them is
 * unknown. Where it knows another job of a name, and where several could be meant, a mark alone decides nothing:
 * people copy jobs with their names.
 */
export function withMarked(
  ledger: ScopeLedger,
  desired: DesiredScope,
  live: readonly LiveJob[],
): ScopeLedger {
  const taken = new Set([...ledger.entries, ...ledger.creating].map(({ name }) => name));
  const unknown = live.filter(
    ({ id, name, marked }) => marked === true && !taken.has(name) && ownerOf(ledger, id) === undefined,
  );
  const groups = Map.groupBy(unknown, ({ name }) => name);
  const found = [...groups.values()].flatMap((jobs) => entryOfMarked(jobs, desired) ?? []);
  return found.length === 0 ? ledger : { ...ledger, entries: [...ledger.entries, ...found] };
}

function entryOfMarked(jobs: readonly LiveJob[], desired: DesiredScope): LedgerEntry | null {
  const [first, second, ...others] = jobs;
  if (first === undefined || others.length > 0) return null;
  if (second === undefined) return unknownEntry(first);
  const wanted = desired.jobs.find(({ name }) => name === first.name);
  const [fitting, other] = jobs.filter((live) => wanted !== undefined && !needsReplace(wanted, live));
  if (fitting === undefined || other !== undefined) return null;
  // Half a replace: the ledger was lost before the old job went.
  return { ...unknownEntry(fitting), superseded: fitting === first ? second.id : first.id };
}

function unknownEntry(live: LiveJob): LedgerEntry {
  const { id, name } = live;
  return { id, name, dataset: datasetOf(live), protect: false, applied: {}, unverifiable: [] };
}

/** Whether it is known what was last applied to an owned job. */
export function isKnown(entry: LedgerEntry | undefined): entry is LedgerEntry {
  return entry !== undefined && Object.keys(entry.applied).length > 0;
}
