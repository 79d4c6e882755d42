import type { DesiredJob, LiveJob } from '../job/job.ts';
import { type Deleted, OPEN_DELETE_MS } from './ledger-entry.ts';
import type { Superseded } from './match.ts';
import { pruneOf, refusalOfPrune } from './policy.ts';
import type { PlanContext } from './step.ts';

/** Why the old half of a replace stays for now, and when it may go at the latest (milliseconds since the epoch). */
export interface Overlap {
  readonly reason: string;
  readonly until?: number;
}

/**
 * Why the old job must stay beside the new one, or null when nothing is lost by deleting it: the new one surely is
 * there, and it delivers, or has had `guard.overlap_seconds` to begin (Cloudflare needs 10 to 15 minutes for new settings, `cloudflare-api.md`
 * §8.3), or one of the two is not meant to deliver.
 */
export function overlapOf(superseded: Superseded, context: PlanContext): Overlap | null {
  const { live, successor, since, entry } = superseded;
  const { desired, policy, now } = context;
  const wanted = desired.jobs.find(({ name }) => name === entry.name);
  const deletion = context.deleting.find(({ id }) => id === successor.id);
  if (wanted !== undefined && deletion !== undefined) return untilSettled(live, deletion);
  const isLeaving =
    wanted === undefined && refusalOfPrune(pruneOf(desired, policy), entry, desired.scope.kind) === null;
  if (live.fields['enabled'] !== true || isLeaving || isMeantToStop(wanted)) return null;
  if (successor.fields['enabled'] !== true) {
    const isMeantToRun = wanted?.fields['enabled'] === true && !wanted.ignore.includes('enabled');
    return isMeantToRun ? { reason: whyDisabled(live, successor) } : null;
  }
  const madeAt = since === undefined ? now : Date.parse(since);
  // A clock that was set back must not keep the two together for years.
  const isOver = Math.abs(now - madeAt) >= policy.overlapMs;
  if (isOver || delivers(successor, madeAt)) return null;
  const until = madeAt + policy.overlapMs;
  return { until, reason: whyOverlap(live, successor, until) };
}

/** The job that stays is one that was to go, before the manifest wanted it back. */
function untilSettled(live: LiveJob, { id, at }: Deleted): Overlap {
  const until = Date.parse(at) + OPEN_DELETE_MS;
  return {
    until,
    reason:
      `Job ${live.id} is to go for job ${id}, but a delete of job ${id} at ${at.slice(11, 19)} UTC got no answer, so that ` +
      `one may be gone already and only still be shown. Both stay until ${new Date(until).toISOString()}; then the daemon ` +
      'looks again by itself, or run "logpushd apply".',
  };
}

/** A protected job goes on for as long as it is protected. */
function isMeantToStop(wanted: DesiredJob | undefined): boolean {
  if (wanted === undefined || wanted.protect || wanted.ignore.includes('enabled')) return false;
  return wanted.fields['enabled'] === false;
}

/** Whether a job that would replace this one is deleted beside is needed at all: it delivers, and will go on to. */
export function isWorthOverlapping(live: LiveJob, wantedEnabled: boolean, overlapMs: number): boolean {
  return overlapMs > 0 && wantedEnabled && live.fields['enabled'] === true;
}

function delivers({ delivery }: LiveJob, since: number): boolean {
  return delivery.lastComplete !== null && Date.parse(delivery.lastComplete) > since;
}

function whyOverlap(live: LiveJob, successor: LiveJob, until: number): string {
  return (
    `Job ${live.id} was replaced by job ${successor.id}, which has not delivered yet; until it has, at the latest until ` +
    `${new Date(until).toISOString()}, both stay, so that no logs are lost. A later pass deletes job ${live.id}: the daemon ` +
    'by itself, or the next "logpushd apply". The setting guard.overlap_seconds shortens this time.'
  );
}

function whyDisabled(live: LiveJob, successor: LiveJob): string {
  return (
    `Job ${live.id} was replaced by job ${successor.id}, which is disabled at Cloudflare although the manifest enables it; ` +
    `it is deleted once job ${successor.id} is enabled, or "enabled: false" is in the manifest.`
  );
}
