/** Two daemons as processes on one Lease, against the fake API server. `replicas.test.ts` does more, at a real one. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startSandbox, type RunningSandbox } from '../../src/sandbox/server.ts';
import { aFolder, Running } from '../e2e/process.ts';
import { FakeApiserver } from './fake-apiserver.ts';
import { kubeconfigFor } from './servers.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/edge/leases';
const RIGHTS = [
  { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'create', 'update'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
] as const;
const ZONES = ['example.com', 'eu.shop.example', 'us.shop.example'];

class Installation {
  readonly sandbox: RunningSandbox;
  readonly fake: FakeApiserver;
  readonly #kubeconfig: string;

  private constructor(sandbox: RunningSandbox, fake: FakeApiserver, kubeconfig: string) {
    this.sandbox = sandbox;
    this.fake = fake;
    this.#kubeconfig = kubeconfig;
  }

  static async start(): Promise<Installation> {
    const fake = await FakeApiserver.start();
    onTestFinished(() => fake.stop());
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-election-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor(fake.url, fake.grant('edge', RIGHTS), 'edge'));
    const sandbox = await startSandbox({ zones: ZONES });
    onTestFinished(() => sandbox.close());
    return new Installation(sandbox, fake, kubeconfig);
  }

  /** Each has its own token at Cloudflare, so that its calls can be told. */
  async replica(name: string, env: Record<string, string> = {}): Promise<Replica> {
    const folder = await aFolder();
    const running = new Running(['run', '--log-format', 'json', '--log-level', 'debug'], {
      cwd: folder,
      env: {
        CLOUDFLARE_API_TOKEN: `a-token-of-${name}`,
        CLOUDFLARE_BASE_URL: this.sandbox.url,
        LOGPUSHD_CLOUDFLARE_TIMEOUT_MS: '1000',
        LOGPUSHD_HTTP: '127.0.0.1:0',
        LOGPUSHD_HTTP_TOKEN: 'a-token-for-reconcile',
        LOGPUSHD_SCHEDULE: '0 0 1 1 *',
        LOGPUSHD_STATE: 'kubernetes:logpushd-state',
        LOGPUSHD_KUBERNETES_KUBECONFIG: this.#kubeconfig,
        LOGPUSHD_LEADER_ELECTION_ENABLED: 'true',
        LOGPUSHD_LEADER_ELECTION_LEASE_DURATION_SECONDS: '3',
        LOGPUSHD_LEADER_ELECTION_RENEW_DEADLINE_SECONDS: '2',
        LOGPUSHD_LEADER_ELECTION_RETRY_PERIOD_SECONDS: '0.2',
        POD_NAME: name,
        ...env,
      },
    });
    const [, url = ''] = await running.says(/"event":"daemon.started".*?"statusUrl":"(http:[^"]*)"/);
    return { running, url, folder };
  }

  writes(): number {
    const isWrite = ({ method, path }: { method: string; path: string }): boolean =>
      method !== 'GET' && path.includes('/logpush/');
    return this.sandbox.requests().filter(isWrite).length;
  }

  /** As a person does with kubectl. */
  async handOver(holder: string): Promise<void> {
    const headers = { Authorization: `Bearer ${this.fake.admin}`, 'Content-Type': 'application/json' };
    for (;;) {
      const answer = await fetch(`${this.fake.url}${LEASES}/logpushd`, { headers });
      const lease = (await answer.json()) as { spec: object };
      const spec = { ...lease.spec, holderIdentity: holder, leaseDurationSeconds: 1 };
      const body = JSON.stringify({ ...lease, spec });
      const { status } = await fetch(`${this.fake.url}${LEASES}/logpushd`, { method: 'PUT', headers, body });
      if (status === 200) return;
      if (status !== 409) throw new Error(`The Lease was not handed over: HTTP ${status}.`);
    }
  }
}

interface Replica {
  readonly running: Running;
  readonly url: string;
  readonly folder: string;
}

async function ask(
  { url }: Replica,
  path: string,
  method: 'GET' | 'POST' = 'GET',
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { Authorization: 'Bearer a-token-for-reconcile' };
  const answer = await fetch(`${url}${path}`, { method, headers });
  return { status: answer.status, text: await answer.text() };
}

const STANDING_BY = expect.stringMatching(
  /This replica is standing by; pod-0_[0-9a-f-]{36} leads. Ask that one./,
);

it('one replica writes, and another one stands by, is ready, and asks nothing of Cloudflare', async () => {
  const installation = await Installation.start();
  const first = await installation.replica('pod-0');
  await first.running.says(/"event":"daemon.watching"/);
  const asked = installation.sandbox.requests().length;
  const second = await installation.replica('pod-1');
  await second.running.says(/"event":"leader.standby"/);
  await second.running.says(/"event":"manifest.accepted"/);
  expect(await ask(second, '/healthz')).toMatchObject({ status: 200 });
  expect(await ask(second, '/readyz')).toEqual({ status: 200, text: 'ready\n' });
  expect(JSON.parse((await ask(second, '/api/v1/status')).text)).toMatchObject({
    leadership: { role: 'standby', holder: expect.stringMatching(/^pod-0_/) },
    scopes: [],
  });
  for (const [path, method] of [
    ['/api/v1/reconcile', 'POST'],
    ['/api/v1/approve?digest=0123456789abcdef', 'POST'],
    ['/api/v1/pause?target=example.com', 'POST'],
    ['/api/v1/resume?target=example.com', 'POST'],
    ['/api/v1/history', 'GET'],
  ] as const) {
    const { status, text } = await ask(second, path, method);
    expect([path, status, JSON.parse(text).error]).toEqual([path, 503, STANDING_BY]);
  }
  expect(await ask(first, '/api/v1/history')).toMatchObject({ status: 200 });
  expect((await ask(second, '/metrics')).text).toContain('leader_election_master_status{name="logpushd"} 0');
  expect((await ask(first, '/metrics')).text).toContain('leader_election_master_status{name="logpushd"} 1');
  await writeFile(join(second.folder, 'config/manifest/broken.yaml'), 'version: 7\n');
  await second.running.says(/"event":"manifest.rejected"/);
  expect(installation.sandbox.requests()).toHaveLength(asked);
}, 60_000);

it('a replica that is ended gives the Lease back, and the next one goes on at once with the same state', async () => {
  const installation = await Installation.start();
  const first = await installation.replica('pod-0');
  await first.running.says(/"event":"daemon.watching"/);
  const second = await installation.replica('pod-1');
  await second.running.says(/"event":"leader.standby"/);
  const writes = installation.writes();
  first.running.child.kill('SIGTERM');
  expect(await first.running.ended).toEqual({ code: 0, signal: null });
  expect(first.running.stderr).toMatch(/"event":"leader.released"/);
  await second.running.says(/"event":"leader.elected".*"quietMs":0/);
  await second.running.says(/"event":"daemon.watching"/);
  expect(installation.writes()).toBe(writes);
  expect(await ask(second, '/api/v1/reconcile', 'POST')).toMatchObject({ status: 202 });
  expect(JSON.parse((await ask(second, '/api/v1/status')).text)).toMatchObject({
    leadership: { role: 'leading', holder: expect.stringMatching(/^pod-1_/) },
    scopes: [{}, {}, {}],
  });
}, 60_000);

it('a replica whose Lease another one has taken writes nothing, and leads again when it may', async () => {
  const installation = await Installation.start();
  const replica = await installation.replica('pod-0');
  await replica.running.says(/"event":"daemon.watching"/);
  const [job] = installation.sandbox.model.jobs('example.com');
  await installation.handOver('a-stranger');
  await replica.running.says(/"event":"leader.lost".*a-stranger holds the Lease now/);
  const zone = installation.sandbox.model.scope('example.com')?.id;
  const path = `${installation.sandbox.url}/zones/${zone}/logpush/jobs/${job?.id}`;
  await fetch(path, { method: 'DELETE', headers: { Authorization: 'Bearer a-person' } });
  const asked = installation.sandbox.requests().length;
  replica.running.child.kill('SIGHUP');
  await replica.running.says(/"event":"leader.standby".*a-stranger/);
  expect(await ask(replica, '/metrics')).toMatchObject({
    text: expect.not.stringContaining('zone="example.com"'),
  });
  await replica.running.says(/"event":"leader.elected".*"quietMs":5000/);
  expect(installation.sandbox.requests()).toHaveLength(asked);
  await replica.running.says(/"event":"daemon.watching"/);
  expect(installation.sandbox.model.jobs('example.com').map(({ config }) => config['name'])).toContain(
    job?.config['name'],
  );
  replica.running.child.kill('SIGTERM');
  expect(await replica.running.ended).toEqual({ code: 0, signal: null });
}, 60_000);

it('a replica that cannot open the state gives the Lease back, and ends with what is wrong', async () => {
  const installation = await Installation.start();
  installation.fake.plant({ kind: 'answer', status: 403, reason: 'Forbidden' }, ({ path }) =>
    path.includes('/configmaps'),
  );
  const { running } = await installation.replica('pod-0');
  expect(await running.ended).toEqual({ code: 3, signal: null });
  expect(running.stderr).toMatch(/"event":"leader.released"/);
  expect(running.stderr).toContain('It was not possible to read the ConfigMap "logpushd-state"');
  expect(installation.sandbox.requests()).toEqual([]);
}, 60_000);
