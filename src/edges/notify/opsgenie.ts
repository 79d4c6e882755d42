import type { Notice } from '../../core/alert/alert.ts';
import { plainText } from '../../core/alert/notice-text.ts';
import { shorten } from '../../core/render/foreign-text.ts';
import { expectAnswer, json, jsonIn, type HttpRequest, type Receiver, under } from './receiver.ts';
import type { OpsgenieSpec } from './receiver-spec.ts';

const MOST = { message: 130, description: 15_000, tag: 50, entity: 512, details: 8_000 };

/** Alert API: one alert an alias, closed by it. @see https://docs.opsgenie.com/docs/alert-api */
export const opsgenie: Receiver<OpsgenieSpec> = {
  most: 1,
  async deliver([notice], { url, token }, { reveal, exchange }) {
    if (notice === undefined) return '';
    const answer = await exchange(requestOf(notice, reveal(url), reveal(token)));
    return expectAnswer(answer, typeof jsonIn(answer)['requestId'] === 'string', 'the id of a request');
  },
};

function requestOf(notice: Notice, url: string, key: string): HttpRequest {
  const { status, alert } = notice;
  const { fingerprint, severity, summary, reason, labels } = alert;
  const alias = `logpushd-${fingerprint}`;
  const opened = {
    message: shorten(summary, MOST.message - 1),
    alias,
    description: shorten(plainText(notice), MOST.description - 1),
    priority: PRIORITIES[severity],
    source: 'logpushd',
    entity: shorten(
      labels['zone'] ?? labels['account'] ?? labels['destination'] ?? 'logpushd',
      MOST.entity - 1,
    ),
    tags: ['logpushd', reason, severity].map((tag) => shorten(tag, MOST.tag - 1)),
    details: { ...labels, fingerprint },
  };
  const isOpen = status === 'firing';
  const closed = { source: 'logpushd', note: 'A later look found it no more.' };
  const { headers, body } = json(isOpen ? opened : closed);
  return {
    method: 'POST',
    url: under(url, isOpen ? '/v2/alerts' : `/v2/alerts/${alias}/close?identifierType=alias`),
    headers: { ...headers, authorization: `GenieKey ${key}` },
    body,
  };
}

const PRIORITIES = { critical: 'P1', warning: 'P3', info: 'P5' } as const;
