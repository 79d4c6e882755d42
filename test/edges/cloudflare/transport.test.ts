import { gzipSync, deflateSync, brotliCompressSync } from 'node:zlib';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  axiosTransport,
  type TransportFailure,
  type WireRequest,
  type WireResponse,
} from '../../../src/edges/cloudflare/transport.ts';
import { TOKEN } from './client-bench.ts';
import {
  answers,
  envelope,
  hangUp,
  inTurn,
  rawAnswer,
  reset,
  silent,
  startFaultServer,
  type FaultOptions,
  type FaultServer,
  type Script,
} from './fault-server.ts';

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: Script, options?: FaultOptions): Promise<FaultServer> {
  const server = await startFaultServer(script, options);
  servers.push(server);
  return server;
}

const transport = axiosTransport({ version: '1.2.3', environment: {} });
const OPEN = new AbortController().signal;

function aRequest(url: string, overrides: Partial<WireRequest> = {}): WireRequest {
  return {
    method: 'GET',
    url,
    headers: { Authorization: `Bearer ${TOKEN}` },
    timeoutMs: 20_000,
    ...overrides,
  };
}

function post(url: string, body = '{"destination_conf":"s3://x"}'): WireRequest {
  return aRequest(url, { method: 'POST', body });
}

async function failureOf(sent: Promise<WireResponse | TransportFailure>): Promise<TransportFailure> {
  const outcome = await sent;
  if (outcome.kind === 'answer') throw new Error(`expected a failure and got HTTP ${outcome.status}`);
  return outcome;
}

describe('an exchange', () => {
  it('sends method, path, headers and body, and names itself', async () => {
    const server = await serve(answers(200, envelope({ id: 1 }), { 'CF-Ray': '8c1-AMS' }));
    const outcome = await transport.send(post(`${server.origin}/client/v4/x?page=2`, '{"ü":1}'), OPEN);
    expect(outcome).toMatchObject({ kind: 'answer', status: 200, body: envelope({ id: 1 }) });
    expect(outcome).toHaveProperty(['headers', 'cf-ray'], '8c1-AMS');
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/client/v4/x?page=2',
      body: '{"ü":1}',
    });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'logpushd/1.2.3 (+https://github.com/logpushd/logpushd)',
    });
  });

  it('gives every status as an answer', async () => {
    for (const status of [200, 201, 204, 304, 400, 401, 403, 404, 408, 429, 500, 502, 504, 520, 530]) {
      const server = await serve(
        answers(status, '', { 'Content-Length': status === 204 || status === 304 ? '' : '0' }),
      );
      expect(await transport.send(aRequest(server.origin), OPEN)).toMatchObject({ kind: 'answer', status });
    }
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('reads %s', async (encoding, compress) => {
    const server = await serve(answers(200, compress(envelope([])), { 'Content-Encoding': encoding }));
    expect(await transport.send(aRequest(server.origin), OPEN)).toMatchObject({ body: envelope([]) });
  });

  it('does not leave when its connection is there and it may not be sent any more', async () => {
    const server = await serve(answers(200, envelope(null)));
    const outcome = await transport.send({ ...post(server.origin, '{"a":1}'), mayLeave: () => false }, OPEN);
    expect(outcome).toEqual({ kind: 'not-sent', cause: 'another replica may lead by now' });
    await transport.send({ ...post(server.origin, '{"b":2}'), mayLeave: () => true }, OPEN);
    expect([server.connections(), server.requests.map(({ body }) => body)]).toEqual([2, ['{"b":2}']]);
  });

  it('keeps its connection for reads, and gives each POST a fresh one', async () => {
    const server = await serve(answers(200, envelope(null)));
    await transport.send(aRequest(server.origin), OPEN);
    await transport.send(aRequest(server.origin), OPEN);
    expect(server.connections()).toBe(1);
    await transport.send(post(server.origin), OPEN);
    await transport.send(post(server.origin), OPEN);
    expect(server.connections()).toBe(3);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2, 3]);
  });
});

describe('what was surely not sent', () => {
  it('is a request to a closed port', async () => {
    const server = await startFaultServer(silent);
    await server.close();
    expect(await transport.send(post(server.origin), OPEN)).toEqual({
      kind: 'not-sent',
      cause: 'connection refused',
    });
  });

  it('is a request to a host name that does not exist', async () => {
    const failure = await failureOf(transport.send(post(`http://${'x'.repeat(64)}.invalid/`), OPEN));
    expect(failure.kind).toBe('not-sent');
    expect(failure.cause).toContain('DNS');
  });

  it('is a request that was stopped beforehand', async () => {
    const server = await serve(answers(200, envelope(null)));
    const stop = new AbortController();
    stop.abort();
    expect(await transport.send(post(server.origin), stop.signal)).toMatchObject({ kind: 'not-sent' });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['answers TLS with plain text', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['resets the handshake', (socket) => void socket.resetAndDestroy()],
    ['closes during the handshake', (socket) => void socket.end()],
  ] as readonly [string, NonNullable<FaultOptions['onPiece']>][])(
    'is one to a server that %s',
    async (_, onPiece) => {
      const server = await serve(silent, { onPiece });
      const failure = await failureOf(transport.send(post(`https://127.0.0.1:${server.port}/`), OPEN));
      expect(failure.kind).toBe('not-sent');
    },
  );

  it('is one that the handshake never ended for', async () => {
    const server = await serve(silent);
    const request = { ...post(`https://127.0.0.1:${server.port}/`), timeoutMs: 50 };
    expect(await transport.send(request, OPEN)).toEqual({
      kind: 'not-sent',
      cause: 'no connection within 0.05 s',
    });
  });
});

describe('what may have been carried out', () => {
  it('is a request whose connection was reset, at whatever byte of it', async () => {
    const whole = 'x'.repeat(200);
    for (let offset = 1; offset < 420; offset += 19) {
      let cut = false;
      const server = await serve(reset, {
        onPiece(socket, soFar) {
          if (soFar.length < offset || cut) return;
          cut = true;
          socket.resetAndDestroy();
        },
      });
      const failure = await failureOf(transport.send(post(server.origin, whole), OPEN));
      expect([offset, failure.kind]).toEqual([offset, 'unknown']);
    }
  });

  it('is one whose answer was cut, at whatever byte of it', async () => {
    const answer = rawAnswer(200, envelope([{ id: 1 }]));
    for (let offset = 0; offset < answer.length; offset += 9) {
      const server = await serve((socket) => void socket.end(answer.subarray(0, offset)));
      const failure = await failureOf(transport.send(post(server.origin), OPEN));
      expect([offset, failure.kind]).toEqual([offset, 'unknown']);
      expect(failure.cause).toMatch(/^the connection ended before/);
    }
  });

  it.each([
    ['hung up on', hangUp],
    ['reset', reset],
    [
      'chunked without an end',
      (socket) => {
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n');
      },
    ],
  ] as readonly [string, Script][])('is one that was %s', async (_, script) => {
    const server = await serve(script);
    expect(await transport.send(post(server.origin), OPEN)).toMatchObject({ kind: 'unknown' });
    expect(server.requests).toHaveLength(1);
  });

  it('is one that got no answer in time', async () => {
    const server = await serve(silent);
    expect(await transport.send({ ...post(server.origin), timeoutMs: 60 }, OPEN)).toEqual({
      kind: 'unknown',
      cause: 'no answer within 0.06 s',
    });
  });

  it('is one whose answer only trickles', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write(' '), 5);
      socket.once('close', () => clearInterval(drip));
    });
    expect(await transport.send({ ...aRequest(server.origin), timeoutMs: 80 }, OPEN)).toEqual({
      kind: 'unknown',
      cause: 'no answer within 0.08 s',
    });
  });

  it('is one that was stopped while it waited', async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort());
    expect(await transport.send(post(server.origin), stop.signal)).toEqual({
      kind: 'unknown',
      cause: 'logpushd was stopped',
    });
  });

  it('is a read on a kept connection that the server closes', async () => {
    const server = await serve(inTurn(answers(200, envelope([])), reset));
    await transport.send(aRequest(server.origin), OPEN);
    expect(await transport.send(aRequest(server.origin), OPEN)).toMatchObject({ kind: 'unknown' });
  });
});

describe('an answer that cannot be used', () => {
  const small = axiosTransport({ version: '1', environment: {}, maxBytes: 64 * 1024 });
  const endless: Script = (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const more = (): void => {
      while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`));
    };
    socket.on('drain', more);
    more();
  };
  const table: readonly [string, Script, RegExp][] = [
    ['too large', answers(200, 'x'.repeat(65 * 1024)), /too large/],
    ['without an end', endless, /too large/],
    [
      'a gzip bomb',
      answers(200, gzipSync(Buffer.alloc(50 * 1024 * 1024)), { 'Content-Encoding': 'gzip' }),
      /too large/,
    ],
    [
      'a br bomb',
      answers(200, brotliCompressSync(Buffer.alloc(5 * 1024 * 1024)), { 'Content-Encoding': 'br' }),
      /too large/,
    ],
    ['called gzip and is not', answers(200, envelope([]), { 'Content-Encoding': 'gzip' }), /compression/],
    ['called br and is not', answers(200, envelope([]), { 'Content-Encoding': 'br' }), /compression/],
    ['not HTTP', (socket) => void socket.end('220 mail.example.com ESMTP\r\n'), /not valid HTTP/],
    ['of two lengths', answers(200, '{}', { 'Content-Length': '2\r\nContent-Length: 9' }), /not valid HTTP/],
    ['all headers', answers(200, '{}', { 'X-Long': 'x'.repeat(20_000) }), /not valid HTTP/],
  ];
  it.each(table)('is one that is %s', async (_, script, cause) => {
    const server = await serve(script);
    const failure = await failureOf(small.send(aRequest(server.origin), OPEN));
    expect(failure.kind).toBe('unusable');
    expect(failure.cause).toMatch(cause);
  });

  it('does not include one of the greatest size', async () => {
    const server = await serve(answers(200, 'x'.repeat(64 * 1024)));
    expect(await small.send(aRequest(server.origin), OPEN)).toMatchObject({ kind: 'answer' });
  });

  it('refuses to send a body that is too large', async () => {
    const server = await serve(silent);
    expect(await small.send(post(server.origin, 'x'.repeat(65 * 1024)), OPEN)).toMatchObject({
      kind: 'not-sent',
    });
    expect(server.requests).toEqual([]);
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is not followed, and takes the token nowhere', async (status) => {
    const elsewhere = await serve(answers(200, envelope([])));
    const server = await serve(answers(status, '', { Location: `${elsewhere.origin}/stolen` }));
    for (const request of [aRequest(server.origin), post(server.origin)]) {
      expect(await transport.send(request, OPEN)).toMatchObject({ kind: 'answer', status });
    }
    expect(elsewhere.connections()).toBe(0);
    expect(server.requests).toHaveLength(2);
  });

  it('to itself is asked once', async () => {
    const server = await serve(answers(302, '', { Location: '/' }));
    expect(await transport.send(aRequest(server.origin), OPEN)).toMatchObject({ status: 302 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('the environment', () => {
  it('with certificate checks switched off is refused', () => {
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(() => axiosTransport({ version: '1', environment })).toThrow(/NODE_EXTRA_CA_CERTS/);
  });

  it('sends plain HTTP through HTTP_PROXY', async () => {
    const proxy = await serve(answers(200, envelope(['by proxy'])));
    const proxied = axiosTransport({ version: '1', environment: { HTTP_PROXY: proxy.origin } });
    const outcome = await proxied.send(aRequest('http://api.invalid/client/v4/zones'), OPEN);
    expect(outcome).toMatchObject({ kind: 'answer', body: envelope(['by proxy']) });
    expect(proxy.requests[0]?.path).toBe('http://api.invalid/client/v4/zones');
  });

  it.each([{ HTTPS_PROXY: '' }, { https_proxy: '' }])(
    'tunnels HTTPS through %o and shows it no token',
    async (names) => {
      const seen: string[] = [];
      const proxy = await serve(
        (socket) => void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
        {
          onConnection: (socket) => void socket.on('data', (bytes) => seen.push(bytes.toString('latin1'))),
        },
      );
      const environment = Object.fromEntries(Object.keys(names).map((name) => [name, proxy.origin]));
      const proxied = axiosTransport({ version: '1', environment });
      const failure = await failureOf(proxied.send(post('https://api.invalid/client/v4/zones'), OPEN));
      expect(failure).toMatchObject({ kind: 'not-sent' });
      expect(failure.cause).toMatch(/proxy/);
      expect(seen.join('')).toMatch(/^CONNECT api\.invalid:443 /);
      expect(seen.join('')).not.toContain(TOKEN);
    },
  );

  it('is not asked for a proxy where NO_PROXY names the host', async () => {
    const proxy = await serve(answers(200, envelope([])));
    const server = await serve(answers(200, envelope(['direct'])));
    const environment = { HTTP_PROXY: proxy.origin, NO_PROXY: 'example.com,127.0.0.1' };
    const outcome = await axiosTransport({ version: '1', environment }).send(aRequest(server.origin), OPEN);
    expect(outcome).toMatchObject({ body: envelope(['direct']) });
    expect(proxy.connections()).toBe(0);
  });

  it('of the process is not looked at', async () => {
    const proxy = await serve(answers(200, envelope([])));
    const server = await serve(answers(200, envelope(['direct'])));
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = proxy.origin;
    try {
      expect(await transport.send(aRequest(server.origin), OPEN)).toMatchObject({
        body: envelope(['direct']),
      });
      expect(proxy.connections()).toBe(0);
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    }
  });
});

describe('a failure', () => {
  it('holds nothing but a kind and a cause, and no token', async () => {
    const closed = await startFaultServer(silent);
    await closed.close();
    const scripts = [reset, hangUp, answers(200, '{}', { 'Content-Encoding': 'gzip' })];
    const origins = await Promise.all(scripts.map(async (script) => (await serve(script)).origin));
    for (const origin of [...origins, closed.origin]) {
      const failure = await failureOf(transport.send(post(origin), OPEN));
      expect(Object.keys(failure).toSorted()).toEqual(['cause', 'kind']);
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(TOKEN);
    }
  });

  it.each([
    ['an address that is none', aRequest(`http://${TOKEN}:x:y/`), 'ERR_INVALID_URL'],
    [
      'a header that has no name',
      aRequest('http://127.0.0.1:1/', { headers: { 'A B': TOKEN } }),
      'ERR_INVALID_HTTP_TOKEN',
    ],
  ])('of %s is a bug, told without its value', async (_, request, code) => {
    const outcome = await transport.send(request, OPEN).then(
      (value) => value,
      (error: unknown) => error,
    );
    const shown = inspect(outcome, { depth: 9, showHidden: true });
    expect(shown).toContain(`not planned for (${code})`);
    expect(shown).not.toContain(TOKEN);
  });
});
