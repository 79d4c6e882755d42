import type { Alert } from './alert.ts';

const JOB = { zone: 'example.com', logpush_job: 'http', dataset: 'http_requests' };
const LABELS = 'zone="example.com",logpush_job="http",dataset="http_requests"';

const STATUS =
  '`logpushd status`, or the status page: how the job delivers, its error, and what to do where the error is known.';

function inHealth(health: string): string {
  return `max by (zone, logpush_job, dataset) (logpushd_job_health{health=~"${health}"}) == 1`;
}

/** Jobs that do not deliver. */
export const DELIVERY_ALERTS: readonly Alert[] = [
  {
    name: 'LogpushJobFailing',
    expr: inHealth('failing'),
    for: '15m',
    severity: 'critical',
    summary: 'The job {{ $labels.logpush_job }} of {{ $labels.zone }} cannot deliver its logs.',
    means:
      'The last delivery failed. Cloudflare tries again, but disables the job after 24 hours without any, and then its logs are lost.',
    look: [STATUS, 'The receiver: its log, its rights, its certificate, its free space.'],
    act: [
      'Put the destination right within the day.',
      'New keys or addresses go into the manifest or its secrets.',
    ],
    proof: {
      series: { [`logpushd_job_health{${LABELS},health="failing"}`]: '1x30 _x10' },
      quiet: 10,
      fires: 25,
      over: 36,
      labels: JOB,
      quietSeries: { [`logpushd_job_health{${LABELS},health="idle"}`]: '1x60' },
    },
  },
  {
    name: 'LogpushJobDisabled',
    expr: inHealth('disabled|disabled_by_.+'),
    for: '5m',
    severity: 'critical',
    summary:
      'The job {{ $labels.logpush_job }} of {{ $labels.zone }} is disabled, though the manifest does not want it so.',
    means:
      'Cloudflare has disabled it after 24 hours of failures, or a person has. Its logs are lost until it is enabled again: Cloudflare ' +
      'sends nothing later.',
    look: [
      STATUS,
      'For one that a person disabled: the cause names who it was, where the audit log may be read; so does `logpushd history ZONE --job JOB`.',
    ],
    act: [
      'Put the destination right. Where the manifest gets another one, the job is enabled with it; else enable it at Cloudflare.',
      'With `health.reenable: retry` logpushd tests the destination by itself, later each time, and enables the job once it passes. ' +
        'The status says when it tries next.',
      'What a person disabled, `mode: enforce` enables again.',
      'If it is to stay disabled: `logpushd drift accept ZONE/JOB` writes `enabled: false` into the manifest.',
    ],
    proof: {
      series: { [`logpushd_job_health{${LABELS},health="disabled_by_cloudflare"}`]: '1x20 _x10' },
      quiet: 3,
      fires: 10,
      over: 26,
      labels: JOB,
      quietSeries: { [`logpushd_job_health{${LABELS},health="off"}`]: '1x60' },
    },
  },
  {
    name: 'LogpushJobLagging',
    expr: inHealth('lagging'),
    for: '10m',
    severity: 'warning',
    summary: 'The job {{ $labels.logpush_job }} of {{ $labels.zone }} has delivered nothing for long.',
    means:
      'Its dataset has records all the time, no delivery failed, and yet the last one is longer ago than `health.lagging_after` allows.',
    look: [STATUS, 'Had the zone any traffic? Does www.cloudflarestatus.com report trouble with logs?'],
    act: [
      'If the dataset is quiet here, set `health.lagging_after` to 0 for it.',
      'Otherwise ask Cloudflare, with the id of the job.',
    ],
    proof: {
      series: { [`logpushd_job_health{${LABELS},health="lagging"}`]: '1x20 _x10' },
      quiet: 5,
      fires: 15,
      over: 26,
      labels: JOB,
    },
  },
  {
    name: 'LogpushJobNeverRan',
    expr: inHealth('never_ran'),
    for: '24h',
    severity: 'info',
    summary:
      'The job {{ $labels.logpush_job }} of {{ $labels.zone }} has not delivered anything since it was made a day ago.',
    means:
      'It is enabled and did not fail. Either there was nothing to deliver, or its filter keeps nothing.',
    look: [
      '`logpushd filter test --sample FILE` says what a filter keeps.',
      'For `workers_trace_events`: do the scripts have `logpush: true`?',
    ],
    act: ['Correct the filter, or leave it, if nothing is expected.'],
    proof: {
      series: { [`logpushd_job_health{${LABELS},health="never_ran"}`]: '1x1500 _x10' },
      quiet: 1000,
      fires: 1480,
      over: 1506,
      labels: JOB,
    },
  },
  {
    name: 'LogpushLogsLost',
    expr: 'min by (zone, logpush_job, dataset) (logpushd_job_delivered_ratio{window="24h"}) < 0.99',
    for: '5m',
    severity: 'warning',
    summary: 'Of the job {{ $labels.logpush_job }} of {{ $labels.zone }} logs of the last day are missing.',
    means:
      'For more than a quarter of an hour of the last 24 the logs were not delivered: the job was disabled or missing, or is late right now. ' +
      'It stays for a day after the end, so that somebody takes note.',
    look: ['`health.gaps` and `health.gap` of the job in `GET /api/v1/status`: from when to when, and why.'],
    act: [
      'What is late comes by itself. What is lost is lost; where Logpull is on for the zone, it keeps up to seven days of HTTP requests.',
      'Tell those who rely on these logs of the time that is missing.',
    ],
    proof: {
      series: { [`logpushd_job_delivered_ratio{${LABELS},window="24h"}`]: '1x5 0.9x20 1x10' },
      quiet: 8,
      fires: 15,
      over: 30,
      labels: JOB,
      quietSeries: { [`logpushd_job_delivered_ratio{${LABELS},window="30d"}`]: '0.9x40' },
    },
  },
  {
    name: 'LogpushPushesLost',
    expr: 'sum by (zone, logpush_job, dataset) (logpushd_job_pushes{final="true", status!~"[12].."}) > 0',
    for: '5m',
    severity: 'warning',
    summary:
      'Logs of the job {{ $labels.logpush_job }} of {{ $labels.zone }} were lost within the last 24 hours.',
    means:
      'Cloudflare pushed some batches for the last time, and the destination did not take them. This may be while the job delivers well ' +
      'otherwise. It counts the last 24 hours, so it ends a day after the last loss. Known only where GraphQL may be read.',
    look: [
      '`logpushd_job_pushes` of this job: the statuses, which are those of the destination, or the delivery codes of Cloudflare.',
      'The status, `pushes` of the job: how many, and when the last one failed.',
      'The log of the receiver at that time: limits, size of batches, restarts.',
    ],
    act: [
      'Put right what the status says: with 429 raise the limits of the receiver, with 413 lower `max_upload_bytes`.',
      'What was lost is not sent again.',
    ],
    proof: {
      series: { [`logpushd_job_pushes{${LABELS},status="503",final="true"}`]: '_x5 2x30 _x10' },
      quiet: 8,
      fires: 20,
      over: 42,
      labels: JOB,
      quietSeries: {
        [`logpushd_job_pushes{${LABELS},status="200",final="true"}`]: '90x40',
        [`logpushd_job_pushes{${LABELS},status="1101",final="false"}`]: '3x40',
      },
    },
  },
  expiry({
    name: 'LogpushdCredentialExpiring',
    days: 30,
    severity: 'warning',
    summary: 'A credential ({{ $labels.kind }} {{ $labels.destination }}) ends within 30 days.',
    means:
      'By what it says of itself, the shared access signature (SAS) of a destination, or the API token of logpushd, ends soon. With the ' +
      'first the logs of its jobs end, and Cloudflare disables them a day later; with the second nothing is kept as the manifest says.',
    act: [
      'Make a new one with the same rights, and put it where the old one is: the manifest or its secret for a SAS, the file of ' +
        '`CLOUDFLARE_API_TOKEN_FILE` for the token. It is read by itself; the alert ends with the next look.',
    ],
  }),
  expiry({
    name: 'LogpushdCredentialExpired',
    days: 1,
    severity: 'critical',
    summary: 'A credential ({{ $labels.kind }} {{ $labels.destination }}) ends within a day, or has ended.',
    means:
      'The shared access signature (SAS) of a destination, or the API token of logpushd, is not valid any more, or will not be tomorrow.',
    act: [
      'Make a new one now, and put it where the old one is. Jobs that Cloudflare has disabled meanwhile have to be enabled again.',
    ],
  }),
  expiry({
    name: 'LogpushdChallengeExpiring',
    days: 1,
    kind: 'challenge',
    severity: 'warning',
    summary:
      'The ownership_challenge of {{ $labels.destination }} in {{ $labels.zone }} ends within a day, and has not been shown yet.',
    means:
      'A job of the manifest has an `ownership_challenge`, and something holds its write back: a pause, the mode, a change window, a limit. ' +
      'Such a token lives for seven days; after that Cloudflare refuses the job. What delivers now goes on delivering.',
    act: [
      'Let the job be written before that: end the pause, or approve the plan.',
      'Or ask for a new token with `logpushd challenge request`, or add a reader to `challenge.readers`, which does it by itself.',
    ],
  }),
];

function expiry({
  days,
  kind = 'sas',
  ...alert
}: Pick<Alert, 'name' | 'severity' | 'summary' | 'means' | 'act'> & {
  readonly days: number;
  readonly kind?: 'sas' | 'challenge';
}): Alert {
  const labels = { kind, zone: 'example.com', destination: 'azure://logs' };
  const metric = 'logpushd_credential_expiry_timestamp_seconds';
  const series = `${metric}{kind="${kind}",zone="example.com",destination="azure://logs"}`;
  const selector = kind === 'challenge' ? 'kind="challenge"' : 'kind!="challenge"';
  const limit = days * 86_400;
  return {
    ...alert,
    expr: `min by (kind, zone, destination) (${metric}{${selector}}) - time() < ${limit}`,
    for: '5m',
    look: [
      'The log, for `credential.expiring`: which credential, until when, and which jobs use it.',
      kind === 'challenge'
        ? '`logpushd plan`: what holds the job back.'
        : '`logpushd doctor`, the lines `sas` and `token`.',
    ],
    proof: {
      // At minute 10 less than the limit is left; at minute 30 it has been renewed.
      series: { [series]: `${limit + 600}x30 ${limit * 3}x10` },
      quiet: 12,
      fires: 20,
      over: 32,
      labels,
      quietSeries: { [series]: `${limit * 2}x40` },
    },
  };
}
