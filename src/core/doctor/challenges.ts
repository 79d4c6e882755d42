import { needsChallenge } from '../destination/destination.ts';
import type { Plan } from '../plan/change.ts';
import { destinationText } from '../plan/desired-text.ts';
import type { Place } from './destinations.ts';
import { type Diagnosis, ok } from './diagnosis.ts';

/** What is told of the readers of challenges, from what a look for a file that is not there has shown. */

/** The places of which Cloudflare wants a proof that they are one's own. */
export function placesToProve(places: readonly Place[]): readonly Place[] {
  return places.filter(({ job }) => needsChallenge(destinationText(job)));
}

/** @param trouble why the reader of that place cannot read there; null where it can, or where there is none */
export function challengeDiagnosis(
  { shown, scope, job }: Place,
  plans: readonly Plan[],
  isCovered: boolean,
  trouble: string | null,
): Diagnosis {
  const row = { check: 'challenge', subject: shown } as const;
  if (trouble !== null) {
    return {
      ...row,
      state: 'fail',
      says: trouble,
      next: 'Mend its credentials or its place in challenge.readers.',
    };
  }
  if (isCovered) return ok('challenge', shown, 'Its challenges can be read.');
  const waiting = plans
    .filter((plan) => plan.scope === scope)
    .flatMap(({ withheld }) => withheld)
    .find(({ name, waitsFor }) => name === job.name && waitsFor === 'challenge');
  const next = 'Add a reader to the setting challenge.readers; docs/challenge.md says how.';
  if (waiting !== undefined) return { ...row, state: 'fail', says: waiting.reason, next };
  const says = 'No reader covers it, so that a new job there waits for a person.';
  return { ...row, state: 'warn', says, next };
}
