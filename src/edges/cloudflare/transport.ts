import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import axios, { AxiosError, isCancel, type AxiosResponse } from 'axios';
import { transportCause } from './transport-cause.ts';

/**
 * One HTTP exchange, and nothing of axios beyond this file: an `AxiosError` holds the token in five places
 * (`config.headers`, the agent's sockets, `request`), so every failure becomes a small value of our own.
 *
 * Proxies: left to itself axios reads `process.env` through `proxy-from-env`. It stands back when the agent
 * has Node's own `proxyEnv` (Node 24.5), or when `proxy` is false; this file always does one of the two, so
 * the environment arrives as an argument like everything else. HTTPS goes through a `CONNECT` tunnel.
 */

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface WireRequest {
  /** `PATCH` is not Cloudflare's, but of others that the same client calls. */
  readonly method: Method | 'PATCH';
  /** Absolute. No secret of Cloudflare stands in it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
  /** From the first byte sent to the last byte received. */
  readonly timeoutMs: number;
  /** Asked when its connection is there, which may take its time, right before the request leaves on it. @default always */
  readonly mayLeave?: () => boolean;
}

export interface WireResponse {
  readonly kind: 'answer';
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: string;
}

/**
 * - `not-sent`: no byte of the request can have reached Cloudflare (DNS, refused, TLS, stopped before).
 * - `not-trusted`: the same, because of the certificate of whoever answered; that does not pass by itself.
 * - `unknown`: it was sent, or may have been, and no whole answer came.
 * - `unusable`: it was sent, and the answer is too large or damaged; asking again is of no use.
 */
export interface TransportFailure {
  readonly kind: 'not-sent' | 'not-trusted' | 'unknown' | 'unusable';
  /** In our own words: `connection refused`. */
  readonly cause: string;
}

export interface Transport {
  /** Never rejects for a failure of the network. */
  send(request: WireRequest, signal: AbortSignal): Promise<WireResponse | TransportFailure>;
}

/** The environment variables that steer the network. Only `settings.ts` reads `process.env`. */
export type NetworkEnvironment = Readonly<Record<string, string | undefined>>;

export interface AxiosTransportOptions {
  /** Of logpushd, for the User-Agent. */
  readonly version: string;
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` (also in lower case) and `NODE_TLS_REJECT_UNAUTHORIZED` are used. */
  readonly environment: NetworkEnvironment;
  /** Largest answer, decompressed, and largest request. @default 8 MiB */
  readonly maxBytes?: number;
}

const MAX_BYTES = 8 * 1024 * 1024;
const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];

/** @throws Error when certificates would not be checked; the token would go to whoever answers. */
export function axiosTransport(options: AxiosTransportOptions): Transport {
  if (options.environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new Error(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checks off, so the API token could go to anybody. ' +
        'Remove it; for a certificate authority of your own set NODE_EXTRA_CA_CERTS to its PEM file.',
    );
  }
  const proxyEnv = proxyEnvironment(options.environment);
  const pooled = agents(true, proxyEnv);
  // A POST that meets a connection the peer is just closing would leave its outcome in doubt for nothing.
  const fresh = agents(false, proxyEnv);
  const maxBytes = options.maxBytes ?? MAX_BYTES;

  return {
    async send(request, signal) {
      const timeout = AbortSignal.timeout(request.timeoutMs);
      const watch = watchSending(request);
      try {
        const response = await axios.request<string>({
          adapter: 'http',
          method: request.method,
          url: request.url,
          headers: {
            ...request.headers,
            'User-Agent': `logpushd/${options.version} (+https://github.com/logpushd/logpushd)`,
          },
          ...(request.body === undefined ? {} : { data: request.body }),
          ...(request.method === 'POST' ? fresh : pooled),
          ...(proxyEnv === undefined ? { proxy: false as const } : {}),
          transport: watch.transport,
          // Ends the body as well; the `timeout` of axios lets one that trickles go on for ever.
          signal: AbortSignal.any([signal, timeout]),
          maxRedirects: 0,
          maxContentLength: maxBytes,
          maxBodyLength: maxBytes,
          decompress: true,
          responseType: 'text',
          transformRequest: [],
          transformResponse: [],
          validateStatus: null,
        });
        return answerOf(response);
      } catch (error) {
        const { sent, refused } = watch;
        return failureOf(error, {
          sent: sent(),
          refused: refused(),
          timeout,
          request,
          stopped: signal.aborted,
        });
      }
    },
  };
}

function proxyEnvironment(environment: NetworkEnvironment): Record<string, string> | undefined {
  const found = PROXY_VARIABLES.flatMap((name) => {
    const value = environment[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return found.some(([name]) => name.toLowerCase() !== 'no_proxy') ? Object.fromEntries(found) : undefined;
}

function agents(keepAlive: boolean, proxyEnv: Record<string, string> | undefined) {
  const options = { keepAlive, ...(proxyEnv === undefined ? {} : { proxyEnv }) };
  return {
    httpAgent: new http.Agent(options),
    httpsAgent: new https.Agent({ ...options, rejectUnauthorized: true, minVersion: 'TLSv1.2' }),
  };
}

/** Says whether a request can have left: a kept connection is open already, a new one when it is established. */
function watchSending({ url, mayLeave = () => true }: WireRequest) {
  const secure = url.startsWith('https:');
  let sent = false;
  let refused = false;
  const request = (
    options: https.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const outgoing = (secure ? https : http).request(options, onResponse);
    outgoing.once('socket', (socket: Socket & { secureConnecting?: boolean }) => {
      const isOpen = secure ? socket.secureConnecting === false : !socket.connecting;
      const leave = (): void => {
        refused = !mayLeave();
        sent = !refused;
        if (refused) outgoing.destroy(new Error('refused'));
      };
      if (isOpen) leave();
      else socket.once(secure ? 'secureConnect' : 'connect', leave);
    });
    return outgoing;
  };
  return { transport: { request }, sent: () => sent, refused: () => refused };
}

function answerOf(response: AxiosResponse<string>): WireResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && value !== null) headers[name.toLowerCase()] = String(value);
  }
  return { kind: 'answer', status: response.status, headers, body: response.data };
}

interface Circumstances {
  readonly sent: boolean;
  readonly refused: boolean;
  readonly timeout: AbortSignal;
  readonly stopped: boolean;
  readonly request: WireRequest;
}

function failureOf(error: unknown, circumstances: Circumstances): TransportFailure {
  const { sent, refused, timeout, stopped, request } = circumstances;
  if (!(error instanceof AxiosError) && !isCancel(error)) throw bugOf(error);
  const kind = sent ? 'unknown' : 'not-sent';
  if (stopped) return { kind, cause: 'logpushd was stopped' };
  if (refused) return { kind, cause: 'another replica may lead by now' };
  if (timeout.aborted) {
    return { kind, cause: `no ${sent ? 'answer' : 'connection'} within ${request.timeoutMs / 1000} s` };
  }
  const { cause, fault } = transportCause(error);
  if (sent) return { kind: fault === 'damaged' ? 'unusable' : kind, cause };
  return { kind: fault === 'certificate' ? 'not-trusted' : kind, cause };
}

/** Node names the header or option that it refuses; the rest of such an error may hold its value. */
function bugOf(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return new Error(`The HTTP client failed in a way that was not planned for (${code}).`);
}
