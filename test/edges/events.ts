/** One event of every type, as the loop would send it. */

import type { SeenCredential } from '../../src/core/credential/expiry.ts';
import type { JobPushes } from '../../src/core/health/pushes.ts';
import type { JobHealth } from '../../src/core/health/record.ts';
import type { Attribution } from '../../src/core/audit/attribution.ts';
import type { LiveJob } from '../../src/core/job/job.ts';
import type { Change, FieldDiff, Plan, Withheld } from '../../src/core/plan/change.ts';
import type { Problem } from '../../src/core/problem.ts';
import { ClusterError } from '../../src/reconcile/cluster-error.ts';
import {
  InvariantViolatedError,
  NotAllowedError,
  RejectedError,
  SourceError,
  StateError,
  UnreachableError,
} from '../../src/reconcile/errors.ts';
import type { EventOf, EventType, PassSummary } from '../../src/reconcile/event/events.ts';
import type { SeenJob } from '../../src/reconcile/health/watch.ts';
import type { Account } from '../../src/reconcile/ports.ts';
import type { TransformerChange } from '../../src/core/transformer/change.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope } from '../builders.ts';

export const PASS = 'p1';
const REVISION = '4f2c1ab00000';

const ACCOUNT: Account = { id: 'fedcba9876543210fedcba9876543210', name: 'Acme' };

export function anAttribution(overrides: Partial<Attribution> = {}): Attribution {
  return {
    email: 'ada@example.com',
    way: 'dashboard',
    tokenId: null,
    tokenName: null,
    address: '203.0.113.7',
    agent: 'Mozilla/5.0',
    ray: '8f00c0ffee',
    at: '2026-11-23T10:41:02.000Z',
    action: 'update',
    others: 0,
    ...overrides,
  };
}

export function aSignature(overrides: Partial<SeenCredential> = {}): SeenCredential {
  return {
    kind: 'sas',
    destination: 'azure://logs',
    expiresAt: '2026-11-28T00:00:00Z',
    jobs: ['http'],
    withinDays: 7,
    ...overrides,
  };
}

export function aField(overrides: Partial<FieldDiff> = {}): FieldDiff {
  return { path: 'enabled', class: 'pending', secret: false, before: false, after: true, ...overrides };
}

export function aSecretField(overrides: Partial<FieldDiff> = {}): FieldDiff {
  return aField({ path: 'destination_conf', secret: true, before: null, after: null, ...overrides });
}

export function aPlan(overrides: Partial<Plan> = {}): Plan {
  return {
    scope: aScope(),
    desired: aDesiredScope(),
    changes: [],
    withheld: [],
    unmanaged: [],
    unverifiable: [],
    adoptable: [],
    strays: [],
    paired: [],
    live: [],
    doubts: { creating: [], isCollapseDoubted: false },
    ...overrides,
  };
}

export function aCreate(name = 'new-job'): Change {
  const desired = aDesiredJob({ name });
  return {
    action: 'create',
    name,
    class: 'pending',
    reason: 'in the manifest',
    fields: [],
    desired,
    body: desired.fields,
  };
}

export function anUpdate(
  overrides: {
    readonly live?: LiveJob;
    readonly class?: Change['class'];
    readonly fields?: readonly FieldDiff[];
  } = {},
): Change {
  const live = overrides.live ?? aLiveJob({ id: 48213 });
  return {
    action: 'update',
    name: live.name,
    class: overrides.class ?? 'pending',
    reason: 'differs from the manifest',
    fields: overrides.fields ?? [aField()],
    desired: aDesiredJob({ name: live.name }),
    live,
    body: { enabled: true },
  };
}

export function aDelete(live: LiveJob = aLiveJob({ id: 7, name: 'old-job' })): Change {
  return {
    action: 'delete',
    name: live.name,
    class: 'pending',
    reason: 'not in the manifest',
    fields: [],
    live,
  };
}

export function aWithheld(overrides: Partial<Withheld> = {}): Withheld {
  return {
    name: 'held',
    action: 'delete',
    id: 9,
    class: 'pending',
    reason: 'prune is never',
    fields: [],
    ...overrides,
  };
}

export function aProblem(overrides: Partial<Problem> = {}): Problem {
  return {
    severity: 'error',
    code: 'out-of-range',
    origin: { file: 'zones/shop.yaml', line: 12, column: 23 },
    path: 'zones[0].jobs[1].max_upload_bytes',
    message: "1000000 is below Cloudflare's minimum of 5000000 (5 MB).",
    ...overrides,
  };
}

export function aSummary(overrides: Partial<PassSummary> = {}): PassSummary {
  return {
    scopes: 1,
    unreadable: 0,
    applied: 0,
    failed: 0,
    skipped: 0,
    withheld: 0,
    drift: 0,
    unmanaged: 0,
    unverifiable: 0,
    refused: false,
    ...overrides,
  };
}

const scope = aScope();
const pause = {
  job: 'http',
  since: '2026-11-23T09:00:00.000Z',
  until: '2026-11-23T13:00:00.000Z',
  reason: 'INC-42',
};
export const UNREACHABLE = new UnreachableError({
  action: 'list jobs of example.com',
  cause: 'connection refused',
});
export const REFUSED = new RejectedError(
  {
    action: 'update job 48213 in example.com',
    status: 400,
    errors: [{ code: 1002, message: 'error validating destination: error writing object' }],
  },
  'destination',
);
export const NOT_ALLOWED = new NotAllowedError({
  action: 'list jobs of example.com',
  status: 403,
  errors: [{ code: 10000, message: 'Authentication error' }],
  ray: '8f00aa-FRA',
});

export const STARTED: EventOf<'pass.started'> = {
  type: 'pass.started',
  passId: PASS,
  triggers: ['schedule', 'file-change'],
  revision: REVISION,
  scopes: 1,
};

export function finished(summary: Partial<PassSummary> = {}): EventOf<'pass.finished'> {
  return {
    type: 'pass.finished',
    passId: PASS,
    triggers: ['schedule', 'file-change'],
    revision: REVISION,
    durationMs: 2841,
    summary: aSummary(summary),
  };
}

export function planned(plan: Partial<Plan> = {}): EventOf<'scope.planned'> {
  return { type: 'scope.planned', passId: PASS, plan: aPlan(plan) };
}

export function applied(change: Change, job: LiveJob | null = null): EventOf<'change.applied'> {
  const id = job?.id ?? 48213;
  return { type: 'change.applied', passId: PASS, scope, change, id, job, ray: '8f00aa-FRA', durationMs: 212 };
}

export function aJobPushes(overrides: Partial<JobPushes> = {}): JobPushes {
  return {
    outcomes: [{ status: 200, isFinal: true, count: 96 }],
    lost: 0,
    bytes: 40_000,
    records: 100,
    lastSuccess: Date.parse('2026-11-23T09:00:00Z'),
    lastFailure: null,
    ...overrides,
  };
}

export function aJobHealth(overrides: Partial<JobHealth> = {}): JobHealth {
  return {
    state: 'failing',
    since: '2026-11-23T09:00:00.000Z',
    lastComplete: '2026-11-23T08:55:00Z',
    lastError: '2026-11-23T09:00:00Z',
    error: 'error uploading object: DNSError (1105)',
    cause: { code: 'dns-error', text: 'The host has no address.', next: 'Correct the host.' },
    gap: { from: '2026-11-23T08:55:00.000Z', reason: 'failing', isLost: false },
    gaps: [],
    pushes: null,
    delivered: { day: 0.9951234, month: null },
    disabledBy: null,
    ...overrides,
  };
}

export function aSeenJob(overrides: Partial<SeenJob> = {}): SeenJob {
  return {
    name: 'http',
    id: 48213,
    dataset: 'http_requests',
    isManaged: true,
    health: aJobHealth(),
    ...overrides,
  };
}

function aboutDelivery() {
  const { name: job, id, dataset, health } = aSeenJob();
  return { passId: PASS, scope, job, id, dataset, destination: 's3://acme-logs/http', health };
}
const A_MESSAGE = {
  receiver: 'chat',
  alerts: ['DriftDetected 0123456789abcdef'],
  statuses: ['firing'],
  said: 'HTTP 500',
  queued: 1,
};

const account = { kind: 'account', id: 'a'.repeat(32), name: 'Example Inc' } as const;

const transformerChange: TransformerChange = {
  action: 'delete',
  name: 'redact-pii',
  class: 'pending',
  reason: 'It is owned and the manifest has it no more.',
  fields: [],
  live: { id: 7, name: 'redact-pii', description: '', dataset: 'http_requests', jobs: [] },
};

/** Keyed by type, so that a new type of event does not compile until it is here. */
export const EVENTS: { readonly [Type in EventType]: EventOf<Type> } = {
  'alert.queued': { type: 'alert.queued', receiver: 'chat', queued: 1 },
  'alert.sent': { type: 'alert.sent', ...A_MESSAGE, queued: 0 },
  'alert.failed': { type: 'alert.failed', ...A_MESSAGE, retryAt: '2026-11-23T10:01:00.000Z' },
  'alert.dropped': { type: 'alert.dropped', ...A_MESSAGE },
  'alert.unsaved': {
    type: 'alert.unsaved',
    error: new StateError('alerts.outbox.json could not be written.'),
  },
  'heartbeat.sent': { type: 'heartbeat.sent' },
  'heartbeat.failed': { type: 'heartbeat.failed', said: 'HTTP 500' },
  'kubernetes-event.settled': { type: 'kubernetes-event.settled', result: 'sent' },
  'kubernetes-events.failing': {
    type: 'kubernetes-events.failing',
    error: new ClusterError('forbidden', { action: 'tell of "JobCreated"', status: 403 }),
  },
  'kubernetes-events.resumed': { type: 'kubernetes-events.resumed' },
  'traces.failing': {
    type: 'traces.failing',
    collector: 'http://otel:4318',
    cause: 'it answers HTTP 401',
  },
  'traces.resumed': { type: 'traces.resumed', collector: 'http://otel:4318' },
  'daemon.started': {
    type: 'daemon.started',
    version: '0.1.0',
    settingsFile: 'config/logpushd.yaml',
    apiUrl: 'http://127.0.0.1:9000/client/v4',
    statusUrl: 'http://127.0.0.1:8080',
    sandbox: true,
    taken: [],
  },
  'daemon.watching': {
    type: 'daemon.watching',
    schedule: '*/15 * * * *',
    intervalSeconds: 900,
    paths: ['config/manifest'],
  },
  'daemon.stopping': { type: 'daemon.stopping', reason: 'SIGTERM' },
  'manifest.accepted': {
    type: 'manifest.accepted',
    revision: REVISION,
    files: 2,
    jobs: 3,
    scopes: 1,
    warnings: [aProblem({ severity: 'warning', code: 'deprecated', message: 'Deprecated.' })],
  },
  'manifest.rejected': { type: 'manifest.rejected', revision: REVISION, problems: [aProblem()] },
  'manifest.unwatched': {
    type: 'manifest.unwatched',
    place: 'configmap/zones',
    error: new ClusterError('unreachable', { action: 'watch the ConfigMap "zones"' }),
  },
  'manifest.watched': { type: 'manifest.watched', place: 'configmap/zones' },
  'manifest.warned': {
    type: 'manifest.warned',
    revision: REVISION,
    warnings: [aProblem({ severity: 'warning', code: 'ended-ignore', message: 'This rule has ended.' })],
  },
  'manifest.unreadable': {
    type: 'manifest.unreadable',
    error: new SourceError('The manifest config/manifest does not exist. Create it.'),
  },
  'pass.started': STARTED,
  'scope.planned': planned({ changes: [aCreate(), anUpdate(), aDelete()], withheld: [aWithheld()] }),
  'scope.unreadable': { type: 'scope.unreadable', passId: PASS, scope, error: NOT_ALLOWED },
  'scope.unresolved': {
    type: 'scope.unresolved',
    passId: PASS,
    name: 'shop.example',
    reason: 'No such zone.',
  },
  'scopes.known': { type: 'scopes.known', scopes: [scope] },
  'pass.refused': {
    type: 'pass.refused',
    passId: PASS,
    scopes: [scope],
    refusal: {
      digest: 'd1',
      code: 'too-many-removals',
      reason: '5 of 6 owned jobs would be removed; 3 are allowed.',
      jobs: ['example.com/http: deleted'],
    },
  },
  'pass.approved': {
    type: 'pass.approved',
    passId: PASS,
    digest: '0123456789abcdef',
    refusal: {
      code: 'too-many-removals',
      reason: 'Four of five.',
      jobs: ['example.com/http: would be deleted'],
      digest: '0123456789abcdef',
    },
  },
  'drift.found': {
    type: 'drift.found',
    passId: PASS,
    scope,
    job: 'http',
    action: 'update',
    id: 48213,
    fields: [aField({ class: 'drift' }), aSecretField({ class: 'drift' })],
    heals: true,
    reason: 'Somebody changed enabled of job 48213 at Cloudflare.',
  },
  'drift.attributed': {
    type: 'drift.attributed',
    scope,
    job: 'http',
    action: 'update',
    id: 48213,
    foundAt: '2026-11-23T10:45:00.000Z',
    attribution: anAttribution(),
  },
  'audit.read': {
    type: 'audit.read',
    account: ACCOUNT,
    entries: 12,
    ours: 3,
    others: 1,
    delayMs: 42_000,
  },
  'audit.failed': {
    type: 'audit.failed',
    account: ACCOUNT,
    error: NOT_ALLOWED,
    retryAt: '2026-11-23T11:45:00.000Z',
  },
  'audit.resumed': { type: 'audit.resumed', account: ACCOUNT },
  'stray.found': {
    type: 'stray.found',
    passId: PASS,
    scope,
    stray: { name: 'copy', id: 48299, destination: 's3://elsewhere/logs?region=r', isManaged: false },
  },
  'transformers.planned': {
    type: 'transformers.planned',
    passId: PASS,
    plan: {
      scope: account,
      desired: { scope: account, transformers: [] },
      changes: [transformerChange],
      withheld: [],
      unmanaged: [],
      inSync: [],
    },
  },
  'transformers.unreadable': {
    type: 'transformers.unreadable',
    passId: PASS,
    scope: account,
    error: NOT_ALLOWED,
  },
  'transformer.applied': {
    type: 'transformer.applied',
    passId: PASS,
    scope: account,
    change: transformerChange,
    id: 7,
    ray: '8f00aa-FRA',
    durationMs: 212,
  },
  'transformer.failed': {
    type: 'transformer.failed',
    passId: PASS,
    scope: account,
    change: transformerChange,
    error: NOT_ALLOWED,
  },
  'transformer.parked': {
    type: 'transformer.parked',
    passId: PASS,
    scope: account,
    change: transformerChange,
    error: REFUSED,
    retryAt: '2026-11-23T11:00:00.000Z',
  },
  'transformer.skipped': {
    type: 'transformer.skipped',
    passId: PASS,
    scope: account,
    change: transformerChange,
    reason: 'logpushd is stopping',
  },
  'drift.fought': {
    type: 'drift.fought',
    passId: PASS,
    scope,
    job: 'http',
    action: 'update',
    id: 48213,
    fields: [aField({ class: 'drift' })],
    fight: { times: 5, since: '2026-11-23T09:00:00.000Z', until: '2026-11-23T11:00:00.000Z' },
  },
  'challenge.requested': {
    type: 'challenge.requested',
    passId: PASS,
    scope,
    job: 'http',
    destination: 's3://acme-logs/http/{DATE}?region=eu-west-1',
    filename: 'http/20261123/ownership-challenge-0123abcd.txt',
  },
  'challenge.passed': {
    type: 'challenge.passed',
    passId: PASS,
    scope,
    job: 'http',
    destination: 's3://acme-logs/http/{DATE}?region=eu-west-1',
  },
  'job.adopted': { type: 'job.adopted', passId: PASS, scope, job: aLiveJob({ id: 5 }) },
  'change.applied': applied(anUpdate()),
  'change.failed': { type: 'change.failed', passId: PASS, scope, change: anUpdate(), error: UNREACHABLE },
  'change.parked': {
    type: 'change.parked',
    passId: PASS,
    scope,
    change: anUpdate(),
    error: REFUSED,
    retryAt: '2026-11-23T11:00:00.000Z',
  },
  'destination.held': {
    type: 'destination.held',
    destination: 's3://acme-logs',
    jobs: 3,
    error: REFUSED,
    retryAt: '2026-11-23T10:01:00.000Z',
  },
  'fields.new': {
    type: 'fields.new',
    passId: 'p1',
    found: { kind: 'zone', dataset: 'http_requests', fields: ['BotScore'], jobs: 2 },
  },
  'destination.released': { type: 'destination.released', destination: 's3://acme-logs' },
  'token.refused': {
    type: 'token.refused',
    error: NOT_ALLOWED,
    since: '2026-11-23T09:50:00.000Z',
    retryAt: '2026-11-23T10:04:00.000Z',
  },
  'pause.began': { type: 'pause.began', scope, pause },
  'pause.ended': { type: 'pause.ended', scope, pause, early: false },
  'pause.standing': { type: 'pause.standing', scope, pause },
  'leader.standby': { type: 'leader.standby', lease: 'logpushd', holder: 'pod-1_2' },
  'leader.elected': {
    type: 'leader.elected',
    lease: 'logpushd',
    identity: 'pod-0_1',
    term: 3,
    quietMs: 90_000,
  },
  'leader.lost': { type: 'leader.lost', lease: 'logpushd', term: 3, reason: 'pod-1_2 holds the Lease now' },
  'leader.ended': { type: 'leader.ended', lease: 'logpushd' },
  'leader.released': { type: 'leader.released', lease: 'logpushd', term: 3 },
  'lease.renewed': { type: 'lease.renewed', lease: 'logpushd', durationMs: 12 },
  'lease.failed': {
    type: 'lease.failed',
    lease: 'logpushd',
    error: new ClusterError('forbidden', { action: 'update the Lease "logpushd"', status: 403 }),
    fault: 'forbidden',
    isLeading: true,
  },
  'write.fenced': { type: 'write.fenced' },
  'token.accepted': { type: 'token.accepted' },
  'change.skipped': {
    type: 'change.skipped',
    passId: PASS,
    scope,
    change: aDelete(),
    reason: 'The process is stopping.',
  },
  'invariant.violated': {
    type: 'invariant.violated',
    passId: PASS,
    scope,
    invariant: 'foreign-job',
    method: 'DELETE',
    job: 'http',
    id: 48213,
    error: new InvariantViolatedError('delete job 48213 in example.com', 'nothing is written any more'),
  },
  'pass.finished': finished({ applied: 3, withheld: 1 }),
  'pass.failed': { type: 'pass.failed', passId: PASS, triggers: ['startup'], error: UNREACHABLE },
  'scope.health': { type: 'scope.health', passId: PASS, scope, jobs: [aSeenJob()] },
  'scope.credentials': { type: 'scope.credentials', passId: PASS, scope, credentials: [aSignature()] },
  'token.examined': {
    type: 'token.examined',
    credential: {
      kind: 'api_token',
      destination: '',
      expiresAt: '2027-01-31T00:00:00Z',
      jobs: [],
      withinDays: null,
    },
  },
  'credential.expiring': { type: 'credential.expiring', scope, credential: aSignature() },
  'pushes.read': { type: 'pushes.read', scope, jobs: new Map([[7, aJobPushes()]]) },
  'pushes.failed': {
    type: 'pushes.failed',
    scopes: [scope],
    error: new NotAllowedError({ action: 'read what was pushed in example.com', cause: 'no reason given' }),
    retryAt: '2026-11-23T10:00:00.000Z',
  },
  'pushes.resumed': { type: 'pushes.resumed' },
  'health.changed': { type: 'health.changed', ...aboutDelivery(), from: 'healthy' },
  'gap.began': {
    type: 'gap.began',
    ...aboutDelivery(),
    gap: { from: '2026-11-23T08:55:00.000Z', reason: 'failing', isLost: false },
  },
  'gap.ended': {
    type: 'gap.ended',
    ...aboutDelivery(),
    gap: {
      from: '2026-11-23T08:55:00.000Z',
      to: '2026-11-23T09:40:00.000Z',
      reason: 'disabled_by_cloudflare',
      isLost: true,
    },
  },
  'reenable.tried': {
    type: 'reenable.tried',
    passId: PASS,
    scope: aScope(),
    job: 'http',
    id: 48213,
    times: 2,
    passed: false,
    said: 'error writing object: DNSError (1105)',
    nextAt: '2026-11-23T11:40:00.000Z',
  },
  'record.unsaved': {
    type: 'record.unsaved',
    what: 'health',
    error: new StateError('.logpushd/state could not be written: the disk is full.'),
  },
  'record.saved': { type: 'record.saved', what: 'health' },
  'record.damaged': {
    type: 'record.damaged',
    what: 'history',
    error: new StateError('The state history.log is damaged.'),
  },
  'ledger.failed': {
    type: 'ledger.failed',
    passId: PASS,
    scope,
    error: new StateError('.logpushd/state could not be written: the disk is full.'),
  },
};
