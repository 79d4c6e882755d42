/**
 * What the vendors document of the bodies that they take, as JSON Schemas. Closed, where the vendor refuses what it
 * does not know.
 */

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const closed = (properties: object, required: readonly string[]) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const plain = (maxLength: number) =>
  closed({ type: { const: 'plain_text' }, text: text(maxLength), emoji: { type: 'boolean' } }, [
    'type',
    'text',
  ]);

const run = closed(
  {
    type: { const: 'TextRun' },
    text: { type: 'string' },
    weight: { enum: ['Lighter', 'Default', 'Bolder'] },
    size: { enum: ['Small', 'Default', 'Medium', 'Large', 'ExtraLarge'] },
    color: { enum: ['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention'] },
  },
  ['type', 'text'],
);

export const FORMATS = {
  /** https://docs.slack.dev/reference/block-kit/blocks: header 150 characters, section 3000, 50 blocks. */
  slack: closed(
    {
      text: text(40_000),
      blocks: {
        type: 'array',
        maxItems: 50,
        items: {
          oneOf: [
            closed({ type: { const: 'header' }, text: plain(150) }, ['type', 'text']),
            closed({ type: { const: 'section' }, text: plain(3000) }, ['type', 'text']),
          ],
        },
      },
    },
    ['text', 'blocks'],
  ),
  /** https://adaptivecards.io/schemas/1.4.0/adaptive-card.json, in the envelope of a Teams workflow. */
  teams: closed(
    {
      type: { const: 'message' },
      attachments: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: closed(
          {
            contentType: { const: 'application/vnd.microsoft.card.adaptive' },
            contentUrl: { type: 'null' },
            content: closed(
              {
                $schema: { type: 'string' },
                type: { const: 'AdaptiveCard' },
                version: { const: '1.4' },
                fallbackText: { type: 'string' },
                msteams: closed({ width: { const: 'Full' } }, ['width']),
                body: {
                  type: 'array',
                  minItems: 1,
                  items: closed(
                    {
                      type: { const: 'RichTextBlock' },
                      inlines: { type: 'array', minItems: 1, items: run },
                      separator: { type: 'boolean' },
                    },
                    ['type', 'inlines'],
                  ),
                },
              },
              ['type', 'version', 'body'],
            ),
          },
          ['contentType', 'content'],
        ),
      },
    },
    ['type', 'attachments'],
  ),
  /** https://discord.com/developers/docs/resources/webhook#execute-webhook and message#embed-object-embed-limits */
  discord: closed(
    {
      content: text(2000),
      embeds: {
        type: 'array',
        maxItems: 10,
        items: closed(
          {
            title: text(256),
            description: text(4096),
            color: { type: 'integer', minimum: 0, maximum: 0xffffff },
            timestamp: { type: 'string' },
          },
          ['title'],
        ),
      },
      allowed_mentions: closed({ parse: { type: 'array', maxItems: 0 } }, ['parse']),
    },
    ['content', 'embeds', 'allowed_mentions'],
  ),
  /** PagerDuty/api-schema, reference/events-v2/openapiv3.json */
  pagerduty: {
    ...closed(
      {
        routing_key: { type: 'string', minLength: 32, maxLength: 32 },
        event_action: { enum: ['trigger', 'acknowledge', 'resolve'] },
        dedup_key: text(255),
        client: { type: 'string' },
        payload: closed(
          {
            summary: text(1024),
            source: { type: 'string', minLength: 1 },
            severity: { enum: ['critical', 'warning', 'error', 'info'] },
            timestamp: { type: 'string' },
            component: { type: 'string' },
            group: { type: 'string' },
            class: { type: 'string' },
            custom_details: { type: 'object' },
          },
          ['summary', 'severity', 'source'],
        ),
      },
      ['routing_key', 'event_action', 'dedup_key'],
    ),
    anyOf: [{ properties: { event_action: { const: 'resolve' } } }, { required: ['payload'] }],
  },
  /** https://docs.opsgenie.com/docs/alert-api#create-alert */
  opsgenie: closed(
    {
      message: text(130),
      alias: text(512),
      description: { type: 'string', maxLength: 15_000 },
      tags: { type: 'array', maxItems: 20, items: text(50) },
      details: { type: 'object', additionalProperties: { type: 'string' } },
      entity: { type: 'string', maxLength: 512 },
      source: { type: 'string', maxLength: 100 },
      priority: { enum: ['P1', 'P2', 'P3', 'P4', 'P5'] },
    },
    ['message'],
  ),
  /** prometheus/alertmanager, api/v2/openapi.yaml: postableAlerts */
  alertmanager: {
    type: 'array',
    items: closed(
      {
        labels: {
          type: 'object',
          required: ['alertname'],
          propertyNames: { pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' },
          additionalProperties: { type: 'string', minLength: 1 },
        },
        annotations: { type: 'object', additionalProperties: { type: 'string' } },
        startsAt: { type: 'string' },
        endsAt: { type: 'string' },
        generatorURL: { type: 'string' },
      },
      ['labels'],
    ),
  },
  /** fluxcd/pkg, apis/event/v1beta1/event.go */
  flux: closed(
    {
      involvedObject: closed(
        {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          name: { type: 'string' },
          namespace: { type: 'string' },
        },
        ['kind', 'name'],
      ),
      severity: { enum: ['trace', 'info', 'error'] },
      timestamp: { type: 'string' },
      message: text(39_000),
      reason: { type: 'string' },
      metadata: { type: 'object', additionalProperties: { type: 'string' } },
      reportingController: { type: 'string' },
      reportingInstance: { type: 'string' },
    },
    ['involvedObject', 'severity', 'timestamp', 'message', 'reason', 'reportingController'],
  ),
} as const;
