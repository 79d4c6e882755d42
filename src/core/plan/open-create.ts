import { meaningOf } from '../destination/meaning.ts';
import type { DesiredJob, JobFields, LiveJob } from '../job/job.ts';
import { Secret } from '../secret.ts';
import { datasetOf, destinationText } from './desired-text.ts';
import { afterLook, isSettled } from './doubt.ts';
import type { DoubtRule } from './doubt.ts';
import { ownerOf } from './ledger-entry.ts';
import type { Fingerprint, OpenCreate, ScopeLedger } from './ledger-entry.ts';

/** What is remembered before this job is created; the ledger adds the time. */
export function openCreateOf(
  desired: DesiredJob,
  live: readonly LiveJob[],
  fingerprint: Fingerprint,
): Omit<OpenCreate, 'since' | 'looks'> {
  const { name, protect } = desired;
  return {
    name,
    protect,
    dataset: datasetOf(desired),
    place: fingerprint(meaningOf(destinationText(desired)).where),
    beside: live.filter((job) => job.name === name).map(({ id }) => id),
  };
}

/**
 * What an open create may have made: of its name, its dataset and its place, nobody's, and not there before it was
 * sent. Somebody else's new job that shares all of these cannot be told apart.
 */
export function arrivalsOf(
  { name, dataset, place, beside }: OpenCreate,
  live: readonly LiveJob[],
  ledger: ScopeLedger,
  fingerprint: Fingerprint,
): readonly LiveJob[] {
  return live.filter(
    (job) =>
      job.name === name &&
      job.marked !== false &&
      !beside.includes(job.id) &&
      ownerOf(ledger, job.id) === undefined &&
      (job.fields['dataset'] ?? dataset) === dataset &&
      isAt(place, job.fields, fingerprint),
  );
}

/** What is open after one more complete listing, taken at `now`: the others are not at Cloudflare. */
export function stillOpen(
  ledger: ScopeLedger,
  live: readonly LiveJob[],
  {
    now,
    fingerprint,
    rule,
  }: { readonly now: number; readonly fingerprint: Fingerprint; readonly rule: DoubtRule },
): readonly OpenCreate[] {
  return ledger.creating.flatMap((create) => {
    if (arrivalsOf(create, live, ledger, fingerprint).length > 0) return [create];
    const looks = afterLook(create.looks, now, rule);
    return isSettled(looks, rule) ? [] : [{ ...create, looks }];
  });
}

/** True where it is not shown. */
function isAt(place: string, { destination_conf: conf }: JobFields, fingerprint: Fingerprint): boolean {
  if (!(conf instanceof Secret)) return true;
  const { where, unseen } = meaningOf(conf.reveal());
  return unseen || fingerprint(where) === place;
}
