import { connect } from 'node:net';
import { Secret } from '../../src/core/secret.ts';
import { type HttpServer, startHttp } from '../../src/edges/http/server.ts';
import { aCanary } from '../../test/canaries.ts';
import { REQUESTS } from './corpus.ts';
import { mutated } from './mutate.ts';
import { target, type Told } from './target.ts';

/** Holds letters and digits only, so that it stays whole in a header. */
export const CALLER = aCanary('fuzz the token of a caller');
const SCOPES = ['example.com', '0'.repeat(32)];

let server: Promise<HttpServer> | null = null;
let fault: string | null = null;

function running(): Promise<HttpServer> {
  server ??= startHttp({
    host: '127.0.0.1',
    port: 0,
    token: new Secret(CALLER.core),
    history: () => [],
    status: () => ({ scopes: SCOPES }),
    ready: () => ({ ready: true, reason: '' }),
    metrics: async () => 'a 1\n',
    reconcile: (scope) =>
      scope === null || SCOPES.includes(scope)
        ? { queued: SCOPES }
        : { unknown: `No zone or account "${scope}" is in the manifest.` },
    approve: (digest) => (digest === '0123456789abcdef' ? { queued: SCOPES } : null),
    pause: async (target) => ({ target, pause: { since: '2026-11-23T09:00:00.000Z' } }),
    resume: async () => ({ unknown: 'Nothing is paused.' }),
    onFault: (route) => (fault = route),
  });
  return server;
}

/** The bytes of a request to the server of the daemon: what it answers is never a bug and never the token. */
export const requests = target((dice) => mutated(dice.pick(REQUESTS), REQUESTS, dice), judge);

async function judge(text: string): Promise<Told> {
  const { url } = await running();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  // No more comes, so nobody has to wait for the rest of what was begun.
  socket.end(text.replaceAll('TOKEN', CALLER.core), 'utf8');
  // A reset is an answer too.
  await new Promise((closed) => socket.on('error', () => undefined).once('close', closed));
  if (fault !== null) {
    const route = fault;
    fault = null;
    throw new Error(`answering ${route} failed by a bug`);
  }
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  if (statuses.some((status) => status >= 500 && status !== 501))
    throw new Error(`answered ${statuses.join(', ')}`);
  return { output: answer, canaries: [CALLER] };
}

/** Lets a process end that has asked. */
export async function stopServer(): Promise<void> {
  await (await server)?.close();
  server = null;
}
