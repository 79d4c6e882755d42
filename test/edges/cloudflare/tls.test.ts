import { once } from 'node:events';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axiosTransport, type WireRequest } from '../../../src/edges/cloudflare/transport.ts';
import { UnreachableError } from '../../../src/reconcile/errors.ts';
import { aScope } from '../../builders.ts';
import { selfSigned } from './certificate.ts';
import { bench, NOW, rejectionOf } from './client-bench.ts';
import { envelope, rawAnswer, startFaultServer, type FaultServer } from './fault-server.ts';

const trusted = selfSigned('localhost');
const strange = selfSigned('localhost');
const misnamed = selfSigned('api.example.com');
const expired = selfSigned('localhost', new Date().getUTCFullYear());
const OPEN = new AbortController().signal;

const sockets = new Set<Socket>();
const servers: Server[] = [];
let tunnel: FaultServer;

beforeAll(async () => {
  setDefaultCACertificates([...getCACertificates('bundled'), trusted.cert, misnamed.cert, expired.cert]);
  tunnel = await startFaultServer((socket, { path }) => {
    const target = connect(Number(path.split(':')[1]), '127.0.0.1', () => {
      socket.removeAllListeners('data');
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    sockets.add(target);
    target.on('error', () => socket.destroy());
  });
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  await tunnel.close();
});

async function serve(identity: { key: string; cert: string }, onRequest: (socket: TLSSocket) => void) {
  const requests: string[] = [];
  const server = createServer(identity, (socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        requests.push(bytes.toString());
        onRequest(socket);
      });
  });
  server.on('connection', (socket: Socket) => sockets.add(socket)).on('tlsClientError', () => undefined);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, requests };
}

function post(port: number): WireRequest {
  return { method: 'POST', url: `https://localhost:${port}/x`, headers: {}, body: '{}', timeoutMs: 20_000 };
}

const ways = [
  { way: 'directly', transport: () => axiosTransport({ version: '1', environment: {} }) },
  {
    way: 'through a proxy',
    transport: () => axiosTransport({ version: '1', environment: { HTTPS_PROXY: tunnel.origin } }),
  },
];

describe.each(ways)('TLS $way', ({ transport }) => {
  it('carries a request to a server with a trusted certificate', async () => {
    const server = await serve(trusted, (socket) => void socket.write(rawAnswer(200, envelope(1))));
    expect(await transport().send(post(server.port), OPEN)).toMatchObject({ status: 200, body: envelope(1) });
  });

  it.each([
    ['an unknown certificate', strange, /not trusted/],
    ['a certificate for another host', misnamed, /another host name/],
    ['a certificate that has expired', expired, /has expired/],
  ])('sends nothing to a server with %s', async (_, identity, cause) => {
    const server = await serve(identity, (socket) => void socket.destroy());
    const outcome = await transport().send(post(server.port), OPEN);
    expect(outcome).toEqual({ kind: 'not-trusted', cause: expect.stringMatching(cause) as string });
    expect(server.requests).toEqual([]);
  });

  it('sends nothing when its connection is there and it may not be sent any more', async () => {
    const server = await serve(trusted, (socket) => void socket.write(rawAnswer(200, envelope(1))));
    const refused = await transport().send({ ...post(server.port), mayLeave: () => false }, OPEN);
    expect(refused).toMatchObject({ kind: 'not-sent' });
    await transport().send(post(server.port), OPEN);
    expect(server.requests).toHaveLength(1);
  });

  it('meets an unknown certificate once in a call, for it does not heal meanwhile', async () => {
    const server = await serve(strange, (socket) => void socket.destroy());
    const { api, clock } = bench(`https://localhost:${server.port}`, { transport: transport() });
    const refused = await rejectionOf(api.listJobs(aScope(), NOW));
    expect(refused).toBeInstanceOf(UnreachableError);
    expect(refused.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(clock.slept).toEqual([]);
  });

  it('is in doubt about a request after which the connection was reset', async () => {
    const server = await serve(trusted, (socket) => void socket.destroy());
    expect(await transport().send(post(server.port), OPEN)).toMatchObject({ kind: 'unknown' });
    expect(server.requests).toHaveLength(1);
  });
});
