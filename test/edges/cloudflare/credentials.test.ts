import { writeFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { NotAllowedError } from '../../../src/reconcile/errors.ts';
import { aScope } from '../../builders.ts';
import { bench, NOW, rejectionOf } from './client-bench.ts';
import { answers, envelope, failure, startFaultServer, type FaultServer } from './fault-server.ts';

let folder: string;
let server: FaultServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logpushd-credentials-'));
  server = await startFaultServer((socket, request, count) => {
    const good = request.headers['authorization'] !== 'Bearer revoked-token';
    const answer = good ? answers(200, envelope([])) : answers(401, failure(1000, 'Invalid API token'));
    answer(socket, request, count);
  });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const lastHeaders = () => server.requests.at(-1)?.headers;
const list = (api: ReturnType<typeof bench>['api']) => api.listJobs(aScope(), NOW);

describe('credentials', () => {
  it('may be a token', async () => {
    await list(
      bench(server.origin, { credentials: { kind: 'token', token: new Secret(' abc-token\n') } }).api,
    );
    expect(lastHeaders()).toMatchObject({ authorization: 'Bearer abc-token' });
  });

  it('may be the global key, which goes without Authorization', async () => {
    const credentials = { kind: 'global-key', email: 'me@example.com', key: new Secret('abc-key') } as const;
    await list(bench(server.origin, { credentials }).api);
    expect(lastHeaders()).toMatchObject({ 'x-auth-email': 'me@example.com', 'x-auth-key': 'abc-key' });
    expect(lastHeaders()).not.toHaveProperty('authorization');
  });

  it('may be a token file, of which each call uses what is in it then', async () => {
    const path = join(folder, 'token');
    await writeFile(path, 'first-token\n');
    const { api } = bench(server.origin, { credentials: { kind: 'token-file', path } });
    await list(api);
    expect(lastHeaders()).toMatchObject({ authorization: 'Bearer first-token' });
    // Same length, moved into place: as Kubernetes rotates a secret.
    await writeFile(`${path}.new`, 'other-token\n');
    await rename(`${path}.new`, path);
    await list(api);
    expect(lastHeaders()).toMatchObject({ authorization: 'Bearer other-token' });
  });

  it('that were revoked are read again before they are given up', async () => {
    const path = join(folder, 'rotated');
    await writeFile(path, 'revoked-token');
    const { api, calls } = bench(server.origin, {
      credentials: { kind: 'token-file', path },
      random: () => {
        writeFileSync(path, 'fresh-token');
        return 0.5;
      },
    });
    await list(api);
    expect(lastHeaders()).toMatchObject({ authorization: 'Bearer fresh-token' });
    expect(calls.map(({ status }) => status)).toEqual([401, 200]);
  });

  it.each([
    ['empty', '', /is empty/],
    ['blank', ' \n\n', /is empty/],
    ['two lines', 'abc\ndef', /not one line/],
    ['not ASCII', 'tökén-value', /not one line/],
    ['with a NUL', 'abc\u0000def', /not one line/],
    ['far too long', 'x'.repeat(5000), /not one line/],
  ])('in a file that is %s are refused before anything is sent', async (_, text, reason) => {
    const path = join(folder, 'bad');
    await writeFile(path, text);
    const before = server.requests.length;
    const error = await rejectionOf(
      list(bench(server.origin, { credentials: { kind: 'token-file', path } }).api),
    );
    expect(error).toBeInstanceOf(NotAllowedError);
    expect(error.message).toMatch(reason);
    expect(error.message).toContain(path);
    expect(error.message.replaceAll(path, '')).not.toContain(text.trim() || 'nothing to show');
    expect(server.requests).toHaveLength(before);
  });

  it.each([
    ['is missing', () => join(folder, 'nowhere'), 'does not exist'],
    ['is a folder', () => folder, 'is a folder, not a file'],
  ])('in a file that %s are refused with the reason', async (_, path, reason) => {
    const { api, budget } = bench(server.origin, { credentials: { kind: 'token-file', path: path() } });
    const error = await rejectionOf(list(api));
    expect(error).toBeInstanceOf(NotAllowedError);
    expect(error.message).toContain(reason);
    expect(budget.snapshot().inFlight).toBe(0);
  });
});
