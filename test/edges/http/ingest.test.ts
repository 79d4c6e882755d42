import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../../src/core/job/job.ts';
import { Secret } from '../../../src/core/secret.ts';
import { startHttp } from '../../../src/edges/http/server.ts';

const TOKEN = 'the-token-of-cloudflare';

async function started(withToken = true, isEarly = false) {
  const taken: JsonObject[] = [];
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    status: () => ({ scopes: [] }),
    history: () => [],
    ready: () => ({ ready: true, reason: '' }),
    metrics: async () => '',
    reconcile: () => ({ unknown: 'There is no such scope.' }),
    approve: () => null,
    pause: async () => ({ unknown: 'Nothing is here.' }),
    resume: async () => ({ unknown: 'Nothing is here.' }),
    token: new Secret('the-token-of-people'),
    ingest: withToken
      ? { token: new Secret(TOKEN), take: async (entries) => !isEarly && taken.push(...entries) > -1 }
      : null,
  });
  onTestFinished(() => server.close());
  const send = (body: Buffer | string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/ingest/audit`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    });
  return { url: server.url, taken, send };
}

const LINES = '{"AuditLogID":"a"}\n{"AuditLogID":"b"}\n';

describe('what Cloudflare sends', () => {
  test('is to be sent again while logpushd does not know its zones', async () => {
    const { taken, send } = await started(true, true);
    expect((await send(LINES)).status).toBe(503);
    expect(taken).toEqual([]);
  });

  test.each([
    ['compressed, as Logpush does', gzipSync(LINES), { 'content-encoding': 'gzip' }],
    ['compressed, with nothing that says so', gzipSync(LINES), {}],
    ['as it is', LINES, { 'content-type': 'application/json' }],
  ])('is taken in %s', async (_, body, headers) => {
    const { taken, send } = await started();
    const response = await send(body, headers);
    expect([response.status, await response.json()]).toEqual([200, { entries: 2 }]);
    expect(taken).toEqual([{ AuditLogID: 'a' }, { AuditLogID: 'b' }]);
  });

  test('as a test when the job is made is answered well', async () => {
    const { send } = await started();
    expect((await send(gzipSync('{"content":"tests"}'))).status).toBe(200);
  });

  test.each([
    ['is damaged', gzipSync(LINES).subarray(0, 20), 400, 'damaged'],
    ['is csv', 'a,b\n1,2\n', 400, 'ndjson'],
    ['unpacks to very much', gzipSync(Buffer.alloc(33_000_000)), 400, 'unpacked'],
    ['is too large', Buffer.alloc(5_000_001), 413, 'bytes'],
  ])('is refused where it %s', async (_, body, status, says) => {
    const { taken, send } = await started();
    const response = await send(body);
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(says)]);
    expect(taken).toEqual([]);
  });

  test.each([
    ['none', ''],
    ['a wrong one', 'Bearer wrong'],
    ['that of people', 'Bearer the-token-of-people'],
  ])('is not looked at with %s as token', async (_, authorization) => {
    const { taken, send } = await started();
    const response = await send(LINES, { authorization });
    expect([response.status, await response.text()]).toEqual([
      401,
      expect.stringContaining('LOGPUSHD_INGEST_TOKEN'),
    ]);
    expect(taken).toEqual([]);
  });

  test('does not let anybody ask for what people may ask for', async () => {
    const { url } = await started();
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(`${url}/api/v1/reconcile`, { method: 'POST', headers })).status).toBe(401);
  });

  test('comes by any name, because it has a token', async () => {
    const { url } = await started();
    const { hostname, port } = new URL(url);
    const { connect } = await import('node:net');
    const socket = connect(Number(port), hostname);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.write(
      `POST /ingest/audit HTTP/1.1\r\nHost: logpushd.example.com\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(await answer).toMatch(/^HTTP\/1.1 200/);
    socket.destroy();
  });

  test('has no place where no token is set', async () => {
    const { send } = await started(false);
    expect((await send(LINES)).status).toBe(404);
  });

  test('is sent, not fetched', async () => {
    const { url } = await started();
    expect((await fetch(`${url}/ingest/audit`)).status).toBe(405);
  });
});
