import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

/** What a metric is, for the registry and for docs/metrics.md. */
export interface MetricSpec {
  /** Without the prefix. */
  readonly name: string;
  /** In place of ours, where others know the metric by a name of theirs. */
  readonly prefix?: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  readonly buckets?: readonly number[];
}

export const PREFIX = 'logpushd_';

/** A name from outside must not be able to fill the memory of whoever scrapes. */
const MAX_SERIES = 2_000;

/**
 * One metric whose series are counted: the 2,001st is dropped and reported, and a series that has gone makes
 * room for another.
 */
class Family {
  readonly #spec: MetricSpec;
  readonly #series = new Map<string, Labels>();
  readonly #onDropped: (name: string) => void;

  constructor(spec: MetricSpec, onDropped: (name: string) => void) {
    this.#spec = spec;
    this.#onDropped = onDropped;
  }

  protected admit(labels: Labels): boolean {
    const key = this.#keyOf(labels);
    if (this.#series.has(key)) return true;
    if (this.#series.size >= MAX_SERIES) {
      this.#onDropped(this.#spec.name);
      return false;
    }
    this.#series.set(key, labels);
    return true;
  }

  /** Forgets the series with these labels, and any others; says which. */
  protected dismiss(part: Labels): readonly Labels[] {
    const gone = [...this.#series].filter(([, labels]) =>
      Object.entries(part).every(([name, value]) => labels[name] === value),
    );
    for (const [key] of gone) this.#series.delete(key);
    return gone.map(([, labels]) => labels);
  }

  #keyOf(labels: Labels): string {
    return JSON.stringify(this.#spec.labels.map((name) => labels[name] ?? ''));
  }
}

export class GaugeFamily extends Family {
  readonly #gauge: Gauge;

  constructor(spec: MetricSpec, registry: Registry, onDropped: (name: string) => void) {
    super(spec, onDropped);
    this.#gauge = new Gauge(configurationOf(spec, registry));
    // Without labels it would be 0 before anybody knows.
    if (spec.labels.length === 0) this.#gauge.remove();
  }

  set(labels: Labels, value: number): void {
    if (this.admit(labels)) this.#gauge.set(labels, value);
  }

  /** Takes away every series that has these labels. */
  remove(part: Labels): void {
    for (const labels of this.dismiss(part)) this.#gauge.remove(labels);
  }
}

export class CounterFamily extends Family {
  readonly #counter: Counter;

  constructor(spec: MetricSpec, registry: Registry, onDropped: (name: string) => void) {
    super(spec, onDropped);
    this.#counter = new Counter(configurationOf(spec, registry));
  }

  /** 0 makes the series appear, so that the first increase shows as one. */
  add(labels: Labels, by = 1): void {
    if (this.admit(labels)) this.#counter.inc(labels, by);
  }

  remove(part: Labels): void {
    for (const labels of this.dismiss(part)) this.#counter.remove(labels);
  }
}

export class HistogramFamily extends Family {
  readonly #histogram: Histogram;

  constructor(spec: MetricSpec, registry: Registry, onDropped: (name: string) => void) {
    super(spec, onDropped);
    this.#histogram = new Histogram({
      ...configurationOf(spec, registry),
      ...(spec.buckets && { buckets: [...spec.buckets] }),
    });
  }

  observe(labels: Labels, value: number): void {
    if (this.admit(labels)) this.#histogram.observe(labels, value);
  }
}

/** As a scrape shows it. */
export function fullName({ name, prefix = PREFIX }: MetricSpec): string {
  return prefix + name;
}

function configurationOf(spec: MetricSpec, registry: Registry) {
  const { help, labels } = spec;
  return { name: fullName(spec), help, labelNames: [...labels], registers: [registry] };
}

/** Makes the metrics of one registry. What any of them drops is counted in `series_dropped_total`. */
export class Families {
  readonly #registry: Registry;
  readonly #onDropped: (name: string) => void;

  constructor(registry: Registry, droppedSpec: MetricSpec) {
    this.#registry = registry;
    const dropped = new CounterFamily(droppedSpec, registry, () => {});
    this.#onDropped = (metric) => dropped.add({ metric });
  }

  gauge(spec: MetricSpec): GaugeFamily {
    return new GaugeFamily(spec, this.#registry, this.#onDropped);
  }

  counter(spec: MetricSpec): CounterFamily {
    return new CounterFamily(spec, this.#registry, this.#onDropped);
  }

  histogram(spec: MetricSpec): HistogramFamily {
    return new HistogramFamily(spec, this.#registry, this.#onDropped);
  }
}
