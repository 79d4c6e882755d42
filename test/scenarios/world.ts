import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { PARTS } from '../../src/cli/parts.ts';
import { runCli } from '../../src/cli/program.ts';
import { openProgram } from '../../src/program.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { loadSettings, type Settings } from '../../src/settings.ts';
import { plant } from '../canaries.ts';
import { overhear } from '../overheard.ts';

export const S3_KEY = 'AKIAEXAMPLEEXAMPLE';
export const S3_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY';

/** A folder with a manifest and secrets, a sandbox for Cloudflare, and logpushd between them over real HTTP. */
export class World {
  readonly folder: string;
  readonly sandbox: RunningSandbox;
  readonly events: ReconcileEvent[] = [];
  token = 'a-token-of-the-test';
  #flags: Record<string, string>;

  private constructor(folder: string, sandbox: RunningSandbox) {
    this.folder = folder;
    this.sandbox = sandbox;
    this.#flags = {};
  }

  static async open(options: SandboxOptions = {}): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-world-'));
    const sandbox = await startSandbox({ zones: ['example.com'], ...options });
    onTestFinished(async () => {
      await sandbox.close();
      await world.overhear();
      await rm(folder, { recursive: true, force: true });
    });
    const world = new World(folder, sandbox);
    await world.secret('s3-key', S3_KEY);
    await world.secret('s3-secret', S3_SECRET);
    await mkdir(join(folder, 'manifest'), { recursive: true });
    return world;
  }

  /** All events, and the ledger as it lies on the disk. */
  private async overhear(): Promise<void> {
    overhear('the events of a pass', inspect(this.events, { depth: 12, maxStringLength: null }));
    overhear('the events of a pass, as JSON', JSON.stringify(this.events));
    const state = join(this.folder, 'state');
    for (const file of await readdir(state).catch(() => [])) {
      overhear(`the ledger ${file}`, await readFile(join(state, file), 'latin1').catch(() => ''));
    }
  }

  settings(flags: Record<string, string>): void {
    this.#flags = { ...this.#flags, ...flags };
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  secret(name: string, value: string): Promise<void> {
    plant(`the secret ${name}`, value);
    return this.write(`secrets/${name}`, `${value}\n`);
  }

  /** The whole manifest: one file of that text below `version: 1`. */
  manifest(text: string): Promise<void> {
    return this.write('manifest/jobs.yaml', `version: 1\n${text}`);
  }

  plan(zones: readonly string[] = []): Promise<PassResult> {
    return this.#pass(false, zones);
  }

  apply(zones: readonly string[] = []): Promise<PassResult> {
    return this.#pass(true, zones);
  }

  applyApproved(digest: string): Promise<PassResult> {
    return this.#pass(true, [], digest);
  }

  /** Runs a command as a person would type it in the folder. */
  async run(
    ...argv: string[]
  ): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
    let [out, err] = ['', ''];
    const flags = Object.entries({ ...this.#places(), ...this.#flags });
    const variables = flags.map(([key, value]) => [
      `LOGPUSHD_${key.replaceAll('.', '_').toUpperCase()}`,
      value,
    ]);
    const exitCode = await runCli(argv, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      colors: false,
      columns: Infinity,
      logToTerminal: false,
      logColors: false,
      environment: { ...Object.fromEntries(variables), CLOUDFLARE_API_TOKEN: this.token },
      cwd: this.folder,
      now: () => new Date(),
      interrupted: () => new AbortController().signal,
      parts: PARTS,
    });
    overhear(`standard output of ${argv[0]}`, out);
    overhear(`standard error of ${argv[0]}`, err);
    return { exitCode, out, err };
  }

  #places(): Record<string, string> {
    return {
      manifest: join(this.folder, 'manifest'),
      secrets_dir: join(this.folder, 'secrets'),
      state: `file:${join(this.folder, 'state')}`,
      'cloudflare.base_url': this.sandbox.url,
    };
  }

  /** Applies and expects everything to be done. */
  async settle(): Promise<void> {
    const result = await this.apply();
    const failed = result.outcomes.filter((outcome) => outcome.result !== 'applied');
    if (failed.length > 0 || result.refusal || result.unreadable.length > 0 || result.rejected) {
      const told = failed.map(({ error, reason }) => error?.message ?? reason);
      throw new Error(
        `not settled: ${JSON.stringify([told, result.refusal, result.unreadable, result.problems])}`,
      );
    }
  }

  #pass(write: boolean, zones: readonly string[], approve?: string): Promise<PassResult> {
    const emit = (event: ReconcileEvent): void => void this.events.push(event);
    const program = openProgram(this.#loadSettings(), { write, emit });
    return program.pass({
      zones,
      approves: (digest) => digest === approve,
      signal: new AbortController().signal,
    });
  }

  #loadSettings(): Settings {
    const { settings, findings } = loadSettings({
      flags: {
        ...this.#places(),
        ...this.#flags,
      },
      environment: { CLOUDFLARE_API_TOKEN: this.token },
      cwd: this.folder,
      credentials: 'needed',
      logToTerminal: false,
    });
    if (settings === null) throw new Error(JSON.stringify(findings));
    return settings;
  }

  /** As if two listings, of two minutes and one minute ago, had not shown what a create may have made. */
  async agePastDoubts(): Promise<void> {
    const scope = this.sandbox.model.scope('example.com');
    const file = join(this.folder, 'state', `${scope?.kind}.${scope?.id}.json`);
    const page = JSON.parse(await readFile(file, 'utf8')) as { creating: object[] };
    const looks = [130_000, 65_000].map((ago) => new Date(Date.now() - ago).toISOString());
    const creating = page.creating.map((one) => ({ ...one, looks }));
    await writeFile(file, JSON.stringify({ ...page, creating }));
  }

  /** What is at Cloudflare now, by name: the fields as stored. */
  jobs(zone = 'example.com'): Record<string, Record<string, unknown>> {
    return Object.fromEntries(
      this.sandbox.model
        .jobs(zone)
        .map((job) => [String(job.config['name'] ?? ''), { id: job.id, ...job.config }]),
    );
  }

  id(name: string, zone = 'example.com'): number {
    return Number(this.jobs(zone)[name]?.['id']);
  }

  /** Somebody else edits a job, over the same API. */
  async edit(name: string, fields: object, zone = 'example.com'): Promise<void> {
    await this.#call('PUT', `${this.id(name, zone)}`, zone, fields);
  }

  async remove(name: string, zone = 'example.com'): Promise<void> {
    await this.#call('DELETE', `${this.id(name, zone)}`, zone);
  }

  async create(fields: object, zone = 'example.com'): Promise<void> {
    await this.#call('POST', '', zone, fields);
  }

  async #call(method: string, id: string, zone: string, body?: object): Promise<void> {
    const scope = this.sandbox.model.scope(zone);
    const answer = await fetch(
      `${this.sandbox.url}/${scope?.kind}s/${scope?.id}/logpush/jobs/${id}`.replace(/\/$/, ''),
      {
        method,
        headers: { Authorization: 'Bearer somebody-else', 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      },
    );
    if (!answer.ok) throw new Error(`${method} answered ${answer.status}: ${await answer.text()}`);
  }

  /** The calls made while `work` ran, as `METHOD path-without-ids`. */
  async callsDuring(work: () => Promise<unknown>): Promise<string[]> {
    const before = this.sandbox.requests().length;
    await work();
    return this.sandbox
      .requests()
      .slice(before)
      .map(
        ({ method, path }) =>
          `${method} ${path.replace(/^\/client\/v4/, '').replaceAll(/\/[0-9a-f]{32}|\/\d+$/g, '/ID')}`,
      );
  }
}

/** Writes among the calls; a check writes no job. */
export function writesOf(calls: readonly string[]): readonly string[] {
  return calls.filter((call) => !call.startsWith('GET ') && !call.includes('/validate/'));
}

/** One zone with these jobs, as flow mappings; all enabled and sent to an S3-compatible bucket. */
export function zoneWith(...jobs: string[]): string {
  return `
destinations:
  bucket: { type: s3-compatible, bucket: logs, path: 'a/{DATE}', region: auto, endpoint: s3.example.com, access_key_id: '\${secret:s3-key}', secret_access_key: '\${secret:s3-secret}' }
defaults: { enabled: true, dataset: http_requests, destination: bucket }
zones:
  - zone: example.com
    jobs:${jobs.length === 0 ? ' []' : jobs.map((job) => `\n      - ${job}`).join('')}
`;
}
