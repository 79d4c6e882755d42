import type { Change, Plan } from '../../core/plan/change.ts';
import { destinationText } from '../../core/plan/desired-text.ts';
import { withHealings } from '../../core/plan/fight.ts';
import { ENABLED_AGAIN, nextTryAt, triedAgain } from '../../core/plan/reenable.ts';
import { minuteText } from '../../core/minute.ts';
import { Secret } from '../../core/secret.ts';
import { failureOf, planned, type ReconcileError } from '../errors.ts';
import type { CallOptions, LogpushChecks } from '../ports.ts';
import type { PassPorts } from './pass-terms.ts';
import { verdictOf } from './preflight.ts';

interface ReenableTerms {
  readonly api: Pick<LogpushChecks, 'validateDestination'>;
  readonly ports: Pick<PassPorts, 'ledger' | 'clock' | 'emit'>;
  readonly passId: string;
  readonly call: CallOptions;
}

/** Why a job is not enabled again now. */
type NotReenabled = { readonly why: string; readonly retryInMs: number } | { readonly error: ReconcileError };

/** Whether it enables again what Cloudflare has disabled. */
export function reenables(change: Change): boolean {
  return change.action === 'update' && change.reenables === true;
}

/**
 * Tests the destination of a job that Cloudflare has disabled. Each verdict counts as a try, and is saved before the job is
 * enabled, so that a restart neither hurries the next one nor forgets how many there were.
 *
 * @returns null where the destination has passed, or nobody can test it
 */
export async function testDestination(
  change: Change,
  { scope }: Plan,
  { api, ports, passId, call }: ReenableTerms,
): Promise<NotReenabled | null> {
  const { ledger, clock, emit } = ports;
  if (change.action !== 'update') return null;
  const { live, desired, name: job } = change;
  try {
    const destination = new Secret(destinationText(desired));
    const verdict = await verdictOf(api.validateDestination(scope, destination, call));
    const entry = ledger.of(scope).entries.find(({ id }) => id === live.id);
    const healings = triedAgain(entry?.healings, clock.now());
    // One that cannot be saved is known until a restart, and that is told by the pass.
    if (entry !== undefined) await failureOf(ledger.record(scope, withHealings(entry, healings)));
    const tries = healings[ENABLED_AGAIN];
    const nextAt = nextTryAt(tries);
    const passed = verdict?.valid ?? true;
    emit({
      type: 'reenable.tried',
      passId,
      scope,
      job,
      id: live.id,
      times: tries?.times ?? 1,
      passed,
      said: verdict?.message ?? '',
      nextAt: new Date(nextAt).toISOString(),
    });
    if (passed) return null;
    const why = `its destination still does not pass the test (${verdict?.message || 'no reason given'}), so it stays disabled`;
    return { why: `${why}; next try at ${minuteText(nextAt)}`, retryInMs: nextAt - clock.now() };
  } catch (error) {
    return { error: planned(error) };
  }
}
