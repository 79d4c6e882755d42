import type { Notice } from '../../core/alert/alert.ts';
import { shorten } from '../../core/render/foreign-text.ts';
import { expectAnswer, json, jsonIn, type HttpRequest, type Receiver, under } from './receiver.ts';
import type { PagerDutySpec } from './receiver-spec.ts';

/** Longer ones are cut by PagerDuty. */
const LONGEST_SUMMARY = 1024;

/** Events API v2: one incident an alert. @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
export const pagerduty: Receiver<PagerDutySpec> = {
  most: 1,
  async deliver([notice], { url, token }, { reveal, exchange }) {
    if (notice === undefined) return '';
    const answer = await exchange(requestOf(notice, reveal(url), reveal(token)));
    return expectAnswer(answer, jsonIn(answer)['status'] === 'success', 'the status "success"');
  },
};

function requestOf({ status, alert }: Notice, url: string, key: string): HttpRequest {
  const { fingerprint, severity, summary, detail, next, reason, labels, count, subjects, since, ...rest } =
    alert;
  const links = rest.runbook === undefined ? {} : { links: [{ href: rest.runbook, text: 'Runbook' }] };
  const event = {
    routing_key: key,
    event_action: status === 'firing' ? 'trigger' : 'resolve',
    dedup_key: `logpushd-${fingerprint}`,
  };
  const payload = {
    summary: shorten(summary, LONGEST_SUMMARY - 1),
    source: labels['zone'] ?? labels['account'] ?? labels['destination'] ?? 'logpushd',
    severity,
    timestamp: since,
    component: labels['logpush_job'] ?? 'logpushd',
    group: labels['zone'] ?? labels['account'] ?? 'logpushd',
    class: reason,
    custom_details: { detail, next, count, ...labels, affected: subjects.map(({ what }) => what) },
  };
  return {
    method: 'POST',
    url: under(url, '/v2/enqueue'),
    ...json(status === 'firing' ? { ...event, client: 'logpushd', ...links, payload } : event),
  };
}
