import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { aFolder, Running } from './process.ts';

const NEVER = '0 0 1 1 *';
const ZONES = ['example.com', 'eu.shop.example', 'us.shop.example'];
const JOBS = '/zones/*/logpush/jobs';

const isCreate = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
  method === 'POST' && path.endsWith('/logpush/jobs');

interface Started {
  readonly folder: string;
  readonly sandbox: RunningSandbox;
  readonly running: Running;
}

/** A daemon that has just been started against a sandbox of the test. */
async function start(
  prepare: (sandbox: RunningSandbox) => unknown = () => undefined,
  env: Record<string, string> = {},
): Promise<Started> {
  const folder = await aFolder();
  const sandbox = await startSandbox({ zones: ZONES });
  onTestFinished(() => sandbox.close());
  await prepare(sandbox);
  const running = new Running(['run', '--log-format', 'json', '--log-level', 'debug'], {
    cwd: folder,
    env: {
      CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
      CLOUDFLARE_BASE_URL: sandbox.url,
      LOGPUSHD_HTTP: '127.0.0.1:0',
      LOGPUSHD_HTTP_TOKEN: 'a-token-for-reconcile',
      LOGPUSHD_SCHEDULE: NEVER,
      ...env,
    },
  });
  return { folder, sandbox, running };
}

/** A process that is sent a signal when it begins to load this package. */
async function startSignalled(command: string, signal: string, name: string): Promise<Started> {
  const folder = await aFolder();
  const sandbox = await startSandbox({ zones: ZONES });
  onTestFinished(() => sandbox.close());
  const running = new Running([command], {
    cwd: folder,
    nodeArgs: ['--import', join(import.meta.dirname, 'early-signal.mjs')],
    env: {
      CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
      CLOUDFLARE_BASE_URL: sandbox.url,
      ...(command === 'run' && {
        LOGPUSHD_HTTP: '127.0.0.1:0',
        LOGPUSHD_LOG_FORMAT: 'json',
        LOGPUSHD_SCHEDULE: NEVER,
      }),
      TEST_SIGNAL_AT: name,
      TEST_SIGNAL: signal,
    },
  });
  return { folder, sandbox, running };
}

const ENDED_WELL = { code: 0, signal: null };

describe('a signal that comes while the program is loaded', () => {
  it.each([
    ['run', 'SIGTERM', 'commander', 0],
    ['run', 'SIGINT', 'commander', 0],
    ['plan', 'SIGTERM', 'commander', 1],
    ['apply', 'SIGINT', 'yaml', 1],
  ] as const)('ends %s on %s at once, when %s is loaded, with %i', async (command, signal, name, code) => {
    const { running, sandbox, folder } = await startSignalled(command, signal, name);
    expect(await running.ended).toEqual({ code, signal: null });
    expect(running.stdout + running.stderr).toBe('');
    expect(sandbox.requests()).toEqual([]);
    expect(await readdir(folder)).toEqual(['config']);
  });

  it.each([
    ['run', 'fastify', 0],
    ['apply', 'axios', 1],
  ])('is not lost when the parts of %s are loaded: it writes nothing', async (command, name, code) => {
    const { running, sandbox } = await startSignalled(command, 'SIGTERM', name);
    expect(await running.ended).toEqual({ code, signal: null });
    expect(sandbox.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('starts the daemon all the same when it is SIGHUP', async () => {
    const { running } = await startSignalled('run', 'SIGHUP', 'commander');
    await running.says(/"event":"daemon.watching"/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
  });
});

describe('a daemon that cannot start', () => {
  it('because its port is taken says so, ends with 3, and keeps no lock', async () => {
    const other = createServer();
    const port = await new Promise<number>((listening) =>
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        listening(typeof address === 'object' && address !== null ? address.port : 0);
      }),
    );
    onTestFinished(() => void other.close());
    const { running, folder, sandbox } = await start(() => undefined, { LOGPUSHD_HTTP: `127.0.0.1:${port}` });
    expect(await running.ended).toEqual({ code: 3, signal: null });
    expect(running.stderr).toContain(`127.0.0.1:${port}`);
    expect(running.stderr).not.toContain('bug');
    expect(sandbox.requests()).toEqual([]);
    expect((await readdir(folder, { recursive: true })).filter((name) => name.includes('.lock-'))).toEqual(
      [],
    );
  });
});

describe('a daemon that is asked to end', () => {
  it('during its first pass neither announces anything more nor calls it a failure', async () => {
    const { running, sandbox } = await start(({ faults }) =>
      faults.add({ method: 'GET', path: JOBS, times: null, outcome: { kind: 'hang' } }),
    );
    await running.says(/"event":"pass.started"/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    const [, after = ''] = running.stderr.split('"event":"daemon.stopping"');
    expect(after).not.toMatch(/"event":"(daemon.watching|scope.unreadable|pass.finished|pass.failed)"/);
    expect(sandbox.model.jobs('example.com')).toEqual([]);
  });

  it('sends nothing more of what waits, and finishes what it has sent', async () => {
    const { running, sandbox } = await start(({ faults }) =>
      faults.add({ method: 'POST', path: JOBS, times: null, outcome: { kind: 'delay', ms: 500 } }),
    );
    await running.says(/"event":"scope.planned"/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    const posts = sandbox.requests().filter(isCreate);
    expect(posts.length).toBeLessThanOrEqual(ZONES.length);
    const made = ZONES.flatMap((zone) => sandbox.model.jobs(zone));
    expect(running.stderr.match(/"event":"change.applied"/g) ?? []).toHaveLength(made.length);
  });

  it('does so at once when asked twice, and finds out later what became of the write', async () => {
    const { running, sandbox, folder } = await start(({ faults }) =>
      faults.add({ method: 'POST', path: JOBS, times: 1, outcome: { kind: 'hang', when: 'after' } }),
    );
    await running.says(/"event":"scope.planned"/);
    while (!sandbox.requests().some(isCreate)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    running.child.kill('SIGTERM');
    await running.says(/"event":"daemon.stopping"/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);

    const again = new Running(['apply'], {
      cwd: folder,
      env: { CLOUDFLARE_API_TOKEN: 'a-token-of-the-test', CLOUDFLARE_BASE_URL: sandbox.url },
    });
    expect(await again.ended).toEqual(ENDED_WELL);
    const names = ZONES.flatMap((zone) => sandbox.model.jobs(zone).map(({ config }) => config['name']));
    expect(names.toSorted()).toEqual(['dns', 'http-archive', 'http-archive', 'http-archive', 'http-errors']);
  });

  it('survives a SIGHUP from its first moment to its last', async () => {
    const { running } = await start();
    await running.says(/"event":"daemon.started"/);
    running.child.kill('SIGHUP');
    await running.says(/"event":"daemon.watching"/);
    running.child.kill('SIGHUP');
    await running.says(/"event":"pass.finished".*"triggers":\["manual"\]/);
    running.child.kill('SIGTERM');
    running.child.kill('SIGHUP');
    expect(await running.ended).toEqual(ENDED_WELL);
  });
});

describe('a daemon that has not finished its first pass', () => {
  it('answers health, says why it is not ready, and takes a request for a pass', async () => {
    const { running } = await start(({ faults }) =>
      faults.add({ method: 'GET', path: JOBS, times: null, outcome: { kind: 'hang' } }),
    );
    const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, 'the first pass is not done yet\n']);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const asked = await fetch(`${url}/api/v1/reconcile`, {
      method: 'POST',
      headers: { Authorization: 'Bearer a-token-for-reconcile' },
    });
    expect(asked.status).toBe(202);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
  });
});
