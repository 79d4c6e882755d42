/** One alert rule, the section of the runbook about it, and what proves that it fires when it should. */
export interface Alert {
  /** As in `LogpushdAbsent`. */
  readonly name: string;
  readonly expr: string;
  /** How long the expression must hold; absent: at once. */
  readonly for?: string;
  /** `critical` wakes somebody, `warning` is for working hours, `info` is to be read. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** One line; `{{ $labels.zone }}` and other labels may stand in it, values must not. */
  readonly summary: string;
  /** What it means, for somebody who has never seen logpushd. */
  readonly means: string;
  /** How to look. */
  readonly look: readonly string[];
  /** What to do. */
  readonly act: readonly string[];
  readonly proof: AlertProof;
}

/** Series in promtool's notation, one sample a minute from minute 0. The alert is over at `over`, and not before `fires`. */
export interface AlertProof {
  readonly series: { readonly [series: string]: string };
  /** Minute at which it does not fire yet, or not at all where `quietSeries` is given. */
  readonly quiet: number;
  readonly fires: number;
  readonly over: number;
  /** The labels of the alert besides its name and severity. */
  readonly labels: { readonly [label: string]: string };
  /** Series that look alike and must never make it fire. */
  readonly quietSeries?: { readonly [series: string]: string };
}
