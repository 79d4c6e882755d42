import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isScopeKey } from '../../src/core/job/job.ts';
import { openCluster } from '../../src/edges/kubernetes/cluster.ts';
import { configMapsIn, secretsIn } from '../../src/edges/kubernetes/kept-objects.ts';
import { openClusterState } from '../../src/edges/state/cluster.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { aFolder, Running } from '../e2e/process.ts';
import { FakeApiserver } from './fake-apiserver.ts';
import { kubeconfigFor } from './servers.ts';

const RIGHTS = [
  { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'create', 'update'] },
] as const;

it('a daemon whose state was taken over writes nothing more and ends; the next one goes on with all of it', async () => {
  const fake = await FakeApiserver.start();
  onTestFinished(() => fake.stop());
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-state-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(fake.url, fake.grant('edge', RIGHTS), 'edge'));
  const sandbox = await startSandbox({ zones: ['example.com', 'eu.shop.example', 'us.shop.example'] });
  onTestFinished(() => sandbox.close());
  const cwd = await aFolder();
  const daemon = (): Running =>
    new Running(['run', '--log-format', 'json', '--log-level', 'debug'], {
      cwd,
      env: {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        CLOUDFLARE_BASE_URL: sandbox.url,
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_SCHEDULE: '0 0 1 1 *',
        LOGPUSHD_STATE: 'kubernetes:logpushd-state',
        LOGPUSHD_KUBERNETES_KUBECONFIG: kubeconfig,
      },
    });
  const jobs = (): number => sandbox.model.jobs('example.com').length;
  const writes = (): number =>
    sandbox.requests().filter(({ method, path }) => method !== 'GET' && path.includes('/logpush/')).length;

  const first = daemon();
  await first.says(/"event":"daemon.watching"/);
  const [wanted, job] = [jobs(), sandbox.model.jobs('example.com')[0]];
  expect(wanted).toBeGreaterThan(0);
  const cluster = await openCluster({ namespace: null, kubeconfig }, { environment: {} });
  const place = { name: 'logpushd-state', configMaps: configMapsIn(cluster), secrets: secretsIn(cluster) };
  const taken = await openClusterState(place, 'another-pod');
  expect([...(await taken.load()).keys()].filter(isScopeKey)).toHaveLength(3);

  const removed = await fetch(
    `${sandbox.url}/zones/${sandbox.model.scope('example.com')?.id}/logpush/jobs/${job?.id}`,
    {
      method: 'DELETE',
      headers: { Authorization: 'Bearer a-person' },
    },
  );
  expect([removed.status, jobs()]).toEqual([200, wanted - 1]);
  const before = writes();
  first.child.kill('SIGHUP');
  expect(await first.ended).toEqual({ code: 3, signal: null });
  expect(first.stderr).toContain('was taken over by another logpushd (another-pod ');
  expect([writes(), jobs()]).toEqual([before, wanted - 1]);

  const second = daemon();
  await second.says(/"event":"daemon.watching"/);
  expect(jobs()).toBe(wanted);
  second.child.kill('SIGTERM');
  expect(await second.ended).toEqual({ code: 0, signal: null });
  expect(writes()).toBe(before + 1);
}, 120_000);
