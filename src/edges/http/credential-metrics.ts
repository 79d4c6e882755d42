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
      this.#show({ kind: 'sas', zone: event.scope.name }, event.credentials);
    }
    if (event.type === 'token.examined') {
      this.#show({ kind: 'api_token', zone: '' }, event.credential === null ? [] : [event.credential]);
    }
    if (event.type === 'scopes.known') this.#retain(new Set(event.scopes.map(({ name }) => name)));
  };

  /** Of several at one destination the one that ends first. */
  #show(labels: { readonly kind: string; readonly zone: string }, seen: readonly SeenCredential[]): void {
    this.#ends.remove(labels);
    const ends = Map.groupBy(seen, ({ destination }) => destination);
    for (const [destination, same] of ends) {
      const first = Math.min(...same.map(({ expiresAt }) => Date.parse(expiresAt)));
      this.#ends.set({ ...labels, destination }, first / 1000);
    }
  }

  #retain(kept: ReadonlySet<string>): void {
    for (const zone of [...this.#zones].filter((one) => !kept.has(one))) {
      this.#zones.delete(zone);
      this.#ends.remove({ kind: 'sas', zone });
    }
  }
}
