import { type Alert, fingerprintOf, type Labels, type Notice } from '../../core/alert/alert.ts';
import { answerText, json, type HttpRequest, type Receiver, under } from './receiver.ts';
import type { SpecOf } from './receiver-spec.ts';

/** Of an alert that is told once, and so never confirmed: it would otherwise be taken for resolved within minutes. */
const FOR_GOOD_MS = 365 * 24 * 3_600_000;

/**
 * API v2. Alertmanager keeps nothing over its own restarts and takes for resolved what is not confirmed in time, so
 * what stands is told again and again, each time with an end after three repeats.
 *
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export const alertmanager: Receiver<SpecOf<'alertmanager'>> = {
  most: 50,
  async deliver(notices, spec, { reveal, exchange, now }) {
    const token = spec.token === undefined ? null : reveal(spec.token);
    const lastsMs = spec.repeatMs === null ? FOR_GOOD_MS : 3 * spec.repeatMs;
    return answerText(await exchange(requestOf(notices, reveal(spec.url), token, new Date(now + lastsMs))));
  },
};

function requestOf(notices: readonly Notice[], url: string, token: string | null, ends: Date): HttpRequest {
  const { headers, body } = json(notices.map((notice) => postableOf(notice, ends)));
  return {
    method: 'POST',
    url: under(url, '/api/v2/alerts'),
    headers: { ...headers, ...(token !== null && { authorization: `Bearer ${token}` }) },
    body,
  };
}

function postableOf({ status, at, alert }: Notice, ends: Date) {
  const { reason, severity, fingerprint, summary, detail, next, since, runbook } = alert;
  return {
    labels: { alertname: `Logpushd${reason}`, severity, fingerprint, ...lastingLabels(alert) },
    annotations: {
      summary,
      description: detail,
      action: next,
      ...(runbook !== undefined && { runbook_url: runbook }),
    },
    startsAt: since,
    endsAt: status === 'resolved' ? at : ends.toISOString(),
  };
}

/** Labels are what identifies an alert there, so only those are among them that its fingerprint is made of. */
function lastingLabels({ reason, fingerprint, labels, subjects }: Alert): Labels {
  const isAbout = (what: string | undefined): boolean =>
    what !== undefined && fingerprintOf(reason, [what]) === fingerprint;
  if (isAbout(labels['destination'])) return { destination: labels['destination'] ?? '' };
  if (!subjects.some(({ key }) => isAbout(key))) return {};
  return Object.fromEntries(
    ['zone', 'account', 'logpush_job'].flatMap((name) => {
      const value = labels[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
