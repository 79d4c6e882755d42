import type { DeliveryFailure } from './destination-health.ts';

/**
 * How a job delivers while nobody looks. Nothing runs in the background: where a job stands at a time is computed
 * from where it stood before, so that a simulation may jump over a day in one step.
 */

export interface Delivery {
  /** Since when the job has been enabled without a break; null while it is disabled. */
  readonly enabledSince: number | null;
  /** The time this state is true for. */
  readonly settledAt: number;
  /** End of the last range pushed. */
  readonly lastComplete: number | null;
  readonly lastError: number | null;
  readonly errorMessage: string | null;
  /** First failed push of the present row of failures. */
  readonly failingSince: number | null;
  /** What the destination answers from `settledAt` on. */
  readonly failure: DeliveryFailure | null;
  /** What has been pushed, oldest first. A gap between two ranges is lost for good. */
  readonly ranges: readonly DeliveredRange[];
}

interface DeliveredRange {
  readonly from: number;
  readonly to: number;
}

export interface DeliveryRules {
  readonly intervalMs: number;
  /** Null: a failing job is never disabled. */
  readonly disableAfterMs: number | null;
}

export interface Advanced {
  readonly delivery: Delivery;
  /** When Cloudflare disabled the job on the way, or null. */
  readonly disabledAt: number | null;
}

export function newDelivery(now: number, enabled: boolean, failure: DeliveryFailure | null): Delivery {
  return {
    enabledSince: enabled ? now : null,
    settledAt: now,
    lastComplete: null,
    lastError: null,
    errorMessage: null,
    failingSince: null,
    failure,
    ranges: [],
  };
}

/** The same job at a later time. Looking back changes nothing. */
export function advance(delivery: Delivery, to: number, rules: DeliveryRules): Advanced {
  const { enabledSince, settledAt } = delivery;
  if (to <= settledAt) return { delivery, disabledAt: null };
  const lastPush = enabledSince === null ? settledAt : lastPushBefore(to, enabledSince, rules.intervalMs);
  if (enabledSince === null || lastPush <= settledAt) {
    return { delivery: { ...delivery, settledAt: to }, disabledAt: null };
  }
  return delivery.failure === null
    ? { delivery: pushed(delivery, enabledSince, lastPush, to), disabledAt: null }
    : failed(delivery, delivery.failure, enabledSince, to, rules);
}

/** The job was switched on or off by a write. */
export function switched(delivery: Delivery, now: number, enabled: boolean): Delivery {
  if (enabled === (delivery.enabledSince !== null)) return delivery;
  // §8.1: logs of the time in which a job was disabled are not backfilled.
  return { ...delivery, enabledSince: enabled ? now : null, failingSince: null, settledAt: now };
}

function pushed(delivery: Delivery, enabledSince: number, lastPush: number, to: number): Delivery {
  // §8.1: both are null after a success.
  return {
    ...delivery,
    settledAt: to,
    lastComplete: lastPush,
    lastError: null,
    errorMessage: null,
    failingSince: null,
    ranges: withRange(delivery.ranges, enabledSince, lastPush),
  };
}

function failed(
  delivery: Delivery,
  failure: DeliveryFailure,
  enabledSince: number,
  to: number,
  rules: DeliveryRules,
): Advanced {
  const firstPush = lastPushBefore(delivery.settledAt, enabledSince, rules.intervalMs) + rules.intervalMs;
  const failingSince = delivery.failingSince ?? firstPush;
  // §8.1: no batch delivered for 24 h disables the job; the error presumably stays.
  const limit = rules.disableAfterMs === null ? Infinity : failingSince + rules.disableAfterMs;
  // A limit that was shortened meanwhile acts from now on, not in the past.
  const disabledAt = Math.max(limit, delivery.settledAt);
  const isDisabled = disabledAt <= to;
  const end = isDisabled ? disabledAt : to;
  return {
    disabledAt: isDisabled ? disabledAt : null,
    delivery: {
      ...delivery,
      settledAt: to,
      enabledSince: isDisabled ? null : enabledSince,
      failingSince: isDisabled ? null : failingSince,
      lastError: lastPushBefore(end, enabledSince, rules.intervalMs),
      errorMessage: failure.message,
    },
  };
}

function lastPushBefore(time: number, enabledSince: number, intervalMs: number): number {
  const interval = Math.max(1, intervalMs);
  return enabledSince + Math.max(0, Math.floor((time - enabledSince) / interval)) * interval;
}

/** A run of pushes is one range: what failed for less than the limit is caught up, as batches are retried. */
function withRange(ranges: readonly DeliveredRange[], from: number, to: number): readonly DeliveredRange[] {
  const last = ranges.at(-1);
  return last?.from === from ? [...ranges.slice(0, -1), { from, to }] : [...ranges, { from, to }];
}
