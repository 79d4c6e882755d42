import { createServer, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { axiosTransport } from '../../../src/edges/cloudflare/transport.ts';
import type { CourierOptions } from '../../../src/edges/notify/courier.ts';
import type { ReceiverSpec } from '../../../src/edges/notify/receiver-spec.ts';
import { ANY } from '../../core/alert/alerts.ts';

export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Says nothing at all, and keeps the line open. */
  readonly hangs?: true;
}

export interface Loopback {
  readonly url: string;
  /** Everything that came, in order. */
  readonly got: Got[];
  /** What is answered from now on. */
  answer: (got: Got) => Answer;
  /** Resolves once so much has come that this holds. */
  readonly until: (isSo: () => boolean) => Promise<void>;
}

/** A receiver on this machine. */
export async function openLoopback(answer: Loopback['answer'] = () => ({})): Promise<Loopback> {
  const got: Got[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      got.push(one);
      for (const look of waiting.splice(0)) look();
      const { status = 200, headers = {}, body: text = '', hangs } = loopback.answer(one);
      if (hangs === undefined) response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((look) => waiting.push(look));
  };
  const loopback: Loopback = { url: `http://127.0.0.1:${port}`, got, answer, until };
  return loopback;
}

/** The real client, and secrets of the test's choice. */
export function courier(secrets: Readonly<Record<string, string>> = {}, now = Date.now): CourierOptions {
  const transport = axiosTransport({ version: '0', environment: {} });
  const known: string[] = [];
  return {
    send: (request, signal) => transport.send(request, signal),
    runbooks: '',
    references: {
      read: async ({ secrets: names }) => ({
        env: new Map(),
        secrets: new Map(
          [...names].flatMap((name) =>
            secrets[name] === undefined ? [] : [[name, new Secret(secrets[name])] as const],
          ),
        ),
        unreadable: new Map(),
      }),
    },
    onSecret: (secret) => known.push(secret.reveal()),
    scrub: (text) => known.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text),
    now,
  };
}

type SpecBody = ReceiverSpec extends infer Each
  ? Each extends ReceiverSpec
    ? Omit<Each, 'name' | 'filter' | 'repeatMs' | 'timeoutMs'>
    : never
  : never;

export function aReceiver(
  body: SpecBody,
  common: Partial<Pick<ReceiverSpec, 'name' | 'filter' | 'repeatMs' | 'timeoutMs'>> = {},
): ReceiverSpec {
  return { name: body.type, filter: ANY, repeatMs: null, timeoutMs: 5_000, ...common, ...body };
}
