import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { ListenError } from '../../../src/edges/http/listen-error.ts';
import { type HttpOptions, startHttp } from '../../../src/edges/http/server.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import { StatusBoard } from '../../../src/reconcile/status/status-board.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { ADA, AT } from '../../core/audit/entries.ts';
import { hungUp } from '../../hung-up.ts';
import { aSeenJob, aWithheld, EVENTS, finished, planned } from '../events.ts';

const TOKEN = 'a-token-of-the-test';

const NO_PAUSES = {
  pause: async () => ({ unknown: 'There is no such scope.' }),
  resume: async () => ({ unknown: 'Nothing is paused.' }),
};

async function started(options: Partial<HttpOptions> = {}): Promise<string> {
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    status: () => ({ scopes: [] }),
    history: (question) => [question],
    ready: () => ({ ready: true, reason: '' }),
    metrics: async () => 'logpushd_build_info 1\n',
    reconcile: (scope) => ({ queued: [scope ?? 'all'] }),
    approve: (digest) => (digest === 'known' ? { queued: ['zone.a'] } : null),
    ...NO_PAUSES,
    token: new Secret(TOKEN),
    ...options,
  });
  onTestFinished(() => server.close());
  return server.url;
}

function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } });
}

async function errorOf(response: Response): Promise<string> {
  const body: unknown = await response.json();
  return String((body as { error?: unknown }).error);
}

/** `fetch` sets Host itself. */
async function statusFor(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number | undefined> {
  const sent = request(url, { method, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** What comes back for these bytes, until the server closes. */
async function raw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  socket.write(bytes);
  await hungUp(socket);
  return answer;
}

describe('health', () => {
  test('is alive as soon as it answers, ready or not', async () => {
    const url = await started({ ready: () => ({ ready: false, reason: 'the first pass has not ended' }) });
    expect((await ask(`${url}/healthz`)).status).toBe(200);
  });

  test('is ready with the first pass, and says why not before', async () => {
    let isReady = false;
    const url = await started({ ready: () => ({ ready: isReady, reason: 'the first pass has not ended' }) });
    const before = await ask(`${url}/readyz`);
    expect([before.status, await before.text()]).toEqual([503, 'the first pass has not ended\n']);
    isReady = true;
    expect((await ask(`${url}/readyz`)).status).toBe(200);
  });
});

test('metrics are in the format of Prometheus', async () => {
  const response = await ask(`${await started()}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe('logpushd_build_info 1\n');
});

test('a flood of scrapes makes the metrics once', async () => {
  let made = 0;
  const metrics = async (): Promise<string> => `made ${(made += 1)}\n`;
  const url = await started({ metrics });
  await Promise.all(
    Array.from({ length: 40 }, () => ask(`${url}/metrics`).then((response) => response.text())),
  );
  expect(made).toBeLessThan(10);
});

test('metrics that failed once are made anew', async () => {
  let isBroken = true;
  const url = await started({
    metrics: async () => {
      if (isBroken) throw new Error('broken');
      return 'fine\n';
    },
  });
  expect((await ask(`${url}/metrics`)).status).toBe(500);
  isBroken = false;
  expect((await ask(`${url}/metrics`)).status).toBe(200);
});

test('the status is what it is given, as JSON, fresh each time', async () => {
  let pass = 0;
  const url = await started({ status: () => ({ pass: (pass += 1) }) });
  expect(await (await ask(`${url}/api/v1/status`)).json()).toEqual({ pass: 1 });
  const response = await ask(`${url}/api/v1/status`);
  expect(await response.json()).toEqual({ pass: 2 });
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('a connection that asks for nothing more does not stay open for long', async () => {
  const response = await ask(`${await started()}/healthz`);
  expect(response.headers.get('keep-alive')).toBe('timeout=5');
});

describe('a pass', () => {
  test.each([
    ['for everything', '', 'all'],
    ['for one scope', '?scope=example.com', 'example.com'],
    ['for one scope by a name with odd characters', '?scope=a%2Fb%20c', 'a/b c'],
  ])('is queued %s', async (_, query, queued) => {
    const response = await ask(`${await started()}/api/v1/reconcile${query}`, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([202, { queued: [queued] }]);
  });

  test('is refused for a scope that is not known', async () => {
    const url = await started({ reconcile: () => ({ unknown: 'There is no such scope.' }) });
    const response = await ask(`${url}/api/v1/reconcile?scope=nope`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toBe('There is no such scope.');
  });

  test.each(['?scope=', '?scope=a&scope=b', `?scope=${'x'.repeat(256)}`])(
    'is refused for %j',
    async (query) => {
      const response = await ask(`${await started()}/api/v1/reconcile${query}`, { method: 'POST' });
      expect(response.status).toBe(400);
    },
  );

  test.each([
    'none',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Basic ${btoa(`:${TOKEN}`)}`,
    TOKEN,
  ])('is refused for the authorization %j, and says how to give it', async (authorization) => {
    let asked = 0;
    const url = await started({ reconcile: () => ({ queued: [String((asked += 1))] }) });
    const response = await ask(`${url}/api/v1/reconcile`, { method: 'POST', headers: { authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="logpushd"');
    expect(await errorOf(response)).toContain('Authorization: Bearer TOKEN');
    expect(asked).toBe(0);
  });

  test('is for nobody without a configured token', async () => {
    const url = await started({ token: null });
    const response = await ask(`${url}/api/v1/reconcile`, { method: 'POST' });
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toContain('Set LOGPUSHD_HTTP_TOKEN');
  });

  test.each([
    ['a form', 'application/x-www-form-urlencoded', 'scope=other'],
    ['JSON', 'application/json', '{"scope":"other"}'],
    ['broken JSON', 'application/json', '{'],
    ['something unknown', 'application/x-nonsense', '\0\0'],
  ])('is not told anything by a body that is %s', async (_, type, body) => {
    const response = await ask(`${await started()}/api/v1/reconcile?scope=example.com`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect([response.status, await response.json()]).toEqual([202, { queued: ['example.com'] }]);
  });

  test('is refused with a body over the limit', async () => {
    const response = await ask(`${await started()}/api/v1/reconcile`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x'.repeat(262_145),
    });
    expect(response.status).toBe(413);
  });

  test('is refused before the body of a stranger is read', async () => {
    const url = await started();
    const { host } = new URL(url);
    const answer = await raw(
      url,
      `POST /api/v1/reconcile HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5000000000\r\nConnection: close\r\n\r\nxxxx`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('methods and addresses', () => {
  const paths = ['/', '/healthz', '/readyz', '/metrics', '/api/v1/status', '/api/v1/history'];

  test.each(paths)('%s can be read, and nothing else', async (path) => {
    const url = await started();
    expect((await ask(url + path)).status).toBe(200);
    expect((await ask(url + path, { method: 'HEAD' })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const response = await ask(url + path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('a pass can be asked for by POST alone', async () => {
    const response = await ask(`${await started()}/api/v1/reconcile`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test.each([
    '/nothing',
    '/api',
    '/api/v1/status/x',
    '/..%2f..%2fetc/passwd',
    '/%00',
    '//etc/passwd',
    '/metrics/',
  ])('there is nothing at %s', async (path) => {
    const response = await ask((await started()) + path);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toContain('Begin at /');
  });

  test.each(['/%', '/%zz', '/%c0%ae'])('the address %s is refused without a stack', async (path) => {
    const url = await started();
    const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answer).not.toContain('    at ');
  });

  test('what is not HTTP is answered and closed', async () => {
    const url = await started();
    for (const bytes of [
      'nonsense\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    ]) {
      expect(await raw(url, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
  });

  test('two lengths of one body are refused', async () => {
    const url = await started();
    const smuggled =
      'POST /api/v1/reconcile HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await raw(url, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('approving a refused plan', () => {
  const approve = async (url: string, query: string, token = TOKEN): Promise<number | undefined> =>
    statusFor(`${url}/api/v1/approve${query}`, { authorization: `Bearer ${token}` }, 'POST');

  test('needs the token, and a digest that is refused now', async () => {
    const url = await started();
    expect(await approve(url, '?digest=known', 'wrong-token')).toBe(401);
    expect(await approve(url, '')).toBe(400);
    expect(await approve(url, '?digest=known&digest=other')).toBe(400);
    expect(await approve(url, '?digest=other')).toBe(404);
    expect(await approve(url, '?digest=known')).toBe(202);
  });
});

describe('the name of the server', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.1:1',
    '[::1]:8080',
    '10.1.2.3',
    'localhost',
    'LOCALHOST:99',
    'app.localhost',
    'logpushd',
    'logpushd.monitoring.svc',
    'logpushd.monitoring.svc.cluster.local:8080',
    'logs.example.com',
  ])('%s is ours', async (host) => {
    const url = await started({ names: ['logs.example.com'] });
    expect(await statusFor(`${url}/healthz`, { host })).toBe(200);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    'logpushd.svc.evil.example',
    '127.0.0.1.evil.example',
    'user@127.0.0.1',
    '127.0.0.1:8080:80',
    '[::1',
    ' ',
  ])('%s is not: a page of that name must not read what is here', async (host) => {
    const url = await started({ names: ['logs.example.com'] });
    const status = await statusFor(`${url}/api/v1/status`, { host });
    expect([400, 421]).toContain(status);
  });

  test('another one is refused before anything else', async () => {
    const url = await started();
    const headers = { host: 'evil.example', authorization: `Bearer ${TOKEN}` };
    expect(await statusFor(`${url}/api/v1/reconcile`, headers, 'POST')).toBe(421);
    expect(await statusFor(`${url}/nothing`, headers)).toBe(421);
  });

  test('what a proxy claims does not count', async () => {
    const url = await started();
    expect(await statusFor(url, { host: 'evil.example', 'x-forwarded-host': 'localhost' })).toBe(421);
  });
});

describe('answers', () => {
  test('may be used by no other page', async () => {
    const url = await started();
    for (const path of ['/', '/healthz', '/metrics', '/api/v1/status', '/nothing']) {
      const { headers } = await ask(url + path, { headers: { origin: 'https://evil.example' } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  test('hold no stack and no message of a bug, which stays here', async () => {
    const faults: string[] = [];
    const url = await started({
      status: () => {
        throw new Error('secret-in-a-message');
      },
      onFault: (route) => faults.push(route),
    });
    for (const path of ['/', '/api/v1/status']) {
      const response = await ask(url + path);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toMatch(/secret-in-a-message|server\.ts/);
    }
    expect(faults).toEqual(['/', '/api/v1/status']);
    expect((await ask(`${url}/healthz`)).status).toBe(200);
  });
});

describe('the history', () => {
  test.each([
    ['', { scope: null, job: null, limit: 100 }],
    ['?scope=example.com&job=http&limit=500', { scope: 'example.com', job: 'http', limit: 500 }],
  ])('answers %s', async (query, question) => {
    const response = await ask(`${await started()}/api/v1/history${query}`);
    expect(await response.json()).toEqual({ entries: [question] });
  });

  test.each(['?limit=0', '?limit=501', '?limit=1e2', '?scope=a&scope=b', '?job='])(
    'refuses %s, and says how to ask',
    async (query) => {
      const response = await ask(`${await started()}/api/v1/history${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringContaining('limit from 1 to 500') });
    },
  );
});

describe('the status page', () => {
  const nasty = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e&amp;`;
  const status = {
    manifest: { revision: '4f2c1ab', valid: true, problems: [], error: null },
    last_pass: {
      triggers: ['schedule'],
      finished_at: '2026-11-23T10:00:00Z',
      summary: { scopes: 1, applied: 2 },
    },
    refusal: nasty,
    scopes: [
      {
        scope: { kind: 'zone', id: '0', name: nasty },
        last_error: nasty,
        jobs: [
          {
            name: nasty,
            id: 48213,
            dataset: 'http_requests',
            sync: 'drift',
            reason: nasty,
            fields: ['enabled', nasty],
            last_drift: { by: { email: nasty, way: 'dashboard', at: nasty } },
            health: { state: 'failing', last_complete: '2026-11-23T09:59:00Z', error: nasty },
          },
        ],
      },
    ],
  };

  async function page(document: unknown): Promise<{ readonly html: string; readonly policy: string }> {
    const response = await ask(`${await started({ status: () => document })}/`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    return { html: await response.text(), policy: response.headers.get('content-security-policy') ?? '' };
  }

  test('shows pass, scopes and jobs, with sync and delivery apart', async () => {
    const { html } = await page(status);
    for (const text of [
      '4f2c1ab',
      'schedule',
      '2 applied',
      '48213',
      'http_requests',
      'drift',
      'failing',
      '2026-11-23T09:59:00Z',
    ]) {
      expect(html).toContain(text);
    }
  });

  test('shows what the status of the loop really holds', async () => {
    const board = new StatusBoard({ now: () => Date.parse('2026-11-23T10:00:00Z') });
    const live = aLiveJob({ id: 48213, name: 'http-archive' });
    const desired = aDesiredJob({ name: 'http-archive' });
    const drift = aWithheld({
      name: 'http-archive',
      action: 'update',
      class: 'drift',
      reason: 'mode is warn',
    });
    board.emit(EVENTS['manifest.rejected']);
    board.emit(planned({ paired: [{ desired, live }], live: [live], withheld: [drift] }));
    board.emit({ ...EVENTS['scope.health'], jobs: [aSeenJob()] });
    const attribution = { ...ADA, at: AT, action: 'update', others: 0 } as const;
    board.emit({
      ...EVENTS['drift.found'],
      scope: EVENTS['scope.health'].scope,
      job: 'http-archive',
      attribution,
    });
    board.emit(finished({ scopes: 1, drift: 1, withheld: 1 }));
    const { html } = await page(board.toJson());
    const shown = [
      'example.com',
      'http-archive',
      '48213',
      'http_requests',
      'drift',
      'mode is warn',
      `last changed by ada@example.com (dashboard) at ${AT}`,
      'failing',
      'The host has no address.',
      'Correct the host.',
      'nothing since 2026-11-23T08:55:00.000Z',
      '99.51 % / –',
    ];
    const passAndManifest = [
      'schedule, file-change',
      '1 drifted',
      'zones/shop.yaml:12:23 error out-of-range',
    ];
    expect([...shown, ...passAndManifest].filter((text) => !html.includes(text))).toEqual([]);
  });

  test('shows every text from outside as text', async () => {
    const { html } = await page(status);
    expect(html.match(/<script|<img|onerror=alert\(1\)>/g)).toBeNull();
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img');
    expect(html).not.toContain('\u202e');
  });

  test('runs nothing, loads nothing, and its style is the one that is allowed', async () => {
    const { html, policy } = await page({ ...status, refusal: null, scopes: [] });
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(html).not.toMatch(/<script|<link|style=| on\w+=|https?:/);
  });

  test.each([null, 'text', 7, [], {}, { scopes: 'x', manifest: 3 }, { scopes: [null, {}], last_pass: null }])(
    'does not fall over %j',
    async (document) => {
      const { html } = await page(document);
      expect(html).toContain('<h1>logpushd</h1>');
    },
  );

  test('says why it is not ready', async () => {
    const url = await started({ ready: () => ({ ready: false, reason: 'the first pass <b>' }) });
    expect(await (await ask(url)).text()).toContain('the first pass &lt;b&gt;');
  });
});

describe('listening', () => {
  test('on a taken port is refused with address and remedy', async () => {
    const taken = createServer();
    onTestFinished(() => void taken.close());
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const error: unknown = await started({ port }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ address: `127.0.0.1:${port}`, code: 'EADDRINUSE' });
    expect(String(error)).toContain(`cannot listen on 127.0.0.1:${port}: another process listens there`);
    expect(String(error)).toContain('Set "http" (or LOGPUSHD_HTTP) to another address');
  });

  test('on an address of somebody else is refused', async () => {
    await expect(started({ host: '192.0.2.1' })).rejects.toThrow('this machine does not have that address');
  });

  test.each(['0.0.0.0', '::', 'localhost', '::1'])(
    'on %s gives an address that can be opened',
    async (host) => {
      const url = await started({ host });
      expect((await ask(`${url}/healthz`)).status).toBe(200);
    },
  );

  test('ends at once, although a client keeps its connection', async () => {
    const server = await startHttp({
      host: '127.0.0.1',
      port: 0,
      status: () => ({}),
      history: () => [],
      ready: () => ({ ready: true, reason: '' }),
      metrics: async () => '',
      reconcile: () => ({ unknown: 'There is no such scope.' }),
      approve: () => null,
      ...NO_PAUSES,
      token: null,
    });
    const { hostname, port } = new URL(server.url);
    const idle = connect(Number(port), hostname);
    await once(idle, 'connect');
    await (await ask(`${server.url}/healthz`)).text();
    const closed = hungUp(idle);
    await server.close();
    await closed;
    await expect(ask(server.url)).rejects.toThrow('fetch failed');
  });

  test('the 51st connection is turned away, and the others stay', async () => {
    const { hostname, port } = new URL(await started());
    const open = () => connect(Number(port), hostname).on('error', () => undefined);
    const sockets = Array.from({ length: 50 }, open);
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await hungUp(open());
    expect(sockets.filter((socket) => socket.readyState !== 'open')).toEqual([]);
  });

  test('who does not finish a request is cut off', async () => {
    const url = await started();
    const slow = [
      'GET / HTT',
      'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
      `POST /api/v1/reconcile HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 9\r\n\r\nx`,
    ];
    const answers = await Promise.all(slow.map((bytes) => raw(url, bytes)));
    expect(answers.filter((answer) => answer !== '' && !answer.startsWith('HTTP/1.1 408 '))).toEqual([]);
  });
});

describe('pausing', () => {
  const pause = { since: '2026-11-23T09:00:00.000Z' };

  test.each([
    ['pause', '', 400, 'target=example.com'],
    ['pause', '?target=a&target=b', 400, 'target=example.com'],
    ['pause', '?target=a&for=ever', 400, 'for=4h'],
    ['pause', `?target=a&reason=${'x'.repeat(256)}`, 400, 'at most 255 characters'],
    ['pause', '?target=a', 404, 'There is no such scope.'],
    ['resume', '', 400, 'target=example.com'],
    ['resume', '?target=a', 404, 'Nothing is paused.'],
  ])('%s%s is refused, with what to write', async (path, query, status, message) => {
    const response = await ask(`${await started()}/api/v1/${path}${query}`, { method: 'POST' });
    expect([response.status, await errorOf(response)]).toEqual([status, expect.stringContaining(message)]);
  });

  test('answers with what stands', async () => {
    const url = await started({ pause: async (target) => ({ target, pause }) });
    const response = await ask(`${url}/api/v1/pause?target=example.com`, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([
      200,
      { target: 'example.com', since: pause.since, until: null, reason: null },
    ]);
  });

  test('that cannot be kept is not there, and says why', async () => {
    const url = await started({ pause: () => Promise.reject(new StateError('The disk is full.')) });
    const response = await ask(`${url}/api/v1/pause?target=example.com`, { method: 'POST' });
    expect([response.status, await errorOf(response)]).toEqual([503, 'The disk is full.']);
  });

  test.each(['pause', 'resume'])('%s is for who has the token', async (path) => {
    const response = await fetch(`${await started()}/api/v1/${path}?target=a`, { method: 'POST' });
    expect(response.status).toBe(401);
  });

  test('is shown on the page', async () => {
    const scope = {
      scope: { name: 'a.example' },
      pauses: [{ job: null, since: pause.since, reason: '<b>' }],
      jobs: [],
    };
    const url = await started({ status: () => ({ scopes: [scope] }) });
    expect(await (await ask(url)).text()).toContain(`All jobs paused since ${pause.since}: &lt;b&gt;`);
  });
});
