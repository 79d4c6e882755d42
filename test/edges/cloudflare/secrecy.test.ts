import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { aCanary, canaryDestinations, leaksIn, type Canary } from '../../canaries.ts';
import { aScope } from '../../builders.ts';
import { bench, NOW, rejectionOf } from './client-bench.ts';
import {
  answers,
  envelope,
  failure,
  hangUp,
  reset,
  silent,
  startFaultServer,
  type FaultServer,
  type Script,
} from './fault-server.ts';

/** No secret leaves through an error, whatever goes wrong and however it is printed (invariant 39). */

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const TOKEN = aCanary('token');
const CHALLENGE = aCanary('challenge');
const DESTINATIONS = canaryDestinations();
const QUICK = { GET: 60, POST: 60, PUT: 60, DELETE: 60 };

function everyFormOf(error: Error): string {
  const own = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((key) => [key, Reflect.get(error, key)]),
  );
  const cause = error.cause === undefined ? '' : inspect(error.cause, { depth: Infinity });
  const inspected = inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity });
  const texts = [String(error), error.message, error.stack, JSON.stringify(error), JSON.stringify(own)];
  return [...texts, inspected, inspect(own), cause].join('\n');
}

/** An answer that quotes all it was given: body, decoded body and the token, also by itself and in part. */
const quoting =
  (status: number): Script =>
  (socket, request, count) => {
    const body = request.body === '' ? {} : (JSON.parse(request.body) as Record<string, string>);
    const header = request.headers['authorization'] ?? '';
    const token = header.replace('Bearer ', '');
    const texts = [header, token, `k${token.slice(1)}`, request.body, ...Object.values(body).map(String)];
    const errors = [...texts, ...texts.map(decodeURIComponentSafely)].map((text, index) => ({
      code: 1002 + index,
      message: `error writing object to ${text}: denied`,
    }));
    const text = JSON.stringify({ success: false, result: null, errors, messages: [] });
    answers(status, text)(socket, request, count);
  };

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const faults: readonly [string, Script][] = [
  ['quotes it in a refusal', quoting(400)],
  ['quotes it in a 403', quoting(403)],
  ['quotes it in a 500', quoting(500)],
  ['quotes it in a success', quoting(200)],
  ['quotes it in a 429', (socket, request, count) => quoting(429)(socket, request, count)],
  [
    'quotes it in HTML',
    (socket, request, count) =>
      answers(502, `<html>${request.body}${request.headers['authorization']}</html>`, {
        'Content-Type': 'text/html',
      })(socket, request, count),
  ],
  [
    'quotes it in headers',
    (socket, request, count) =>
      answers(400, failure(1, 'x'), {
        'CF-Ray': request.headers['authorization'] ?? '',
        'Content-Type': request.headers['authorization'] ?? '',
      })(socket, request, count),
  ],
  ['redirects', answers(307, '', { Location: 'http://127.0.0.1:1/' })],
  ['resets', reset],
  ['hangs up', hangUp],
  ['never answers', silent],
  ['is too large', answers(200, 'x'.repeat(9 * 1024 * 1024))],
  ['has broken gzip', answers(200, 'x', { 'Content-Encoding': 'gzip' })],
  ['has no job in it', answers(200, envelope(null))],
  ['is not HTTP', (socket) => void socket.end('nonsense\r\n\r\n')],
];

async function failing(script: Script, call: (api: ReturnType<typeof bench>['api']) => Promise<unknown>) {
  const server = await startFaultServer(script);
  servers.push(server);
  const { api } = bench(server.origin, {
    credentials: { kind: 'token', token: new Secret(TOKEN.core) },
    retry: { maxAttempts: 2 },
    ...(script === silent ? { timeouts: QUICK } : {}),
  });
  return rejectionOf(call(api));
}

describe('an error holds no secret when the answer', () => {
  const { canary, text } = DESTINATIONS[1] ?? { canary: TOKEN, text: '' };
  const all: readonly Canary[] = [TOKEN, CHALLENGE, canary];
  const body = {
    name: 'http',
    destination_conf: new Secret(text),
    ownership_challenge: new Secret(CHALLENGE.core),
  };

  it.each(faults)('%s', async (_, script) => {
    const scope = aScope();
    const creating = await failing(script, (api) => api.createJob(scope, body, NOW));
    expect(leaksIn(everyFormOf(creating), all)).toEqual([]);
    const updating = await failing(script, async (api) => {
      await api.updateJob(scope, 7, body, NOW);
    });
    expect(leaksIn(everyFormOf(updating), all)).toEqual([]);
    const listing = await failing(script, (api) => api.listJobs(scope, NOW));
    expect(leaksIn(everyFormOf(listing), all)).toEqual([]);
  });
});

describe('a refusal that quotes the destination shows no secret of', () => {
  it.each(DESTINATIONS.map(({ canary, text }) => [canary.label, canary, text] as const))(
    '%s',
    async (_, canary, text) => {
      const body = { name: 'http', destination_conf: new Secret(text) };
      const error = await failing(quoting(400), (api) => api.createJob(aScope(), body, NOW));
      expect(leaksIn(everyFormOf(error), [canary, TOKEN])).toEqual([]);
      expect(error.message).toContain('error writing object to');
      expect(error.message).toContain('denied');
    },
  );
});

it('finds what it looks for: the same answer without cleaning would leak', () => {
  const [first] = DESTINATIONS;
  const text = first?.text ?? '';
  expect(
    leaksIn(`error writing object to ${text}: denied`, first === undefined ? [] : [first.canary]),
  ).toHaveLength(1);
});
