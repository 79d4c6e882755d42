/** What it takes until a job that delivers nothing is in trouble. */
export interface HealthRules {
  /** By dataset: how old the last delivery may be, in milliseconds. 0: any age, as the dataset is quiet for long. */
  readonly laggingAfterMs: ReadonlyMap<string, number>;
  /** For so long after a write nothing is told, as new settings need 10 to 15 minutes (`cloudflare-api.md` §8.3). */
  readonly settleMs: number;
}

export const LAGGING_AFTER_MS = 60 * 60_000;
export const SETTLE_MS = 15 * 60_000;

/**
 * Datasets that have records in every minute, so that an hour without any is a fault. All others are idle rather than
 * lagging: nobody documents whether `last_complete` goes on while there is nothing to push.
 */
const BUSY_DATASETS: readonly string[] = [
  'dns_logs',
  'gateway_dns',
  'gateway_http',
  'gateway_network',
  'http_requests',
  'network_analytics_logs',
];

/** How old the last delivery of a dataset may be. 0: any age. */
export interface Patience {
  readonly dataset: string;
  readonly minutes: number;
}

/** @param patience what the settings say; it beats what is known of a dataset. */
export function healthRules(patience: readonly Patience[] = [], settleMs: number = SETTLE_MS): HealthRules {
  const laggingAfterMs = new Map(BUSY_DATASETS.map((dataset) => [dataset, LAGGING_AFTER_MS] as const));
  for (const { dataset, minutes } of patience) laggingAfterMs.set(dataset, minutes * 60_000);
  return { laggingAfterMs, settleMs };
}
