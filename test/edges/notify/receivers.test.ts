import { randomBytes, createHmac } from 'node:crypto';
import { Ajv } from 'ajv';
import { CloudEvent, HTTP } from 'cloudevents';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { carry } from '../../../src/edges/notify/courier.ts';
import type { ReceiverSpec } from '../../../src/edges/notify/receiver-spec.ts';
import { aNotice, aSubject } from '../../core/alert/alerts.ts';
import { type Answer, aReceiver, courier, type Got, openLoopback } from './loopback.ts';
import { FORMATS } from './formats.ts';

const GO_ON = new AbortController().signal;
const SECRETS = {
  hook: '',
  key: '0123456789abcdef0123456789abcdef',
  signing: `whsec_${randomBytes(32).toString('base64')}`,
};

/** What a hostile name tries in each markup. */
const HOSTILE =
  '<!channel> @everyone <@123> *b* [x](http://evil.example) `c` <at>all</at> </script> #1 /close | \u202e\n/close\r\nBcc: a@evil.example';

const firing = aNotice('firing', {
  summary: HOSTILE,
  detail: HOSTILE,
  next: HOSTILE,
  labels: { zone: HOSTILE, logpush_job: HOSTILE, destination: HOSTILE },
  count: 30,
  subjects: Array.from({ length: 20 }, (_, n) => aSubject({ key: `k${n}`, what: HOSTILE, job: HOSTILE })),
});
const resolved = { ...firing, id: `${firing.id}-end`, status: 'resolved' as const };

/** The answers that the vendors document. */
const YES: { readonly [type: string]: Answer } = {
  slack: { body: 'ok' },
  teams: { status: 202 },
  discord: { status: 204 },
  pagerduty: { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"k"}' },
  opsgenie: { status: 202, body: '{"result":"Request will be processed","took":0.1,"requestId":"43a2"}' },
};

async function tellBoth(
  make: (url: string) => ReceiverSpec,
  answer: (got: Got) => Answer,
): Promise<readonly Got[]> {
  const loopback = await openLoopback(answer);
  const spec = make(loopback.url);
  const options = courier({ ...SECRETS, hook: `${loopback.url}/services/T0/B0/secretsecret` });
  for (const notice of [firing, resolved]) {
    const outcome = await carry([notice], spec, options, GO_ON);
    expect(outcome).toMatchObject({ isDelivered: true });
  }
  return loopback.got;
}

describe('a receiver whose secret is no address', () => {
  it.each([
    ['slack', aReceiver({ type: 'slack', url: '${secret:hook}' })],
    ['webhook', aReceiver({ type: 'webhook', url: '${secret:hook}' })],
  ])('is a matter of the settings, and the secret is not shown: %s', async (_, spec) => {
    for (const hook of ['not a url', 'ftp://files.example.com', 'https://']) {
      const outcome = await carry([firing], spec, courier({ ...SECRETS, hook }), GO_ON);
      expect(outcome).toMatchObject({ isDelivered: false, kind: 'settings' });
      expect(outcome.said).toContain('is not an http or https address');
      expect(outcome.said).not.toContain(hook);
    }
  });
});

describe('a message', () => {
  it.each<[string, (url: string) => ReceiverSpec]>([
    ['webhook', (url) => aReceiver({ type: 'webhook', url })],
    ['flux', (url) => aReceiver({ type: 'flux', url })],
    ['alertmanager', (url) => aReceiver({ type: 'alertmanager', url })],
    ['slack', () => aReceiver({ type: 'slack', url: '${secret:hook}' })],
    ['teams', () => aReceiver({ type: 'teams', url: '${secret:hook}' })],
    ['discord', () => aReceiver({ type: 'discord', url: '${secret:hook}' })],
    ['pagerduty', (url) => aReceiver({ type: 'pagerduty', url, token: '${secret:key}' })],
    ['opsgenie', (url) => aReceiver({ type: 'opsgenie', url, token: '${secret:key}' })],
  ])('links to the runbook where the settings say where that is: %s', async (type, make) => {
    const loopback = await openLoopback(() => YES[type] ?? {});
    const options = courier({ ...SECRETS, hook: loopback.url });
    const runbooks = 'https://docs.example.com/logpushd/';
    await carry([firing], make(loopback.url), { ...options, runbooks }, GO_ON);
    await carry([firing], make(loopback.url), options, GO_ON);
    const link = 'https://docs.example.com/logpushd/docs/runbook.md#driftdetected';
    expect(loopback.got.map(({ body }) => body.replaceAll('\\', '').includes(link))).toEqual([true, false]);
  });
});

function expectOf(format: keyof typeof FORMATS, body: string): void {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validate = ajv.compile(FORMATS[format]);
  const value: unknown = JSON.parse(body);
  expect(validate(value) ? [] : validate.errors).toEqual([]);
}

describe('a webhook of a channel', () => {
  it.each(['slack', 'teams', 'discord'] as const)('of %s gets what the vendor documents', async (type) => {
    const got = await tellBoth(
      () => aReceiver({ type, url: '${secret:hook}' }),
      () => YES[type]!,
    );
    expect(got.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/services/T0/B0/secretsecret'],
      ['POST', '/services/T0/B0/secretsecret'],
    ]);
    for (const { body, headers } of got) {
      expect(headers['content-type']).toBe('application/json');
      expectOf(type, body);
      expect(body.length).toBeLessThan(28_000);
    }
  });

  it('of Slack shows foreign text without its control sequences', async () => {
    const [one] = await tellBoth(
      () => aReceiver({ type: 'slack', url: '${secret:hook}' }),
      () => YES['slack']!,
    );
    expect(one?.body).not.toMatch(/<!channel>|<@123>/);
    expect(one?.body).toContain('&lt;!channel&gt;');
  });

  it('of Slack says the whole summary, whatever the header has room for', async () => {
    const said = async (summary: string): Promise<readonly string[]> => {
      const loopback = await openLoopback(() => YES['slack']!);
      const spec = aReceiver({ type: 'slack', url: '${secret:hook}' });
      await carry([aNotice('firing', { summary })], spec, courier({ hook: loopback.url }), GO_ON);
      const { blocks }: { blocks: { text: { text: string } }[] } = JSON.parse(loopback.got[0]!.body);
      return blocks.map(({ text }) => text.text);
    };
    expect((await said('a'.repeat(130)))[0]).toBe(`WARNING: ${'a'.repeat(130)}`);
    expect((await said('a'.repeat(300)))[1]).toContain(`WARNING: ${'a'.repeat(300)}`);
  });

  it('of Teams has foreign text in text runs alone, which know no Markdown', async () => {
    const [one] = await tellBoth(
      () => aReceiver({ type: 'teams', url: '${secret:hook}' }),
      () => YES['teams']!,
    );
    const types = [...(one?.body ?? '').matchAll(/"type":"(\w+)"/g)].map(([, type]) => type);
    expect(new Set(types)).toEqual(new Set(['message', 'AdaptiveCard', 'RichTextBlock', 'TextRun']));
  });

  it('of Discord mentions nobody', async () => {
    const [one] = await tellBoth(
      () => aReceiver({ type: 'discord', url: '${secret:hook}' }),
      () => YES['discord']!,
    );
    const body: { allowed_mentions: unknown; embeds: { title: string; description: string }[] } = JSON.parse(
      one!.body,
    );
    expect(body.allowed_mentions).toEqual({ parse: [] });
    expect(body.embeds[0]?.title).toContain('\\<\\@123\\>');
    const length = body.embeds.reduce(
      (sum, { title, description }) => sum + title.length + description.length,
      0,
    );
    expect(length).toBeLessThan(6_000);
  });
});

describe('an incident', () => {
  it('of PagerDuty is triggered and resolved by one key', async () => {
    const got = await tellBoth(
      (url) => aReceiver({ type: 'pagerduty', url, token: '${secret:key}' }),
      () => YES['pagerduty']!,
    );
    for (const { body } of got) expectOf('pagerduty', body);
    const bodies = got.map(({ body }): Record<string, unknown> => JSON.parse(body));
    expect(bodies.map((body) => [body['event_action'], body['dedup_key'], body['routing_key']])).toEqual([
      ['trigger', 'logpushd-0123456789abcdef', SECRETS.key],
      ['resolve', 'logpushd-0123456789abcdef', SECRETS.key],
    ]);
    expect(got.map(({ path }) => path)).toEqual(['/v2/enqueue', '/v2/enqueue']);
  });

  it('of Opsgenie is opened and closed by one alias', async () => {
    const got = await tellBoth(
      (url) => aReceiver({ type: 'opsgenie', url, token: '${secret:key}' }),
      () => YES['opsgenie']!,
    );
    expect(got.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v2/alerts', `GenieKey ${SECRETS.key}`],
      ['/v2/alerts/logpushd-0123456789abcdef/close?identifierType=alias', `GenieKey ${SECRETS.key}`],
    ]);
    expectOf('opsgenie', got[0]!.body);
  });

  it('of Alertmanager has the same labels from beginning to end, and an end that moves', async () => {
    const got = await tellBoth(
      (url) => aReceiver({ type: 'alertmanager', url }, { repeatMs: 300_000 }),
      () => ({}),
    );
    for (const { body, path } of got) {
      expectOf('alertmanager', body);
      expect(path).toBe('/api/v2/alerts');
    }
    const [[first], [second]] = got.map(({ body }) => JSON.parse(body)) as [Postable[], Postable[]];
    expect(second?.labels).toEqual(first?.labels);
    expect(Date.parse(first!.endsAt)).toBeGreaterThan(Date.now() + 800_000);
    expect(second?.endsAt).toBe(resolved.at);
  });
});

interface Postable {
  readonly labels: object;
  readonly endsAt: string;
}

describe("an endpoint of one's own", () => {
  it('gets a CloudEvent that the SDK reads, signed so that Standard Webhooks verify it', async () => {
    const spec = (url: string) =>
      aReceiver({
        type: 'webhook',
        url: `${url}/in`,
        signingSecret: '${secret:signing}',
        token: '${secret:key}',
      });
    const got = await tellBoth(spec, () => ({ status: 204 }));
    const events = got.map(({ headers, body }) => {
      expect(headers.authorization).toBe(`Bearer ${SECRETS.key}`);
      const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      expect(new Webhook(SECRETS.signing).verify(body, named)).toBeTruthy();
      const event = HTTP.toEvent<{ status: string; reason: string }>({ headers, body });
      if (!(event instanceof CloudEvent)) throw new Error('one event was expected');
      expect(event.validate()).toBe(true);
      return event;
    });
    expect(
      events.map(({ id, type, subject, data }) => [id, type, subject, data?.status, data?.reason]),
    ).toEqual([
      [firing.id, 'logpushd.alert.firing.v1', '0123456789abcdef', 'firing', 'DriftDetected'],
      [resolved.id, 'logpushd.alert.resolved.v1', '0123456789abcdef', 'resolved', 'DriftDetected'],
    ]);
  });

  it('that speaks Flux gets its event, with the HMAC of generic-hmac', async () => {
    const got = await tellBoth(
      (url) => aReceiver({ type: 'flux', url, signingSecret: '${secret:key}' }),
      () => ({}),
    );
    for (const { body, headers } of got) {
      expectOf('flux', body);
      const digest = createHmac('sha256', SECRETS.key).update(body).digest('hex');
      expect([headers['x-signature'], headers['gotk-component']]).toEqual([`sha256=${digest}`, 'logpushd']);
    }
    expect(got.map(({ body }) => JSON.parse(body).severity)).toEqual(['error', 'info']);
  });
});

/** Issues as a tracker keeps them, in the words of one of the two. */
function tracker(keys: { number: string; text: string; open: string }) {
  const issues: Record<string, unknown>[] = [];
  const comments: string[] = [];
  const answer = ({ method, path, body }: Got): Answer => {
    const number = /issues\/(\d+)/.exec(path)?.[1];
    const issue = issues.find((one) => String(one[keys.number]) === number);
    const sent: Record<string, unknown> = body === '' ? {} : JSON.parse(body);
    if (method === 'GET') return { body: JSON.stringify(issues) };
    if (/notes$|comments$/.test(path)) comments.push(String(sent['body']));
    else if (issue !== undefined) {
      const closes = sent['state'] === 'closed' || sent['state_event'] === 'close';
      Object.assign(issue, sent, { state: closes ? 'closed' : issue['state'] });
    } else {
      issues.push({ ...sent, [keys.number]: issues.length + 1, state: keys.open });
      return { status: 201, body: JSON.stringify(issues.at(-1)) };
    }
    return { body: JSON.stringify(issue ?? {}) };
  };
  return { issues, comments, answer };
}

describe('an issue', () => {
  it.each([
    ['github', { number: 'number', text: 'body', open: 'open' }],
    ['gitlab', { number: 'iid', text: 'description', open: 'opened' }],
  ] as const)('of %s is made once, kept up to date and closed', async (type, keys) => {
    const { issues, comments, answer } = tracker(keys);
    const make = (url: string) =>
      aReceiver({ type, url, token: '${secret:key}', repository: 'acme/logpush', issueLabels: ['logpush'] });
    const loopback = await openLoopback(answer);
    const options = courier(SECRETS);
    for (const notice of [firing, firing, resolved, resolved]) {
      expect(await carry([notice], make(loopback.url), options, GO_ON)).toMatchObject({ isDelivered: true });
    }
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ state: 'closed' });
    expect(comments).toHaveLength(1);
    const text = String(issues[0]?.[keys.text]);
    expect(text.split('\n').filter((line) => line.startsWith('/'))).toEqual([]);
    expect(text).not.toMatch(/@everyone|\[x\]\(http|(?<!\\)<at>/);
    const own = type === 'github' ? 'authorization' : 'private-token';
    expect(loopback.got.every(({ headers }) => String(headers[own]).endsWith(SECRETS.key))).toBe(true);
  });

  const GITHUB = {
    type: 'github',
    token: '${secret:key}',
    repository: 'acme/logpush',
    issueLabels: [],
  } as const;

  it('has one comment however often the close of it fails', async () => {
    const { issues, comments, answer } = tracker({ number: 'number', text: 'body', open: 'open' });
    const loopback = await openLoopback(answer);
    const spec = aReceiver({ ...GITHUB, url: loopback.url });
    await carry([firing], spec, courier(SECRETS), GO_ON);
    loopback.answer = (got) => (got.method === 'PATCH' ? { status: 502 } : answer(got));
    for (const _ of [1, 2, 3])
      expect(await carry([resolved], spec, courier(SECRETS), GO_ON)).toMatchObject({ isDelivered: false });
    loopback.answer = answer;
    expect(await carry([resolved], spec, courier(SECRETS), GO_ON)).toMatchObject({ isDelivered: true });
    expect([issues, comments]).toMatchObject([[{ state: 'closed' }], [expect.any(String)]]);
  });

  it('is not made where too many others are there to know that there is none', async () => {
    const others = Array.from({ length: 100 }, (_, number) => ({ number, state: 'open', body: '' }));
    const loopback = await openLoopback(() => ({ body: JSON.stringify(others) }));
    const spec = aReceiver({ ...GITHUB, url: loopback.url });

    expect(await carry([firing], spec, courier(SECRETS), GO_ON)).toMatchObject({
      isDelivered: false,
      kind: 'settings',
      said: expect.stringContaining('more than 1000 issues'),
    });
    expect(new Set(loopback.got.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  it('is not made again where the answer to the first was lost', async () => {
    const { issues, answer } = tracker({ number: 'number', text: 'body', open: 'open' });
    const loopback = await openLoopback((got) => ({
      ...answer(got),
      ...(got.method === 'POST' && { status: 502 }),
    }));
    const spec = aReceiver({ ...GITHUB, url: loopback.url });
    expect(await carry([firing], spec, courier(SECRETS), GO_ON)).toMatchObject({
      isDelivered: false,
      kind: 'passing',
    });
    loopback.answer = answer;
    expect(await carry([firing], spec, courier(SECRETS), GO_ON)).toMatchObject({ isDelivered: true });
    expect(issues).toHaveLength(1);
  });
});

describe('a mail', () => {
  async function openMailServer(onData: (raw: string) => Error | null = () => null) {
    const mails: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      logger: false,
      onAuth: ({ username, password }, _session, done) =>
        username === 'me' && password === SECRETS.key
          ? done(null, { user: 'me' })
          : done(new Error('Invalid login')),
      onData(stream, _session, done) {
        let raw = '';
        stream.setEncoding('utf8').on('data', (text: string) => (raw += text));
        stream.on('end', () => {
          const error = onData(raw);
          if (error === null) mails.push(raw);
          done(error);
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => server.close());
    const address = server.server.address();
    return { mails, port: typeof address === 'object' && address !== null ? address.port : 0 };
  }
  const mail = (port: number, password = '${secret:key}') =>
    aReceiver({
      type: 'email',
      host: '127.0.0.1',
      port,
      tls: 'none',
      username: 'me',
      password,
      from: 'logpushd <l@example.com>',
      to: ['ops@example.com'],
    });

  it('arrives as plain text, with an id that stays the same and no header of foreign making', async () => {
    const { mails, port } = await openMailServer();
    for (const _ of [1, 2])
      expect(await carry([firing], mail(port), courier(SECRETS), GO_ON)).toMatchObject({ isDelivered: true });
    const parsed = await Promise.all(mails.map((raw) => PostalMime.parse(raw)));
    expect(parsed[1]?.messageId).toBe(parsed[0]?.messageId);
    expect(parsed[0]).toMatchObject({ to: [{ address: 'ops@example.com' }] });
    expect(parsed[0]?.bcc).toBeUndefined();
    expect(parsed[0]?.subject).toContain('logpushd WARNING: <!channel>');
    expect(parsed[0]?.text).toContain('Reason: DriftDetected');
  });

  it('that is refused says what the server said, and never the password', async () => {
    const { port } = await openMailServer();
    const outcome = await carry(
      [firing],
      mail(port, '${secret:other}'),
      courier({ other: 'wrong-password' }),
      GO_ON,
    );
    expect(outcome).toMatchObject({
      isDelivered: false,
      kind: 'settings',
      said: expect.stringContaining('Invalid login'),
    });
    expect(JSON.stringify(outcome)).not.toContain('wrong-password');
  });

  it('is given up on at its time, where the server says nothing', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const sockets = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => sockets.add(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const outcome = await carry([firing], { ...mail(port), timeoutMs: 100 }, courier(SECRETS), GO_ON);
    expect(outcome).toMatchObject({
      isDelivered: false,
      kind: 'passing',
      said: 'it did not answer within 0.1 s',
    });
  });
});

describe('what a receiver answers', () => {
  const slack = aReceiver({ type: 'slack', url: '${secret:hook}' });
  it.each<readonly [answer: Answer, kind: string, said: RegExp, retryAfterMs: number | null]>([
    [{ status: 500, body: '<html>oops</html>' }, 'passing', /^HTTP 500, "<html>oops/, null],
    [{ status: 429, headers: { 'retry-after': '7' } }, 'passing', /^HTTP 429$/, 7_000],
    [{ status: 302, headers: { location: 'https://evil.example/' } }, 'settings', /leads elsewhere/, null],
    [{ status: 404, body: 'no_service' }, 'settings', /no_service/, null],
    [{ status: 403, headers: { 'retry-after': '60' } }, 'passing', /403/, 60_000],
    [{ status: 400, body: 'invalid_blocks' }, 'refused', /invalid_blocks/, null],
    [{ status: 200, body: '<html>log in</html>' }, 'settings', /"ok" is expected/, null],
    [{ hangs: true }, 'passing', /^it did not answer within 0.2 s$/, null],
    [{ status: 500, body: 'you sent /services/secretsecret' }, 'passing', /you sent \[redacted\]/, null],
  ])('%j is %s', async (answer, kind, said, retryAfterMs) => {
    const loopback = await openLoopback(() => answer);
    const hook = `${loopback.url}/services/secretsecret`;
    const outcome = await carry([firing], { ...slack, timeoutMs: 200 }, courier({ hook }), GO_ON);
    expect(outcome).toMatchObject({
      isDelivered: false,
      kind,
      said: expect.stringMatching(said),
      retryAfterMs,
    });
    expect(loopback.got).toHaveLength(1);
  });

  it('is nothing, where nobody listens', async () => {
    const outcome = await carry([firing], slack, courier({ hook: 'http://127.0.0.1:1/x' }), GO_ON);
    expect(outcome).toMatchObject({ isDelivered: false, kind: 'passing', said: 'connection refused' });
  });

  it('is not asked for where a secret is missing', async () => {
    const outcome = await carry([firing], slack, courier({}), GO_ON);
    expect(outcome).toMatchObject({
      isDelivered: false,
      kind: 'settings',
      said: '${secret:hook} cannot be read: it is not there',
    });
  });
});
