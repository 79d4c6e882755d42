import type { Attribution } from '../audit/attribution.ts';
import type { LiveJob } from '../job/job.ts';
import { switchedOffBy } from './cause.ts';
import {
  type Delivered,
  deliveredShares,
  type Gap,
  type GapLog,
  gapsAfter,
  NO_GAPS,
  type OpenGap,
} from './gap.ts';
import { type DeliveryHealth, type HealthState, healthOf, isDisabled, isTrouble } from './health.ts';
import type { JobPushes } from './pushes.ts';
import type { HealthRules } from './rules.ts';

/** What is remembered of a job's deliveries, over restarts. Holds no value of any of its fields. */
export interface HealthRecord {
  readonly name: string;
  readonly state: HealthState;
  /** When it was first seen in this state. All times are RFC 3339. */
  readonly since: string;
  /** Since when its deliveries are accounted for. */
  readonly watchedSince: string;
  /** The end of the last delivery that was seen. */
  readonly lastComplete: string | null;
  /** When we last wrote to it, or somebody was seen to have enabled it. */
  readonly writtenAt: string | null;
  /** When it was last there, it was to deliver. */
  readonly isDue: boolean;
  readonly gaps: GapLog;
  /** The person who disabled it, as far as that is known. */
  readonly disabledBy?: Attribution;
}

/** Health as it is told. */
export interface JobHealth extends DeliveryHealth {
  readonly since: string;
  readonly gap: OpenGap | null;
  readonly gaps: readonly Gap[];
  readonly delivered: Delivered;
  /** The person who disabled it; null where it is not, or nobody knows who it was. */
  readonly disabledBy: Attribution | null;
  /** In the last 24 hours; null where they are not known. */
  readonly pushes: JobPushes | null;
}

/** What has changed with this look, for people. */
export interface HealthNews {
  /** Absent where the state is as before, or neither it nor the one before is a trouble. */
  readonly changed?: { readonly from: HealthState | null };
  readonly gapBegan?: OpenGap;
  readonly gapEnded?: Gap;
}

export interface JobSight {
  readonly name: string;
  /** Null where Cloudflare has no such job. */
  readonly live: LiveJob | null;
  readonly wantsEnabled: boolean | null;
  /** RFC 3339. */
  readonly at: string;
  /** This look is the answer of a write of ours. */
  readonly isWritten?: boolean;
  /** Of others, as far as the audit log tells. */
  readonly lastWrite?: Attribution | null;
  /** logpushd tries to enable it again, where Cloudflare has disabled it. */
  readonly isEnabledAgain?: boolean;
  readonly pushes?: JobPushes | null;
}

export interface Judgement {
  readonly record: HealthRecord;
  readonly health: JobHealth;
  readonly news: HealthNews;
}

/** One step of the state machine. */
export function judge(known: HealthRecord | undefined, sight: JobSight, rules: HealthRules): Judgement {
  const lastWrite = sight.lastWrite ?? known?.disabledBy ?? null;
  const isWritten = sight.isWritten === true || isEnabledSince(known, sight);
  const writtenAt = isWritten ? sight.at : (known?.writtenAt ?? null);
  const former = known === undefined ? null : { state: known.state, since: known.since };
  const health = healthOf(sight.live, sight.at, { ...sight, former, writtenAt, lastWrite }, rules);
  const record = { ...recordAfter(known, sight, health), writtenAt };
  const disabledBy = health.state === 'disabled_by_person' ? lastWrite : null;
  const { pushes = null } = sight;
  const told = { ...health, since: record.since, disabledBy, pushes, ...accountOf(record, sight.at) };
  return {
    record: disabledBy === null ? record : { ...record, disabledBy },
    health: disabledBy === null ? told : { ...told, cause: switchedOffBy(disabledBy) },
    news: { ...changeTold(former, health.state), ...gapsTold(known?.gaps ?? NO_GAPS, record.gaps) },
  };
}

/** Whoever enabled it again: what went wrong before says nothing any more. */
function isEnabledSince(known: HealthRecord | undefined, { live }: JobSight): boolean {
  const wasDisabled = known !== undefined && (isDisabled(known.state) || known.state === 'off');
  return wasDisabled && live?.fields['enabled'] === true;
}

function recordAfter(
  known: HealthRecord | undefined,
  sight: JobSight,
  health: DeliveryHealth,
): Omit<HealthRecord, 'writtenAt'> {
  const { name, live, at } = sight;
  const { state } = health;
  const gaps = gapsSeen(known, sight, health);
  return {
    name,
    state,
    since: known?.state === state ? known.since : at,
    watchedSince: earliest(known?.watchedSince ?? at, gaps.open?.from),
    lastComplete: health.lastComplete ?? known?.lastComplete ?? null,
    isDue: live === null ? (known?.isDue ?? false) : state !== 'off',
    gaps,
  };
}

/** A job that was never there, or was to deliver nothing, leaves no gap where it is not. */
function gapsSeen(known: HealthRecord | undefined, { live, at }: JobSight, health: DeliveryHealth): GapLog {
  const before = known?.gaps ?? NO_GAPS;
  if (live === null && known?.isDue !== true) return before;
  const deliveredUpTo = health.lastComplete ?? known?.lastComplete ?? known?.watchedSince ?? at;
  return gapsAfter(before, { health, isThere: live !== null, deliveredUpTo, at });
}

/** Of what has never delivered, and was not seen to lose anything, no share is known. */
function accountOf(
  { gaps, state, watchedSince, lastComplete }: HealthRecord,
  at: string,
): Pick<JobHealth, 'gap' | 'gaps' | 'delivered'> {
  const isUnknown = state === 'off' || (lastComplete === null && gaps.open === null);
  const delivered = isUnknown ? { day: null, month: null } : deliveredShares(gaps, watchedSince, at);
  return { gap: gaps.open, gaps: gaps.closed, delivered };
}

/** Into trouble, out of it, or from one to another: the rest is nothing that anybody waits for. */
function changeTold(former: { readonly state: HealthState } | null, state: HealthState): HealthNews {
  if (former?.state === state) return {};
  const isNews = isTrouble(state) || (former !== null && isTrouble(former.state));
  return isNews ? { changed: { from: former?.state ?? null } } : {};
}

function gapsTold(before: GapLog, after: GapLog): HealthNews {
  const ended = after.closed.at(-1);
  const isEnded = before.open !== null && ended !== undefined && !before.closed.includes(ended);
  const isNew = after.open !== null && (before.open === null || isEnded);
  return { ...(isEnded && { gapEnded: ended }), ...(isNew && after.open && { gapBegan: after.open }) };
}

function earliest(one: string, other: string | undefined): string {
  return other !== undefined && Date.parse(other) < Date.parse(one) ? other : one;
}
