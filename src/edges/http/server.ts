import { hostname } from 'node:os';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { printableJson } from '../../core/render/foreign-text.ts';
import type { Secret } from '../../core/secret.ts';
import { isBearer } from './bearer.ts';
import { answerHistory, type HistoryOptions } from './history-answer.ts';
import { isOurHost } from './host-check.ts';
import { INGEST_PATH, ingest, type IngestOptions } from './ingest.ts';
import { ListenError } from './listen-error.ts';
import { answerPause, answerResume, type PauseOptions } from './pausing.ts';
import { parameterOf, problem } from './request.ts';
import { StandbyError } from './standby-error.ts';
import { PAGE_POLICY, statusPage } from './status-page.ts';

export interface HttpOptions extends PauseOptions, HistoryOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What `GET /api/v1/status` answers with, as JSON. */
  readonly status: () => unknown;
  readonly ready: () => { readonly ready: boolean; readonly reason: string };
  /** The Prometheus text format. */
  readonly metrics: () => Promise<string>;
  /** Puts the scope, or all of them for null, into the queue; or says that there is no such scope. */
  readonly reconcile: (
    scope: string | null,
  ) => { readonly queued: readonly string[] } | { readonly unknown: string };
  /** Lets a refused plan through by its digest; null when no such plan is refused now. */
  readonly approve: (digest: string) => { readonly queued: readonly string[] } | null;
  /** Null: nobody may ask for a pass. */
  readonly token: Secret | null;
  /** Takes in what Cloudflare sends, with the token that it shows. */
  readonly ingest?: { readonly token: Secret; readonly take: IngestOptions['take'] } | null;
  /** Further names that the server is reached by. */
  readonly names?: readonly string[];
  /** Called with the route when answering failed by a bug, which never reaches the loop. */
  readonly onFault?: (route: string) => void;
}

export interface HttpServer {
  /** Where people reach it, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 262_144;
const REQUEST_TIMEOUT_MS = 5_000;
const TIMEOUT_CHECK_MS = 500;
const MAX_CONNECTIONS = 50;
const METRICS_KEPT_MS = 1_000;

/**
 * Health, metrics and status for machines and people, and what its holder of the token may ask for.
 *
 * It decides nothing and knows nothing: each answer comes from a function it is given. Bodies are never looked
 * at; a request names scopes, jobs and digests, and changes none of them.
 *
 * @throws ListenError
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    connectionTimeout: 2 * REQUEST_TIMEOUT_MS,
    // Fifty that stay open and ask for nothing would keep everybody out, the probes of the cluster too.
    keepAliveTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    http: {
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: 16_384,
    },
    frameworkErrors: (_error, _request, reply) => {
      void problem(reply, 400, 'The address of the request is not valid.');
    },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  guard(app, options);
  ignoreBodies(app);
  routes(app, options);
  await listen(app, options);
  return { url: urlOf(options.host, app), close: () => app.close() };
}

async function listen(app: FastifyInstance, { host, port }: HttpOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
      throw new ListenError(host, port, error.code);
    }
    throw error;
  }
}

/** A person cannot open "all addresses". */
function urlOf(host: string, app: FastifyInstance): string {
  const listening = app.server.address();
  if (listening === null || typeof listening === 'string') throw new Error('the server has no address');
  const { port, address, family } = listening;
  const isAny = host === '0.0.0.0' || host === '::';
  const shown = isAny
    ? '127.0.0.1'
    : host === 'localhost'
      ? 'localhost'
      : family === 'IPv6'
        ? `[${address}]`
        : address;
  return `http://${shown}:${port}`;
}

function guard(app: FastifyInstance, { host, names = [], onFault }: HttpOptions): void {
  const ours = new Set([host, hostname(), ...names].map((name) => name.toLowerCase()));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    const hosts = request.raw.headersDistinct['host'] ?? [];
    if (hosts.length <= 1 && isOurHost(hosts[0], ours)) return;
    // Cloudflare comes by a public name, and a page that is led here has no token.
    if (hosts.length <= 1 && request.routeOptions.url === INGEST_PATH) return;
    await problem(reply, 421, 'This name is not one of this server. Use its address, or localhost.');
  });
  app.setNotFoundHandler((_request, reply) => problem(reply, 404, 'There is nothing here. Begin at /.'));
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof StandbyError) return problem(reply, 503, error.message);
    const status = statusOf(error);
    if (status === 500) onFault?.(request.routeOptions.url ?? 'unknown');
    return problem(reply, status, MESSAGES[status] ?? 'The request cannot be answered.');
  });
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const MESSAGES: { readonly [status: number]: string } = {
  400: 'The request is not valid.',
  413: `The body is larger than ${BODY_LIMIT_BYTES} bytes.`,
  500: 'This is a bug of logpushd. The log says where.',
};

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

/** Of any type, up to the limit. */
function ignoreBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async () => undefined);
}

function routes(app: FastifyInstance, options: HttpOptions): void {
  const { status, ready, token } = options;
  const metrics = kept(options.metrics);
  get(app, '/healthz', (reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));
  get(app, '/readyz', (reply) => {
    const { ready: isReady, reason } = ready();
    return reply
      .code(isReady ? 200 : 503)
      .type('text/plain; charset=utf-8')
      .send(isReady ? 'ready\n' : `${reason}\n`);
  });
  get(app, '/metrics', async (reply) => reply.type(METRICS_TYPE).send(await metrics()));
  get(app, '/api/v1/status', (reply) =>
    reply.type('application/json; charset=utf-8').send(printableJson(status())),
  );
  app.get('/api/v1/history', (request, reply) => answerHistory(request, reply, options));
  refuseOthers(app, '/api/v1/history', 'GET, HEAD');
  get(app, '/', (reply) =>
    reply
      .header('content-security-policy', PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(statusPage(status(), ready())),
  );
  if (options.ingest) {
    const { token: shown, take } = options.ingest;
    ingest(app, {
      authorize: (request, reply) => authorize(request, reply, shown, INGEST_TOKEN),
      take,
      problem,
    });
    refuseOthers(app, INGEST_PATH, 'POST');
  }
  ask(app, '/api/v1/reconcile', token, (request, reply) => reconcile(request, reply, options));
  ask(app, '/api/v1/approve', token, (request, reply) => approve(request, reply, options));
  ask(app, '/api/v1/pause', token, (request, reply) => answerPause(request, reply, options));
  ask(app, '/api/v1/resume', token, (request, reply) => answerResume(request, reply, options));
}

/** What only the holder of the token may ask for. */
function ask(
  app: FastifyInstance,
  path: string,
  token: Secret | null,
  answer: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>,
): void {
  app.post(path, { onRequest: (request, reply) => authorize(request, reply, token) }, answer);
  refuseOthers(app, path, 'POST');
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function get(
  app: FastifyInstance,
  path: string,
  answer: (reply: FastifyReply) => FastifyReply | Promise<FastifyReply>,
): void {
  app.get(path, (_request, reply) => answer(reply));
  refuseOthers(app, path, 'GET, HEAD');
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

function refuseOthers(app: FastifyInstance, path: string, allowed: string): void {
  app.route({
    method: METHODS.filter((method) => !allowed.split(', ').includes(method)),
    url: path,
    handler: (_request, reply) =>
      problem(reply.header('allow', allowed), 405, `Only ${allowed} is possible here.`),
  });
}

const INGEST_TOKEN = 'LOGPUSHD_INGEST_TOKEN';

async function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  token: Secret | null,
  variable = 'LOGPUSHD_HTTP_TOKEN',
): Promise<void> {
  if (token === null) {
    await problem(
      reply,
      403,
      'No token is configured, so nobody may ask for anything. Set LOGPUSHD_HTTP_TOKEN or LOGPUSHD_HTTP_TOKEN_FILE and start again.',
    );
  } else if (!isBearer(request.headers.authorization, token)) {
    await problem(
      reply.header('www-authenticate', 'Bearer realm="logpushd"'),
      401,
      `Send the header "Authorization: Bearer TOKEN" with the token of ${variable}.`,
    );
  }
}

function reconcile(request: FastifyRequest, reply: FastifyReply, options: HttpOptions): FastifyReply {
  const scope = parameterOf(request.query, 'scope');
  if (scope === undefined) return problem(reply, 400, 'Give at most one scope, as in ?scope=example.com.');
  const answer = options.reconcile(scope);
  if ('unknown' in answer) return problem(reply, 404, answer.unknown);
  return reply.code(202).send({ queued: answer.queued });
}

function approve(request: FastifyRequest, reply: FastifyReply, options: HttpOptions): FastifyReply {
  const digest = parameterOf(request.query, 'digest');
  if (typeof digest !== 'string') {
    return problem(reply, 400, 'Give the digest that the refusal names, as in ?digest=0123456789abcdef.');
  }
  const answer = options.approve(digest);
  if (answer === null) {
    const cause =
      'Nothing of this digest is held back now. "logpushd status" and GET /api/v1/status show what is, and why.';
    return problem(reply, 404, cause);
  }
  return reply.code(202).send({ queued: answer.queued });
}

/** A thousand scrapes a second cost as much as one. */
function kept(make: () => Promise<string>): () => Promise<string> {
  let text: Promise<string> | null = null;
  let madeAt = 0;
  return () => {
    if (text === null || performance.now() - madeAt >= METRICS_KEPT_MS) {
      madeAt = performance.now();
      const fresh = make();
      text = fresh;
      fresh.catch(() => {
        if (text === fresh) text = null;
      });
    }
    return text;
  };
}
