import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that may change something, as it came off the wire of one replica. */
export interface Write {
  readonly replica: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Milliseconds since the epoch, when it had arrived whole. */
  readonly at: number;
}

/** Called when a write has arrived; the write goes on to Cloudflare when what it returns has settled. */
export type OnWrite = (write: Write) => Promise<void> | undefined;

/**
 * Stands between the replicas and Cloudflare, and sees who of them writes what and when. It is no part of logpushd and believes
 * nothing that a replica says about itself.
 */
export class Wire {
  readonly writes: Write[] = [];
  onWrite: OnWrite = () => undefined;
  readonly #upstream: URL;
  readonly #servers: Server[] = [];

  constructor(upstream: string) {
    this.#upstream = new URL(upstream);
  }

  /** The address of Cloudflare for this replica. */
  async addressFor(replica: string): Promise<string> {
    const server = createServer((asked, answer) => void this.#carry(replica, asked, answer));
    this.#servers.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}${this.#upstream.pathname}`;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(this.#servers.map((server) => new Promise((closed) => server.close(closed))));
  }

  async #carry(replica: string, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = asked;
    try {
      const body = await textOf(asked);
      if (method !== 'GET') {
        const write = { replica, method, path, body, at: Date.now() };
        this.writes.push(write);
        await this.onWrite(write);
      }
      const { status, headers: given, text } = await this.#forward(method, path, headers, body);
      answer.writeHead(status, given).end(text);
    } catch {
      // The replica went away with its call half sent, or the sandbox at the end of the test.
      answer.destroy();
    }
  }

  #forward(
    method: string,
    path: string,
    headers: IncomingMessage['headers'],
    body: string,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
    return new Promise((answered, failed) => {
      const { hostname, port } = this.#upstream;
      const asking = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
        textOf(answer).then(
          (text) => answered({ status: answer.statusCode ?? 502, headers: answer.headers, text }),
          failed,
        );
      });
      asking.once('error', failed);
      asking.end(body);
    });
  }
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
