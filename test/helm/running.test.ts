import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { startSandbox } from '../../src/sandbox/server.ts';
import { run, Running, type RunOptions } from '../e2e/process.ts';
import { objectOf, podsOf, rendered } from './chart.ts';
import { containerHere } from './container-here.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CANARY = 'a-key-of-the-siem';

/** A pod of the chart as a process of this machine: its command, arguments, variables and volumes in a folder. */
async function aPod(name: string, values: object = {}) {
  const sandbox = await startSandbox({ zones: ['example.com', 'shop.example'] });
  onTestFinished(() => sandbox.close());
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-pod-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const objects = await rendered({ file: 'inline-values.yaml', values });
  const pod = podsOf(objects).find((one) => one.name.endsWith(name))!;
  const [container] = pod.spec.containers;
  const { nodeArgs, args, env } = await containerHere(container, folder, {
    settings: objectOf(objects, 'ConfigMap', '-settings')['data'],
    'manifest-0': objectOf(objects, 'ConfigMap', '-manifest')['data'],
    cloudflare: { token: 'a-token-of-the-test' },
    secrets: { siem: CANARY },
  });
  const options: RunOptions = {
    cwd: dirname(folder),
    env: { ...env, CLOUDFLARE_BASE_URL: sandbox.url },
    nodeArgs,
  };
  return { sandbox, options, args, folder, objects };
}

const destinations = (sandbox: Awaited<ReturnType<typeof startSandbox>>): readonly unknown[] =>
  ['example.com', 'shop.example'].flatMap((zone) =>
    sandbox.model.jobs(zone).map(({ config }) => config['destination_conf']),
  );
const EXPECTED = [
  `https://logs.example/http?header_X=${CANARY}`,
  `https://logs.example/dns?header_X=${CANARY}`,
];

describe('the pod of the chart', () => {
  it('applies the manifest of the values with the secrets that are mounted, answers its probes and ends', async () => {
    const { sandbox, options, args, folder, objects } = await aPod('logs-logpushd');
    const running = new Running(args, options);
    const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
    await running.says(/"event":"daemon.watching"/);
    expect(destinations(sandbox)).toEqual(EXPECTED);

    const [container] = podsOf(objects)[0]!.spec.containers;
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { status } = await fetch(new URL(container[probe].httpGet.path, url));
      expect(status).toBe(200);
    }

    const manifest = join(folder, 'etc/manifest/inline/shop.yaml');
    const emptied = { version: 1, zones: [{ zone: 'shop.example', jobs: [] }] };
    await writeFile(manifest, JSON.stringify(emptied));
    await running.says(/"event":"change.applied"/);
    expect(destinations(sandbox)).toEqual(EXPECTED.slice(0, 1));

    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
  });

  it('writes nothing as it is installed, before anybody has set a mode', async () => {
    const objects = await rendered();
    expect(parse(objectOf(objects, 'ConfigMap', '-settings')['data']['logpushd.yaml'])).toMatchObject({
      mode: 'observe',
    });
    const { sandbox, options, args } = await aPod('logs-logpushd', { settings: { mode: 'observe' } });
    const running = new Running(args, options);
    await running.says(/"event":"daemon.watching"/);
    expect(destinations(sandbox)).toEqual([]);
  });

  it('of a CronJob makes one pass', async () => {
    const { sandbox, options, args } = await aPod('logs-logpushd', { cronJob: { enabled: true } });
    const { code } = await run(args, options);
    expect([code, destinations(sandbox)]).toEqual([0, EXPECTED]);
  });

  it('of helm test says whether it would work, and writes nothing', async () => {
    const { sandbox, options, args } = await aPod('-test-doctor');
    const { code, stdout } = await run(args, options);
    expect(stdout).toContain('shop.example');
    expect([code, destinations(sandbox)]).toEqual([0, []]);
  });

  it('of helm test that asks the daemon ends with 0 where that is ready, and with 1 where it is not', async () => {
    const { options, args } = await aPod('logs-logpushd');
    const running = new Running(args, options);
    const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
    await running.says(/"event":"daemon.watching"/);
    const test = objectOf(await rendered(), 'Pod', '-answers')['spec'].containers[0];
    expect(test.args).toEqual(['http://logs-logpushd:8080/readyz']);
    const [, script] = test.command.map((text: string) => text.replace('/opt/logpushd', ROOT));
    expect(await exitCodeOf(script, new URL('/readyz', url).href)).toBe(0);
    expect(await exitCodeOf(script, new URL('/nothing', url).href)).toBe(1);
    expect(await exitCodeOf(script, 'http://127.0.0.1:1/readyz')).toBe(1);
  });
});

async function exitCodeOf(script: string, url: string): Promise<number | null> {
  const child = spawn(process.execPath, [script, url], { stdio: 'ignore' });
  return new Promise((done) => child.once('close', done));
}
