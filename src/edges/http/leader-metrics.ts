import type { ReconcileEvent } from '../../reconcile/event/events.ts';
import { METRICS } from './metric-table.ts';
import type { Families } from './series.ts';

/** Who leads. Nothing of it is there before a Lease was looked at. */
export function leaderMetrics(families: Families): (event: ReconcileEvent) => void {
  const leading = families.gauge(METRICS.leaderStatus);
  const transitions = families.counter(METRICS.leaderTransitions);
  const failures = families.counter(METRICS.leaseFailures);
  const durations = families.histogram(METRICS.leaseDuration);
  const fenced = families.counter(METRICS.fencedWrites);
  return (event) => {
    switch (event.type) {
      case 'leader.standby':
      case 'leader.lost':
      case 'leader.released':
        return leading.set({ name: event.lease }, 0);
      case 'leader.elected':
        transitions.add({ name: event.lease });
        return leading.set({ name: event.lease }, 1);
      case 'lease.renewed':
        return durations.observe({}, event.durationMs / 1000);
      case 'lease.failed':
        if (!event.isLeading) leading.set({ name: event.lease }, 0);
        return failures.add({ reason: event.fault });
      case 'write.fenced':
        return fenced.add({});
      default:
        return undefined;
    }
  };
}
