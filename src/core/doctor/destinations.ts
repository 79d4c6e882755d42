import { cleanDeliveryError, healthOf } from '../job/health.ts';
import { maskSecretsIn, parseDestination, showDestination } from '../destination/destination.ts';
import type { DesiredJob, Scope } from '../job/job.ts';
import type { Plan } from '../plan/change.ts';
import { destinationText } from '../plan/desired-text.ts';
import { whyStray } from '../plan/stray.ts';
import { plural } from '../render/summary.ts';
import { until } from './connection.ts';
import { type Diagnosis, ok, type Trouble } from './diagnosis.ts';

/** What is told of the places that logs go to, from what the jobs there did last and from what is written in them. */

/** Made by people who are asked for it, so that they need the time. */
const SAS_WARNING_DAYS = 30;

/** A bucket or host, and one job that stands for those that deliver there. */
export interface Place {
  /** As in `s3://acme-logs`. */
  readonly shown: string;
  readonly scope: Scope;
  readonly job: DesiredJob;
  readonly jobs: number;
}

/** Where the manifest delivers to, each place once, in the order of their names. */
export function placesOf(plans: readonly Plan[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { desired } of plans) {
    for (const job of desired.jobs) {
      const shown = siteOf(job);
      const known = places.get(shown);
      places.set(
        shown,
        known ? { ...known, jobs: known.jobs + 1 } : { shown, scope: desired.scope, job, jobs: 1 },
      );
    }
  }
  return [...places.values()].toSorted((a, b) => (a.shown < b.shown ? -1 : 1));
}

/** What Cloudflare said when it was asked to try a place. */
export interface Tried {
  readonly valid: boolean;
  readonly message: string;
  /** What its words mean, where that is known. */
  readonly meaning?: Trouble;
}

/**
 * @param tried null where Cloudflare was not asked: its test writes something to the destination
 * @param at the time of looking, RFC 3339
 */
export function placeDiagnosis(
  place: Place,
  plans: readonly Plan[],
  tried: Tried | null,
  at: string,
): Diagnosis {
  const { shown, jobs, job } = place;
  const row = { check: 'destination', subject: shown } as const;
  const who = `${plural(jobs, 'job')}:`;
  if (tried?.valid === false) {
    const why = cleanDeliveryError(maskSecretsIn(tried.message, destinationText(job)));
    const next = tried.meaning?.next ?? 'docs/errors.md explains the texts of Cloudflare.';
    return {
      ...row,
      state: 'fail',
      says: `${who} Cloudflare tried it, and it failed: ${why || 'no reason given'}.`,
      next,
    };
  }
  const states = plans
    .flatMap(({ paired }) => paired)
    .filter(({ desired }) => siteOf(desired) === shown)
    .map(({ live }) => healthOf(live, at));
  const failing = states.find(({ state }) => state === 'failing');
  if (failing !== undefined) {
    const next =
      'Put the destination right before Cloudflare disables the job: it does so after a day, and what was not delivered is lost.';
    return {
      ...row,
      state: 'fail',
      says: `${who} the last delivery failed: ${failing.error ?? 'no reason given'}.`,
      next,
    };
  }
  const last = states
    .flatMap(({ lastComplete }) => lastComplete ?? [])
    .toSorted()
    .at(-1);
  if (tried !== null) return ok('destination', shown, `${who} Cloudflare tried it, and it works.`);
  if (states.some(({ state }) => state === 'lagging')) {
    const next = 'Look whether there were any logs in that time, and at the receiver.';
    return {
      ...row,
      state: 'warn',
      says: `${who} the last delivery was at ${last ?? 'an unknown time'}.`,
      next,
    };
  }
  if (last !== undefined) return ok('destination', shown, `${who} the last delivery was at ${last}.`);
  const next = '"logpushd doctor --try-destinations" lets Cloudflare write a test object there.';
  return { ...row, state: 'unknown', says: `${who} nothing was delivered yet.`, next };
}

/** Live jobs that deliver where the settings allow none to. */
export function strayDiagnoses(plans: readonly Plan[]): readonly Diagnosis[] {
  return plans.flatMap(({ scope, strays }) =>
    strays.map((stray): Diagnosis => {
      const subject = `${stray.name} (${stray.id}) in ${scope.name}`;
      const next = 'Delete it or put it back, or add the place to guard.allowed_destinations.';
      return { check: 'stray', subject, state: 'warn', says: whyStray(stray), next };
    }),
  );
}

/** Ends of the shared access signatures of Azure, each once. */
export function signatureDiagnoses(plans: readonly Plan[], now: number): readonly Diagnosis[] {
  const rows = new Map<string, Diagnosis>();
  for (const { desired } of plans) {
    for (const job of desired.jobs) {
      const { scheme, params } = parseDestination(destinationText(job));
      const expiresOn =
        scheme === 'azure' ? params.find(({ name }) => name === 'se')?.value.reveal() : undefined;
      const subject = siteOf(job);
      if (expiresOn === undefined || !/^[\dTZ:.+-]{8,40}$/.test(expiresOn)) continue;
      const row = until({ check: 'sas', subject, expiresOn, now, warnDays: SAS_WARNING_DAYS, what: 'SAS' });
      rows.set(`${subject} ${expiresOn}`, row);
    }
  }
  return [...rows.values()];
}

function siteOf(job: DesiredJob): string {
  const text = destinationText(job);
  const { scheme, authority } = parseDestination(text);
  return scheme === '' || authority === '' ? showDestination(text) : `${scheme}://${authority}`;
}
