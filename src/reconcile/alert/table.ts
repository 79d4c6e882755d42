import type { Reason } from '../../core/alert/reasons.ts';
import { attributionText } from '../../core/audit/attribution.ts';
import { parseDestination } from '../../core/destination/destination.ts';
import { type Scope, scopeKey } from '../../core/job/job.ts';
import type { Change } from '../../core/plan/change.ts';
import { datasetOf, destinationText } from '../../core/plan/desired-text.ts';
import { whyStray } from '../../core/plan/stray.ts';
import { cleanText } from '../../core/render/foreign-text.ts';
import { plural } from '../../core/render/summary.ts';
import {
  about,
  type About,
  didOf,
  failing,
  HEALED,
  HEALS,
  jobText,
  keptKey,
  keyOf,
  leftAlone,
  movesOf,
  pathsOf,
  reportOf,
  type Rows,
  shownKey,
  type Sight,
  type SightTerms,
} from './report.ts';
import {
  ChallengeError,
  DestinationHeldError,
  NotAllowedError,
  type ReconcileError,
  StoppedError,
} from '../errors.ts';
import { BASIS_ROWS } from './basis.ts';
import { CREDENTIAL_ROWS } from './credentials.ts';
import { TRANSFORMER_ROWS } from './transformers.ts';
import { DELIVERY_ROWS } from './deliveries.ts';
import type { EventOf, EventType } from '../event/events.ts';

/** Of what shows only where a change is written. */
export const REASONS_OF_WRITING: readonly Reason[] = [
  'ChangeFailed',
  'DestinationFailing',
  'ChallengeWaiting',
];

const DRIFT_REASONS = ['DriftDetected', 'DriftFought'] as const;

function namesOf(
  { scope, job, attribution }: Pick<EventOf<'drift.found'>, 'scope' | 'job' | 'attribution'>,
  terms: SightTerms,
): Pick<Sight, 'names'> {
  if (attribution === undefined) return {};
  const faults = DRIFT_REASONS.map((reason) => keptKey(reason, keyOf(scope, job), terms));
  return { names: { faults, author: cleanText(attributionText(attribution)) } };
}

/** Events that people are told of. What is looked at anew by each pass ends in `alert-center.ts`, by its absence. */
export const ALERT_ROWS: Rows = {
  ...DELIVERY_ROWS,
  ...CREDENTIAL_ROWS,
  ...BASIS_ROWS,
  ...TRANSFORMER_ROWS,
  'drift.found': ({ scope, job, id, action, fields, heals, reason, attribution }, terms) => {
    // It is told that it does not deliver, why, and what to do.
    const isByCloudflare =
      (attribution?.way ?? 'cloudflare') === 'cloudflare' &&
      fields.every(({ path }) => path === 'enabled') &&
      terms.isDisabledByCloudflare(scope, job);
    if (action === 'update' && isByCloudflare) return {};
    const remedy = heals ? HEALS : leftAlone(action, `${scope.name}/${job}`, reason);
    const what = `${jobText(scope, job)} ${didOf(action, fields)}`;
    const subject = { scope, job, id, what, detail: movesOf(fields, terms), next: remedy };
    // A fight is not over because it goes on: what is undone each time is tried once an hour.
    return {
      ...about('DriftDetected', subject, terms),
      ...namesOf({ scope, job, ...(attribution && { attribution }) }, terms),
      keeps: [keptKey('DriftFought', keyOf(scope, job), terms)],
    };
  },
  'drift.attributed': (event, terms) => namesOf(event, terms),
  'stray.found': ({ scope, stray }, terms) => {
    const what = `${jobText(scope, stray.name)} sends logs to ${stray.destination}, where the settings allow none to`;
    const labels = { destination: stray.destination };
    const key = `${scopeKey(scope)}#${stray.id}`;
    return about(
      'StrayFound',
      { scope, job: stray.name, id: stray.id, what, key, labels, detail: whyStray(stray) },
      terms,
    );
  },
  'scope.planned': ({ plan: { scope, desired, withheld } }, terms) => {
    const blocked = desired.blocked.map(({ name: job, id, reason }) =>
      reportOf(
        'JobBlocked',
        { scope, job, id, what: `${jobText(scope, job)} cannot be made as it is written`, detail: reason },
        terms,
        {
          cause: cleanText(reason),
        },
      ),
    );
    const waiting = withheld
      .filter(({ waitsFor }) => waitsFor === 'challenge')
      .map(({ name: job, id, reason }) =>
        reportOf('ChallengeWaiting', waitingFor(scope, job, id, reason), terms),
      );
    const fought = withheld.flatMap(({ name: job, id, fields, reason, fight }) => {
      if (fight === undefined) return [];
      const what = `${jobText(scope, job)} was put right ${fight.times} times and undone each time${pathsOf(fields)}`;
      return [reportOf('DriftFought', { scope, job, id, what, detail: reason }, terms)];
    });
    const lacking = desired.jobs.flatMap(({ name: job, newFields = [], fields }) => {
      if (newFields.length === 0) return [];
      const news = `New at Cloudflare for ${datasetOf({ fields })}: ${newFields.join(', ')}`;
      const what = `${jobText(scope, job)} does not have fields that Cloudflare lists by now`;
      return [reportOf('FieldsNew', { scope, job, what, detail: news }, terms, { cause: cleanText(news) })];
    });
    return { reports: [...blocked, ...waiting, ...fought, ...lacking] };
  },
  'scope.unreadable': ({ scope, error }, terms) => {
    // The token itself is refused, and that was told.
    if (error instanceof NotAllowedError && !error.isAsked)
      return { keeps: [keptKey('ScopeUnreadable', scopeKey(scope), terms)] };
    const what = `The jobs of ${scope.name} cannot be read`;
    return {
      reports: [
        reportOf(
          'ScopeUnreadable',
          { scope, key: scopeKey(scope), what, detail: error.message },
          terms,
          failing(error),
        ),
      ],
    };
  },
  'scope.unresolved': ({ name, reason }, terms) =>
    about(
      'ScopeUnresolved',
      { key: name, what: `${name} is no zone or account that the token sees`, detail: reason },
      terms,
    ),
  'change.applied': ({ scope, change: { name } }, terms) => ({
    healed: { fault: keptKey('DriftDetected', keyOf(scope, name), terms), next: HEALED },
  }),
  'change.failed': ({ scope, change, error }, terms) => failed(scope, change, error, terms),
  'change.parked': ({ scope, change, error }, terms) => failed(scope, change, error, terms),
  'change.skipped': ({ scope, change }, terms) => ({ keeps: untried(scope, change.name, terms) }),
  'destination.held': ({ destination, jobs, error }, terms) => ({
    reports: [
      reportOf(
        'DestinationFailing',
        {
          key: destination,
          what: `${destination} refuses what Cloudflare writes, so nothing is written to it: ${plural(jobs, 'job')} were refused`,
          detail: error.message,
          labels: { destination },
        },
        terms,
        { cause: destination },
      ),
    ],
  }),
  'destination.released': ({ destination }, terms) => ({
    ends: ({ reason, subject }) =>
      reason === 'DestinationFailing' && subject.key === shownKey(destination, terms),
  }),
  'pass.refused': ({ refusal, scopes }, terms) => ({
    reports: scopes.map((scope) =>
      reportOf(
        'ChangesRefused',
        {
          scope,
          key: scopeKey(scope),
          what: `Nothing is written in ${scope.name}: too much would go`,
          detail: refusal.reason,
        },
        terms,
        { cause: refusal.code },
      ),
    ),
  }),
  'pass.failed': ({ error }, terms) => ({
    reports: [
      reportOf(
        'CloudflareUnreachable',
        {
          key: 'pass',
          what: 'No pass can begin: zones and accounts cannot be listed',
          detail: error.message,
        },
        terms,
        failing(error),
      ),
    ],
  }),
  'ledger.failed': ({ scope, error }, terms) => {
    const subject = {
      scope,
      key: scopeKey(scope),
      what: `What is known of the jobs of ${scope.name} cannot be saved`,
    };
    return {
      reports: [reportOf('StateUnsaved', { ...subject, detail: error.message }, terms, { cause: 'state' })],
    };
  },
  'invariant.violated': ({ scope, job, invariant, error }, terms) => {
    const what = `A bug of logpushd was caught (${invariant}); nothing is written until a restart`;
    return about('InvariantViolated', { scope, job, what, detail: error.message }, terms);
  },
  'scopes.known': ({ scopes }) => {
    const known = new Set(scopes.map(scopeKey));
    return { ends: ({ subject: { scope } }) => scope !== null && !known.has(scopeKey(scope)) };
  },
};

export function sightOf<Type extends EventType>(
  type: Type,
  event: EventOf<Type>,
  terms: SightTerms,
): Sight | undefined {
  return ALERT_ROWS[type]?.(event, terms);
}

function failed(scope: Scope, change: Change, error: ReconcileError, terms: SightTerms): Sight {
  const { name: job } = change;
  const id = 'live' in change ? change.live.id : undefined;
  if (error instanceof StoppedError || (error instanceof NotAllowedError && !error.isAsked))
    return { keeps: untried(scope, job, terms) };
  if (error instanceof ChallengeError)
    return { reports: [reportOf('ChallengeWaiting', waitingFor(scope, job, id, error.message), terms)] };
  const subject = {
    scope,
    job,
    id,
    what: `${change.action} of ${jobText(scope, job)} failed`,
    detail: error.message,
  };
  const site = siteOf(change);
  const isOfSite = error instanceof DestinationHeldError || error.kind === 'destination';
  if (isOfSite && site !== null) {
    const what = `${site} refuses what Cloudflare writes for ${jobText(scope, job)}`;
    const report = reportOf(
      'DestinationFailing',
      { ...subject, what, labels: { destination: site } },
      terms,
      { cause: site },
    );
    return { reports: [report] };
  }
  return { reports: [reportOf('ChangeFailed', subject, terms, failing(error))] };
}

/** Nothing was learnt of whether it can be written. */
function untried(scope: Scope, job: string, terms: SightTerms): readonly string[] {
  return REASONS_OF_WRITING.map((reason) => keptKey(reason, keyOf(scope, job), terms));
}

function waitingFor(scope: Scope, job: string, id: number | undefined, detail: string): About {
  return {
    scope,
    job,
    id,
    what: `${jobText(scope, job)} waits for the proof that its destination is yours`,
    detail,
  };
}

/** As in `s3://acme-logs`; null for a delete, and for what is no address. */
function siteOf(change: Change): string | null {
  if (change.action === 'delete') return null;
  const { scheme, authority } = parseDestination(destinationText(change.desired));
  return scheme === '' || authority === '' ? null : `${scheme}://${authority}`;
}
