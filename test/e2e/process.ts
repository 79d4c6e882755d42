import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { plant } from '../canaries.ts';
import { overhear } from '../overheard.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A folder of its own with a copy of `config/`, gone when the test ends. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-e2e-'));
  await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** For Node itself, as `--import`. */
  readonly nodeArgs?: readonly string[];
  /** What bash does first in the same process, as `ulimit -n 40`. */
  readonly shell?: string;
  /** Open files in place of the pipes for standard output and standard error. */
  readonly outputs?: { readonly stdout?: number; readonly stderr?: number };
}

/** logpushd as a process of its own. What it prints can be waited for; it is killed when the test ends. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';
  readonly #looks = new Set<() => void>();
  #read = 0;

  constructor(args: readonly string[], { cwd, env, nodeArgs = [], shell, outputs = {} }: RunOptions) {
    const node = [process.execPath, ...nodeArgs, join(ROOT, 'src/main.ts'), ...args];
    const command = shell === undefined ? node : ['bash', '-c', `${shell}; exec "$@"`, 'bash', ...node];
    for (const [name, value] of Object.entries(env ?? {}))
      if (/TOKEN$|KEY$/.test(name)) plant(`the variable ${name}`, value);
    this.child = spawn(command[0] ?? '', command.slice(1), {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1', ...env },
      stdio: ['ignore', outputs.stdout ?? 'pipe', outputs.stderr ?? 'pipe'],
    });
    this.child.stdout
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#said(() => (this.stdout += text)));
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#said(() => (this.stderr += text)));
    this.ended = new Promise((done) =>
      this.child.once('close', (code, signal) => {
        this.#said(() => undefined);
        overhear(`stdout of logpushd ${args[0]}`, this.stdout);
        overhear(`stderr of logpushd ${args[0]}`, this.stderr);
        done({ code, signal });
      }),
    );
    onTestFinished(() => this.kill());
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  #said(keep: () => void): void {
    keep();
    for (const look of this.#looks) look();
  }

  /** Resolves when this is said in the log after all that was waited for before. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((found, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.stderr.slice(this.#read));
        if (match) {
          this.#read += match.index + match[0].length;
          this.#looks.delete(look);
          found(match);
        } else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          this.#looks.delete(look);
          reject(new Error(`It ended without saying ${String(pattern)}:\n${this.stderr}${this.stdout}`));
        }
      };
      this.#looks.add(look);
      look();
    });
  }
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  options: RunOptions,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const running = new Running(args, options);
  const { code } = await running.ended;
  return { code, stdout: running.stdout, stderr: running.stderr };
}
