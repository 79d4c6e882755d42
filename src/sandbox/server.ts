import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ChallengeTargets, loopbackEndpoint, writeChallenge } from './challenge-files.ts';
import { control, type Controlled, type VirtualTime } from './control.ts';
import { answer, type Exchange } from './exchange.ts';
import { FaultPort } from './faults.ts';
import { CloudflareModel } from './model/cloudflare.ts';
import { failureBody } from './model/envelope.ts';
import type { ZoneSeed } from './model/new-world.ts';
import { type ApiRequest, type ApiResponse, BASE_PATH } from './model/response.ts';
import { type LoggedRequest, RequestLog } from './request-log.ts';
import type { Switches } from './switches.ts';
import { welcome } from './welcome.ts';

/**
 * A Cloudflare Logpush API on a port: for trying logpushd out, for the CI of its users and for its own tests.
 * It imitates `cloudflare-api.md`; nothing in it reaches Cloudflare or any destination.
 */

export interface SandboxOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free port. @default 0 */
  readonly port?: number;
  /** Zones, by name alone or in full. None, or an empty list: example.com, shop.example.com and example.org. */
  readonly zones?: readonly (string | ZoneSeed)[];
  /** Names of accounts; zones belong to the first one unless they say otherwise. @default Example Inc */
  readonly accounts?: readonly string[];
  /** The only token or key let in. Without it any is. */
  readonly token?: string;
  readonly switches?: Partial<Switches>;
  /** Milliseconds since the epoch. @default the real clock */
  readonly now?: () => number;
  /** Id of the first job. @default 1001 */
  readonly firstJobId?: number;
  /** Folder that ownership challenge files are written to. */
  readonly challengeDir?: string;
  /** S3-compatible server on this machine that challenge files are PUT to, as `http://127.0.0.1:9000`. */
  readonly challengeEndpoint?: string;
  /** Told one line for each request. */
  readonly log?: (line: string) => void;
}

export interface RunningSandbox {
  /** Base URL of the API: `http://127.0.0.1:PORT/client/v4`. */
  readonly url: string;
  readonly origin: string;
  readonly model: CloudflareModel;
  readonly faults: FaultPort;
  /** The newest calls, oldest first. */
  requests(): readonly LoggedRequest[];
  /** Lets the sandbox's clock run ahead. */
  advance(ms: number): void;
  /** Ends every open connection at once. */
  close(): Promise<void>;
}

const BODY_LIMIT = 1024 * 1024;

/**
 * Starts a sandbox and resolves when it listens.
 *
 * @throws RangeError for a challenge endpoint that is not on this machine; the system's error for a taken port.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const time = virtualTime(options.now ?? Date.now);
  const parts: Parts = {
    model: modelOf(options, time),
    faults: new FaultPort(),
    requests: new RequestLog(),
    time,
    challenges: {
      directory: options.challengeDir ?? null,
      endpoint: options.challengeEndpoint === undefined ? null : loopbackEndpoint(options.challengeEndpoint),
    },
    needsToken: options.token !== undefined,
    log: options.log ?? (() => undefined),
    closing: new AbortController(),
  };
  const server = createServer((request, response) => void serve(request, response, parts));
  const origin = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0);
  return {
    url: `${origin}${BASE_PATH}`,
    origin,
    model: parts.model,
    faults: parts.faults,
    requests: () => parts.requests.list(),
    advance: time.advance,
    close: () => close(server, parts),
  };
}

interface Parts extends Controlled {
  readonly challenges: ChallengeTargets;
  readonly needsToken: boolean;
  readonly log: (line: string) => void;
  readonly closing: AbortController;
}

function modelOf(options: SandboxOptions, time: VirtualTime): CloudflareModel {
  const { zones = [], accounts = [], token, switches, firstJobId } = options;
  return new CloudflareModel({
    now: time.now,
    ...(zones.length > 0 && {
      zones: zones.map((zone) => (typeof zone === 'string' ? { name: zone } : zone)),
    }),
    ...(accounts.length > 0 && { accounts }),
    ...(token !== undefined && { token }),
    ...(switches !== undefined && { switches }),
    ...(firstJobId !== undefined && { firstJobId }),
  });
}

function virtualTime(real: () => number): VirtualTime {
  let offset = 0;
  return {
    now: () => real() + offset,
    advance: (ms) => {
      offset += ms;
    },
    reset: () => {
      offset = 0;
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  try {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const body = await bodyOf(request);
    if (body === null) return tooLarge(response);
    if (path === '/')
      return sendText(response, 200, welcome(parts.model, originOf(request), parts.needsToken));
    if (path === '/sandbox' || path.startsWith('/sandbox/'))
      return serveControl(request, response, body, parts);
    await serveApi(request, response, body, parts);
  } catch (error) {
    // A caller that went away is no event; anything else is a mistake in the sandbox and must be seen.
    if (request.socket.destroyed) return;
    parts.log(`sandbox failed on ${request.method ?? ''} ${request.url ?? ''}: ${String(error)}`);
    if (response.headersSent) request.socket.destroy();
    else
      sendJson(
        response,
        500,
        failureBody({ code: 1000, message: 'The sandbox failed; this is a bug in it.' }),
      );
  }
}

async function serveApi(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  parts: Parts,
): Promise<void> {
  const apiRequest = apiRequestOf(request, body);
  const { method, target, headers } = apiRequest;
  const path = target.split('?', 1)[0]?.slice(BASE_PATH.length) ?? '';
  const credential = headers['authorization'] ?? headers['x-auth-key'] ?? '';
  const id = parts.requests.begin({ now: parts.time.now(), credential, method, path: target });
  const fault = parts.faults.take(method, path);
  if (fault !== null) parts.requests.hit(id, fault.kind);
  // A client that knows Cloudflare's clock by its answers is to know this one.
  response.setHeader('date', new Date(parts.time.now()).toUTCString());
  let status: number | null = null;
  try {
    const exchange: Exchange = {
      request,
      response,
      signal: parts.closing.signal,
      process: (options = {}) => handled(apiRequest, options.ageMs, parts),
    };
    status = await answer(exchange, fault);
  } finally {
    parts.requests.end(id, status);
    parts.log(`${method} ${target.split('?', 1)[0] ?? ''} ${status ?? 'no answer'}`);
  }
}

/** The model's answer, after a challenge file has been written where one can be. */
async function handled(request: ApiRequest, ageMs: number | undefined, parts: Parts): Promise<ApiResponse> {
  const { model, time, challenges } = parts;
  const response = model.handle(request, ageMs === undefined ? {} : { asOf: time.now() - ageMs });
  if (response.challenge === null) return response;
  const refusal = await writeChallenge(response.challenge, challenges);
  return refusal === null ? response : model.challengeRefused(refusal);
}

function serveControl(request: IncomingMessage, response: ServerResponse, body: string, parts: Parts): void {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const { method = 'GET' } = request;
  const result = control({ method, path, query: new URLSearchParams(query), body }, parts);
  sendJson(response, result.status, result.body);
}

function apiRequestOf(request: IncomingMessage, body: string): ApiRequest {
  const entries = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  const headers: Record<string, string | undefined> = Object.fromEntries(entries);
  return { method: request.method ?? 'GET', target: request.url ?? '/', headers, body };
}

/** Null when the body is longer than the sandbox reads. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > BODY_LIMIT) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function tooLarge(response: ServerResponse): void {
  response.setHeader('connection', 'close');
  sendJson(
    response,
    413,
    failureBody({ code: 1001, message: `The body is longer than ${BODY_LIMIT} bytes.` }),
  );
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body, null, 2);
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(`${text}\n`);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=UTF-8' }).end(text);
}

function originOf(request: IncomingMessage): string {
  const { localAddress = '127.0.0.1', localPort = 0 } = request.socket;
  return `http://${hostText(localAddress)}:${localPort}`;
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      done(`http://${hostText(host)}:${bound}`);
    });
  });
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function close(server: Server, parts: Parts): Promise<void> {
  parts.closing.abort();
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
