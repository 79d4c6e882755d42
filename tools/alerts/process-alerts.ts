import type { Alert } from './alert.ts';

/** logpushd itself, and what it cannot do at all. */
export const PROCESS_ALERTS: readonly Alert[] = [
  {
    name: 'LogpushdAbsent',
    expr: 'absent(logpushd_build_info)',
    for: '5m',
    severity: 'critical',
    summary: 'No logpushd is being scraped.',
    means:
      'Prometheus has seen no logpushd for five minutes: it does not run, or its metrics cannot be reached. Jobs go on delivering, ' +
      'but nobody notices when they are changed or fail.',
    look: [
      'Is the process there? `kubectl get pods -l app.kubernetes.io/name=logpushd`, or `systemctl status logpushd`.',
      'Its last log lines say why it ended: exit code 3 is a setting or the manifest, 70 a bug.',
      'Does `GET /metrics` answer where Prometheus scrapes? The setting `http` says where it listens.',
    ],
    act: [
      'Correct what the last line of the log names, and start it again.',
      'If it runs, correct the scrape configuration or the network policy.',
    ],
    proof: {
      series: { logpushd_build_info: '1x5 _x20 1x10' },
      quiet: 8,
      fires: 20,
      over: 28,
      labels: {},
      quietSeries: { 'logpushd_build_info{version="0.1.0"}': '1x40' },
    },
  },
  {
    name: 'LogpushdStale',
    expr:
      'time() - max by (zone) (logpushd_last_success_timestamp_seconds) > ' +
      '2 * max by (zone) (logpushd_reconcile_interval_seconds) + 300',
    for: '1m',
    severity: 'critical',
    summary: 'logpushd has not brought {{ $labels.zone }} to its manifest for two intervals.',
    means:
      'The last pass that read this zone or account and did all it had decided is longer ago than two sweeps should take. Changes of ' +
      'the manifest do not arrive there, and drift is not noticed.',
    look: [
      '`logpushd status`, or the status page: the last error of the scope.',
      'The log, for `scope.unreadable`, `change.failed` and `pass.refused` of this zone.',
      'Is `logpushd_api_budget_used_ratio` near 1? Then passes wait for the rate limit.',
    ],
    act: [
      'Do what the message of the last error says.',
      'If nothing failed and passes only take too long, sweep less often with `schedule`, or raise `cloudflare.quota.share`.',
    ],
    proof: {
      series: {
        'logpushd_last_success_timestamp_seconds{zone="example.com"}': '0x60 3660x60',
        'logpushd_reconcile_interval_seconds{zone="example.com"}': '900x120',
      },
      quiet: 35,
      fires: 40,
      over: 62,
      labels: { zone: 'example.com' },
      quietSeries: {
        'logpushd_last_success_timestamp_seconds{zone="example.com"}': '0x60',
        'logpushd_reconcile_interval_seconds{zone="example.com"}': '86400x60',
      },
    },
  },
  {
    name: 'LogpushdFailing',
    expr: 'max by (zone) (logpushd_consecutive_failures) >= 3',
    for: '1m',
    severity: 'warning',
    summary: 'logpushd fails in {{ $labels.zone }} again and again.',
    means:
      'Three passes in a row could not read the zone or account, or could not carry out a change there. One failure is retried by ' +
      'itself; three are a pattern.',
    look: [
      '`logpushd status`, or the status page: the last error of the scope.',
      'The log, for `scope.unreadable` and `change.failed`; their `kind` is explained in [errors](errors.md).',
    ],
    act: ['Do what the message says: it names the right, field or destination that is wrong.'],
    proof: {
      series: { 'logpushd_consecutive_failures{zone="example.com"}': '0x5 2x5 3x10 0x10' },
      quiet: 9,
      fires: 15,
      over: 25,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdManifestInvalid',
    expr: 'max(logpushd_manifest_valid) == 0',
    for: '5m',
    severity: 'warning',
    summary: 'The manifest has errors, or cannot be read, and is not used.',
    means:
      'What was read last was refused as a whole. The manifest that was accepted before stays in force, so nothing breaks, but no ' +
      'change arrives until it is mended.',
    look: [
      'The log, for `manifest.rejected` (with file, line and column of each problem) and `manifest.unreadable`.',
      '`logpushd validate PATH` says the same at your desk. [Problems](problems.md) explains each.',
    ],
    act: ['Correct the manifest, or revert the commit that broke it.'],
    proof: {
      series: { logpushd_manifest_valid: '1x5 0x15 1x10' },
      quiet: 8,
      fires: 15,
      over: 25,
      labels: {},
    },
  },
  {
    name: 'LogpushdTokenRefused',
    expr: 'min(logpushd_token_accepted) == 0',
    for: '5m',
    severity: 'critical',
    summary: 'Cloudflare refuses the API token of logpushd.',
    means:
      'Whatever is asked, Cloudflare answers that the token is not valid: it was deleted, rolled, has expired, or may not be used from ' +
      'this address. logpushd sends next to nothing until it is accepted again.',
    look: [
      '`logpushd doctor` with the same environment.',
      'The token in the dashboard: is it active, and until when?',
    ],
    act: [
      'Make a new token, or roll this one, and put it into the file of `CLOUDFLARE_API_TOKEN_FILE`; it is read again by itself. With ' +
        '`CLOUDFLARE_API_TOKEN` restart logpushd.',
    ],
    proof: {
      series: { logpushd_token_accepted: '1x5 0x15 1x10' },
      quiet: 8,
      fires: 15,
      over: 25,
      labels: {},
    },
  },
  {
    name: 'LogpushdApiUnauthorized',
    expr: 'sum by (endpoint) (increase(logpushd_api_requests_total{code=~"401|403"}[10m])) > 0',
    for: '5m',
    severity: 'warning',
    summary: 'Cloudflare refuses calls to {{ $labels.endpoint }}.',
    means:
      'The token lacks a right for a zone or account, or a plan does not include what is asked. Short blips happen and do not fire.',
    look: [
      '`logpushd doctor` lists the missing right of each scope.',
      'The log, for errors with `status` 401 or 403; code 1004 is a quota or plan, not the token ([errors](errors.md)).',
    ],
    act: ['Give the token the right that doctor names, or take the job out of the manifest.'],
    proof: {
      series: {
        'logpushd_api_requests_total{method="GET",endpoint="/zones/{id}/logpush/jobs",code="403"}':
          '0x5 1+1x10 11x20',
      },
      quiet: 8,
      fires: 14,
      over: 30,
      labels: { endpoint: '/zones/{id}/logpush/jobs' },
      quietSeries: {
        'logpushd_api_requests_total{method="GET",endpoint="/zones/{id}/logpush/jobs",code="200"}': '0+1x40',
      },
    },
  },
  {
    name: 'LogpushdApiRateLimited',
    expr: 'sum(increase(logpushd_api_requests_total{code="429"}[15m])) > 0',
    severity: 'warning',
    summary: 'Cloudflare answered logpushd that there were too many requests.',
    means:
      'The rate limit of the token is used up. logpushd keeps to its share of it, so somebody else uses the same user or token: ' +
      'Terraform, a script, the dashboard.',
    look: [
      '`logpushd_api_rate_limit_remaining` and `logpushd_api_budget_used_ratio`.',
      'What else uses this token or user?',
    ],
    act: [
      'Give logpushd a token of its own.',
      'If that cannot be, leave more to the others with `cloudflare.quota.share`.',
    ],
    proof: {
      series: { 'logpushd_api_requests_total{method="GET",endpoint="/zones",code="429"}': '0x5 1x40' },
      quiet: 4,
      fires: 8,
      over: 30,
      labels: {},
    },
  },
  {
    name: 'LogpushdBudgetUsedUp',
    expr: 'max(logpushd_api_budget_used_ratio) > 0.95',
    for: '30m',
    severity: 'info',
    summary: 'logpushd waits for its rate limit most of the time.',
    means:
      'For half an hour all calls that logpushd allows itself were used. Sweeps take longer than they should; changes still go first.',
    look: [
      'How many scopes are there, and how often does `schedule` sweep them? A sweep costs one call for each.',
    ],
    act: ['Sweep less often, or raise `cloudflare.quota.share`.'],
    proof: {
      series: { logpushd_api_budget_used_ratio: '0.5x5 1x40 0.5x10' },
      quiet: 20,
      fires: 40,
      over: 50,
      labels: {},
    },
  },
  {
    name: 'LogpushdInvariantViolated',
    expr: 'sum by (rule) (logpushd_invariant_violations_total) > 0',
    severity: 'critical',
    summary:
      'logpushd caught a bug of its own ({{ $labels.rule }}) and writes nothing until it is restarted.',
    means:
      'The last check before a write found that it would break a rule that always holds. The write was not sent, and writing is off; ' +
      'reading and reporting go on.',
    look: ['`logpushd status`, and the log line `invariant.violated`: it names the job and the rule.'],
    act: [
      'Report it, with that line.',
      'Look at `logpushd plan`. If what it shows is right, restart logpushd; if it happens again, keep `mode: observe` until it is mended.',
    ],
    proof: {
      series: { 'logpushd_invariant_violations_total{rule="foreign-job"}': '0x5 1x10 0x10' },
      quiet: 4,
      fires: 8,
      over: 20,
      labels: { rule: 'foreign-job' },
    },
  },
  {
    name: 'LogpushdRedacted',
    expr: 'sum by (sink) (increase(logpushd_redactions_total[1h])) > 0',
    severity: 'warning',
    summary: 'A secret was taken out of the {{ $labels.sink }} of logpushd at the last moment.',
    means:
      'The last net caught a secret in a text. It did not get out, but it should not have been there: a bug.',
    look: ['The lines of that time with `[redacted]` in them.'],
    act: ['Report it, with such a line.'],
    proof: {
      series: { 'logpushd_redactions_total{sink="log"}': '0x5 1x80' },
      quiet: 4,
      fires: 10,
      over: 75,
      labels: { sink: 'log' },
    },
  },
  {
    name: 'LogpushdSeriesDropped',
    expr: 'sum by (metric) (increase(logpushd_series_dropped_total[1h])) > 0',
    severity: 'info',
    summary: 'The metric {{ $labels.metric }} has too many series, and some are missing.',
    means: 'No metric has more than 2000 series. Alerts on this one may be blind for some jobs.',
    look: ['How many jobs and scopes are there? `GET /api/v1/status` still shows all of them.'],
    act: ['Split the manifest over several logpushd, each with its own zones and state.'],
    proof: {
      series: { 'logpushd_series_dropped_total{metric="job_health"}': '0x5 7x80' },
      quiet: 4,
      fires: 10,
      over: 75,
      labels: { metric: 'job_health' },
    },
  },
];
