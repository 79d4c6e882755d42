/** Rows H46, H48, H60-H64, H70: what anybody who reaches the port of the real daemon can send. */

import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { leaksIn } from '../canaries.ts';
import { hungUp } from '../hung-up.ts';
import { ALL, HTTP_TOKEN } from './payloads.ts';
import { aDaemon, aHostileWorld, everyAnswer, type HostileDaemon, writesTo } from './world.ts';

async function daemon(): Promise<HostileDaemon> {
  return aDaemon(await aHostileWorld());
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** What comes back for these bytes until the server hangs up. */
async function raw(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = open(url);
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  socket.write(bytes);
  await hungUp(socket);
  return answer;
}

const head = (line: string, ...headers: string[]): string =>
  `${[line, 'Host: localhost', ...headers].join('\r\n')}\r\n\r\n`;

describe('bytes that are no honest request', () => {
  it('are refused one by one, and the daemon answers the next', async () => {
    const { url, running } = await daemon();
    const close = 'Connection: close';
    const attempts: readonly (readonly [row: string, what: string, bytes: string, answer: RegExp])[] = [
      ['H60', 'headers of 20 KB', head('GET / HTTP/1.1', `X: ${'x'.repeat(20_000)}`), /^HTTP\/1\.1 431 /],
      [
        'H60',
        'a body of 5 GB from a stranger',
        head('POST /api/v1/reconcile HTTP/1.1', 'Content-Length: 5000000000', close),
        /^HTTP\/1\.1 401 /,
      ],
      [
        'H60',
        'a body of 5 GB',
        head(
          'POST /api/v1/reconcile HTTP/1.1',
          `Authorization: Bearer ${HTTP_TOKEN.core}`,
          'Content-Length: 5000000000',
          close,
        ),
        /^HTTP\/1\.1 413 /,
      ],
      [
        'H60',
        'a body that says to be gzip',
        `${head('POST /api/v1/reconcile HTTP/1.1', `Authorization: Bearer ${HTTP_TOKEN.core}`, 'Content-Encoding: gzip', 'Content-Length: 3', close)}abc`,
        /^HTTP\/1\.1 (202|415) /,
      ],
      [
        'H62',
        'the name of another site',
        `GET / HTTP/1.1\r\nHost: evil.example\r\n${close}\r\n\r\n`,
        /^HTTP\/1\.1 421 /,
      ],
      [
        'H62',
        'the name of another site in front',
        head('GET / HTTP/1.1', 'X-Forwarded-Host: evil.example', close),
        /^HTTP\/1\.1 200 /,
      ],
      [
        'H62',
        'two names',
        `GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${close}\r\n\r\n`,
        /^HTTP\/1\.1 4\d\d /,
      ],
      [
        'H62',
        'another site in the target',
        `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n${close}\r\n\r\n`,
        /^HTTP\/1\.1 4\d\d /,
      ],
      ['H63', 'a way up', head('GET /..%2f..%2fetc/passwd HTTP/1.1', close), /^HTTP\/1\.1 404 /],
      ['H63', 'a way up, plain', head('GET /../../etc/passwd HTTP/1.1', close), /^HTTP\/1\.1 404 /],
      ['H63', 'a NUL', head('GET /%00 HTTP/1.1', close), /^HTTP\/1\.1 404 /],
      ['H63', 'a percent sign alone', head('GET /% HTTP/1.1', close), /^HTTP\/1\.1 4\d\d /],
      ['H63', 'two slashes', head('GET //etc/passwd HTTP/1.1', close), /^HTTP\/1\.1 404 /],
      [
        'H63',
        'an address of 15 KB',
        head(`GET /${'x'.repeat(15_000)} HTTP/1.1`, close),
        /^HTTP\/1\.1 4\d\d /,
      ],
      ['H64', 'a method that exists', head('DELETE /metrics HTTP/1.1', close), /^HTTP\/1\.1 405 /],
      ['H64', 'a method that does not', head('BREW / HTTP/1.1', close), /^HTTP\/1\.1 400 /],
      ['H64', 'TRACE', head('TRACE / HTTP/1.1', close), /^HTTP\/1\.1 4\d\d /],
      [
        'H64',
        'CONNECT',
        'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
        /^(HTTP\/1\.1 4\d\d |$)/,
      ],
      [
        'H64',
        'two lengths',
        `${head('POST /api/v1/reconcile HTTP/1.1', 'Content-Length: 3', 'Content-Length: 4', close)}abc`,
        /^HTTP\/1\.1 400 /,
      ],
      [
        'H64',
        'a length and chunks',
        `${head('POST /api/v1/reconcile HTTP/1.1', 'Content-Length: 3', 'Transfer-Encoding: chunked', close)}0\r\n\r\n`,
        /^HTTP\/1\.1 4\d\d /,
      ],
      [
        'H64',
        'a chunk that is none',
        `${head('POST /api/v1/reconcile HTTP/1.1', `Authorization: Bearer ${HTTP_TOKEN.core}`, 'Transfer-Encoding: chunked', close)}zz\r\n`,
        /^HTTP\/1\.1 4\d\d /,
      ],
      [
        'H64',
        'an upgrade',
        head('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Connection: close'),
        /^HTTP\/1\.1 (200|400|426) /,
      ],
      ['H64', 'a header with a bare line feed', `GET / HTTP/1.1\nHost: localhost\n\n`, /^HTTP\/1\.1 400 /],
      ['H64', 'TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', /^(HTTP\/1\.1 400 |$)/],
    ];
    const wrong: string[] = [];
    let told = '';
    for (const [row, what, bytes, expected] of attempts) {
      const answer = await raw(url, bytes);
      told += answer;
      if (!expected.test(answer)) wrong.push(`${row} ${what}: ${answer.slice(0, 60)}`);
    }
    expect(wrong).toEqual([]);
    expect(leaksIn(told + running.stderr, ALL)).toEqual([]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('hold up nobody: two hundred slow ones at once, and health is answered when they have been hung up on', async () => {
    const { url } = await daemon();
    const sockets = Array.from({ length: 200 }, () => open(url));
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    // Each is hung up on by itself: at once over the limit of connections, else when its headers are late.
    await Promise.all(sockets.map(hungUp));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('what the daemon shows', () => {
  it('holds no secret, and every page forbids to load or run anything', async () => {
    const { url, running } = await daemon();
    expect(leaksIn((await everyAnswer(url)) + running.stderr, ALL)).toEqual([]);
    for (const path of ['/', '/metrics', '/api/v1/status', '/nothing', '/healthz']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    const policy = (await fetch(url)).headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/unsafe|script-src|\*|https?:/);
  });

  it.each([
    '/debug',
    '/config',
    '/env',
    '/.env',
    '/src/main.ts',
    '/main.js.map',
    '/debug/pprof',
    '/json/list',
  ])('is nothing at %s', async (path) => {
    const { url } = await daemon();
    expect((await fetch(url + path)).status).toBe(404);
  });

  it('is the same to a thousand scrapes, and it lives', async () => {
    const { url } = await daemon();
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(
        Array.from({ length: 20 }, async () => (await fetch(`${url}/metrics`)).arrayBuffer()),
      );
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('a request to act', () => {
  const { core } = HTTP_TOKEN;

  it.each([
    ['nothing', {}],
    ['a part of the token', { authorization: `Bearer ${core.slice(0, -1)}` }],
    ['more than the token', { authorization: `Bearer ${core}x` }],
    ['the token twice', { authorization: `Bearer ${core}, Bearer ${core}` }],
    ['the token as a password', { authorization: `Basic ${btoa(`x:${core}`)}` }],
    ['the token as a cookie', { cookie: `token=${core}` }],
    ['the token in another header', { 'x-token': core }],
  ])('with %s does nothing', async (_what, headers) => {
    const world = await daemon();
    const before = world.sandbox.requests().length;
    for (const path of ['/api/v1/reconcile', '/api/v1/approve', `/api/v1/reconcile?token=${core}`]) {
      const { status } = await fetch(world.url + path, { method: 'POST', headers });
      expect([401, 404]).toContain(status);
    }
    expect(world.sandbox.requests().length).toBe(before);
    expect(writesTo(world)).toHaveLength(1);
  });

  it('opens no debugger and writes no report when a signal asks for it', async () => {
    const { running, url } = await daemon();
    running.child.kill('SIGUSR1');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(running.stderr).not.toContain('Debugger listening');
  });
});
