import type { Notice } from '../../core/alert/alert.ts';
import { headlineOf, textOf } from '../../core/alert/notice-text.ts';
import { shorten } from '../../core/render/foreign-text.ts';
import { answerText, json, type HttpRequest, type Receiver } from './receiver.ts';
import type { WebhookUrlSpec } from './receiver-spec.ts';

/** Characters of a content, and of the title and the description of an embed; all embeds together may have 6000. */
const MOST = { content: 2000, title: 256, description: 4096, all: 6000 };
const BUNDLE = 3;

/** A webhook of a channel. @see https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discord: Receiver<WebhookUrlSpec> = {
  most: BUNDLE,
  async deliver(notices, { url }, { reveal, exchange }) {
    return answerText(await exchange(requestOf(notices, reveal(url))));
  },
};

function requestOf(notices: readonly Notice[], url: string): HttpRequest {
  return {
    method: 'POST',
    url,
    ...json({
      content: shorten(escaped(headlineOf(notices)), MOST.content - 1),
      embeds: notices.map(embedOf),
      // Nobody is mentioned, whatever a text says.
      allowed_mentions: { parse: [] },
    }),
  };
}

function embedOf(notice: Notice) {
  const { title, facts, items } = textOf(notice);
  const lines = [
    ...facts.map(([name, value]) => `**${name}:** ${escaped(value)}`),
    ...items.map((item) => `- ${escaped(shorten(item, 120))}`),
  ];
  const share = Math.min(MOST.description, MOST.all / BUNDLE - MOST.title);
  return {
    title: shorten(escaped(title), MOST.title - 1),
    description: shorten(lines.join('\n'), share - 1),
    color: notice.status === 'resolved' ? COLORS.resolved : COLORS[notice.alert.severity],
    timestamp: notice.at,
  };
}

const COLORS = { info: 0x3498db, warning: 0xf1c40f, critical: 0xe74c3c, resolved: 0x2ecc71 };

/** Markdown as Discord knows it. */
function escaped(text: string): string {
  return text.replace(/[\\`*_~|>#[\]()<@-]/g, '\\$&');
}
