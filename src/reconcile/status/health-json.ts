import { authorDocument } from '../../core/audit/attribution.ts';
import type { Gap, OpenGap } from '../../core/health/gap.ts';
import { healthOf } from '../../core/health/health.ts';
import type { JobPushes } from '../../core/health/pushes.ts';
import type { JobHealth } from '../../core/health/record.ts';
import type { SeenJob } from '../health/watch.ts';

/** Of the gaps that are over, as many of the newest are told. */
const GAPS_TOLD = 10;

/** Health as `GET /api/v1/status` answers it; of a job that was not judged yet, unknown. */
export function healthJson(
  job: { readonly name: string; readonly id: number | null },
  seen: readonly SeenJob[],
  at: string,
): object {
  const known = seen.find(({ id, name }) => id === job.id && (id !== null || name === job.name));
  return jsonOf(known?.health ?? unseen(at));
}

function unseen(at: string): JobHealth {
  const delivered = { day: null, month: null };
  const empty = { gap: null, gaps: [], delivered, disabledBy: null, pushes: null };
  return { ...healthOf(null, at), since: at, ...empty };
}

function jsonOf({ state, since, lastComplete, lastError, error, cause, ...health }: JobHealth): object {
  const { gap, gaps, delivered, disabledBy, pushes } = health;
  return {
    state,
    since,
    last_complete: lastComplete,
    last_error: lastError,
    error,
    cause,
    disabled_by: disabledBy && authorDocument(disabledBy),
    gap: gap && gapJson(gap),
    gaps: gaps.slice(-GAPS_TOLD).map(gapJson),
    delivered: { last_24_hours: delivered.day, last_30_days: delivered.month },
    pushes: pushes && pushesJson(pushes),
  };
}

function pushesJson({ outcomes, lost, bytes, records, lastSuccess, lastFailure }: JobPushes): object {
  return {
    outcomes: outcomes.map(({ status, isFinal, count }) => ({ status, final: isFinal, count })),
    lost,
    bytes,
    records,
    last_success: lastSuccess === null ? null : new Date(lastSuccess).toISOString(),
    last_failure: lastFailure && {
      at: new Date(lastFailure.from).toISOString(),
      status: lastFailure.status,
    },
  };
}

function gapJson({ from, reason, isLost, ...rest }: OpenGap & Partial<Gap>): object {
  return { from, ...rest, reason, lost: isLost };
}
