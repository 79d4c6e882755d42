import type { Notice } from '../../core/alert/alert.ts';
import { headlineOf, textOf } from '../../core/alert/notice-text.ts';
import { shorten } from '../../core/render/foreign-text.ts';
import { expectAnswer, json, type HttpRequest, type Receiver } from './receiver.ts';
import type { WebhookUrlSpec } from './receiver-spec.ts';

/** Of Block Kit: blocks of a message, characters of a header and of the text of a section. */
const MOST = { blocks: 50, header: 150, section: 3000 };

/** An incoming webhook. @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slack: Receiver<WebhookUrlSpec> = {
  most: 10,
  async deliver(notices, { url }, { reveal, exchange }) {
    const answer = await exchange(requestOf(notices, reveal(url)));
    return expectAnswer(answer, answer.body.trim() === 'ok', '"ok"');
  },
};

/** Foreign text stands in `plain_text` alone, which knows no markup and mentions nobody. */
function requestOf(notices: readonly Notice[], url: string): HttpRequest {
  const blocks = notices.flatMap((notice) => {
    const { title, facts, items } = textOf(notice);
    const whole = fits(title, MOST.header) ? [] : [title];
    const lines = [
      ...whole,
      ...facts.map(([name, value]) => `${name}: ${value}`),
      ...items.map((item) => `• ${item}`),
    ];
    return [
      { type: 'header', text: plain(title, MOST.header) },
      { type: 'section', text: plain(lines.join('\n'), MOST.section) },
    ];
  });
  return {
    method: 'POST',
    url,
    ...json({ text: escaped(headlineOf(notices)), blocks: blocks.slice(0, MOST.blocks) }),
  };
}

function plain(text: string, longest: number) {
  return {
    type: 'plain_text',
    text: fits(text, longest)
      ? escaped(text)
      : shorten(escaped(shorten(text, Math.floor(longest / 2))), longest - 1),
    emoji: false,
  };
}

function fits(text: string, longest: number): boolean {
  return escaped(text).length <= longest;
}

/** The three characters of control sequences, as in `<!channel>`. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
