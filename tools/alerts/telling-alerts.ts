import type { Alert } from './alert.ts';

/** Receivers that cannot be told. */
export const TELLING_ALERTS: readonly Alert[] = [
  {
    name: 'LogpushdAlertsUndelivered',
    expr: 'max by (receiver) (logpushd_alerts_queued) > 0',
    for: '15m',
    severity: 'warning',
    summary: 'logpushd cannot tell the receiver {{ $labels.receiver }} what is wrong.',
    means:
      'Alerts wait for this receiver: it is down, refuses its credential, or takes them more slowly than they come. They are sent again, ' +
      'later each time, and nobody is told by it meanwhile.',
    look: [
      'The lines `alert not sent` of the log: `reason` has what the receiver answered.',
      '`logpushd alert test --receiver NAME` sends it a message and shows the answer.',
    ],
    act: ['Put its address or credential right (see [alerts](alerts.md)); what waits is sent by itself.'],
    proof: {
      series: { 'logpushd_alerts_queued{receiver="slack"}': '0x5 3x30 0x20' },
      quiet: 15,
      fires: 25,
      over: 40,
      labels: { receiver: 'slack' },
      quietSeries: { 'logpushd_alerts_queued{receiver="slack"}': '0x60' },
    },
  },
  {
    name: 'LogpushdAlertsDropped',
    expr: 'sum by (receiver) (increase(logpushd_alerts_total{result="dropped"}[1h])) > 0',
    severity: 'warning',
    summary: 'The receiver {{ $labels.receiver }} of logpushd was never told of something that was wrong.',
    means:
      'It refused an alert five times, so that it was given up; or so many waited that one was over before there was room for it.',
    look: ['The lines `alert given up` of the log: `alerts` names them, `reason` says why.'],
    act: [
      'Look at what stands now: the status page has all of it.',
      'Where the receiver refused it, correct its settings, and run `logpushd alert test`.',
    ],
    proof: {
      series: { 'logpushd_alerts_total{receiver="slack",result="dropped"}': '0x5 1x80' },
      quiet: 4,
      fires: 10,
      over: 75,
      labels: { receiver: 'slack' },
      quietSeries: { 'logpushd_alerts_total{receiver="slack",result="failed"}': '0x5 9x80' },
    },
  },
];
