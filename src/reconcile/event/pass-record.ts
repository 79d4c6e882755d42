import type { LiveJob, Scope, ScopeKey } from '../../core/job/job.ts';
import type { Action, Change, Plan } from '../../core/plan/change.ts';
import { type ReconcileError, StoppedError, UnknownOutcomeError } from '../errors.ts';

/** How a look at one scope ended. From the best to the worst. */
export const RESULTS = ['in_sync', 'changed', 'drift', 'withheld', 'blocked', 'error'] as const;
export type Result = (typeof RESULTS)[number];

export type ChangeResult = 'success' | 'failed' | 'ambiguous' | 'skipped' | 'parked';

export const JOB_STATES = [
  'in_sync',
  'pending',
  'drifted',
  'disabled',
  'conflict',
  'missing',
  'fought',
  'unverifiable',
  'blocked',
  'duplicate',
  'unmanaged',
  'stray',
  'pending_delete',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a pass did to one scope, put together from its events. */
export interface ScopeRecord {
  readonly scope: Scope;
  /** Null when it could not be read. */
  readonly plan: Plan | null;
  readonly done: ReadonlyMap<Change, ChangeResult>;
  /** Jobs as Cloudflare answered a write with them. */
  readonly written: readonly LiveJob[];
}

/** The jobs of the manifest as they are once the pass is over: the listing is from before its writes. */
export function jobsAfter({ plan, done, written }: ScopeRecord): ReadonlyMap<string, LiveJob> {
  const jobs = new Map((plan?.paired ?? []).map(({ desired, live }) => [desired.name, live]));
  const changed = [...done].filter(([, result]) => result === 'success').map(([{ name }]) => name);
  for (const job of written) if (changed.includes(job.name)) jobs.set(job.name, job);
  return jobs;
}

export function changeResultOf(error: ReconcileError): ChangeResult {
  if (error instanceof StoppedError) return 'skipped';
  return error instanceof UnknownOutcomeError ? 'ambiguous' : 'failed';
}

/** Scopes that are written to together or not at all, and this time not. */
export interface RefusedScopes {
  readonly code: string;
  readonly scopes: ReadonlySet<ScopeKey>;
}

const FAILURES: ReadonlySet<ChangeResult> = new Set(['failed', 'ambiguous', 'parked']);

export function resultOf({ plan, done }: Pick<ScopeRecord, 'plan' | 'done'>, isRefused: boolean): Result {
  if (plan === null) return 'error';
  const results = [...done.values()];
  if (results.some((result) => FAILURES.has(result))) return 'error';
  if (isRefused) return 'blocked';
  const open = [...plan.withheld, ...plan.changes.filter((change) => done.get(change) !== 'success')];
  if (open.some(({ class: why }) => why === 'drift' || why === 'conflict')) return 'drift';
  if (open.length > 0) return 'withheld';
  return results.length > 0 ? 'changed' : 'in_sync';
}

export function worstOf(results: readonly Result[]): Result {
  return results.reduce(
    (worst, one) => (RESULTS.indexOf(one) > RESULTS.indexOf(worst) ? one : worst),
    'in_sync',
  );
}

/** How many jobs are in which state once the pass is over. */
export function statesOf(plan: Plan, done: ScopeRecord['done']): ReadonlyMap<JobState, number> {
  const counts = new Map<JobState, number>(JOB_STATES.map((state) => [state, 0]));
  const add = (state: JobState, by = 1): void => void counts.set(state, (counts.get(state) ?? 0) + by);
  const open = openStepsOf(plan, done);
  for (const { name } of plan.desired.jobs) add(stateOf(name, open, plan));
  add('blocked', plan.desired.blocked.length);
  add('duplicate', plan.desired.jobs.filter(({ name }) => livesNamed(name, plan) > 1).length);
  add('unmanaged', plan.unmanaged.length);
  add('stray', plan.strays.length);
  add('pending_delete', open.filter(({ action }) => action === 'delete').length);
  return counts;
}

interface Step {
  readonly name: string;
  readonly action: Action;
  readonly class: Change['class'];
  readonly fields: Change['fields'];
  readonly fight?: unknown;
}

function openStepsOf({ changes, withheld }: Plan, done: ScopeRecord['done']): readonly Step[] {
  return [...changes.filter((change) => done.get(change) !== 'success'), ...withheld];
}

function stateOf(name: string, open: readonly Step[], plan: Plan): JobState {
  const step = open.find((one) => one.name === name && one.action !== 'delete');
  if (step === undefined) {
    return plan.unverifiable.some((one) => one.name === name) ? 'unverifiable' : 'in_sync';
  }
  if (step.fight !== undefined) return 'fought';
  if (step.action === 'create') return livesNamed(name, plan) > 0 ? 'conflict' : 'missing';
  if (step.class === 'pending' || step.class === 'unverifiable') return 'pending';
  const isOff = step.fields.some(({ path, before }) => path === 'enabled' && before === false);
  if (isOff) return 'disabled';
  return step.class === 'conflict' ? 'conflict' : 'drifted';
}

function livesNamed(wanted: string, { live }: Plan): number {
  return live.filter(({ name }) => name === wanted).length;
}
