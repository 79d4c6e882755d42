import { createHmac } from 'node:crypto';
import type { Notice } from '../../core/alert/alert.ts';
import { shorten } from '../../core/render/foreign-text.ts';
import { answerText, json, type HttpRequest, type Receiver } from './receiver.ts';
import type { FluxSpec } from './receiver-spec.ts';

const CONTROLLER = 'logpushd';
const LONGEST_MESSAGE = 39_000;

/**
 * The body that Flux's notification-controller sends to `generic` and `generic-hmac`, for receivers that read it
 * already.
 *
 * @see https://github.com/fluxcd/pkg/blob/main/apis/event/v1beta1/event.go
 * @see https://fluxcd.io/flux/components/notification/providers/#generic-webhook-with-hmac
 */
export const flux: Receiver<FluxSpec> = {
  most: 1,
  async deliver([notice], { url, signingSecret }, { reveal, exchange }) {
    if (notice === undefined) return '';
    const { headers, body } = json(eventOf(notice));
    const signature =
      signingSecret === undefined
        ? {}
        : {
            'x-signature': `sha256=${createHmac('sha256', reveal(signingSecret)).update(body).digest('hex')}`,
          };
    const request: HttpRequest = {
      method: 'POST',
      url: reveal(url),
      headers: { ...headers, 'gotk-component': CONTROLLER, ...signature },
      body,
    };
    return answerText(await exchange(request));
  },
};

function eventOf({ id, status, at, alert }: Notice) {
  const { reason, severity, summary, detail, next, runbook = '', labels, fingerprint } = alert;
  const isOver = status === 'resolved';
  const text = [isOver ? `Resolved: ${summary}` : summary, detail, ...(isOver ? [] : [next, runbook])].filter(
    (part) => part !== '',
  );
  return {
    involvedObject: {
      apiVersion: 'logpushd/v1',
      kind: labels['logpush_job'] === undefined ? 'Scope' : 'Job',
      name: labels['logpush_job'] ?? labels['zone'] ?? labels['account'] ?? CONTROLLER,
      namespace: labels['zone'] ?? labels['account'] ?? CONTROLLER,
    },
    severity: isOver || severity === 'info' ? 'info' : 'error',
    timestamp: at,
    message: shorten(text.join('\n'), LONGEST_MESSAGE - 1),
    reason,
    metadata: { ...labels, id, status, fingerprint },
    reportingController: CONTROLLER,
    reportingInstance: CONTROLLER,
  };
}
