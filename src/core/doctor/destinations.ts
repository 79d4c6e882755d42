import { signatureEndOf } from '../credential/expiry.ts';
import { cleanDeliveryError } from '../health/delivery-error.ts';
import { type DeliveryHealth, healthOf } from '../health/health.ts';
import { maskSecretsIn, showDestination, wholeMeaningOf } from '../destination/destination.ts';
import { type DesiredJob, type Scope, scopeKey } from '../job/job.ts';
import type { Plan } from '../plan/change.ts';
import { destinationSite, destinationText } from '../plan/desired-text.ts';
import { whyStray } from '../plan/stray.ts';
import { compareText } from '../problem.ts';
import { plural } from '../render/summary.ts';
import { until } from './connection.ts';
import { type Diagnosis, ok, type Trouble } from './diagnosis.ts';

/** What is told of the places that logs go to, from what the jobs there did last and from what is written in them. */

/** Made by people who are asked for it, so that they need the time. */
const SAS_WARNING_DAYS = 30;

/** A job of the manifest, and where it runs. */
interface Delivery {
  readonly scope: Scope;
  readonly job: DesiredJob;
}

/** A destination of the manifest, with its secrets, however it is spelled. */
export interface Place {
  /** The bucket or host that it is shown by, as in `s3://acme-logs`. Others may have the same. */
  readonly site: string;
  /** Without secrets, as in `s3://acme-logs/http`. Others may look the same. */
  readonly shown: string;
  /** All that deliver there; the first stands for them. */
  readonly deliveries: readonly [Delivery, ...Delivery[]];
}

/** Where the manifest delivers to, each place once, in the order in which they are shown. */
export function placesOf(plans: readonly Plan[]): readonly Place[] {
  const deliveries = plans.flatMap(({ desired: { scope, jobs } }) => jobs.map((job) => ({ scope, job })));
  const groups = Map.groupBy(deliveries, ({ job }) => wholeMeaningOf(destinationText(job)));
  return [...groups.values()]
    .flatMap(([first, ...others]): readonly Place[] => {
      if (first === undefined) return [];
      const shown = showDestination(destinationText(first.job));
      return [{ site: destinationSite(first.job), shown, deliveries: [first, ...others] }];
    })
    .toSorted((a, b) => compareText(a.site, b.site) || compareText(a.shown, b.shown));
}

/** What Cloudflare said when it was asked to try a place. */
export interface Tried {
  readonly valid: boolean;
  readonly message: string;
  /** What its words mean, where that is known. */
  readonly meaning?: Trouble;
  /** A job at Cloudflare writes there already, and one of the manifest is to. */
  readonly isTaken?: boolean;
}

/** Whether a job is made for this place, or sent to it: what has been there before needs no look. */
export function isNewPlace({ deliveries }: Place, plans: readonly Plan[]): boolean {
  const news = plans.flatMap(({ scope, changes }) =>
    changes
      .filter((change) => 'body' in change && 'destination_conf' in change.body)
      .map((change) => deliveryKey(scope, change)),
  );
  return deliveries.every(({ scope, job }) => news.includes(deliveryKey(scope, job)));
}

/**
 * A row for each bucket or host, and one for each place there that failed when it was tried.
 *
 * @param tried null where Cloudflare was not asked: its test writes something to the destination
 * @param at the time of looking, RFC 3339
 */
export function placeDiagnoses(
  places: readonly Place[],
  plans: readonly Plan[],
  tried: ReadonlyMap<Place, Tried> | null,
  at: string,
): readonly Diagnosis[] {
  const healths = new Map(
    plans.flatMap(({ scope, paired }) =>
      paired.map(({ desired, live }) => [deliveryKey(scope, desired), healthOf(live, at)] as const),
    ),
  );
  return [...Map.groupBy(places, ({ site }) => site)].flatMap(([site, there]) => {
    const failed = there.filter((place) => tried?.get(place)?.valid === false);
    const others = there.filter((place) => !failed.includes(place));
    const taken = others.filter((place) => tried?.get(place)?.isTaken === true);
    const states = others.flatMap(({ deliveries }) =>
      deliveries.flatMap(({ scope, job }) => healths.get(deliveryKey(scope, job)) ?? []),
    );
    return [
      ...failed.flatMap((place) => failedDiagnosis(place, tried?.get(place))),
      ...taken.map(takenDiagnosis),
      ...(others.length === 0 ? [] : [siteDiagnosis(site, others, states, tried !== null)]),
    ];
  });
}

/** One job of one scope, by its name. */
export function deliveryKey(scope: Scope, { name }: { readonly name: string }): string {
  return JSON.stringify([scopeKey(scope), name]);
}

function whoAt(places: readonly Place[]): string {
  return `${plural(
    places.reduce((sum, { deliveries }) => sum + deliveries.length, 0),
    'job',
  )}:`;
}

function failedDiagnosis(place: Place, tried: Tried | undefined): readonly Diagnosis[] {
  if (tried === undefined) return [];
  const { site, shown, deliveries } = place;
  const [{ scope, job }] = deliveries;
  const why = cleanDeliveryError(maskSecretsIn(tried.message, destinationText(job)));
  const says = `${whoAt([place])} Cloudflare tried ${shown} of ${job.name} in ${scope.name}, and it failed: ${why || 'no reason given'}.`;
  const next = tried.meaning?.next ?? 'docs/errors.md explains the texts of Cloudflare.';
  return [{ check: 'destination', subject: site, state: 'fail', says, next }];
}

function takenDiagnosis({ site, shown, deliveries: [{ scope, job }] }: Place): Diagnosis {
  const says = `A job that is at Cloudflare already writes to ${shown}, where ${job.name} in ${scope.name} is to write.`;
  const next =
    'If both are not meant, write another path, or pin the job to the one that is there with "id:". Sumo Logic wants a source for each job.';
  return { check: 'destination', subject: site, state: 'warn', says, next };
}

function siteDiagnosis(
  site: string,
  places: readonly Place[],
  states: readonly DeliveryHealth[],
  isTried: boolean,
): Diagnosis {
  const row = { check: 'destination', subject: site } as const;
  const who = whoAt(places);
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
  if (isTried) {
    const [one] = places;
    const what = places.length === 1 ? one?.shown : `${places.length} destinations there`;
    return ok(
      'destination',
      site,
      `${who} Cloudflare tried ${what}, and ${places.length === 1 ? 'it works' : 'all work'}.`,
    );
  }
  if (states.some(({ state }) => state === 'lagging')) {
    const next = 'Look whether there were any logs in that time, and at the receiver.';
    return {
      ...row,
      state: 'warn',
      says: `${who} the last delivery was at ${last ?? 'an unknown time'}.`,
      next,
    };
  }
  if (last !== undefined) return ok('destination', site, `${who} the last delivery was at ${last}.`);
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

/** Ends of the shared access signatures of Azure: a row for each bucket and end, with the jobs that use it. */
export function signatureDiagnoses(plans: readonly Plan[], now: number): readonly Diagnosis[] {
  const found = plans.flatMap(({ desired: { scope, jobs } }) =>
    jobs.flatMap((job) => {
      const expiresOn = signatureEndOf(job);
      const user = `${job.name} in ${scope.name}`;
      return expiresOn === null ? [] : [{ subject: destinationSite(job), expiresOn, user }];
    }),
  );
  const rows = Map.groupBy(found, ({ subject, expiresOn }) => `${subject} ${expiresOn}`);
  return [...rows.values()].flatMap((users) => {
    const [first] = users;
    if (first === undefined) return [];
    const { subject, expiresOn } = first;
    const row = until({ check: 'sas', subject, expiresOn, now, warnDays: SAS_WARNING_DAYS, what: 'SAS' });
    return [{ ...row, says: `${usedBy(users.map(({ user }) => user))}: ${row.says}` }];
  });
}

const MOST_USERS = 3;

function usedBy(users: readonly string[]): string {
  const rest = users.length - MOST_USERS;
  const more = rest > 0 ? ` and ${plural(rest, 'other')}` : '';
  return `SAS of ${users.slice(0, MOST_USERS).join(', ')}${more}`;
}
