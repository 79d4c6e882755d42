import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A server that answers with any bytes, at any moment, or not at all; `node:http` is too well-behaved. */

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** 1 for the first connection. */
  readonly connection: number;
}

/** What to do with a request, once its last byte is here. `count` is 1 for the first. */
export type Script = (socket: Socket, request: Received, count: number) => void;

export interface FaultServer {
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly Received[];
  connections(): number;
  close(): Promise<void>;
}

export interface FaultOptions {
  /** Takes the connection before any request is read. */
  readonly onConnection?: (socket: Socket, count: number) => void;
  /** Called for each piece of a request that is not whole yet. */
  readonly onPiece?: (socket: Socket, soFar: string) => void;
}

export async function startFaultServer(script: Script, options: FaultOptions = {}): Promise<FaultServer> {
  const requests: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    options.onConnection?.(socket, connection);
    let text = '';
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      for (let parsed = parse(text); parsed; parsed = parse(text)) {
        text = text.slice(parsed.length);
        const request = { ...parsed.request, connection };
        requests.push(request);
        script(socket, request, requests.length);
      }
      if (text !== '') options.onPiece?.(socket, text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function parse(text: string): { request: Omit<Received, 'connection'>; length: number } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const [method = '', path = ''] = start.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const length = end + 4 + Number(headers['content-length'] ?? 0);
  if (text.length < length) return null;
  const body = Buffer.from(text.slice(end + 4, length), 'latin1').toString('utf8');
  return { request: { method, path, headers, body }, length };
}

export type Headers = Readonly<Record<string, string>>;

/** The bytes of a whole answer. A header given as `''` is left out. */
export function rawAnswer(status: number, body: string | Buffer, headers: Headers = {}): Buffer {
  const bytes = Buffer.from(body);
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length), ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Whatever\r\n${lines.join('\r\n')}\r\n\r\n`), bytes]);
}

export function envelope(result: unknown, rest: object = {}): string {
  return JSON.stringify({ errors: [], messages: [], result, success: true, ...rest });
}

export function failure(code: number, message: string, rest: object = {}): string {
  return JSON.stringify({ errors: [{ code, message }], messages: [], result: null, success: false, ...rest });
}

export const answers =
  (status: number, body: string | Buffer, headers: Headers = {}): Script =>
  (socket) => {
    socket.write(rawAnswer(status, body, headers));
  };

/** Each request gets the next script; the last one stays. */
export function inTurn(...scripts: readonly Script[]): Script {
  return (socket, request, count) => scripts[Math.min(count, scripts.length) - 1]?.(socket, request, count);
}

export const reset: Script = (socket) => {
  socket.resetAndDestroy();
};

export const hangUp: Script = (socket) => {
  socket.end();
};

export const silent: Script = () => undefined;
