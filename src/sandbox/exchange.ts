import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { FaultOutcome } from './faults.ts';
import { alphabetical, isRecord, type Json } from './model/json.ts';
import type { ApiResponse } from './model/response.ts';

/** One request on its socket: carrying it out, and answering well or as badly as a fault asks for. */

const MEGABYTE = 1024 * 1024;
const PORTAL =
  '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body></body></html>';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Carries the request out, also more than once. */
  readonly process: (options?: { readonly ageMs?: number }) => Promise<ApiResponse>;
  /** Aborted when the sandbox closes. */
  readonly signal: AbortSignal;
}

/** Resolves to the status that was sent, or null when the caller got no answer. */
export async function answer(exchange: Exchange, fault: FaultOutcome | null): Promise<number | null> {
  if (fault === null) return send(exchange, await exchange.process());
  switch (fault.kind) {
    case 'answer':
    case 'rate-limited':
    case 'html':
    case 'garbage':
      return replaced(exchange, fault);
    case 'drop':
    case 'reset':
    case 'hang':
    case 'late':
      return unanswered(exchange, fault);
    case 'delay':
    case 'double':
    case 'stale':
    case 'rewrite':
    case 'partial':
      return send(exchange, await changed(exchange, fault));
    case 'truncate':
      return truncated(exchange, fault);
    case 'drip':
      return dripped(exchange, fault);
    case 'bomb':
    default:
      return bombed(exchange, fault.megabytes);
  }
}

function send(exchange: Exchange, { status, headers, body, lost }: ApiResponse): number | null {
  if (lost) return cut(exchange);
  const bytes = Buffer.from(body);
  exchange.response.writeHead(status, { ...headers, 'content-length': bytes.length }).end(bytes);
  return status;
}

type Replacement = Extract<FaultOutcome, { readonly kind: 'answer' | 'rate-limited' | 'html' | 'garbage' }>;

async function replaced(exchange: Exchange, fault: Replacement): Promise<number | null> {
  if ('applied' in fault && fault.applied) await exchange.process();
  const { status, headers, body } = replacement(fault);
  return send(exchange, { status, headers, body, lost: false, challenge: null });
}

function replacement(fault: Replacement): Pick<ApiResponse, 'status' | 'headers' | 'body'> {
  const json = { 'content-type': 'application/json; charset=UTF-8' };
  const html = { 'content-type': 'text/html; charset=UTF-8' };
  switch (fault.kind) {
    case 'answer': {
      const isText = typeof fault.body === 'string';
      const body = isText ? fault.body : alphabetical(fault.body ?? failure(fault.status));
      return { status: fault.status, headers: { ...(isText ? {} : json), ...fault.headers }, body };
    }
    case 'rate-limited': {
      const retry: Record<string, string> =
        fault.retry_after === undefined ? {} : { 'retry-after': fault.retry_after };
      return {
        status: 429,
        headers: { ...json, ...retry, ...fault.headers },
        body: alphabetical(failure(429)),
      };
    }
    case 'html':
      return { status: fault.status ?? 200, headers: html, body: PORTAL };
    case 'garbage':
    default:
      return { status: 200, headers: json, body: '\u0000\u0001{"result":[{"id":' };
  }
}

function failure(status: number): Json {
  return {
    success: false,
    result: null,
    messages: [],
    errors: [{ code: 1000 + status, message: `Fault ${status}` }],
  };
}

async function unanswered(
  exchange: Exchange,
  fault: Extract<FaultOutcome, { readonly kind: 'drop' | 'reset' | 'hang' | 'late' }>,
): Promise<null> {
  if ('when' in fault && fault.when === 'after') await exchange.process();
  if (fault.kind === 'hang') {
    await closed(exchange);
    return null;
  }
  if (fault.kind === 'reset') exchange.request.socket.resetAndDestroy();
  else cut(exchange);
  if (fault.kind === 'late' && (await waited(exchange, fault.ms))) await exchange.process();
  return null;
}

async function changed(
  exchange: Exchange,
  fault: Extract<FaultOutcome, { readonly kind: 'delay' | 'double' | 'stale' | 'rewrite' | 'partial' }>,
): Promise<ApiResponse> {
  if (fault.kind === 'delay' && fault.when !== 'after') await waited(exchange, fault.ms);
  if (fault.kind === 'double') await exchange.process();
  const real = await exchange.process(fault.kind === 'stale' ? { ageMs: fault.age_ms } : {});
  if (fault.kind === 'delay' && fault.when === 'after') await waited(exchange, fault.ms);
  if (fault.kind === 'rewrite') return rewritten(real, (envelope) => ({ ...envelope, ...fault.set }));
  if (fault.kind === 'partial') {
    return rewritten(real, (envelope) => {
      const { result } = envelope;
      return Array.isArray(result) ? { ...envelope, result: result.slice(0, fault.keep) } : envelope;
    });
  }
  return real;
}

function rewritten(
  real: ApiResponse,
  change: (envelope: Readonly<Record<string, Json>>) => Readonly<Record<string, Json>>,
): ApiResponse {
  const parsed: unknown = JSON.parse(real.body);
  return isRecord(parsed) ? { ...real, body: alphabetical(change(parsed)) } : real;
}

async function truncated(
  exchange: Exchange,
  fault: Extract<FaultOutcome, { readonly kind: 'truncate' }>,
): Promise<number> {
  const { status, headers, body } = await exchange.process();
  const bytes = Buffer.from(body);
  const length: Record<string, number> = fault.chunked === true ? {} : { 'content-length': bytes.length };
  exchange.response.writeHead(status, { ...headers, ...length });
  const part = bytes.subarray(0, fault.bytes ?? Math.floor(bytes.length / 2));
  await written(exchange, part.length === 0 ? Buffer.from(' ') : part);
  cut(exchange);
  return status;
}

async function dripped(
  exchange: Exchange,
  fault: Extract<FaultOutcome, { readonly kind: 'drip' }>,
): Promise<number | null> {
  const { status, headers, body } = await exchange.process();
  const { bytes: asked = 1, every_ms: everyMs = 1000, endless = false } = fault;
  const step = Math.max(1, asked);
  const bytes = Buffer.from(body);
  exchange.response.writeHead(status, headers);
  for (let at = 0; at < (endless ? Infinity : bytes.length); at += step) {
    const part = bytes.subarray(at, at + step);
    await written(exchange, part.length === 0 ? Buffer.alloc(step, ' ') : part);
    if (!(await waited(exchange, everyMs)) || exchange.request.socket.destroyed) return null;
  }
  exchange.response.end();
  return status;
}

async function bombed(exchange: Exchange, megabytes: number): Promise<number> {
  const { status, headers } = await exchange.process();
  const body = gzipSync(Buffer.alloc(megabytes * MEGABYTE, ' '));
  const length = { 'content-encoding': 'gzip', 'content-length': body.length };
  exchange.response.writeHead(status, { ...headers, ...length }).end(body);
  return status;
}

/** Resolves when the bytes are on their way, or the connection is gone. */
function written(exchange: Exchange, bytes: Buffer): Promise<void> {
  return new Promise((done) => {
    exchange.response.write(bytes, () => done());
  });
}

function cut(exchange: Exchange): null {
  exchange.request.socket.destroy();
  return null;
}

/** False when the sandbox closed meanwhile. */
async function waited(exchange: Exchange, ms: number): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal: exchange.signal });
    return true;
  } catch {
    return false;
  }
}

function closed(exchange: Exchange): Promise<void> {
  const { socket } = exchange.request;
  return new Promise((done) => {
    if (socket.destroyed) done();
    else socket.once('close', () => done());
  });
}
