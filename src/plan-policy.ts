import { DOUBT_RULES, JOBS_PER_ZONE, type PlanPolicy } from './core/plan/policy.ts';
import type { Settings } from './settings.ts';

/** What the settings let a plan do. */
export function policyOf(settings: Settings): PlanPolicy {
  const { mode, prune, adopt, guard, ownership, challenge } = settings;
  const { allowedDestinations, allowGap, checkBeforeDelete, overlapMs, removeSurplus } = guard;
  return {
    mode,
    prune,
    adopt,
    allowedDestinations,
    allowGap,
    checkBeforeDelete,
    overlapMs,
    graceMs: settings.driftGraceMs,
    reenable: settings.health.reenable,
    windows: settings.windows,
    removeSurplus,
    jobsPerZone: JOBS_PER_ZONE,
    nameSuffix: ownership.nameSuffix,
    doubts: DOUBT_RULES,
    ...(challenge && {
      challenges: { readers: challenge.readers.flatMap(({ destinations }) => destinations) },
    }),
  };
}
