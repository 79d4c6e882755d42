import { meaningOf } from '../destination/meaning.ts';
import { differencesOf } from '../job/diff.ts';
import type { DesiredJob, LiveJob } from '../job/job.ts';
import { Secret } from '../secret.ts';
import { isMaskable } from './classify.ts';
import { destinationText } from './desired-text.ts';
import type { Fingerprint, LedgerEntry, ScopeLedger } from './ledger-entry.ts';
import { ownerOf } from './ledger-entry.ts';
import { arrivalsOf } from './open-create.ts';
import { isCopy } from './same-job.ts';

/**
 * A create may make more than one job: a proxy sends it twice, it arrives late and was sent again, two processes
 * send it at once. Which of them stays follows from the jobs alone, so that everybody who looks decides the same.
 */
export interface Surplus {
  readonly kept: LiveJob;
  /** The same as the kept one in everything but the id. */
  readonly others: readonly LiveJob[];
}

/** How long after a create a copy of what it made counts as its work: a sweep, and the looks that make sure. */
const CREATED_LATELY_MS = 20 * 60_000;

export interface SurplusTerms {
  readonly fingerprint: Fingerprint;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What one create may have made. */
export interface Suspects {
  /** In order of their ids; none where there are not at least two. */
  readonly jobs: readonly LiveJob[];
  /** The one that the ledger knows, if it knows one, and what it knows of it. */
  readonly known: LiveJob | undefined;
  readonly entry: LedgerEntry | undefined;
}

export function suspectsOf(
  desired: DesiredJob,
  live: readonly LiveJob[],
  ledger: ScopeLedger,
  { fingerprint, now }: SurplusTerms,
): Suspects {
  const open = ledger.creating.find(({ name }) => name === desired.name);
  const entry = ledger.entries.find(({ name }) => name === desired.name);
  const known = open === undefined ? live.find(({ id }) => id === entry?.id) : undefined;
  const made =
    open === undefined
      ? live.filter((job) => job === known || isBesideNew(job, entry, now, ledger))
      : arrivalsOf(open, live, ledger, fingerprint);
  const jobs = made.length > 1 ? made.toSorted((a, b) => a.id - b.id) : [];
  return { jobs, known, entry: known && entry };
}

/**
 * Keeps the enabled one with the lowest id, rather one that delivers where the manifest says.
 *
 * @returns null where there is no surplus, or where it is for a person to say which job is meant
 */
export function surplusOf(
  desired: DesiredJob,
  { jobs, known, entry }: Suspects,
  { fingerprint }: Pick<SurplusTerms, 'fingerprint'>,
): Surplus | null {
  const whole = jobs.filter((job) => isAsMade(desired, job, entry, fingerprint));
  const enabled = whole.filter(({ fields }) => fields['enabled'] === true);
  const kept = enabled.find((job) => isAtItsPlace(desired, job)) ?? enabled[0] ?? whole[0];
  if (kept === undefined) return null;
  const others = whole.filter((job) => job !== kept && isCopy(kept, job));
  const isClear = known === undefined ? others.length === jobs.length - 1 : [kept, ...others].includes(known);
  return isClear && others.length > 0 ? { kept, others } : null;
}

/** Nobody's, of the same name, and not there before a create of late; or known as a copy since then. */
function isBesideNew(
  { id, name }: LiveJob,
  entry: LedgerEntry | undefined,
  now: number,
  ledger: ScopeLedger,
): boolean {
  if (entry?.created === undefined || entry.name !== name || ownerOf(ledger, id) !== undefined) return false;
  const isKnown = ledger.copies?.ids.includes(id) === true;
  return (isKnown || isLately(entry.created, now)) && !entry.created.beside.includes(id);
}

function isLately({ at }: NonNullable<LedgerEntry['created']>, now: number): boolean {
  return Math.abs(now - Date.parse(at)) < CREATED_LATELY_MS;
}

/**
 * What is still to be remembered of its create by what was seen at `now`: once it is long ago, only copies that are
 * known already can be its work, and a clock that is set back must not make it new again.
 */
export function createdInSync(
  { id, created }: Pick<LedgerEntry, 'id' | 'created'>,
  { copies }: Pick<ScopeLedger, 'copies'>,
  now: number,
): LedgerEntry['created'] {
  return created && (isLately(created, now) || copies?.ids.includes(id)) ? created : undefined;
}

/**
 * As the manifest says or, where that has moved since, as was last applied: nobody else has changed it. What was not applied is what
 * Cloudflare has put there, or proves nothing.
 */
function isAsMade(
  { fields, ignore }: DesiredJob,
  live: LiveJob,
  entry: LedgerEntry | undefined,
  fingerprint: Fingerprint,
): boolean {
  return differencesOf(fields, live.fields, ignore).every(({ path, liveText }) => {
    if (entry !== undefined && !Object.hasOwn(entry.applied, path)) return true;
    return liveText === undefined ? isMaskable(path) : entry?.applied[path] === fingerprint(liveText);
  });
}

function isAtItsPlace(desired: DesiredJob, { fields }: LiveJob): boolean {
  const conf = fields['destination_conf'];
  if (!(conf instanceof Secret)) return false;
  const { where, unseen } = meaningOf(conf.reveal());
  return !unseen && where === meaningOf(destinationText(desired)).where;
}
