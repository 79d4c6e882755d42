import { createHmac } from 'node:crypto';
import type { Notice } from '../../core/alert/alert.ts';
import { alertJson } from './alert-json.ts';
import { answerText, NotDelivered, type HttpRequest, type Receiver } from './receiver.ts';
import type { WebhookSpec } from './receiver-spec.ts';

/**
 * Anybody's own endpoint: CloudEvents 1.0 in structured JSON, signed as Standard Webhooks say. The id of the event
 * stays the same however often it is sent.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const webhook: Receiver<WebhookSpec> = {
  most: 1,
  async deliver([notice], { url, signingSecret, token }, { reveal, exchange, now }) {
    if (notice === undefined) return '';
    const { headers, body } = eventOf(notice);
    const signature =
      signingSecret === undefined ? {} : signed(notice.id, now, body, keyIn(reveal(signingSecret)));
    const bearer = token === undefined ? {} : { authorization: `Bearer ${reveal(token)}` };
    const request: HttpRequest = {
      method: 'POST',
      url: reveal(url),
      headers: { ...headers, ...signature, ...bearer },
      body,
    };
    return answerText(await exchange(request));
  },
};

function eventOf(notice: Notice): Pick<HttpRequest, 'headers'> & { readonly body: string } {
  const { id, status, at, alert } = notice;
  const { zone, account } = alert.labels;
  const place = zone === undefined ? (account === undefined ? '' : `/accounts/${account}`) : `/zones/${zone}`;
  const event = {
    specversion: '1.0',
    id,
    source: `/logpushd${place.split('/').map(encodeURIComponent).join('/')}`,
    type: `logpushd.alert.${status}.v1`,
    subject: alert.fingerprint,
    time: at,
    datacontenttype: 'application/json',
    data: alertJson(notice),
  };
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify(event),
  };
}

function signed(id: string, now: number, body: string, key: Buffer): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

function keyIn(secret: string): Buffer {
  const text = secret.replace(/^whsec_/, '');
  if (/^[A-Za-z0-9+/]{32,}={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  const form =
    'it must be "whsec_" and the base64 of 24 to 64 random bytes, as "openssl rand -base64 32" gives them';
  throw new NotDelivered('settings', `signing_secret is no key of Standard Webhooks: ${form}`);
}
