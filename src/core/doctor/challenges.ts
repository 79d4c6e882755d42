import { needsChallenge } from '../destination/destination.ts';
import type { Plan } from '../plan/change.ts';
import { destinationText } from '../plan/desired-text.ts';
import { deliveryKey, type Place } from './destinations.ts';
import { type Diagnosis, ok } from './diagnosis.ts';

/** What is told of the readers of challenges, from what a look for a file that is not there has shown. */

/** The places of which Cloudflare wants a proof that they are one's own. */
export function placesToProve(places: readonly Place[]): readonly Place[] {
  return places.filter(({ deliveries: [{ job }] }) => needsChallenge(destinationText(job)));
}

/**
 * What is the same of several places of a bucket is told once.
 *
 * @param read why the reader of a place cannot read there, null where it can; nothing where there is no reader
 */
export function challengeDiagnoses(
  places: readonly Place[],
  plans: readonly Plan[],
  read: ReadonlyMap<Place, string | null>,
): readonly Diagnosis[] {
  const waiting = new Map(
    plans.flatMap(({ scope, withheld }) =>
      withheld
        .filter(({ waitsFor }) => waitsFor === 'challenge')
        .map((one) => [deliveryKey(scope, one), one.reason] as const),
    ),
  );
  const rows = places.map((place) => {
    const reasons = place.deliveries.flatMap(({ scope, job }) => waiting.get(deliveryKey(scope, job)) ?? []);
    return challengeDiagnosis(place, read.get(place), reasons);
  });
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}

function challengeDiagnosis(
  { site }: Place,
  trouble: string | null | undefined,
  [waiting]: readonly string[],
): Diagnosis {
  const row = { check: 'challenge', subject: site } as const;
  if (trouble === null) return ok('challenge', site, 'Its challenges can be read.');
  if (trouble !== undefined) {
    const next = 'Mend its credentials or its place in challenge.readers.';
    return { ...row, state: 'fail', says: trouble, next };
  }
  const next = 'Add a reader to the setting challenge.readers; docs/challenge.md says how.';
  if (waiting !== undefined) return { ...row, state: 'fail', says: waiting, next };
  const says = 'No reader covers it, so that a new job there waits for a person.';
  return { ...row, state: 'warn', says, next };
}
