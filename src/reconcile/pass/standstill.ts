import type { PassPorts, PassRequest } from './pass-terms.ts';

/** Why no write is begun any more, as a clause for people. */
export function whyStandingStill(
  { writes, ledger }: Pick<PassPorts, 'writes' | 'ledger'>,
  reading: PassRequest['reading'],
): string {
  return writes.whyOff ?? ledger.whyLost ?? (reading.aborted ? STOPPING : NOT_LEADING);
}

const STOPPING = 'logpushd is stopping';
const NOT_LEADING = 'another replica may hold the Lease by now; who holds it looks at this scope again';
