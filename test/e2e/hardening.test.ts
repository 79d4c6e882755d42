import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { aFolder, run, Running } from './process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ZONES = ['example.com', 'eu.shop.example', 'us.shop.example'];

/** The flags for Node in the docs, with the folders of a test in place of those of an installation. */
function documentedFlags(folder: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/hardening.md'), 'utf8');
  const [, command = ''] = /```sh\nnode \\\n(.*?)```/s.exec(text) ?? [];
  const [flags = ''] = command.split('/opt/logpushd/bin/logpushd.mjs');
  return flags
    .split(/[\s\\]+/)
    .filter((flag) => flag !== '')
    .map((flag) =>
      flag
        .replace('=/opt/logpushd', `=${ROOT}`)
        .replace('=/etc/logpushd', `=${join(folder, 'config')}`)
        .replace('=/var/lib/logpushd', `=${join(folder, 'state')}`),
    );
}

function argsIn(folder: string): readonly string[] {
  const config = (name: string): string => join(folder, 'config', name);
  const places = ['--settings', config('logpushd.yaml'), '--manifest', config('manifest')];
  return [...places, '--secrets-dir', config('secrets'), '--state', `file:${join(folder, 'state/ledger')}`];
}

async function startHardened() {
  const folder = await aFolder();
  await mkdir(join(folder, 'state'));
  const sandbox = await startSandbox({ zones: ZONES });
  onTestFinished(() => sandbox.close());
  const running = new Running(['run', '--log-format', 'json', ...argsIn(folder)], {
    cwd: folder,
    nodeArgs: documentedFlags(folder),
    env: {
      CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
      CLOUDFLARE_BASE_URL: sandbox.url,
      LOGPUSHD_HTTP: '127.0.0.1:0',
      LOGPUSHD_SCHEDULE: '0 0 1 1 *',
    },
  });
  const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
  await running.says(/"event":"daemon.watching"/);
  return { folder, sandbox, running, url };
}

describe('under the documented flags', () => {
  it('the daemon converges, follows an edit, heals drift and ends', async () => {
    const { folder, sandbox, running } = await startHardened();
    const named = (name: string) =>
      sandbox.model.jobs('example.com').find(({ config }) => config['name'] === name);
    const names = (zone: string) => sandbox.model.jobs(zone).map(({ config }) => config['name']);
    expect(ZONES.map(names)).toEqual([
      ['dns', 'http-archive', 'http-errors'],
      ['http-archive'],
      ['http-archive'],
    ]);

    const file = join(folder, 'config/manifest/zones/example.com.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('value: 500', 'value: 503'));
    await running.says(/"event":"change.applied".*"http-errors"/);
    expect(String(named('http-errors')?.config['filter'])).toContain('503');

    await fetch(`${sandbox.url}/zones/${named('dns')?.scopeId}/logpush/jobs/${named('dns')?.id}`, {
      method: 'PUT',
      body: JSON.stringify({ enabled: false }),
      headers: { Authorization: 'Bearer somebody' },
    });
    expect(named('dns')?.config['enabled']).toBe(false);
    running.child.kill('SIGHUP');
    await running.says(/"event":"change.applied".*"dns"/);
    expect(named('dns')?.config['enabled']).toBe(true);

    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(running.stderr).not.toMatch(/ERR_ACCESS_DENIED|Warning/);
  });

  it('SIGUSR1 opens no debugger, and nothing is written beside the state', async () => {
    const { folder, running, url } = await startHardened();
    running.child.kill('SIGUSR1');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(running.stderr).not.toContain('Debugger');
    expect(readdirSync(folder).toSorted()).toEqual(['config', 'state']);
  });

  it('what is outside the allowed folders is not read', async () => {
    const folder = await aFolder();
    await mkdir(join(folder, 'elsewhere'));
    await writeFile(join(folder, 'elsewhere/manifest.yaml'), 'version: 1\nzones: []\n');
    const args = ['validate', join(folder, 'elsewhere/manifest.yaml')];
    expect(await run(args, { cwd: folder })).toMatchObject({ code: 0 });
    const hardened = await run(args, { cwd: folder, nodeArgs: documentedFlags(folder) });
    expect(hardened.code).toBe(3);
    expect(hardened.stderr + hardened.stdout).toContain('elsewhere/manifest.yaml');
  });
});
