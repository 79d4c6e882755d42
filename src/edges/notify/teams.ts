import type { Notice } from '../../core/alert/alert.ts';
import { headlineOf, textOf } from '../../core/alert/notice-text.ts';
import { answerText, json, type HttpRequest, type Receiver } from './receiver.ts';
import type { WebhookUrlSpec } from './receiver-spec.ts';

/**
 * The trigger "When a Teams webhook request is received" of a workflow, which takes Adaptive Cards. It answers 202
 * before it knows whether the card can be shown.
 *
 * @see https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook
 */
export const teams: Receiver<WebhookUrlSpec> = {
  // A message may have 28 KB.
  most: 5,
  async deliver(notices, { url }, { reveal, exchange }) {
    return answerText(await exchange(requestOf(notices, reveal(url))));
  },
};

function requestOf(notices: readonly Notice[], url: string): HttpRequest {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: headlineOf(notices),
    msteams: { width: 'Full' },
    body: notices.flatMap(elementsOf),
  };
  const attachment = {
    contentType: 'application/vnd.microsoft.card.adaptive',
    contentUrl: null,
    content: card,
  };
  return { method: 'POST', url, ...json({ type: 'message', attachments: [attachment] }) };
}

/** Foreign text stands in text runs alone: Markdown is not looked for in them, as it is in a TextBlock. */
function elementsOf(notice: Notice, index: number) {
  const { title, facts, items } = textOf(notice);
  const color = notice.status === 'resolved' ? 'Good' : COLORS[notice.alert.severity];
  return [
    paragraph([{ type: 'TextRun', text: title, weight: 'Bolder', size: 'Medium', color }], index > 0),
    ...facts.map(([name, value]) =>
      paragraph([
        { type: 'TextRun', text: `${name}: `, weight: 'Bolder' },
        { type: 'TextRun', text: value },
      ]),
    ),
    ...items.map((item) => paragraph([{ type: 'TextRun', text: `• ${item}` }])),
  ];
}

const COLORS = { info: 'Accent', warning: 'Warning', critical: 'Attention' } as const;

function paragraph(inlines: readonly object[], separator = false) {
  return { type: 'RichTextBlock', inlines, ...(separator && { separator }) };
}
