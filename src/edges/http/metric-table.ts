import type { MetricSpec } from './series.ts';

/** OpenTelemetry's advice for the durations of HTTP calls. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const LEASE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PASS_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const JOB = ['zone', 'logpush_job', 'dataset'];

/**
 * Every metric of our own, by its name without the prefix. `zone` is the name of a zone or of an account, as
 * jobs live in either.
 */
export const METRICS = {
  buildInfo: gauge('build_info', ['version', 'revision', 'node_version'], 'What runs. Always 1.'),
  reconcileTotal: counter(
    'reconcile_total',
    ['zone', 'trigger', 'result'],
    'Looks at a scope, by the first trigger of the pass and by how they ended: ' +
      'in_sync, changed, drift, withheld, blocked, error.',
  ),
  reconcileDuration: histogram(
    'reconcile_duration_seconds',
    ['result'],
    'Duration of passes that came to an end, by the worst result of their scopes.',
    PASS_BUCKETS,
  ),
  reconcileInterval: gauge(
    'reconcile_interval_seconds',
    ['zone'],
    'The longest time between two looks that the schedule leaves, for the arithmetic of alerts.',
  ),
  lastReconcile: gauge('last_reconcile_timestamp_seconds', ['zone'], 'When a pass last looked at the scope.'),
  lastSuccess: gauge(
    'last_success_timestamp_seconds',
    ['zone'],
    'When a pass last read the scope and did all that it had decided.',
  ),
  consecutiveFailures: gauge(
    'consecutive_failures',
    ['zone'],
    'Passes in a row that could not read the scope, or could not carry out a change.',
  ),
  jobs: gauge(
    'jobs',
    ['zone', 'state'],
    'Jobs by state. Of the manifest, each in one: in_sync, pending, drifted, disabled, conflict, missing, ' +
      'fought (undone again and again, so tried once an hour), unverifiable, blocked. Besides: duplicate (names of the manifest that several live jobs have), ' +
      'unmanaged, stray (sends logs to where guard.allowed_destinations allows none to), pending_delete.',
  ),
  planChanges: gauge('plan_changes', ['zone', 'action'], 'Changes of the last plan, by action.'),
  changesTotal: counter(
    'changes_total',
    ['zone', 'action', 'result'],
    'Changes by how they ended: success, failed, ambiguous (the answer was lost), skipped, parked (not sent ' +
      'again: refused before, or its destination is held).',
  ),
  ambiguousPending: gauge(
    'ambiguous_pending',
    ['zone'],
    'Creates whose answer was lost and of which it is not known yet whether they made a job.',
  ),
  ambiguousResolved: counter(
    'ambiguous_resolved_total',
    ['resolution'],
    'Such creates by how they turned out: found (the job is there), absent (it is not, and is made anew).',
  ),
  destinationHeld: gauge(
    'destination_held',
    ['destination'],
    '1 while nothing is written to a destination because many jobs were refused there. Absent when it is released.',
  ),
  drift: counter(
    'drift_total',
    ['zone', 'action'],
    'Times a pass found a job changed behind our back, by what puts it right: update; create where the job ' +
      'was deleted; delete where it was made. What is not healed is found by every pass.',
  ),
  driftFought: counter(
    'drift_fought_total',
    ['zone'],
    'Times it was found that somebody undoes again and again what is put right.',
  ),
  blocked: gauge(
    'blocked',
    ['zone', 'reason'],
    '1 while the guard keeps the changes of the scope from being made: too_many_removals, empty_manifest.',
  ),
  jobEnabled: gauge('job_enabled', JOB, '1 if the live job of the manifest is enabled, else 0.'),
  jobUpstreamError: gauge(
    'job_upstream_error',
    JOB,
    '1 while Cloudflare reports that the job cannot deliver.',
  ),
  jobLastComplete: gauge(
    'job_last_complete_timestamp_seconds',
    JOB,
    'End of the last time range that was delivered. Absent before the first delivery.',
  ),
  jobHealth: gauge(
    'job_health',
    [...JOB, 'health'],
    '1 for the health that a job of the manifest has now: healthy, idle, lagging, failing, ' +
      'disabled_by_cloudflare, disabled_by_person, disabled, off, never_ran, unknown. Others are absent.',
  ),
  jobGapStarted: gauge(
    'job_gap_started_timestamp_seconds',
    JOB,
    'Since when a job of the manifest has delivered nothing, while it is in trouble. Absent while it delivers.',
  ),
  jobDelivered: gauge(
    'job_delivered_ratio',
    [...JOB, 'window'],
    'Share of the time whose logs were delivered, 0 to 1, in the last 24h or 30d, or since the job is watched.',
  ),
  jobPushes: gauge(
    'job_pushes',
    [...JOB, 'status', 'final'],
    'Pushes of a job of the manifest in the last 24 hours, by status: that of the destination, or a delivery code. final is false ' +
      'where Cloudflare tries again. Absent while GraphQL does not tell.',
  ),
  jobPushedBytes: gauge(
    'job_pushed_bytes',
    JOB,
    'Bytes that a job of the manifest delivered in the last 24 hours, as GraphQL counts them.',
  ),
  jobPushedRecords: gauge(
    'job_pushed_records',
    JOB,
    'Records that a job of the manifest delivered in the last 24 hours, as GraphQL counts them.',
  ),
  pushesUnreadable: gauge(
    'pushes_unreadable',
    [],
    'Scopes whose pushes cannot be read, as without the right to, when that was told. 0 when all can.',
  ),
  healthChanges: counter(
    'health_changes_total',
    ['zone', 'health'],
    'Times the health of a job of the manifest changed, by what it changed to.',
  ),
  reenables: counter(
    'reenables_total',
    ['zone', 'result'],
    'Tries to enable a job that Cloudflare has disabled, by what the test of its destination said: passed, failed.',
  ),
  manifestValid: gauge('manifest_valid', [], '1 if the manifest as last read was accepted, else 0.'),
  manifestInfo: gauge('manifest_info', ['revision'], 'The revision that is in force. Always 1.'),
  manifestLoads: counter(
    'manifest_loads_total',
    ['result'],
    'Manifests that were read and differed from the one before: accepted, rejected; and failed reads: unreadable.',
  ),
  apiRequests: counter(
    'api_requests_total',
    ['method', 'endpoint', 'code'],
    'Calls to Cloudflare by HTTP status; code is none when no answer came.',
  ),
  apiDuration: histogram(
    'api_request_duration_seconds',
    ['method', 'endpoint'],
    'Duration of single calls to Cloudflare, waiting for the budget not included.',
    CALL_BUCKETS,
  ),
  apiRetries: counter('api_retries_total', ['endpoint'], 'Calls to Cloudflare that repeated a failed one.'),
  apiRemaining: gauge(
    'api_rate_limit_remaining',
    [],
    'Calls that Cloudflare said are left in its window. Absent until it says so.',
  ),
  apiBudgetUsed: gauge('api_budget_used_ratio', [], 'Share of our own budget that is used up, 0 to 1.'),
  paused: gauge(
    'paused',
    ['zone', 'logpush_job'],
    '1 while a person has paused the job, or, without a name of one, the whole scope. Absent when it is resumed.',
  ),
  tokenAccepted: gauge(
    'token_accepted',
    [],
    '0 while Cloudflare refuses the API token whatever is asked, else 1.',
  ),
  credentialExpiry: gauge(
    'credential_expiry_timestamp_seconds',
    ['kind', 'zone', 'destination'],
    'When a credential ends by what it says of itself. kind is sas (the shared access signature of a destination), ' +
      'challenge (an ownership_challenge of the manifest that a job waits to show) or api_token (zone and destination are ' +
      'empty). Absent for one without an end.',
  ),
  auditEntries: counter(
    'audit_entries_total',
    ['source', 'whose'],
    'Entries of audit logs, asked for (source poll; as often as api_requests_total counts calls of that endpoint) or sent to ' +
      'us (push), by whose change of a Logpush job they tell: ours, others, unrelated (of something else, or known before).',
  ),
  auditRead: gauge(
    'audit_last_read_timestamp_seconds',
    ['source'],
    'When an audit log was last read whole (poll), or last sent to us (push).',
  ),
  auditUnreadable: gauge(
    'audit_unreadable',
    ['account'],
    '1 while the audit log of an account cannot be read, as without the right to. Absent when it can.',
  ),
  auditDelay: histogram(
    'audit_delay_seconds',
    ['source'],
    "Time from a change by others to when its entry reached us: Cloudflare's delay and the time between two polls.",
    PASS_BUCKETS,
  ),
  transformerWrites: counter(
    'transformer_writes_total',
    ['action', 'result'],
    'Transformers created, updated, adopted and deleted. result is applied, failed, parked (refused before, and not sent again) or ' +
      'skipped.',
  ),
  invariantViolations: counter(
    'invariant_violations_total',
    ['rule'],
    'Writes that were not sent because they would have broken an invariant. Above 0 it is a bug of logpushd, and ' +
      'nothing is written until it is restarted.',
  ),
  redactions: counter(
    'redactions_total',
    ['sink'],
    'Times the last net took a secret out of a text: above 0 it is a bug of logpushd.',
  ),
  alerts: counter(
    'alerts_total',
    ['receiver', 'result'],
    'Alerts to receivers: sent; failed (a try that is repeated); dropped (refused again and again, and given up).',
  ),
  alertsQueued: gauge('alerts_queued', ['receiver'], 'Alerts that wait to be taken by a receiver.'),
  heartbeats: counter('heartbeats_total', ['result'], 'Pings of the heartbeat address: sent, failed.'),
  kubernetesEvents: counter(
    'kubernetes_events_total',
    ['result'],
    'Events of Kubernetes: sent; counted (a series went on); limited (too many of one object); dropped (too many ' +
      'waited); failed (Kubernetes did not take it).',
  ),
  leaderStatus: {
    ...gauge('leader_election_master_status', ['name'], '1 while this replica holds the Lease of this name.'),
    prefix: '',
  },
  leaderTransitions: counter('leader_transitions_total', ['name'], 'Times that this replica began to lead.'),
  leaseFailures: counter(
    'lease_renew_failures_total',
    ['reason'],
    'Looks at the Lease, and renewals of it, that failed, as in forbidden, timeout, unreachable.',
  ),
  leaseDuration: histogram(
    'lease_renew_duration_seconds',
    [],
    'Duration of the requests that took or renewed the Lease.',
    LEASE_BUCKETS,
  ),
  fencedWrites: counter(
    'fenced_writes_total',
    [],
    'Writes to Cloudflare held back at the last moment, because the Lease was too old or just taken over.',
  ),
  seriesDropped: counter(
    'series_dropped_total',
    ['metric'],
    'Values that were not recorded because their metric has 2000 series.',
  ),
} as const;

function gauge(name: string, labels: readonly string[], help: string): MetricSpec {
  return { name, type: 'gauge', labels, help };
}

function counter(name: string, labels: readonly string[], help: string): MetricSpec {
  return { name, type: 'counter', labels, help };
}

function histogram(
  name: string,
  labels: readonly string[],
  help: string,
  buckets: readonly number[],
): MetricSpec {
  return { name, type: 'histogram', labels, help, buckets };
}
