import type { SeenCredential } from '../../core/credential/expiry.ts';
import type { ReconcileEvent } from '../../reconcile/event/events.ts';
import { METRICS } from './metric-table.ts';
import type { Families, GaugeFamily } from './series.ts';

/** When credentials end. One that has gone takes its series with it. */
export class CredentialMetrics {
  readonly #ends: GaugeFamily;
  readonly #zones = new Set<string>();

  constructor(families: Families) {
    this.#ends = families.gauge(METRICS.credentialExpiry);
  }

  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'scope.credentials') {
      this.#zones.add(event.scope.name);
      this.#show(event.scope.name, event.credentials);
    }
    if (event.type === 'token.examined') {
      this.#show('', event.credential === null ? [] : [event.credential]);
    }
    if (event.type === 'scopes.known') this.#retain(new Set(event.scopes.map(({ name }) => name)));
  };

  /** Of several at one destination the one that ends first. */
  #show(zone: string, seen: readonly SeenCredential[]): void {
    this.#ends.remove({ zone });
    const lastFirst = seen.toSorted((a, b) => Date.parse(b.expiresAt) - Date.parse(a.expiresAt));
    for (const { kind, destination, expiresAt } of lastFirst) {
      this.#ends.set({ kind, zone, destination }, Date.parse(expiresAt) / 1000);
    }
  }

  #retain(kept: ReadonlySet<string>): void {
    for (const zone of [...this.#zones].filter((one) => !kept.has(one))) {
      this.#zones.delete(zone);
      this.#ends.remove({ zone });
    }
  }
}
