import type { Pause, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import { whyStray } from '../../core/plan/stray.ts';
import type { Problem } from '../../core/problem.ts';
import { idOf } from '../../core/transformer/change.ts';
import { jobFindings } from '../../core/render/all-findings.ts';
import type { EventOf, EventType, PassSummary, ReconcileEvent } from '../../reconcile/event/events.ts';
import type { Emit } from '../../reconcile/ports.ts';
import { ALERT_LINES } from './alert-lines.ts';
import { CLUSTER_LINES } from './cluster-lines.ts';
import { CREDENTIAL_LINES } from './credential-lines.ts';
import { DELIVERY_LINES } from './delivery-lines.ts';
import { AUDIT_LINES, DRIFT_LINES } from './drift-lines.ts';
import { LEADER_LINES } from './leader-lines.ts';
import { failure, type Line, type Lines, scopeField } from './line.ts';
import type { LogFields, Logger } from './logger.ts';
import { TRACE_LINES } from './trace-lines.ts';
import { createProgress, type Progress } from './progress.ts';

/** One line per event. A pass that finds nothing is one line in all, at the usual level. */
export function logEvents(logger: Logger): Emit {
  const progress = logger.format === 'pretty' ? createProgress(logger) : null;
  const withheld = new Map<ScopeKey, string>();
  return (event) => {
    const line = lineOf(event.type, event);
    const isNew = event.type === 'scope.planned' && isNews(event.plan, withheld);
    const level = !isNew ? line.level : jobFindings([event.plan]).length > 0 ? 'error' : 'info';
    if (!logger.isEnabled(level)) return;
    logger.log({ ...line, level, event: event.type, ...humanOf(progress, event) });
  };
}

/** What is withheld is so on every pass; it is told when it is new. */
function isNews({ scope, withheld }: Plan, told: Map<ScopeKey, string>): boolean {
  const now = JSON.stringify(withheld.map(({ name, action, reason }) => [name, action, reason]));
  const before = told.get(scopeKey(scope)) ?? '[]';
  told.set(scopeKey(scope), now);
  return withheld.length > 0 && now !== before;
}

function humanOf(progress: Progress | null, event: ReconcileEvent): { readonly human?: string } {
  const human = progress?.(event);
  return human === undefined ? {} : { human };
}

function lineOf<Type extends EventType>(type: Type, event: EventOf<Type>): Line {
  return LINES[type](event);
}

const LINES: Lines = {
  ...DELIVERY_LINES,
  ...CREDENTIAL_LINES,
  ...ALERT_LINES,
  ...CLUSTER_LINES,
  ...DRIFT_LINES,
  ...AUDIT_LINES,
  ...LEADER_LINES,
  ...TRACE_LINES,
  'manifest.accepted': ({ revision, files, jobs, scopes, warnings }) => ({
    level: warnings.length > 0 ? 'warn' : 'info',
    message: 'manifest accepted',
    fields: { revision, files, jobs, scopes, warnings: warnings.length, problems: problemTexts(warnings) },
  }),
  'manifest.rejected': ({ revision, problems }) => ({
    level: 'error',
    message: 'manifest rejected',
    fields: { revision, problems: problemTexts(problems) },
  }),
  'manifest.warned': ({ revision, warnings }) => ({
    level: warnings.length > 0 ? 'warn' : 'info',
    message: warnings.length > 0 ? 'manifest has warnings' : 'manifest has no more warnings',
    fields: { revision, warnings: warnings.length, problems: problemTexts(warnings) },
  }),
  'manifest.unreadable': ({ error }) => failure('manifest not readable', error, {}),
  'manifest.unwatched': ({ place, error }) => failure('manifest not watched', error, { file: place }),
  'manifest.watched': ({ place }) => ({
    level: 'info',
    message: 'manifest watched again',
    fields: { file: place },
  }),
  'scopes.known': ({ scopes }) => ({
    level: 'debug',
    message: 'scopes known',
    fields: { scopes: scopes.map(({ name }) => name) },
  }),
  'pass.started': ({ passId, triggers, revision, scopes }) => ({
    level: 'debug',
    message: 'pass started',
    fields: { passId, triggers, revision, scopes },
  }),
  'scope.planned': ({ passId, plan }) => ({
    level: plan.changes.length > 0 ? 'info' : 'debug',
    message: 'scope planned',
    fields: { passId, ...scopeField(plan.scope), ...countsOf(plan), ...findingsIn(plan) },
  }),
  'scope.unreadable': ({ passId, scope, error }) =>
    failure('scope not readable', error, { passId, ...scopeField(scope) }),
  'scope.unresolved': ({ passId, name, reason }) => ({
    level: 'warn',
    message: 'scope not resolved',
    fields: { passId, scopes: name, reason },
  }),
  'pass.refused': ({ passId, refusal }) => ({
    level: 'error',
    message: 'pass refused',
    fields: { passId, class: refusal.code, reason: refusal.reason, jobs: refusal.jobs },
  }),
  'pass.approved': ({ passId, digest, refusal }) => ({
    level: 'warn',
    message: 'pass approved',
    fields: { passId, digest, jobs: refusal.jobs },
  }),
  'stray.found': ({ passId, scope, stray }) => ({
    level: 'warn',
    message: 'stray found',
    fields: {
      passId,
      ...scopeField(scope),
      logpushJob: stray.name,
      jobId: stray.id,
      destination: stray.destination,
      reason: whyStray(stray),
    },
  }),
  'fields.new': ({ passId, found: { kind, dataset, fields, jobs } }) => ({
    level: 'info',
    message: 'new fields available',
    fields: { passId, scopeKind: kind, dataset, fields, jobs },
  }),
  'job.adopted': ({ passId, scope, job }) => ({
    level: 'info',
    message: 'job adopted',
    fields: { passId, ...scopeField(scope), logpushJob: job.name, jobId: job.id },
  }),
  'change.applied': ({ passId, scope, change, id, ray, durationMs }) => ({
    level: 'info',
    message: 'change applied',
    fields: { passId, ...scopeField(scope), ...changeFields(change), jobId: id, ray, durationMs },
  }),
  'change.failed': ({ passId, scope, change, error, retryAt: until }) =>
    failure('change failed', error, { passId, ...scopeField(scope), ...changeFields(change), until }),
  'change.parked': ({ passId, scope, change, error, retryAt: until }) => ({
    ...failure('change parked', error, { passId, ...scopeField(scope), ...changeFields(change), until }),
    level: 'debug',
  }),
  'challenge.requested': ({ passId, scope, job, destination, filename }) => ({
    level: 'info',
    message: 'challenge requested',
    fields: { passId, ...scopeField(scope), logpushJob: job, destination, file: filename },
  }),
  'challenge.passed': ({ passId, scope, job, destination }) => ({
    level: 'info',
    message: 'challenge passed',
    fields: { passId, ...scopeField(scope), logpushJob: job, destination },
  }),
  'destination.held': ({ destination, jobs, error, retryAt: until }) => ({
    ...failure('destination held', error, { destination, jobs, until }),
    level: 'error',
  }),
  'destination.released': ({ destination }) => ({
    level: 'info',
    message: 'destination released',
    fields: { destination },
  }),
  'transformers.planned': ({ passId, plan: { scope, changes, withheld } }) => ({
    level: changes.length > 0 ? 'info' : 'debug',
    message: 'transformers planned',
    fields: { passId, ...scopeField(scope), changes: changes.length, withheld: withheld.length },
  }),
  'transformers.unreadable': ({ passId, scope, error }) =>
    failure('transformers not readable', error, { passId, ...scopeField(scope) }),
  'transformer.applied': ({ ray, durationMs, id, ...event }) => ({
    level: event.change.class === 'pending' ? 'info' : 'warn',
    message: 'transformer applied',
    fields: { ...transformerFields(event), transformerId: id, ray, durationMs },
  }),
  'transformer.failed': ({ error, retryAt: until, ...event }) =>
    failure('transformer failed', error, { ...transformerFields(event), until }),
  'transformer.parked': ({ error, retryAt: until, ...event }) => ({
    ...failure('transformer parked', error, { ...transformerFields(event), until }),
    level: 'debug',
  }),
  'transformer.skipped': ({ reason, ...event }) => ({
    level: 'warn',
    message: 'transformer skipped',
    fields: { ...transformerFields(event), reason },
  }),
  'token.refused': ({ error, since, retryAt: until }) => ({
    ...failure('token refused', error, { since, until }),
    level: 'error',
  }),
  'pause.began': ({ scope, pause }) => ({
    level: 'warn',
    message: 'paused',
    fields: pauseFields(scope, pause),
  }),
  'pause.ended': ({ scope, pause, early }) => ({
    level: 'info',
    message: early ? 'resumed' : 'pause ended by itself',
    fields: pauseFields(scope, pause),
  }),
  'pause.standing': ({ scope, pause }) => ({
    level: 'warn',
    message: 'still paused',
    fields: pauseFields(scope, pause),
  }),
  'token.accepted': () => ({ level: 'info', message: 'token accepted', fields: {} }),
  'change.skipped': ({ passId, scope, change, reason }) => ({
    level: 'warn',
    message: 'change skipped',
    fields: { passId, ...scopeField(scope), ...changeFields(change), reason },
  }),
  'invariant.violated': ({ passId, scope, invariant, method, job, id, error }) => {
    const fields = { passId, ...scopeField(scope), invariant, method, logpushJob: job, jobId: id };
    return failure('invariant violated', error, fields);
  },
  'pass.finished': ({ passId, triggers, revision, durationMs, summary }) => ({
    level: isTroubled(summary) ? 'warn' : 'info',
    message: 'pass finished',
    fields: { passId, triggers, revision, ...summary, durationMs },
  }),
  'pass.failed': ({ passId, triggers, error }) => failure('pass failed', error, { passId, triggers }),
  'ledger.failed': ({ passId, scope, error }) =>
    failure('ledger not saved', error, { passId, ...scopeField(scope) }),
  'daemon.started': ({ version, settingsFile, apiUrl, statusUrl, sandbox, taken }) => ({
    level: 'info',
    message: 'daemon started',
    fields: {
      version,
      settings: settingsFile ?? 'no file',
      apiUrl,
      statusUrl: statusUrl ?? 'off',
      sandbox,
      ...(taken.length > 0 && { taken }),
    },
  }),
  'daemon.watching': ({ schedule, paths }) => ({
    level: 'info',
    message: 'daemon watching',
    fields: { schedule, paths },
  }),
  'daemon.stopping': ({ reason }) => ({ level: 'info', message: 'daemon stopping', fields: { reason } }),
};

function pauseFields(scope: Scope, { job, since, until, reason }: Pause): LogFields {
  return { ...scopeField(scope), logpushJob: job, since, until, reason };
}

function changeFields(change: EventOf<'change.applied'>['change']): LogFields {
  return {
    logpushJob: change.name,
    action: change.action,
    class: change.class,
    fields: change.fields.map(({ path }) => path),
    jobId: 'live' in change ? change.live.id : undefined,
  };
}

function transformerFields(
  event: Pick<EventOf<'transformer.applied'>, 'passId' | 'scope' | 'change'>,
): LogFields {
  const { passId, scope, change } = event;
  const { name: transformer, action, fields } = change;
  const base = { passId, ...scopeField(scope), transformer, action, class: change.class, fields };
  return { ...base, transformerId: idOf(change) };
}

function findingsIn(plan: Plan): LogFields {
  const findings = jobFindings([plan]);
  return findings.length === 0 ? {} : { problems: problemTexts(findings) };
}

function countsOf({ changes, withheld, unmanaged, unverifiable }: Plan): LogFields {
  return {
    changes: changes.length,
    withheld: withheld.length,
    unmanaged: unmanaged.length,
    unverifiable: unverifiable.length,
  };
}

function isTroubled({ unreadable, failed, refused }: PassSummary): boolean {
  return unreadable > 0 || failed > 0 || refused;
}

const MOST_PROBLEMS = 50;

function problemTexts(problems: readonly Problem[]): readonly string[] {
  return problems
    .slice(0, MOST_PROBLEMS)
    .map(
      ({ origin, code, path, message }) =>
        `${origin.file}:${origin.line}:${origin.column} ${code} ${path} ${message}`,
    );
}
