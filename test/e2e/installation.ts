import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { aCanary } from '../canaries.ts';
import { type Loopback, openLoopback } from '../edges/notify/loopback.ts';
import { aFolder, Running } from './process.ts';

const NEVER = '0 0 1 1 *';
export const CANARIES = {
  token: aCanary('the API token').core,
  siem: aCanary('the token of the SIEM').core,
  access: aCanary('the access key').core,
  secret: aCanary('the secret key').core,
  foreign: aCanary('the key of somebody else').core,
};

/** A folder with an installation, and whom it tells. It can be started again and again. */
export class Installation {
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
  async run(env: Record<string, string> = {}): Promise<Running> {
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
        ...env,
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

  /** Somebody writes to a job at Cloudflare, in the dashboard where there is a name. */
  async tamper(change: object, name?: string): Promise<void> {
    const job = this.sandbox.model.jobs('example.com').find(({ config }) => config['name'] === 'dns');
    await this.#put(job, change, name);
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
    name?: string,
  ): Promise<void> {
    const answer = await fetch(`${this.sandbox.url}/zones/${job?.scopeId}/logpush/jobs/${job?.id}`, {
      method: 'PUT',
      body: JSON.stringify(change),
      headers: { Authorization: 'Bearer somebody', ...(name !== undefined && { 'x-sandbox-actor': name }) },
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
    readonly detail: string;
    readonly labels: Readonly<Record<string, string>>;
  };
}

export async function sweep(running: Running): Promise<void> {
  running.child.kill('SIGHUP');
  await running.says(/"event":"pass.finished"/);
}
