import type { Alert } from './alert.ts';

const STATUS =
  'The jobs of the zone in `logpushd status`, or the status page: how each stands, in which fields, and why.';
const HISTORY =
  '`logpushd history ZONE`: what was changed there, when, and by whom where the audit log tells.';

/** Jobs that are not as the manifest wants them. */
export const SYNC_ALERTS: readonly Alert[] = [
  {
    name: 'LogpushdBlocked',
    expr: 'max by (zone, reason) (logpushd_blocked) == 1',
    for: '15m',
    severity: 'warning',
    summary: 'The guard of logpushd keeps the changes of {{ $labels.zone }} back: {{ $labels.reason }}.',
    means:
      'A pass would have removed, disabled or redirected more jobs than `guard.max_removals` and `guard.max_removal_share` allow, or ' +
      'the manifest has no job left. Nothing was written, and nothing is until somebody decides.',
    look: [
      '`logpushd status` says why, and names the digest.',
      '`logpushd plan` shows each job that would go.',
    ],
    act: [
      'If it is wanted, have exactly this plan let through: `logpushd approve DIGEST`.',
      'If not, mend the manifest: a wrong branch, a lost file or a bad pattern are the usual causes.',
    ],
    proof: {
      series: { 'logpushd_blocked{zone="example.com",reason="too_many_removals"}': '0x5 1x30 0x10' },
      quiet: 15,
      fires: 30,
      over: 40,
      labels: { zone: 'example.com', reason: 'too_many_removals' },
    },
  },
  {
    name: 'LogpushdDrift',
    expr: 'sum by (zone) (logpushd_jobs{state=~"drifted|missing|conflict"}) > 0',
    for: '30m',
    severity: 'warning',
    summary: 'Jobs of {{ $labels.zone }} were changed behind the back of logpushd, and are not put right.',
    means:
      'Somebody changed or deleted jobs at Cloudflare, and the mode does not let logpushd heal it, or healing fails. A job that is only ' +
      'disabled is told by LogpushJobDisabled alone.',
    look: [
      '`logpushd drift --zone ZONE`: each job and field, and why it is not put right.',
      HISTORY,
      'The log, for `change.failed`, where healing fails.',
    ],
    act: [
      'If it is to stay, take it into the manifest: `logpushd drift accept ZONE/JOB`, and commit the edit.',
      'Otherwise let it be healed with `mode: enforce`, or undo it at Cloudflare.',
      'While somebody works on it: `logpushd pause ZONE/JOB --for 4h --reason …`.',
    ],
    proof: {
      series: { 'logpushd_jobs{zone="example.com",state="drifted"}': '0x5 1x40 0x10' },
      quiet: 30,
      fires: 40,
      over: 50,
      labels: { zone: 'example.com' },
      quietSeries: {
        'logpushd_jobs{zone="example.com",state="unmanaged"}': '4x60',
        'logpushd_jobs{zone="example.com",state="disabled"}': '1x60',
      },
    },
  },
  {
    name: 'LogpushdFought',
    expr: 'sum by (zone) (logpushd_jobs{state="fought"}) > 0',
    severity: 'warning',
    summary: 'Somebody undoes again and again what logpushd puts right in {{ $labels.zone }}.',
    means:
      'Another tool or person manages the same jobs. logpushd has stopped answering at once and tries once an hour.',
    look: [
      HISTORY,
      'Where it knows nobody: the audit log of the account. Which token or user makes these changes?',
    ],
    act: [
      'Take the job away from one of the two: out of the other tool, or out of the manifest.',
      'Leave single fields to the other with `ignore`.',
    ],
    proof: {
      series: { 'logpushd_jobs{zone="example.com",state="fought"}': '0x5 1x10 0x10' },
      quiet: 4,
      fires: 8,
      over: 20,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdDuplicateJob',
    expr: 'max by (zone) (logpushd_jobs{state="duplicate"}) > 0',
    for: '5m',
    severity: 'critical',
    summary: 'A job of the manifest is there twice in {{ $labels.zone }}.',
    means:
      'Several live jobs have the name of one job of the manifest. Logs are delivered twice, and a place of the zone is taken.',
    look: [STATUS],
    act: ['Delete the one that is not needed at Cloudflare, or pin the right one in the manifest with `id`.'],
    proof: {
      series: { 'logpushd_jobs{zone="example.com",state="duplicate"}': '0x5 1x20 0x10' },
      quiet: 8,
      fires: 20,
      over: 30,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdStrayJob',
    expr: 'sum by (zone) (logpushd_jobs{state="stray"}) > 0',
    severity: 'critical',
    summary: 'A job of {{ $labels.zone }} sends logs to where the settings do not allow any.',
    means:
      'The destination of a live job, managed or not, is none of `guard.allowed_destinations`. Logs hold personal data: this may be ' +
      'a leak.',
    look: ['The log, for `stray.found`: it names the job and where it delivers.', HISTORY],
    act: [
      'If nobody can explain it, disable the job at Cloudflare at once.',
      'If it is right, add the place to `guard.allowed_destinations`.',
    ],
    proof: {
      series: { 'logpushd_jobs{zone="example.com",state="stray"}': '0x5 1x10 0x10' },
      quiet: 4,
      fires: 8,
      over: 20,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdJobBlocked',
    expr: 'sum by (zone) (logpushd_jobs{state="blocked"}) > 0',
    for: '15m',
    severity: 'warning',
    summary: 'Jobs of {{ $labels.zone }} cannot be made, because a secret or variable is missing.',
    means:
      'The manifest refers to something that is not there now: a secret, a variable, a field. The live job stays as it is and is not deleted.',
    look: [
      'The log, for `scope.planned` at level error: its problems name the job and what is missing.',
      '`logpushd render` shows it, too.',
    ],
    act: ['Put the secret into the folder of `secrets_dir`, or give the variable.'],
    proof: {
      series: { 'logpushd_jobs{zone="example.com",state="blocked"}': '0x5 2x30 0x10' },
      quiet: 15,
      fires: 30,
      over: 40,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdPendingDelete',
    expr: 'max by (zone) (logpushd_jobs{state="pending_delete"}) > 0',
    for: '24h',
    severity: 'info',
    summary: 'Jobs of {{ $labels.zone }} that the manifest lacks have waited for their delete for a day.',
    means:
      'The manifest does not have these jobs any more, and something keeps logpushd from deleting them: `protect`, `prune` or the mode.',
    look: [STATUS],
    act: ['Do what the reason says, or put the job back into the manifest.'],
    proof: {
      series: { 'logpushd_jobs{zone="example.com",state="pending_delete"}': '0x5 1x1500 0x10' },
      quiet: 1000,
      fires: 1480,
      over: 1512,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdAmbiguousWrite',
    expr: 'max by (zone) (logpushd_ambiguous_pending) > 0',
    for: '10m',
    severity: 'critical',
    summary: 'Whether a job was made in {{ $labels.zone }} is not known for ten minutes.',
    means:
      'The answer to a create was lost. logpushd looks whether the job turned up before it sends it again; that usually takes two minutes.',
    look: [
      'The log, for `change.failed` with `errorName` UnknownOutcomeError, and for `scope.unreadable`: can the zone be listed?',
    ],
    act: [
      'Look at the jobs of the zone at Cloudflare. If there is none of that name, wait; if there are two, delete one.',
    ],
    proof: {
      series: { 'logpushd_ambiguous_pending{zone="example.com"}': '0x5 1x20 0x10' },
      quiet: 10,
      fires: 20,
      over: 30,
      labels: { zone: 'example.com' },
    },
  },
  {
    name: 'LogpushdDestinationHeld',
    expr: 'max by (destination) (logpushd_destination_held) == 1',
    for: '5m',
    severity: 'warning',
    summary: 'A destination refuses the jobs of many; logpushd tries it one job at a time.',
    means:
      'Cloudflare tests a destination whenever a job with it is written, and several of these tests failed. Jobs that deliver there may ' +
      'fail, too.',
    look: ['`logpushd status` says which, and why.'],
    act: ['Put the destination right: its rights, keys, certificate or host. It is tried again by itself.'],
    proof: {
      series: { 'logpushd_destination_held{destination="s3://acme-logs"}': '1x20 _x10' },
      quiet: 2,
      fires: 10,
      over: 26,
      labels: { destination: 's3://acme-logs' },
    },
  },
];
