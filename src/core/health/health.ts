import type { Attribution } from '../audit/attribution.ts';
import type { LiveJob } from '../job/job.ts';
import { type Cause, causeOf } from './cause.ts';
import { cleanDeliveryError } from './delivery-error.ts';
import { disablerOf } from './disabler.ts';
import { failingStatus, type JobPushes } from './pushes.ts';
import { type HealthRules, healthRules, LAGGING_AFTER_MS } from './rules.ts';

/**
 * Whether a job delivers:
 *
 * - `healthy`: the last delivery is recent and did not fail
 * - `idle`: nothing was delivered for long, which is usual for its dataset or its filter
 * - `lagging`: nothing was delivered for long, and its dataset is a busy one
 * - `failing`: the last delivery failed
 * - `disabled_by_cloudflare`: disabled after 24 hours of failures
 * - `disabled_by_person`: disabled by somebody, not by the manifest
 * - `disabled`: disabled, and nothing tells by whom
 * - `off`: disabled, as the manifest wants it
 * - `never_ran`: enabled, and nothing was delivered or failed yet
 * - `unknown`: there is no such job, or its settings are too new to tell
 */
export const HEALTH_STATES = [
  'healthy',
  'idle',
  'lagging',
  'failing',
  'disabled_by_cloudflare',
  'disabled_by_person',
  'disabled',
  'off',
  'never_ran',
  'unknown',
] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

const WORDS: { readonly [state: string]: string | undefined } = {
  disabled_by_cloudflare: 'disabled by Cloudflare',
  disabled_by_person: 'disabled by a person',
};

/** A state as people read it. */
export function healthWords(state: string): string {
  return WORDS[state] ?? state.replaceAll('_', ' ');
}

/** Nobody gets the logs of a job in one of these, and nobody asked for that. */
const TROUBLES: ReadonlySet<HealthState> = new Set<HealthState>([
  'lagging',
  'failing',
  'disabled_by_cloudflare',
  'disabled_by_person',
  'disabled',
]);

/** Whether a person has to know. */
export function isTrouble(state: HealthState): boolean {
  return TROUBLES.has(state);
}

/** Disabled, and not because the manifest wants it so. */
export function isDisabled(state: HealthState): boolean {
  return state.startsWith('disabled');
}

/** Whether a job delivers, as far as its own fields and what is remembered of it tell (`cloudflare-api.md` §8.1). */
export interface DeliveryHealth {
  readonly state: HealthState;
  /** End of the last time range pushed, RFC 3339. */
  readonly lastComplete: string | null;
  readonly lastError: string | null;
  /** Cleaned of addresses, because Cloudflare's text may quote the destination with its keys. */
  readonly error: string | null;
  /** Why, and what to do, where that is known. */
  readonly cause: Cause | null;
}

/** What its own fields do not say of a job. */
export interface KnownOfJob {
  /** What the manifest wants; null where it leaves that to others or does not have the job. */
  readonly wantsEnabled: boolean | null;
  readonly former: { readonly state: HealthState; readonly since: string } | null;
  /** When we last wrote to it, RFC 3339. */
  readonly writtenAt: string | null;
  /** Of others, as far as the audit log tells. */
  readonly lastWrite?: Attribution | null;
  /** logpushd tries to enable what Cloudflare has disabled. */
  readonly isEnabledAgain?: boolean;
  /** Null where they are not known. */
  readonly pushes?: JobPushes | null;
}

const NOTHING_KNOWN: KnownOfJob = { wantsEnabled: null, former: null, writtenAt: null };

/**
 * @param live null where Cloudflare has no such job
 * @param at the time of looking, RFC 3339
 */
export function healthOf(
  live: LiveJob | null,
  at: string,
  known: KnownOfJob = NOTHING_KNOWN,
  rules: HealthRules = healthRules(),
): DeliveryHealth {
  if (live === null) {
    const cause = causeOf('unknown', null, 'missing', false);
    return { state: 'unknown', lastComplete: null, lastError: null, error: null, cause };
  }
  const { lastComplete, lastError, errorMessage } = live.delivery;
  const state = stateOf(live, at, known, rules);
  const status = failingStatus(known.pushes ?? null, lastComplete);
  const told = errorMessage ?? (state === 'failing' && status !== null ? `delivery status ${status}` : null);
  const error = told === null ? null : cleanDeliveryError(told);
  const cause = causeOf(state, error, 'settling', known.isEnabledAgain ?? false);
  return { state, lastComplete, lastError, error, cause };
}

function stateOf(live: LiveJob, at: string, known: KnownOfJob, rules: HealthRules): HealthState {
  if (live.fields['enabled'] !== true) return disabledState(live, at, known);
  const state = enabledState(live, at, known, rules);
  const settledAt = timeOf(known.writtenAt) + rules.settleMs;
  const isSettling = Date.parse(at) < settledAt && known.former?.state !== state;
  return isSettling && isTrouble(state) ? 'unknown' : state;
}

function enabledState(
  { fields, delivery }: LiveJob,
  at: string,
  { pushes = null }: KnownOfJob,
  rules: HealthRules,
): HealthState {
  const { lastComplete, lastError } = delivery;
  // §8.1: both error fields are null after a success; one that is older than the last delivery is over.
  if (lastError !== null && timeOf(lastError) >= timeOf(lastComplete)) return 'failing';
  if (failingStatus(pushes, lastComplete) !== null) return 'failing';
  if (lastComplete === null) return 'never_ran';
  const age = Date.parse(at) - Date.parse(lastComplete);
  const patience = patienceWith(fields, rules);
  if (patience > 0) return age > patience ? 'lagging' : 'healthy';
  return age > LAGGING_AFTER_MS ? 'idle' : 'healthy';
}

/** A filter may keep next to nothing of a busy dataset. */
function patienceWith(fields: LiveJob['fields'], { laggingAfterMs }: HealthRules): number {
  const { dataset, filter } = fields;
  const isFiltered = typeof filter === 'string' && filter !== '' && filter !== '{"where":{}}';
  return typeof dataset === 'string' && !isFiltered ? (laggingAfterMs.get(dataset) ?? 0) : 0;
}

function disabledState(
  live: LiveJob,
  at: string,
  { wantsEnabled, former, lastWrite = null }: KnownOfJob,
): HealthState {
  if (wantsEnabled === false) return 'off';
  const seenAt = former !== null && isDisabled(former.state) ? former.since : at;
  const disabler = disablerOf(live, Date.parse(seenAt), lastWrite);
  if (disabler !== null) return `disabled_by_${disabler}`;
  const wasEnabled = former !== null && former.state !== 'off' && former.state !== 'disabled';
  return wasEnabled ? 'disabled_by_person' : 'disabled';
}

function timeOf(text: string | null): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
