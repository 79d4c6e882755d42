import type { Alert } from './alert.ts';

/** Others have metrics of this name too: the match keeps only those of who is logpushd. */
const LEADING = 'leader_election_master_status and on (job, instance) logpushd_build_info';

const A = '{job="logpushd",instance="a:8080",namespace="logpush",name="logpushd"}';
const B = '{job="logpushd",instance="b:8080",namespace="logpush",name="logpushd"}';
const BUILDS = {
  'logpushd_build_info{job="logpushd",instance="a:8080",namespace="logpush"}': '1x60',
  'logpushd_build_info{job="logpushd",instance="b:8080",namespace="logpush"}': '1x60',
};

/** Several replicas, of which one writes. */
export const LEADING_ALERTS: readonly Alert[] = [
  {
    name: 'LogpushdNoLeader',
    expr: `sum by (namespace, name) (${LEADING}) == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'No replica of logpushd holds the Lease {{ $labels.name }}, so nothing is written.',
    means:
      'Replicas run, and none of them leads. Taking over takes two minutes after a crash. Jobs go on delivering, but changes of the manifest ' +
      'do not arrive, and drift is neither noticed nor healed.',
    look: [
      '`kubectl get lease NAME -o yaml`: is it there, who holds it, and does `renewTime` move?',
      'The logs of all replicas, for `lease.failed`: it says what the API server refuses or why it is not reached.',
      '`logpushd_lease_renew_failures_total` by `reason`: forbidden is a right, unreachable or timeout the network or the API server.',
    ],
    act: [
      'Do what `lease.failed` says: give the rights of [kubernetes.md](kubernetes.md#permissions) back, let the NetworkPolicy through to the ' +
        'API server, or make the Lease anew with `helm upgrade`.',
      'Where a stranger holds the Lease, give it another name: each installation has its own.',
    ],
    proof: {
      series: {
        ...BUILDS,
        [`leader_election_master_status${A}`]: '1x5 0x30',
        [`leader_election_master_status${B}`]: '0x20 1x15',
      },
      quiet: 10,
      fires: 15,
      over: 23,
      labels: { namespace: 'logpush', name: 'logpushd' },
      quietSeries: {
        ...BUILDS,
        [`leader_election_master_status${A}`]: '1x5 0x35',
        [`leader_election_master_status${B}`]: '0x7 1x35',
        'leader_election_master_status{job="another-operator",instance="c:8080",namespace="logpush",name="x"}':
          '0x40',
      },
    },
  },
  {
    name: 'LogpushdTwoLeaders',
    expr: `sum by (namespace, name) (${LEADING}) > 1`,
    for: '2m',
    severity: 'critical',
    summary: 'Several replicas of logpushd say that they hold the Lease {{ $labels.name }}.',
    means:
      'Each of them believes for two minutes that it leads. Either clocks of nodes run at very different rates, or two installations share ' +
      'one name, in clusters or namespaces that the metrics do not tell apart. Only the one that opened the state last can save anything, ' +
      'so that no job is made twice.',
    look: [
      '`logpushd_build_info` of those for which `leader_election_master_status` is 1: are they one installation?',
      '`kubectl get lease NAME -o yaml` says who really holds it; the logs of the others have no `leader.lost`.',
    ],
    act: [
      'Scale to one replica (`replicas: 1`), and look at `logpushd drift` and `logpushd history`.',
      'Two installations: give their metrics a label that tells them apart.',
      'One installation: report it, with the logs of both.',
    ],
    proof: {
      series: {
        ...BUILDS,
        [`leader_election_master_status${A}`]: '1x15 0x20',
        [`leader_election_master_status${B}`]: '0x5 1x30',
      },
      quiet: 6,
      fires: 10,
      over: 18,
      labels: { namespace: 'logpush', name: 'logpushd' },
      quietSeries: {
        ...BUILDS,
        [`leader_election_master_status${A}`]: '1x40',
        [`leader_election_master_status${B.replace('logpush"', 'other"')}`]: '1x40',
      },
    },
  },
  {
    name: 'LogpushdLeaseFailing',
    expr: 'sum by (namespace, reason) (increase(logpushd_lease_renew_failures_total[10m])) > 5',
    for: '5m',
    severity: 'warning',
    summary: 'logpushd cannot read or renew its Lease ({{ $labels.reason }}).',
    means:
      'Requests for the Lease fail again and again. A leader whose renewals fail for `leader_election.renew_deadline_seconds` stops to write ' +
      'and stands by; a standby that cannot read it cannot take over.',
    look: [
      'The log, for `lease.failed`: it says what was refused, and what to do.',
      '`logpushd_lease_renew_duration_seconds`: is the API server slow?',
    ],
    act: [
      'forbidden or unauthorized: give the rights of [kubernetes.md](kubernetes.md#permissions) back.',
      'timeout, unreachable, busy or failing: look at the API server and at the NetworkPolicy. Where it is slow at times, raise ' +
        '`leader_election.lease_duration_seconds` and `leader_election.renew_deadline_seconds`.',
    ],
    proof: {
      series: {
        'logpushd_lease_renew_failures_total{namespace="logpush",reason="forbidden"}': '0x5 2+2x15 32x30',
      },
      quiet: 9,
      fires: 18,
      over: 40,
      labels: { namespace: 'logpush', reason: 'forbidden' },
      quietSeries: {
        'logpushd_lease_renew_failures_total{namespace="logpush",reason="timeout"}': '0x5 1x10 2x30',
      },
    },
  },
  {
    name: 'LogpushdWritesFenced',
    expr: 'sum by (namespace) (increase(logpushd_fenced_writes_total[15m])) > 0',
    severity: 'warning',
    summary: 'logpushd held writes back, because it could not be sure to lead any more.',
    means:
      'A replica wanted to write when its last good renewal of the Lease was too long ago: it was frozen, had no CPU, or the API server did ' +
      'not answer. What it held back is done by whoever leads; once is what the gate is for, often is a sign of too little CPU.',
    look: [
      'The logs of that time: `leader.lost`, `lease.failed`, and gaps in which a replica said nothing.',
      '`nodejs_eventloop_lag_seconds`, and `container_cpu_cfs_throttled_periods_total` of the pod.',
    ],
    act: [
      'Raise the CPU request, or take the CPU limit away.',
      'Where the API server is slow, raise the times of `leader_election`.',
    ],
    proof: {
      series: { 'logpushd_fenced_writes_total{namespace="logpush"}': '0x5 1x40' },
      quiet: 4,
      fires: 8,
      over: 30,
      labels: { namespace: 'logpush' },
    },
  },
];
