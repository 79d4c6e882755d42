import type { LiveJob, Pause, Scope } from '../../core/job/job.ts';
import type { Change, FieldDiff, Plan, Withheld } from '../../core/plan/change.ts';
import { datasetOf } from '../../core/plan/desired-text.ts';
import type { ReconcileEvent } from '../event/events.ts';
import type { TransformerEvent } from '../event/transformer-events.ts';
import type { SeenJob } from '../health/watch.ts';
import { driftAfter, type LastDrifts } from './last-drift.ts';
import { IN_SYNC, SETTLED, type Sync, UNMANAGED, whyRefused } from './sync.ts';
import { NO_TRANSFORMERS, transformersAfter, type TransformersStatus } from './transformer-status.ts';

export interface JobStatus extends Sync {
  readonly name: string;
  /** Null while Cloudflare has no such job. */
  readonly id: number | null;
  readonly dataset: string;
  /** Where it delivers, without secrets, when the settings allow no job to deliver there. */
  readonly stray?: string;
}

export interface ScopeStatus {
  readonly scope: Scope;
  readonly lastAttempt: string;
  /** When it was last read whole and left with nothing to do. */
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
  readonly jobs: readonly JobStatus[];
  /** Do they deliver? Says nothing about whether they match the manifest. */
  readonly health: readonly SeenJob[];
  readonly pauses: readonly Pause[];
  /** Of an account whose transformers are managed. */
  readonly transformers: TransformersStatus;

  readonly drifts: LastDrifts;
  /** How jobs will stand once their change is applied, where that is not in sync: the rest is withheld. */
  readonly afterwards: ReadonlyMap<string, Sync>;
}

/** Events about one scope. */
export type ScopeEvent = Extract<
  ReconcileEvent,
  {
    type:
      | 'scope.planned'
      | 'scope.unreadable'
      | 'scope.health'
      | 'drift.found'
      | 'drift.attributed'
      | 'change.applied'
      | 'change.failed'
      | 'change.parked'
      | 'change.skipped'
      | 'ledger.failed'
      | TransformerEvent['type'];
  }
>;

/** The scope an event is about; null when it changes nothing about a scope. */
export function scopeOf(event: ReconcileEvent): { readonly scope: Scope; readonly event: ScopeEvent } | null {
  switch (event.type) {
    case 'scope.planned':
    case 'transformers.planned':
      return { scope: event.plan.scope, event };
    case 'scope.unreadable':
    case 'scope.health':
    case 'drift.found':
    case 'drift.attributed':
    case 'change.applied':
    case 'change.failed':
    case 'change.parked':
    case 'change.skipped':
    case 'ledger.failed':
    case 'transformers.unreadable':
    case 'transformer.applied':
    case 'transformer.failed':
    case 'transformer.parked':
    case 'transformer.skipped':
      return { scope: event.scope, event };
    default:
      return null;
  }
}

export function initialScopeStatus(scope: Scope, at: string): ScopeStatus {
  return {
    scope,
    lastAttempt: at,
    lastSuccess: null,
    lastError: null,
    jobs: [],
    health: [],
    pauses: [],
    transformers: NO_TRANSFORMERS,
    drifts: new Map(),
    afterwards: new Map(),
  };
}

/** The state of one scope as far as its events up to now tell. Pure. */
export function scopeStatusAfter(known: ScopeStatus, event: ScopeEvent, at: string): ScopeStatus {
  switch (event.type) {
    case 'scope.planned':
      return afterPlan(known, event.plan, at);
    case 'scope.unreadable':
      return { ...known, lastAttempt: at, lastError: event.error.message };
    case 'scope.health':
      return { ...known, health: event.jobs };
    case 'drift.found':
    case 'drift.attributed':
      return { ...known, drifts: driftAfter(known.drifts, event, at) };
    case 'change.applied':
      return afterChange(known, event, at);
    case 'change.failed':
    case 'change.parked':
      return afterFailure(known, event);
    case 'change.skipped':
      return { ...known, jobs: withReason(known.jobs, event.change, event.reason) };
    case 'ledger.failed':
      return { ...known, lastError: event.error.message };
    default:
      return withSuccess({ ...known, transformers: transformersAfter(known.transformers, event) }, at);
  }
}

/** As wanted in all: its jobs, and what they go through. */
function withSuccess(known: ScopeStatus, at: string): ScopeStatus {
  const isSettled = [...known.jobs, ...known.transformers.all].every(({ sync }) => SETTLED.has(sync));
  return isSettled && known.transformers.error === null ? { ...known, lastSuccess: at } : known;
}

function afterPlan(
  { lastSuccess, health, drifts, transformers }: ScopeStatus,
  plan: Plan,
  at: string,
): ScopeStatus {
  const isSettled =
    plan.changes.length === 0 &&
    plan.withheld.length === 0 &&
    // What is to be done about these is told next.
    plan.desired.transformers === undefined;
  const jobs = jobsOf(plan).map((job) => withStray(job, plan));
  const names = new Set(jobs.map(({ name }) => name));
  return {
    scope: plan.scope,
    lastAttempt: at,
    lastSuccess: isSettled ? at : lastSuccess,
    lastError: null,
    jobs,
    health,
    transformers,
    pauses: plan.desired.pauses ?? [],
    drifts: new Map([...drifts].filter(([name]) => names.has(name))),
    afterwards: afterwardsOf(plan),
  };
}

function jobsOf(plan: Plan): readonly JobStatus[] {
  const { paired, changes, withheld, unmanaged } = plan;
  const names = new Set(paired.map(({ desired }) => desired.name));
  return [
    ...paired.map(({ desired: { name }, live }) => ({ name, ...liveFacts(live), ...syncOf(name, plan) })),
    ...changes.flatMap((change) => unpaired(change)),
    ...withheld
      .filter((one) => one.action === 'delete' || !names.has(one.name))
      .map((one) => ({ name: one.name, ...heldFacts(one, plan), ...openSync(one) })),
    ...unmanaged.map((live) => ({ name: live.name, ...liveFacts(live), ...UNMANAGED })),
  ];
}

function withStray(job: JobStatus, { strays }: Plan): JobStatus {
  const stray = strays.find(({ id }) => id === job.id);
  return stray === undefined ? job : { ...job, stray: stray.destination };
}

/** A job of which there is only one half: in the manifest, or at Cloudflare. */
function unpaired(change: Change): readonly JobStatus[] {
  if (change.action === 'delete') {
    return [{ name: change.name, ...liveFacts(change.live), ...openSync(change) }];
  }
  if (change.action !== 'create') return [];
  const dataset = datasetOf(change.desired);
  return [{ name: change.name, id: null, dataset, ...openSync(change) }];
}

type Facts = Pick<JobStatus, 'id' | 'dataset'>;

function liveFacts(live: LiveJob): Facts {
  return { id: live.id, dataset: datasetOf(live) };
}

/** What is withheld may be in the manifest, at Cloudflare, in the ledger, or in all of them. */
function heldFacts({ name, id }: Withheld, { live, desired }: Plan): Facts {
  const known = live.find((one) => one.id === id);
  if (known) return liveFacts(known);
  const wanted = desired.jobs.find((one) => one.name === name);
  return { id: id ?? null, dataset: wanted ? datasetOf(wanted) : '' };
}

/** Of a job that is both wanted and there. A delete of the same name is about another one. */
function syncOf(name: string, plan: Plan): Sync {
  const change = plan.changes.find((one) => one.name === name && one.action !== 'delete');
  return change ? openSync(change) : restOf(name, plan);
}

/** What stays to be done about a job when its change is applied. */
function restOf(name: string, { withheld, unverifiable }: Plan): Sync {
  const held = withheld.find((one) => one.name === name && one.action !== 'delete');
  if (held) return openSync(held);
  const unseen = unverifiable.find((one) => one.name === name);
  if (unseen) return { sync: 'unverifiable', reason: null, ...differencesOf(unseen.fields) };
  return IN_SYNC;
}

function openSync({ class: sync, reason, fields }: Change | Withheld): Sync {
  return { sync, reason, ...differencesOf(fields) };
}

function differencesOf(fields: readonly FieldDiff[]): Pick<Sync, 'fields' | 'classes'> {
  return { fields: fields.map(({ path }) => path), classes: fields.map((field) => field.class) };
}

function afterwardsOf(plan: Plan): ReadonlyMap<string, Sync> {
  return new Map(
    plan.changes
      .map(({ name }) => [name, restOf(name, plan)] as const)
      .filter(([, rest]) => rest.sync !== 'in_sync'),
  );
}

function afterChange(
  known: ScopeStatus,
  { change, id, job: live }: Extract<ReconcileEvent, { type: 'change.applied' }>,
  at: string,
): ScopeStatus {
  const former = 'live' in change ? change.live.id : null;
  const isAbout = (job: JobStatus): boolean => job.name === change.name && job.id === former;
  const rest = known.afterwards.get(change.name) ?? IN_SYNC;
  const jobs =
    live === null
      ? known.jobs.filter((job) => job.id !== id)
      : known.jobs.map((job) => (isAbout(job) ? { name: job.name, ...liveFacts(live), ...rest } : job));
  return withSuccess({ ...known, jobs }, at);
}

/** Not in sync for the reason of its plan, and because of this. */
function afterFailure(
  known: ScopeStatus,
  event: Extract<ReconcileEvent, { type: 'change.failed' | 'change.parked' }>,
): ScopeStatus {
  const reason = whyRefused(event, 'job');
  return { ...known, lastError: reason, jobs: withReason(known.jobs, event.change, reason) };
}

function withReason(jobs: readonly JobStatus[], change: Change, reason: string): readonly JobStatus[] {
  const former = 'live' in change ? change.live.id : null;
  return jobs.map((job) => (job.name === change.name && job.id === former ? { ...job, reason } : job));
}
