import { readFile, rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { aFolder, run, Running } from './process.ts';

const NEVER = '0 0 1 1 *';

interface Daemon {
  readonly folder: string;
  readonly sandbox: RunningSandbox;
  readonly running: Running;
  readonly url: string;
}

/** A daemon against a sandbox of the test, in sync with the sample manifest. */
async function startDaemon(env: Record<string, string> = {}, args: readonly string[] = []): Promise<Daemon> {
  const folder = await aFolder();
  const sandbox = await startSandbox({ zones: ['example.com', 'eu.shop.example', 'us.shop.example'] });
  onTestFinished(() => sandbox.close());
  const running = new Running(['run', '--log-format', 'json', ...args], {
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
  const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
  await running.says(/"event":"daemon.watching"/);
  return { folder, sandbox, running, url };
}

const ERRORS = 'config/manifest/zones/example.com.yaml';

async function edit({ folder }: Daemon, from: string, to: string): Promise<void> {
  const file = join(folder, ERRORS);
  await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
}

function filterOf({ sandbox }: Daemon): string {
  const job = sandbox.model.jobs('example.com').find(({ config }) => config['name'] === 'http-errors');
  return String(job?.config['filter']);
}

describe('the daemon', () => {
  it('brings Cloudflare to what the manifest says and then watches', async () => {
    const { sandbox } = await startDaemon();
    const names = ['example.com', 'eu.shop.example', 'us.shop.example'].map((zone) =>
      sandbox.model.jobs(zone).map(({ config }) => config['name']),
    );
    expect(names).toEqual([['dns', 'http-archive', 'http-errors'], ['http-archive'], ['http-archive']]);
  });

  it('applies an edit of a file, and lists only the zone it is about', async () => {
    const daemon = await startDaemon();
    const before = daemon.sandbox.requests().length;
    await edit(daemon, 'value: 500', 'value: 400');
    await daemon.running.says(/"event":"change.applied".*"action":"update"/);
    await daemon.running.says(/"event":"pass.finished"/);
    expect(filterOf(daemon)).toContain('400');
    expect(
      daemon.sandbox
        .requests()
        .slice(before)
        .filter(({ path }) => path.includes('/logpush/'))
        .map(({ method }) => method),
    ).toEqual(['GET', 'PUT']);
  });

  it('names who changed a job, from what Cloudflare sends, without waiting for a sweep', async () => {
    const { sandbox, running, url } = await startDaemon({ LOGPUSHD_INGEST_TOKEN: 'an-ingest-token-x7' });
    const [account] = sandbox.model.accounts();
    const zone = sandbox.model.scope('example.com')?.id ?? '';
    const [job] = sandbox.model.jobs('example.com');
    const dashboard = { authorization: 'Bearer session', 'x-sandbox-actor': 'eve@example.com' };
    await fetch(`${sandbox.url}/zones/${zone}/logpush/jobs/${job?.id}`, {
      method: 'PUT',
      headers: dashboard,
      body: '{"enabled":false}',
    });
    const window = 'since=2020-01-01&before=2099-01-01';
    const log = await fetch(`${sandbox.url}/accounts/${account?.id}/logs/audit?${window}`, {
      headers: dashboard,
    });
    const { result } = (await log.json()) as { result: readonly object[] };
    const lines = result.map((entry) => JSON.stringify(entry)).join('\n');
    const sent = await fetch(`${url}/ingest/audit`, {
      method: 'POST',
      headers: { authorization: 'Bearer an-ingest-token-x7', 'content-encoding': 'gzip' },
      body: gzipSync(lines),
    });
    expect(sent.status).toBe(200);
    await running.says(/"event":"drift.found".*"by":"eve@example.com","way":"dashboard"/);
    await running.says(/"event":"pass.finished".*"triggers":\["audit"\]/);
    expect(sandbox.model.jobs('example.com').map(({ config }) => config['enabled'])).toEqual([
      true,
      true,
      true,
    ]);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'logpushd_audit_entries_total{source="push",whose="others"} 1',
    );
  });

  it('applies a lock of fields that comes to stand beside the file it reads', async () => {
    const files = ['config/manifest/destinations.yaml', ERRORS].flatMap((file) => ['--manifest', file]);
    const daemon = await startDaemon({}, files);
    await writeFile(
      join(daemon.folder, 'config/manifest/zones/fields.lock.yaml'),
      "version: 1\nzones: { '*': { dns_logs: { all: [QueryName] } } }\n",
    );
    const [accepted] = await daemon.running.says(/"event":"manifest.accepted"[^\n]*"files":3/);
    expect(accepted).toContain('"files":3');
    expect(daemon.sandbox.model.jobs('example.com')).toHaveLength(3);
  });

  it('applies a file that an editor replaces by renaming', async () => {
    const daemon = await startDaemon();
    const text = await readFile(join(daemon.folder, ERRORS), 'utf8');
    await writeFile(join(daemon.folder, '.new'), text.replace('value: 500', 'value: 404'));
    await rename(join(daemon.folder, '.new'), join(daemon.folder, ERRORS));
    await daemon.running.says(/"event":"change.applied"/);
    expect(filterOf(daemon)).toContain('404');
  });

  it('keeps the last accepted manifest in force while the file has an error, and heals by it', async () => {
    const daemon = await startDaemon();
    await edit(daemon, 'version: 1', 'version: 1\nnonsense: 1');
    await daemon.running.says(/"event":"manifest.rejected"/);
    const [job] = daemon.sandbox.model.jobs('example.com');
    await fetch(`${daemon.sandbox.url}/zones/${job?.scopeId}/logpush/jobs/${job?.id}`, {
      method: 'DELETE',
      headers: { Authorization: 'Bearer somebody' },
    });
    daemon.running.child.kill('SIGHUP');
    await daemon.running.says(/"event":"drift.found"/);
    await daemon.running.says(/"event":"change.applied".*"action":"create"/);
    expect(daemon.sandbox.model.jobs('example.com')).toHaveLength(3);
  });

  it('heals drift on its schedule', async () => {
    const daemon = await startDaemon({ LOGPUSHD_SCHEDULE: '*/10 * * * * *' });
    const [job] = daemon.sandbox.model.jobs('example.com');
    await fetch(`${daemon.sandbox.url}/zones/${job?.scopeId}/logpush/jobs/${job?.id}`, {
      method: 'PUT',
      body: JSON.stringify({ enabled: false }),
      headers: { Authorization: 'Bearer somebody' },
    });
    await daemon.running.says(/"event":"drift.found".*"fields":\["enabled"\]/);
    await daemon.running.says(/"event":"change.applied"/);
    expect(daemon.sandbox.model.jobs('example.com').every(({ config }) => config['enabled'] === true)).toBe(
      true,
    );
  });

  it('looks at a zone when asked over HTTP, with the token only', async () => {
    const daemon = await startDaemon();
    const ask = (token: string) =>
      fetch(`${daemon.url}/api/v1/reconcile?scope=example.com`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
      });
    expect((await ask('wrong-token')).status).toBe(401);
    expect((await ask('a-token-for-reconcile')).status).toBe(202);
    await daemon.running.says(/"event":"pass.finished".*"triggers":\["manual"\]/);
  });

  it('lets a refused plan through that is approved over HTTP, and nothing of another digest', async () => {
    const daemon = await startDaemon({
      LOGPUSHD_GUARD_MAX_REMOVALS: '0',
      LOGPUSHD_GUARD_MAX_REMOVAL_SHARE: '0',
    });
    const ask = (digest: string) =>
      fetch(`${daemon.url}/api/v1/approve?digest=${digest}`, {
        method: 'POST',
        headers: { Authorization: 'Bearer a-token-for-reconcile' },
      });
    await edit(daemon, '- name: http-errors', '- name: http-faults');
    const [, digest = ''] = await daemon.running.says(/--approve ([0-9a-f]{16})/);
    expect((await ask('0123456789abcdef')).status).toBe(404);
    expect(daemon.sandbox.model.jobs('example.com')).toHaveLength(3);
    expect((await ask(digest)).status).toBe(202);
    await daemon.running.says(/"event":"pass.approved"/);
    await daemon.running.says(/"event":"pass.finished"/);
    const names = daemon.sandbox.model.jobs('example.com').map(({ config }) => config['name']);
    expect(names.toSorted()).toEqual(['dns', 'http-archive', 'http-faults']);
  });

  it('answers health, status and metrics', async () => {
    const { url } = await startDaemon();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const status = (await (await fetch(`${url}/api/v1/status`)).json()) as {
      scopes: { jobs: { sync: string; health: { state: string } }[] }[];
    };
    expect(
      status.scopes.flatMap(({ jobs }) => jobs.map(({ sync, health }) => `${sync} ${health.state}`)),
    ).toEqual(Array(5).fill('in_sync never_ran'));
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
      /logpushd_changes_total\{[^}]*action="create"[^}]*\} 3/,
    );
  });

  it('says which scope or job may be meant where there is none, whatever is asked', async () => {
    const { url } = await startDaemon();
    const said = async (path: string, method = 'GET'): Promise<unknown> => {
      const headers = { Authorization: 'Bearer a-token-for-reconcile' };
      const response = await fetch(`${url}/api/v1/${path}`, { method, headers });
      expect(response.status).toBe(404);
      return ((await response.json()) as { error: unknown }).error;
    };
    const noZone = expect.stringMatching(
      /^No zone or account "exmple\.com" is .* Did you mean "example\.com"\?/,
    );
    const noJob = expect.stringMatching(
      /^example\.com has no job "dms"\. Did you mean "dns"\? It has .*http-errors/,
    );
    expect(await said('history?scope=exmple.com')).toEqual(noZone);
    expect(await said('history?scope=example.com&job=dms')).toEqual(noJob);
    expect(await said('reconcile?scope=exmple.com', 'POST')).toEqual(noZone);
    expect(await said('pause?target=exmple.com/dns', 'POST')).toEqual(noZone);
    expect(await said('pause?target=example.com/dms', 'POST')).toEqual(noJob);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops clean on %s', async (signal) => {
    const { running } = await startDaemon();
    running.child.kill(signal);
    expect(await running.ended).toEqual({ code: 0, signal: null });
  });

  it('finishes the write in flight before it stops, and remembers it', async () => {
    const daemon = await startDaemon();
    daemon.sandbox.faults.add({ method: 'PUT', outcome: { kind: 'delay', ms: 1000 } });
    await edit(daemon, 'value: 500', 'value: 400');
    await daemon.running.says(/"event":"scope.planned"/);
    daemon.running.child.kill('SIGTERM');
    expect(await daemon.running.ended).toEqual({ code: 0, signal: null });
    expect(daemon.running.stderr).toMatch(/"event":"change.applied".*"action":"update"/);
    expect(filterOf(daemon)).toContain('400');
  });

  it('prints no token and no secret at the most talkative level', async () => {
    const daemon = await startDaemon({}, ['--log-level', 'debug']);
    await edit(daemon, 'value: 500', 'value: 400');
    await daemon.running.says(/"event":"pass.finished"/);
    const told =
      daemon.running.stderr +
      (await (await fetch(`${daemon.url}/api/v1/status`)).text()) +
      (await (await fetch(`${daemon.url}/metrics`)).text());
    for (const secret of [
      'a-token-of-the-test',
      'a-token-for-reconcile',
      'demo-access-key-id',
      'demo-secret-access-key',
      'demo-siem-token',
    ]) {
      expect(told).not.toContain(secret);
    }
  });
});

describe('a daemon that is killed', () => {
  it('goes on where it was: nothing doubled, nothing lost, what it made is still its own', async () => {
    const daemon = await startDaemon();
    daemon.running.child.kill('SIGKILL');
    await daemon.running.ended;
    await edit(daemon, '- name: dns', '- name: dns2');
    await edit(daemon, '        protect: true', '       ');
    const again = new Running(['run', '--log-format', 'json'], {
      cwd: daemon.folder,
      env: {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        CLOUDFLARE_BASE_URL: daemon.sandbox.url,
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_SCHEDULE: NEVER,
      },
    });
    await again.says(/"event":"daemon.watching"/);
    expect(
      daemon.sandbox.model
        .jobs('example.com')
        .map(({ config }) => config['name'])
        .toSorted(),
    ).toEqual(['dns', 'dns2', 'http-archive', 'http-errors']);
  });
});

describe('trying it out', () => {
  it('takes free ports where others listen on the usual ones', async () => {
    const folder = await aFolder();
    const taken = createServer();
    await new Promise<void>((listening) => void taken.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const running = new Running(['run', '--sandbox', '--log-format', 'json'], {
      cwd: folder,
      env: { LOGPUSHD_HTTP: `127.0.0.1:${port}`, LOGPUSHD_SCHEDULE: NEVER },
    });
    const [line, url = ''] = await running.says(/"statusUrl":"([^"]+)".*/);
    expect(line).toMatch(new RegExp(`"taken":\\[[^\\]]*"127\\.0\\.0\\.1:${port}"`));
    await running.says(/"event":"daemon.watching"/);
    expect(new URL(url).port).not.toBe(String(port));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});

describe('a daemon that finds its port taken', () => {
  it('does not start, and says which and what to do', async () => {
    const folder = await aFolder();
    const taken = createServer();
    await new Promise<void>((listening) => void taken.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await run(['run'], {
      cwd: folder,
      env: {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        CLOUDFLARE_BASE_URL: 'http://127.0.0.1:1/client/v4',
        LOGPUSHD_HTTP: `127.0.0.1:${port}`,
      },
    });
    expect(code).toBe(3);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).toContain('LOGPUSHD_HTTP');
    expect(stderr).not.toMatch(/bug|at .*\.ts/);
  });
});

describe('a daemon that cannot reach Cloudflare', () => {
  it('lives, is not ready, and says why', async () => {
    const folder = await aFolder();
    const running = new Running(['run', '--log-format', 'json'], {
      cwd: folder,
      env: {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        CLOUDFLARE_BASE_URL: 'http://127.0.0.1:1/client/v4',
        LOGPUSHD_HTTP: '127.0.0.1:0',
        LOGPUSHD_SCHEDULE: NEVER,
      },
    });
    const [, url] = await running.says(/"statusUrl":"([^"]+)"/);
    await running.says(/connection refused/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
  });
});
