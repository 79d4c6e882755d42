import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { openProgram } from '../../src/program.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import { loadSettings } from '../../src/settings.ts';
import { run, Running, type RunOptions } from '../e2e/process.ts';
import type { RawCloudflare } from './raw-cloudflare.ts';

// Nothing depends on speed, and a process takes seconds to start on a machine that has much else to do.
vi.setConfig({ testTimeout: 120_000 });

export const TOKEN = 'a-token-of-the-test';
const CLOCK_SINCE = Date.now();
/** Compiled once for all processes of all runs of the tests. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/logpushd-wire');

export interface DaemonOptions extends Partial<RunOptions> {
  /** Minutes pass in moments. */
  readonly isFast?: boolean;
}

/** A folder with manifest, secrets and state of one installation, and processes that run it. */
export class Place {
  readonly folder: string;
  readonly cloudflare: RawCloudflare;

  static async open(cloudflare: RawCloudflare): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-wire-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'secrets'));
    return new Place(folder, cloudflare);
  }

  private constructor(folder: string, cloudflare: RawCloudflare) {
    this.folder = folder;
    this.cloudflare = cloudflare;
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  manifest(text: string): Promise<void> {
    return this.write('manifest/jobs.yaml', text);
  }

  get #variables(): Record<string, string> {
    return {
      CLOUDFLARE_API_TOKEN: TOKEN,
      LOGPUSHD_CLOUDFLARE_BASE_URL: this.cloudflare.url,
      LOGPUSHD_MANIFEST: join(this.folder, 'manifest'),
      LOGPUSHD_SECRETS_DIR: join(this.folder, 'secrets'),
      LOGPUSHD_STATE: `file:${join(this.folder, 'state')}`,
    };
  }

  /** Brings Cloudflare in sync from within this process, with the state that a daemon then finds. */
  async sync(): Promise<void> {
    const { outcomes, rejected, problems } = await this.pass();
    const failed = outcomes.filter(({ result }) => result !== 'applied');
    if (rejected || failed.length > 0) throw new Error(JSON.stringify([problems, failed]));
  }

  /** One pass that writes, whatever becomes of it. */
  async pass(): Promise<PassResult> {
    const { settings, findings } = loadSettings({
      flags: {},
      environment: this.#variables,
      cwd: this.folder,
      credentials: 'needed',
      logToTerminal: false,
    });
    if (settings === null) throw new Error(JSON.stringify(findings));
    const program = openProgram(settings, { write: true, emit: () => undefined });
    return program.pass({ zones: [], signal: new AbortController().signal });
  }

  daemon({ isFast = false, nodeArgs = [], env, ...options }: DaemonOptions = {}): Running {
    const clock = isFast ? ['--import', join(import.meta.dirname, 'fast-clock.ts')] : [];
    return new Running(['run', '--log-format', 'json'], {
      ...this.#how(options),
      env: {
        ...this.#how(options).env,
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_SCHEDULE: '0 0 1 1 *',
        WIRE_CLOCK_SINCE: String(CLOCK_SINCE),
        ...env,
      },
      nodeArgs: [...clock, ...nodeArgs],
    });
  }

  /** Begins a command. */
  start(args: readonly string[]): Running {
    return new Running(args, this.#how({}));
  }

  /** Runs a command to its end. */
  command(args: readonly string[], options: Partial<RunOptions> = {}): ReturnType<typeof run> {
    return run(args, this.#how(options));
  }

  #how(options: Partial<RunOptions>): RunOptions {
    const env = { ...this.#variables, NODE_COMPILE_CACHE: COMPILED, ...options.env };
    return { cwd: this.folder, ...options, env };
  }
}

/** One zone with these jobs, as flow mappings. */
export function manifestOf(...jobs: readonly string[]): string {
  return [
    'version: 1',
    'defaults: { enabled: true, dataset: http_requests, destination_conf: "https://logs.example.com/in" }',
    'zones:',
    '  - zone: example.com',
    `    jobs:${jobs.length === 0 ? ' []' : ''}`,
    ...jobs.map((job) => `      - ${job}`),
    '',
  ].join('\n');
}
