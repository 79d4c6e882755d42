import { healthRules } from '../core/health/rules.ts';
import { HealthWatch } from '../reconcile/health/watch.ts';
import { History } from '../reconcile/history/history.ts';
import type { Attributions } from '../reconcile/drift/attributions.ts';
import type { Clock, Emit, StateStore } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';

/** What the daemon remembers to tell people: what has happened, and whether jobs deliver. */
export interface Records {
  readonly history: History;
  /** Told last of each event: what it says about one comes after what all others say. */
  readonly subscribers: readonly Emit[];
  /** Resolves when everything known is saved. */
  settled(): Promise<unknown>;
}

/** @throws StateError when the state cannot be read. */
export async function openRecords(
  { health: { laggingAfter, settleMs } }: Settings,
  state: StateStore,
  ports: { readonly clock: Clock; readonly attributions: Attributions; readonly emit: Emit },
): Promise<Records> {
  const history = await History.open(state, ports);
  const { clock, attributions } = ports;
  const health = await HealthWatch.open(state, {
    ...ports,
    // All that a job says of its deliveries is by Cloudflare's clock.
    clock: { now: attributions.now, monotonic: () => clock.monotonic() },
    rules: healthRules(laggingAfter, settleMs),
  });
  return {
    history,
    subscribers: [history.emit, health.emit],
    settled: () => Promise.all([history.settled(), health.settled()]),
  };
}
