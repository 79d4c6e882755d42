/** [title, width of 24, kind, unit, expression, what a series is called] */
type Panel = readonly [string, number, 'stat' | 'timeseries' | 'table', string, string, string];

const OF = 'namespace=~"$namespace"';

const PANELS: readonly Panel[] = [
  ['Jobs as the manifest says', 6, 'stat', 'short', `sum(logpushd_jobs{${OF}, state="in_sync"})`, 'in sync'],
  [
    'Jobs that are not',
    6,
    'stat',
    'short',
    `sum(logpushd_jobs{${OF}, state!="in_sync"}) or vector(0)`,
    'not in sync',
  ],
  ['Scopes that are refused', 6, 'stat', 'short', `sum(logpushd_blocked{${OF}}) or vector(0)`, 'refused'],
  [
    'Longest since a scope was in order',
    6,
    'stat',
    's',
    `time() - min(logpushd_last_success_timestamp_seconds{${OF}})`,
    'age',
  ],
  ['Jobs by state', 12, 'timeseries', 'short', `sum by (state) (logpushd_jobs{${OF}})`, '{{state}}'],
  [
    'Jobs by how they deliver',
    12,
    'timeseries',
    'short',
    `sum by (health) (logpushd_job_health{${OF}})`,
    '{{health}}',
  ],
  [
    'Changes sent',
    12,
    'timeseries',
    'short',
    `sum by (action, result) (increase(logpushd_changes_total{${OF}}[$__rate_interval]))`,
    '{{action}} {{result}}',
  ],
  [
    'Drift found',
    12,
    'timeseries',
    'short',
    `sum by (zone) (increase(logpushd_drift_total{${OF}}[$__rate_interval])) > 0`,
    '{{zone}}',
  ],
  [
    'Logs delivered over a day, least first',
    24,
    'table',
    'percentunit',
    `bottomk(20, logpushd_job_delivered_ratio{${OF}, window="24h"})`,
    '',
  ],
  [
    'Pushes that failed for good over a day',
    12,
    'timeseries',
    'short',
    `sum by (zone, logpush_job, status) (logpushd_job_pushes{${OF}, final="true", status!~"[12].."})`,
    '{{zone}} {{logpush_job}} {{status}}',
  ],
  [
    'Tries to enable what Cloudflare has disabled',
    12,
    'timeseries',
    'short',
    `sum by (zone, result) (increase(logpushd_reenables_total{${OF}}[$__rate_interval])) > 0`,
    '{{zone}} {{result}}',
  ],
  [
    'Calls to Cloudflare',
    12,
    'timeseries',
    'reqps',
    `sum by (code) (rate(logpushd_api_requests_total{${OF}}[$__rate_interval]))`,
    '{{code}}',
  ],
  [
    'Part of our share of the rate limit in use',
    12,
    'timeseries',
    'percentunit',
    `max(logpushd_api_budget_used_ratio{${OF}})`,
    'used',
  ],
];

/** A Grafana dashboard for any number of installations, one or all of them at a time. */
export function dashboard(): string {
  let x = 0;
  let y = 0;
  const panels = PANELS.map(([title, width, type, unit, expr, legendFormat], index) => {
    const height = type === 'stat' ? 4 : 8;
    const gridPos = { x, y, w: width, h: height };
    x += width;
    if (x >= 24) [x, y] = [0, y + height];
    const target = {
      refId: 'A',
      expr,
      legendFormat,
      ...(type === 'table' ? { format: 'table', instant: true } : {}),
    };
    const fieldConfig = { defaults: { unit }, overrides: [] };
    return { id: index + 1, type, title, datasource: SOURCE, gridPos, fieldConfig, targets: [target] };
  });
  return JSON.stringify({
    uid: 'logpushd',
    title: 'logpushd',
    tags: ['logpushd', 'cloudflare'],
    schemaVersion: 39,
    time: { from: 'now-24h', to: 'now' },
    refresh: '1m',
    templating: { list: VARIABLES },
    panels,
  });
}

const SOURCE = { type: 'prometheus', uid: '${source}' };
const NAMESPACES = 'label_values(logpushd_build_info, namespace)';
const VARIABLES = [
  { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
  {
    name: 'namespace',
    type: 'query',
    datasource: SOURCE,
    query: { query: NAMESPACES, refId: 'namespaces' },
    refresh: 2,
    includeAll: true,
    // Also where the series have no namespace: outside Kubernetes.
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  },
];
