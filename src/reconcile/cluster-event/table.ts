import { attributionText } from '../../core/audit/attribution.ts';
import { credentialText, endText } from '../../core/credential/expiry.ts';
import type { HealthState } from '../../core/health/health.ts';
import type { Scope } from '../../core/job/job.ts';
import type { Action, Change, Plan, Withheld } from '../../core/plan/change.ts';
import { whyPaused } from '../../core/plan/pause.ts';
import { whyStray } from '../../core/plan/stray.ts';
import { isError } from '../../core/problem.ts';
import { plural } from '../../core/render/summary.ts';
import { jobText, pathsOf } from '../alert/report.ts';
import {
  NotAllowedError,
  RateLimitedError,
  type ReconcileError,
  StoppedError,
  UnknownOutcomeError,
  UnusableAnswerError,
} from '../errors.ts';
import type { EventOf, EventType, ReconcileEvent } from '../event/events.ts';
import type { EventReason } from './reasons.ts';

/** What the people of a cluster are told. */
export interface Told {
  readonly reason: EventReason;
  /** Not cleaned and not clipped yet; what comes from outside may stand in it, also a secret. */
  readonly note: string;
  /** The file of the manifest that it is about; absent: the whole manifest. */
  readonly file?: string;
  /** It is about who leads, and so about the Lease too. */
  readonly isOfLease?: true;
}

type Rows = { readonly [Type in EventType]?: (event: EventOf<Type>) => readonly Told[] };

const ROWS: Rows = {
  'manifest.accepted': ({ revision, jobs, scopes, warnings }) => {
    const found = warnings.length === 0 ? '' : `, with ${plural(warnings.length, 'warning')}`;
    const what = `${plural(jobs, 'job')} in ${scopes} ${scopes === 1 ? 'entry' : 'entries'}`;
    return [told('ManifestLoaded', `The manifest ${revision} is in force: ${what}${found}.`)];
  },
  'manifest.rejected': ({ revision, problems }) => {
    const errors = problems.filter(isError);
    const [first] = errors;
    const what = `The manifest ${revision} has ${plural(errors.length, 'error')} and is not used; the last good one stays in force.`;
    if (first === undefined) return [told('ManifestInvalid', what)];
    const { file, line, column } = first.origin;
    return [told('ManifestInvalid', `${what} ${file}:${line}:${column} ${first.message}`, file)];
  },
  'manifest.unreadable': ({ error }) => [told('ManifestUnreadable', error.message)],
  'change.applied': ({ scope, change, id }) => {
    const reason = change.class === 'drift' ? 'DriftCorrected' : DONE[change.action].reason;
    const what = `${jobText(scope, change.name)} was ${DONE[change.action].says} (id ${id}). ${change.reason}`;
    return [told(reason, what, change.origin?.file)];
  },
  'job.adopted': ({ scope, job }) => [
    told('JobAdopted', `${jobText(scope, job.name)} was adopted (id ${job.id}). It is as wanted already.`),
  ],
  'transformer.applied': ({ scope, change, id }) => [
    told(
      'TransformerChanged',
      `Transformer "${change.name}" in ${scope.name}: ${change.action} done (id ${id}).`,
    ),
  ],
  'change.failed': ({ scope, change, error }) =>
    failed(error, `${change.action} of ${jobText(scope, change.name)} failed`, change.origin?.file),
  'transformer.failed': ({ scope, change, error }) =>
    failed(error, `${change.action} of transformer "${change.name}" in ${scope.name} failed`),
  'scope.unreadable': ({ scope, error }) => failed(error, `The jobs of ${scope.name} cannot be read`),
  'pass.failed': ({ error }) => failed(error, 'No pass can begin'),
  'token.refused': ({ error }) => [told('ApiUnauthorized', error.message)],
  'drift.found': ({ scope, job, action, fields, heals, attribution }) => {
    const by = attribution === undefined ? '' : ` by ${attributionText(attribution)}`;
    const next = heals ? 'It is put right.' : 'It is only reported.';
    const what = `${jobText(scope, job)} was ${DRIFTED[action]} at Cloudflare${by}${pathsOf(fields)}. ${next}`;
    return [told('DriftDetected', what)];
  },
  'drift.fought': ({ scope, job, fields, fight }) => [
    told(
      'Fighting',
      `${jobText(scope, job)} was put right ${fight.times} times and undone each time${pathsOf(fields)}.`,
    ),
  ],
  'pass.refused': ({ refusal, scopes }) => [
    told('ChangeBlocked', `Nothing is written in ${namesOf(scopes)}: ${refusal.reason}`),
  ],
  'pass.approved': ({ digest, refusal }) => [
    told(
      'PlanApproved',
      `Somebody approved the plan ${digest}, about ${plural(refusal.jobs.length, 'job')}.`,
    ),
  ],
  'scope.planned': ({ plan }) => (plan.isForsaken ? [] : standing(plan)),
  'stray.found': ({ scope, stray }) => [
    told(
      'StrayFound',
      `${jobText(scope, stray.name)} sends logs to ${stray.destination}. ${whyStray(stray)}`,
    ),
  ],
  'destination.held': ({ destination, jobs, error }) => [
    told(
      'DestinationFailing',
      `${destination} refuses what Cloudflare writes: ${plural(jobs, 'job')} were refused. ${error.message}`,
    ),
  ],
  'health.changed': ({ scope, job, health }) => {
    const known = SICK[health.state];
    if (known === undefined) return [];
    const why = [health.error, health.cause?.text, health.cause?.next].filter(
      (text) => typeof text === 'string',
    );
    return [told(known.reason, `${jobText(scope, job)} ${known.says}. ${why.join(' ')}`)];
  },
  'credential.expiring': ({ scope, credential }) => {
    const where = scope === null ? '' : `${scope.name}: `;
    return [told('CredentialExpiring', `${where}${credentialText(credential)} ${endText(credential)}.`)];
  },
  'leader.elected': ({ lease, identity, term }) => [
    ofLease('LeaderElected', `${identity} has taken the Lease "${lease}" (term ${term}).`),
  ],
  'leader.lost': ({ lease, term, reason }) => [
    ofLease('LeaderLost', `The Lease "${lease}" is lost (term ${term}): ${reason}.`),
  ],
  'pause.began': ({ scope, pause }) => [told('Paused', whyPaused(pause, scope))],
  'pause.ended': ({ scope, pause, early }) => {
    const what = pause.job === undefined ? scope.name : jobText(scope, pause.job);
    return [
      told(
        'Resumed',
        `${what} is written to again: ${early ? 'a person ended the pause' : 'the pause was over'}.`,
      ),
    ];
  },
  'ledger.failed': ({ scope, error }) => [
    told('StateUnsaved', `What is known of the jobs of ${scope.name} is not saved. ${error.message}`),
  ],
  'invariant.violated': ({ scope, job, invariant, error }) => [
    told(
      'InvariantViolated',
      `A bug was caught (${invariant}) at ${jobText(scope, job)}; nothing is written until a restart. ${error.message}`,
    ),
  ],
};

/** What of an event the people of a cluster are told. */
export function toldOf(event: ReconcileEvent): readonly Told[] {
  return rowOf(event.type, event);
}

function rowOf<Type extends EventType>(type: Type, event: EventOf<Type>): readonly Told[] {
  return ROWS[type]?.(event) ?? [];
}

/** What stands as long as nobody does anything about it. */
function standing(plan: Plan): readonly Told[] {
  const { scope, desired, live, withheld, doubts } = plan;
  const blocked = desired.blocked.map(({ name, reason, origin }) =>
    told('JobBlocked', `${jobText(scope, name)} cannot be made as it is written: ${reason}`, origin.file),
  );
  const twice = desired.jobs.flatMap(({ name, origin }) => {
    const count = live.filter((job) => job.name === name).length;
    const what = `${count} live jobs in ${scope.name} are named "${name}", as one job of the manifest.`;
    return count > 1 ? [told('DuplicateJob', what, origin.file)] : [];
  });
  const missing = `Jobs of ${scope.name} that should be there are not in its listing. Nothing is written until more listings agree.`;
  return [
    ...blocked,
    ...withheld.map((one) => withheldOf(scope, one)),
    ...twice,
    ...(doubts.isCollapseDoubted ? [told('ListingSuspect', missing)] : []),
  ];
}

function withheldOf(scope: Scope, { name, action, reason, origin, fight }: Withheld): Told {
  const why = `${action} of ${jobText(scope, name)} is withheld: ${reason}`;
  const kind = fight === undefined ? (WITHHELD[action] ?? 'ChangeBlocked') : 'Fighting';
  return told(kind, why, origin?.file);
}

const WITHHELD: { readonly [A in Action]?: EventReason } = {
  delete: 'DeletePending',
  adopt: 'OwnershipConflict',
};

const DONE: { readonly [A in Change['action']]: { readonly reason: EventReason; readonly says: string } } = {
  create: { reason: 'JobCreated', says: 'created' },
  update: { reason: 'JobUpdated', says: 'updated' },
  replace: { reason: 'JobReplaced', says: 'replaced' },
  delete: { reason: 'JobDeleted', says: 'deleted' },
  adopt: { reason: 'JobAdopted', says: 'adopted' },
};

const DRIFTED: { readonly [A in Action]: string } = {
  create: 'deleted',
  update: 'changed',
  adopt: 'changed',
  replace: 'changed',
  delete: 'made',
};

const SICK: { readonly [State in HealthState]?: { readonly reason: EventReason; readonly says: string } } = {
  failing: { reason: 'JobFailingUpstream', says: 'cannot deliver' },
  disabled_by_cloudflare: { reason: 'JobDisabledUpstream', says: 'was disabled by Cloudflare' },
};

function failed(error: ReconcileError, what: string, file?: string): readonly Told[] {
  // The first failure of the token was told; those that it stands for are not.
  if (error instanceof StoppedError || (error instanceof NotAllowedError && !error.isAsked)) return [];
  return [told(reasonOf(error), `${what}: ${error.message}`, file)];
}

function reasonOf(error: ReconcileError): EventReason {
  if (error instanceof UnknownOutcomeError) return 'AmbiguousWrite';
  if (error instanceof UnusableAnswerError) return 'ListingSuspect';
  if (error instanceof NotAllowedError) return 'ApiUnauthorized';
  return error instanceof RateLimitedError ? 'ApiRateLimited' : 'ApiError';
}

const MOST_NAMES = 5;

function namesOf(scopes: readonly Scope[]): string {
  const rest = scopes.length - MOST_NAMES;
  const shown = scopes.slice(0, MOST_NAMES).map(({ name }) => name);
  return `${shown.join(', ')}${rest > 0 ? ` and ${plural(rest, 'other')}` : ''}`;
}

function ofLease(reason: EventReason, note: string): Told {
  return { reason, note, isOfLease: true };
}

function told(reason: EventReason, note: string, file?: string): Told {
  return { reason, note, ...(file !== undefined && { file }) };
}
