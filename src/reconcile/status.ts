import { type DeliveryHealth, healthOf } from '../core/job/health.ts';
import type { LiveJob, Scope, ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import type { Change, Plan } from '../core/plan/change.ts';
import { datasetOf } from '../core/plan/desired-text.ts';
import type { Problem } from '../core/problem.ts';
import type { PassSummary, ReconcileEvent, Trigger } from './events.ts';

/** Does the job match the manifest? Says nothing about whether it delivers. */
export type SyncState = 'in_sync' | 'pending' | 'drift' | 'conflict' | 'unverifiable' | 'unmanaged';

export interface JobStatus {
  readonly name: string;
  /** Null while Cloudflare has no such job. */
  readonly id: number | null;
  readonly dataset: string;
  readonly sync: SyncState;
  /** Why it is not in sync, and what to do. */
  readonly reason: string | null;
  /** The fields in which it differs, or whose value cannot be seen. */
  readonly fields: readonly string[];
  /** Does it deliver? Says nothing about whether it matches the manifest. */
  readonly health: DeliveryHealth;
}

export interface ScopeStatus {
  readonly scope: Scope;
  readonly lastAttempt: string;
  /** When it was last read whole and left with nothing to do. */
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
  readonly jobs: readonly JobStatus[];
}

export interface StatusSnapshot {
  readonly startedAt: string;
  readonly manifest: {
    readonly revision: string | null;
    readonly valid: boolean;
    readonly problems: readonly Problem[];
    readonly error: string | null;
  };
  readonly lastPass: {
    readonly id: string;
    readonly triggers: readonly Trigger[];
    readonly finishedAt: string;
    readonly durationMs: number;
    readonly summary: PassSummary;
  } | null;
  /** Why the last pass wrote nothing, while that stands. */
  readonly refusal: string | null;
  readonly scopes: ReadonlyMap<ScopeKey, ScopeStatus>;
}

export function initialStatus(startedAt: string): StatusSnapshot {
  return {
    startedAt,
    manifest: { revision: null, valid: false, problems: [], error: null },
    lastPass: null,
    refusal: null,
    scopes: new Map(),
  };
}

/** The state of the world as far as the events up to now tell. Pure. */
export function statusAfter(status: StatusSnapshot, event: ReconcileEvent, at: string): StatusSnapshot {
  switch (event.type) {
    case 'manifest.accepted':
      return {
        ...status,
        manifest: { revision: event.revision, valid: true, problems: event.warnings, error: null },
      };
    case 'manifest.rejected':
      return {
        ...status,
        manifest: { ...status.manifest, valid: false, problems: event.problems, error: null },
      };
    case 'manifest.unreadable':
      return { ...status, manifest: { ...status.manifest, valid: false, error: event.error.message } };
    case 'pass.refused':
      return { ...status, refusal: event.refusal.reason };
    case 'pass.finished':
      return { ...status, ...(!event.summary.refused && { refusal: null }), lastPass: lastPassOf(event, at) };
    case 'scope.planned':
      return withScope(status, event.plan.scope, () => plannedScope(status, event.plan, at));
    case 'scope.unreadable':
      return withScope(status, event.scope, (known) => ({
        ...known,
        lastAttempt: at,
        lastError: event.error.message,
      }));
    case 'change.applied':
      return withScope(status, event.scope, (known) => afterChange(known, event, at));
    case 'change.failed':
      return withScope(status, event.scope, (known) => ({ ...known, lastError: event.error.message }));
    default:
      return status;
  }
}

function lastPassOf(
  event: Extract<ReconcileEvent, { type: 'pass.finished' }>,
  at: string,
): StatusSnapshot['lastPass'] {
  const { passId, triggers, durationMs, summary } = event;
  return { id: passId, triggers, finishedAt: at, durationMs, summary };
}

function withScope(
  status: StatusSnapshot,
  scope: Scope,
  next: (known: ScopeStatus) => ScopeStatus,
): StatusSnapshot {
  const key = scopeKey(scope);
  const known = status.scopes.get(key) ?? {
    scope,
    lastAttempt: status.startedAt,
    lastSuccess: null,
    lastError: null,
    jobs: [],
  };
  return { ...status, scopes: new Map(status.scopes).set(key, next(known)) };
}

function plannedScope(status: StatusSnapshot, plan: Plan, at: string): ScopeStatus {
  const known = status.scopes.get(scopeKey(plan.scope));
  const settled = plan.changes.length === 0 && plan.withheld.length === 0;
  return {
    scope: plan.scope,
    lastAttempt: at,
    lastSuccess: settled ? at : (known?.lastSuccess ?? null),
    lastError: null,
    jobs: jobsOf(plan, at),
  };
}

function jobsOf(plan: Plan, at: string): readonly JobStatus[] {
  const paired = plan.paired.map(({ desired, live }) => ({
    ...syncOf(desired.name, plan),
    ...liveFacts(live, at),
    name: desired.name,
  }));
  const missing = plan.changes
    .filter((change) => change.action === 'create')
    .map((change) => ({
      ...syncOf(change.name, plan),
      id: null,
      dataset: datasetOf(change.desired),
      health: healthOf(null, at),
    }));
  const leaving = plan.changes
    .filter((change) => change.action === 'delete')
    .map((change) => ({ ...syncOf(change.name, plan), ...liveFacts(change.live, at) }));
  const unmanaged = plan.unmanaged.map((live) => ({
    name: live.name,
    sync: 'unmanaged' as const,
    reason: null,
    fields: [],
    ...liveFacts(live, at),
  }));
  return [...paired, ...missing, ...leaving, ...unmanaged];
}

function syncOf(name: string, plan: Plan): Pick<JobStatus, 'name' | 'sync' | 'reason' | 'fields'> {
  const held = plan.withheld.find((one) => one.name === name);
  const change = plan.changes.find((one) => one.name === name);
  const unseen = plan.unverifiable.find((one) => one.name === name);
  const open = change ?? held;
  if (open)
    return { name, sync: open.class, reason: open.reason, fields: open.fields.map(({ path }) => path) };
  if (unseen)
    return { name, sync: 'unverifiable', reason: null, fields: unseen.fields.map(({ path }) => path) };
  return { name, sync: 'in_sync', reason: null, fields: [] };
}

function liveFacts(live: LiveJob, at: string): Pick<JobStatus, 'id' | 'dataset' | 'health'> {
  return { id: live.id, dataset: datasetOf(live), health: healthOf(live, at) };
}

function afterChange(
  known: ScopeStatus,
  { change, id, job: live }: Extract<ReconcileEvent, { type: 'change.applied' }>,
  at: string,
): ScopeStatus {
  const done = { id, sync: 'in_sync', reason: null, fields: [], health: healthOf(live, at) } as const;
  const jobs =
    live === null
      ? known.jobs.filter((job) => job.id !== id)
      : known.jobs.map((job) => (job.name === change.name ? { ...job, ...done } : job));
  const settled = jobs.every(
    ({ sync }) => sync === 'in_sync' || sync === 'unverifiable' || sync === 'unmanaged',
  );
  return { ...known, jobs, ...(settled && { lastSuccess: at }) };
}
