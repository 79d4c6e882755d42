import type {
  AuditReader,
  LogpushApi,
  LogpushChecks,
  LogpushReader,
  TokenCheck,
  TransformerApi,
  TransformerReader,
} from '../../reconcile/ports.ts';
import type { PushReader } from '../../reconcile/health/push-reader.ts';
import { createAuditReader } from './audit.ts';
import { createCaller, type ClientOptions } from './call.ts';
import { CHECK_PATHS, createChecks } from './checks.ts';
import { createPushReader, GRAPHQL_PATH } from './pushes.ts';
import { createReader } from './reader.ts';
import { createTransformerReader, createTransformerWriter } from './transformers.ts';
import type { Transport } from './transport.ts';
import { createWriter } from './writer.ts';

/** The Cloudflare API as the loop sees it. Every method rejects with a `ReconcileError`, or it is a bug. */
export function createLogpushApi(options: ClientOptions): LogpushApi & TokenCheck {
  const call = createCaller(options);
  const reader = createReader(call);
  return { ...reader, ...createChecks(call), ...createWriter(call, reader) };
}

/** A client that cannot write: it has no method for it, and its transport lets no write through. */
export function createLogpushReader(
  options: ClientOptions,
): LogpushReader & LogpushChecks & TokenCheck & AuditReader & PushReader {
  const call = createCaller({ ...options, transport: withoutWrites(options.transport) });
  return {
    ...createReader(call),
    ...createChecks(call),
    ...createAuditReader(call),
    ...createPushReader(call),
  };
}

/** The same for transformers. */
export function createTransformerApi(options: ClientOptions): TransformerApi {
  const call = createCaller(options);
  const reader = createTransformerReader(call);
  return { ...reader, ...createTransformerWriter(call, reader) };
}

/** For transformers, of a client that cannot write. */
export function readTransformers(options: ClientOptions): TransformerReader {
  return createTransformerReader(createCaller({ ...options, transport: withoutWrites(options.transport) }));
}

/** Refuses, as a bug, any request other than a GET, the checks and queries. */
export function withoutWrites(transport: Transport): Transport {
  return {
    async send(request, signal) {
      const { pathname } = new URL(request.url);
      const harmless = [...CHECK_PATHS.map((path) => `/logpush/${path}`), GRAPHQL_PATH];
      const check = request.method === 'POST' && harmless.some((path) => pathname.endsWith(path));
      if (request.method !== 'GET' && !check) {
        throw new Error(`A client that cannot write was used for ${request.method} ${pathname}.`);
      }
      return transport.send(request, signal);
    },
  };
}
