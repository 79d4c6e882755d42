import { expect, it, onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { aFolder, Running } from './process.ts';

const TOKEN = 'a-token-for-reconcile';

async function start(folder: string, sandbox: RunningSandbox) {
  const running = new Running(['run', '--log-format', 'json', '--mode', 'warn'], {
    cwd: folder,
    env: {
      CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
      CLOUDFLARE_BASE_URL: sandbox.url,
      LOGPUSHD_HTTP: '127.0.0.1:0',
      LOGPUSHD_HTTP_TOKEN: TOKEN,
      LOGPUSHD_SCHEDULE: '0 0 1 1 *',
    },
  });
  const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
  await running.says(/"event":"daemon.watching"/);
  return {
    running,
    reconcile: () =>
      fetch(`${url}/api/v1/reconcile`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }),
    health: async () => {
      const status = (await (await fetch(`${url}/api/v1/status`)).json()) as {
        scopes: { jobs: { name: string; health: Record<string, unknown> }[] }[];
      };
      return status.scopes.flatMap(({ jobs }) => jobs).find(({ name }) => name === 'dns')?.health;
    },
    history: async () => {
      const answer = await (await fetch(`${url}/api/v1/history?scope=example.com&job=dns`)).json();
      return (answer as { entries: { what: string }[] }).entries.map(({ what }) => what);
    },
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
  };
}

async function setEnabled(sandbox: RunningSandbox, enabled: boolean): Promise<void> {
  const [zone] = sandbox.model.zones().filter(({ name }) => name === 'example.com');
  const job = sandbox.model.jobs('example.com').find(({ config }) => config['name'] === 'dns');
  const answer = await fetch(`${sandbox.url}/zones/${zone?.id}/logpush/jobs/${job?.id}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer a-token-of-somebody-else', 'content-type': 'application/json' },
    body: JSON.stringify({ enabled }),
  });
  expect(answer.status).toBe(200);
}

it('a daemon tells once that somebody disabled a job and what was lost, over a restart', async () => {
  const folder = await aFolder();
  const sandbox = await startSandbox({ zones: ['example.com', 'eu.shop.example', 'us.shop.example'] });
  onTestFinished(() => sandbox.close());
  const first = await start(folder, sandbox);
  await setEnabled(sandbox, false);
  expect((await first.reconcile()).status).toBe(202);
  await first.running.says(/"event":"gap.began"/);
  await first.running.says(/"event":"pass.finished"/);
  const before = await first.health();
  expect(before).toMatchObject({
    state: 'disabled_by_person',
    gap: { reason: 'disabled_by_person', lost: true },
  });
  expect(await first.metrics()).toMatch(/logpushd_job_health\{[^}]*"dns"[^}]*"disabled_by_person"\} 1/);
  first.running.child.kill('SIGTERM');
  expect(await first.running.ended).toEqual({ code: 0, signal: null });

  const second = await start(folder, sandbox);
  expect(await second.health()).toMatchObject({ since: before?.['since'], gap: before?.['gap'] });
  expect(second.running.stderr).not.toContain('health.changed');
  await setEnabled(sandbox, true);
  expect((await second.reconcile()).status).toBe(202);
  await second.running.says(/"event":"gap.ended"/);
  await second.running.says(/"event":"pass.finished"/);
  expect(await second.health()).toMatchObject({ state: 'never_ran', gap: null, gaps: [{ lost: true }] });
  expect(await second.history()).toEqual([
    'logs lost',
    'job never ran',
    'job changed by others',
    'job disabled by a person',
    'job created',
  ]);
});
