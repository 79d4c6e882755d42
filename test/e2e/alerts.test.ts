/** Whom the daemon tells what, with receivers on this machine. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { aCanary, leaksIn, plantedCanaries } from '../canaries.ts';
import { type Loopback, openLoopback } from '../edges/notify/loopback.ts';
import { aFolder, Running } from './process.ts';

const NEVER = '0 0 1 1 *';
const CANARIES = {
  token: aCanary('the API token').core,
  siem: aCanary('the token of the SIEM').core,
  access: aCanary('the access key').core,
  secret: aCanary('the secret key').core,
  foreign: aCanary('the key of somebody else').core,
};

/** A folder with an installation, and whom it tells. It can be started again and again. */
class Installation {
  readonly sandbox: RunningSandbox;
  /** Of a webhook. */
  readonly told: Loopback;
  /** Of Slack, which hangs until it is told otherwise. */
  readonly hung: Loopback;
  readonly #folder: string;

  static async open(prepare: (sandbox: RunningSandbox) => unknown = () => undefined): Promise<Installation> {
    const folder = await aFolder();
    const secrets = {
      'siem-token': CANARIES.siem,
      'r2-access-key-id': CANARIES.access,
      'r2-secret-access-key': CANARIES.secret,
    };
    await mkdir(join(folder, 'config/secrets'), { recursive: true });
    for (const [name, value] of Object.entries(secrets))
      await writeFile(join(folder, 'config/secrets', name), value);
    const sandbox = await startSandbox({ zones: ['example.com', 'eu.shop.example', 'us.shop.example'] });
    onTestFinished(() => sandbox.close());
    await prepare(sandbox);
    return new Installation(
      folder,
      sandbox,
      await openLoopback(),
      await openLoopback(() => ({ hangs: true })),
    );
  }

  private constructor(folder: string, sandbox: RunningSandbox, told: Loopback, hung: Loopback) {
    this.#folder = folder;
    this.sandbox = sandbox;
    this.told = told;
    this.hung = hung;
  }

  /** Resolves once the first pass is over. */
  async run(): Promise<Running> {
    const alerts = [
      { type: 'slack', url: '${env:SLACK_WEBHOOK}', min_severity: 'info', timeout_seconds: 120 },
      { type: 'webhook', url: this.told.url, min_severity: 'info' },
    ];
    const running = new Running(['run', '--log-format', 'json'], {
      cwd: this.#folder,
      env: {
        CLOUDFLARE_API_TOKEN: CANARIES.token,
        CLOUDFLARE_BASE_URL: this.sandbox.url,
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_SCHEDULE: NEVER,
        LOGPUSHD_ALERTS: JSON.stringify(alerts),
        SLACK_WEBHOOK: this.hung.url,
      },
    });
    await running.says(/"event":"daemon.watching"/);
    return running;
  }

  /** What the webhook was told about this reason, in order. */
  of(reason: string): readonly Event[] {
    return this.told.got
      .map(({ body }) => JSON.parse(body) as Event)
      .filter(({ data }) => data.reason === reason);
  }

  /** Somebody writes to a job at Cloudflare. */
  async tamper(change: object): Promise<void> {
    const job = this.sandbox.model.jobs('example.com').find(({ config }) => config['name'] === 'dns');
    await this.#put(job, change);
  }

  /** Somebody enables every job that is disabled. */
  async enableAll(): Promise<void> {
    const jobs = this.sandbox.model.zones().flatMap(({ name }) => this.sandbox.model.jobs(name));
    const disabled = jobs.filter(({ config }) => config['enabled'] !== true);
    for (const job of disabled) await this.#put(job, { enabled: true });
  }

  async #put(
    job: { readonly scopeId: string; readonly id: number } | undefined,
    change: object,
  ): Promise<void> {
    const answer = await fetch(`${this.sandbox.url}/zones/${job?.scopeId}/logpush/jobs/${job?.id}`, {
      method: 'PUT',
      body: JSON.stringify(change),
      headers: { Authorization: 'Bearer somebody' },
    });
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}.`);
  }

  isHealed(): boolean {
    const jobs = this.sandbox.model.jobs('example.com').map(({ config }) => config);
    return jobs.length === 3 && jobs.every(({ enabled }) => enabled === true);
  }
}

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly data: {
    readonly reason: string;
    readonly status: string;
    readonly count: number;
    readonly summary: string;
    readonly labels: Readonly<Record<string, string>>;
  };
}

async function sweep(running: Running): Promise<void> {
  running.child.kill('SIGHUP');
  await running.says(/"event":"pass.finished"/);
}

const DRIFT = 'DriftDetected';

describe('the daemon tells people', () => {
  it('once of drift and once that it is over, while another receiver hangs, from first pass to end', async () => {
    const installation = await Installation.open();
    const running = await installation.run();

    await installation.tamper({ enabled: false });
    await sweep(running);
    await installation.hung.until(() => installation.hung.got.length === 1);
    await sweep(running);
    await sweep(running);
    await installation.told.until(() => installation.of(DRIFT).length === 2);

    expect(installation.isHealed()).toBe(true);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    const [firing, resolved, ...more] = installation.of(DRIFT);
    expect([firing?.data.status, resolved?.data.status, more]).toEqual(['firing', 'resolved', []]);
    expect(resolved?.subject).toBe(firing?.subject);
    expect(installation.hung.got).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'that it is over by the same name, where the process ended by %s in between',
    async (signal) => {
      const installation = await Installation.open();
      const before = await installation.run();
      await installation.tamper({ enabled: false });
      await sweep(before);
      await installation.told.until(() => installation.of(DRIFT).length === 1);
      before.child.kill(signal);
      await before.ended;

      installation.hung.answer = () => ({ body: 'ok' });
      await installation.run();
      await installation.told.until(() => installation.of(DRIFT).at(-1)?.data.status === 'resolved');
      await installation.hung.until(() =>
        installation.hung.got.some(({ body }) => body.includes('RESOLVED')),
      );

      const events = installation.of(DRIFT);
      const ids = [...new Set(events.map(({ id }) => id))];
      expect(new Set(events.map(({ subject }) => subject)).size).toBe(1);
      expect(ids.map((id) => id.split('.').at(-1))).toEqual(['firing', 'resolved']);
      expect(new Set(ids.map((id) => id.split('.').slice(0, 2).join('.'))).size).toBe(1);
    },
  );

  it('of a dead destination once, for all jobs that deliver there', async () => {
    const installation = await Installation.open((sandbox) => sandbox.model.failDestination('acme-logs'));
    const running = await installation.run();
    await installation.told.until(() => installation.of('DestinationFailing').length > 0);
    await sweep(running);
    running.child.kill('SIGTERM');
    await running.ended;

    const events = installation.of('DestinationFailing');
    expect(events.map(({ data: { status, labels } }) => [status, labels['destination']])).toEqual([
      ['firing', 'r2://acme-logs'],
    ]);
    expect(installation.of('ChangeFailed')).toEqual([]);
    expect(events[0]?.data.count).toBeGreaterThan(1);
  });

  it('of what Cloudflare disabled once, and once that it is over, over a restart and while our clock stands', async () => {
    const installation = await Installation.open();
    const before = await installation.run();
    const { sandbox } = installation;
    sandbox.advance(120_000);
    await sweep(before);
    sandbox.model.failDestination('acme-logs');
    sandbox.advance(25 * 3_600_000);
    await sweep(before);
    await installation.told.until(() => installation.of('JobDisabled').length === 1);
    before.child.kill('SIGKILL');
    await before.ended;

    const after = await installation.run();
    sandbox.model.healDestination('acme-logs');
    await installation.enableAll();
    await sweep(after);
    await installation.told.until(() => installation.of('JobDisabled').at(-1)?.data.status === 'resolved');

    const events = installation.of('JobDisabled');
    // One that was taken right before the kill may come twice, under one id.
    const ids = [...new Set(events.map(({ id }) => id))];
    expect(ids.map((id) => id.split('.').at(-1))).toEqual(['firing', 'resolved']);
    expect(new Set(events.map(({ subject }) => subject)).size).toBe(1);
    expect(installation.of(DRIFT)).toEqual([]);
    expect(installation.of('JobFailing')).toEqual([]);
  });

  it('no secret, of its own or of somebody who was there', async () => {
    const installation = await Installation.open();
    const running = await installation.run();
    const { foreign } = CANARIES;
    const keys = `account-id=0123456789abcdef0123456789abcdef&access-key-id=${foreign}&secret-access-key=${foreign}`;
    await installation.tamper({ enabled: false, destination_conf: `r2://stolen/{DATE}?${keys}` });
    await sweep(running);
    await installation.told.until(() => installation.of(DRIFT).length === 1);
    await installation.hung.until(() => installation.hung.got.length === 1);

    const bytes = [...installation.told.got, ...installation.hung.got]
      .map((got) => JSON.stringify(got))
      .join();
    expect(bytes).toContain('destination_conf');
    expect(leaksIn(bytes, plantedCanaries())).toEqual([]);
  });
});
