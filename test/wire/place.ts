import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openProgram } from '../../src/compose.ts';
import { loadSettings } from '../../src/settings.ts';
import { Running, type RunOptions } from '../e2e/process.ts';
import type { RawCloudflare } from './raw-cloudflare.ts';

export const TOKEN = 'a-token-of-the-test';
const CLOCK_SINCE = Date.now();
/** Compiled once for all processes of all runs of the tests. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/logpushd-wire');

export interface DaemonOptions extends Partial<RunOptions> {
  readonly args?: readonly string[];
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
    const { settings, findings } = loadSettings({
      flags: {},
      environment: this.#variables,
      cwd: this.folder,
      credentials: 'needed',
      logToTerminal: false,
    });
    if (settings === null) throw new Error(JSON.stringify(findings));
    const { outcomes, rejected, problems } = await openProgram(settings, {
      write: true,
      emit: () => undefined,
    }).pass({ zones: [], signal: new AbortController().signal });
    const failed = outcomes.filter(({ result }) => result !== 'applied');
    if (rejected || failed.length > 0) throw new Error(JSON.stringify([problems, failed]));
  }

  daemon({ args = [], isFast = false, env, nodeArgs = [], ...options }: DaemonOptions = {}): Running {
    const clock = isFast ? ['--import', join(import.meta.dirname, 'fast-clock.ts')] : [];
    return new Running(['run', '--log-format', 'json', ...args], {
      cwd: this.folder,
      env: {
        ...this.#variables,
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_SCHEDULE: '0 0 1 1 *',
        NODE_COMPILE_CACHE: COMPILED,
        WIRE_CLOCK_SINCE: String(CLOCK_SINCE),
        ...env,
      },
      nodeArgs: [...clock, ...nodeArgs],
      ...options,
    });
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

/** A daemon that has come to rest is asked to look again until this is so, and then twice more. */
export async function settled(running: Running, isDone: () => boolean, writes: () => number): Promise<void> {
  const look = async (): Promise<void> => {
    running.child.kill('SIGHUP');
    await running.says(/"event":"pass.finished".*"triggers":\["manual"\]/);
  };
  while (!isDone()) await look();
  await look();
  const before = writes();
  await look();
  if (writes() !== before) throw new Error('it writes though nothing is left to do');
}
