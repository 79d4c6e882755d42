import type { JobPushes } from '../../core/health/pushes.ts';
import type { Scope } from '../../core/job/job.ts';
import type { ReconcileEvent } from '../../reconcile/event/events.ts';
import type { SeenJob } from '../../reconcile/health/watch.ts';
import { METRICS } from './metric-table.ts';
import type { CounterFamily, Families, GaugeFamily } from './series.ts';

/** Whether the jobs of the manifest deliver. A job that has gone takes its series with it. */
export class HealthMetrics {
  readonly #health: GaugeFamily;
  readonly #gap: GaugeFamily;
  readonly #delivered: GaugeFamily;
  readonly #pushes: GaugeFamily;
  readonly #pushedBytes: GaugeFamily;
  readonly #pushedRecords: GaugeFamily;
  readonly #unreadable: GaugeFamily;
  readonly #changes: CounterFamily;
  readonly #reenables: CounterFamily;
  readonly #zones = new Set<string>();

  constructor(families: Families) {
    this.#health = families.gauge(METRICS.jobHealth);
    this.#gap = families.gauge(METRICS.jobGapStarted);
    this.#delivered = families.gauge(METRICS.jobDelivered);
    this.#pushes = families.gauge(METRICS.jobPushes);
    this.#pushedBytes = families.gauge(METRICS.jobPushedBytes);
    this.#pushedRecords = families.gauge(METRICS.jobPushedRecords);
    this.#unreadable = families.gauge(METRICS.pushesUnreadable);
    this.#unreadable.set({}, 0);
    this.#changes = families.counter(METRICS.healthChanges);
    this.#reenables = families.counter(METRICS.reenables);
  }

  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'scope.health') this.#show(event.scope, event.jobs);
    if (event.type === 'scopes.known') this.#retain(event.scopes);
    if (event.type === 'reenable.tried')
      this.#reenables.add({ zone: event.scope.name, result: event.passed ? 'passed' : 'failed' });
    if (event.type === 'pushes.failed') this.#unreadable.set({}, event.scopes.length);
    if (event.type === 'pushes.resumed' || event.type === 'leader.ended') this.#unreadable.set({}, 0);
    if (event.type === 'health.changed')
      this.#changes.add({ zone: event.scope.name, health: event.health.state });
  };

  #show({ name: zone }: Scope, jobs: readonly SeenJob[]): void {
    this.#zones.add(zone);
    for (const family of this.#gauges) family.remove({ zone });
    for (const { name, dataset, isManaged, health } of jobs) {
      if (!isManaged) continue;
      const labels = { zone, logpush_job: name, dataset };
      this.#health.set({ ...labels, health: health.state }, 1);
      if (health.gap) this.#gap.set(labels, Date.parse(health.gap.from) / 1000);
      if (health.pushes) this.#count(labels, health.pushes);
      const { day, month } = health.delivered;
      if (day !== null) this.#delivered.set({ ...labels, window: '24h' }, day);
      if (month !== null) this.#delivered.set({ ...labels, window: '30d' }, month);
    }
  }

  #count(labels: Readonly<Record<string, string>>, { outcomes, bytes, records }: JobPushes): void {
    for (const { status, isFinal, count } of outcomes) {
      this.#pushes.set({ ...labels, status: String(status), final: String(isFinal) }, count);
    }
    this.#pushedBytes.set(labels, bytes);
    this.#pushedRecords.set(labels, records);
  }

  /** Those of single jobs. */
  get #gauges(): readonly GaugeFamily[] {
    return [this.#health, this.#gap, this.#delivered, this.#pushes, this.#pushedBytes, this.#pushedRecords];
  }

  #retain(scopes: readonly Scope[]): void {
    const kept = new Set(scopes.map(({ name }) => name));
    for (const zone of [...this.#zones].filter((one) => !kept.has(one))) {
      this.#zones.delete(zone);
      for (const family of [...this.#gauges, this.#changes, this.#reenables]) family.remove({ zone });
    }
  }
}
