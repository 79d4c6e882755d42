import type { LeaderEvent } from '../../reconcile/event/leader-events.ts';
import { failure, type Lines } from './line.ts';

/** The lines of `event-log.ts` about who leads. */
export const LEADER_LINES: Pick<Lines, LeaderEvent['type']> = {
  'leader.standby': ({ lease, holder }) => ({
    level: 'info',
    message: holder === '' ? 'nobody leads yet' : 'another replica leads',
    fields: { lease, holder },
  }),
  'leader.elected': ({ lease, identity, term, quietMs }) => ({
    level: 'info',
    message: 'this replica leads',
    fields: { lease, holder: identity, term, quietMs: Math.round(quietMs) },
  }),
  'leader.lost': ({ lease, term, reason }) => ({
    level: 'warn',
    message: 'this replica leads no more',
    fields: { lease, term, reason },
  }),
  'leader.released': ({ lease, term }) => ({
    level: 'info',
    message: 'Lease given back',
    fields: { lease, term },
  }),
  'leader.ended': ({ lease }) => ({ level: 'debug', message: 'state put down', fields: { lease } }),
  'lease.renewed': ({ lease, durationMs }) => ({
    level: 'debug',
    message: 'Lease renewed',
    fields: { lease, durationMs: Math.round(durationMs) },
  }),
  'lease.failed': ({ lease, error, fault, isLeading }) =>
    failure(isLeading ? 'Lease not renewed' : 'Lease not readable', error, { lease, reason: fault }),
  'write.fenced': () => ({ level: 'debug', message: 'write held back', fields: {} }),
};
