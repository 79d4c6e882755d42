import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');

export interface Said {
  readonly event: string;
  /** Milliseconds since the epoch, by the clock of the replica, which is the clock of this machine. */
  readonly at: number;
  readonly line: string;
}

export interface ReplicaSpec {
  readonly name: string;
  readonly folder: string;
  readonly nodeArgs: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One replica as a process of its own. What it says can be waited for. */
export class Replica {
  readonly name: string;
  readonly said: Said[] = [];
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #rest = '';
  #text = '';
  #outcome: string | null = null;

  constructor({ name, folder, nodeArgs, args, env }: ReplicaSpec) {
    this.name = name;
    this.#child = spawn(process.execPath, [...nodeArgs, MAIN, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), NO_COLOR: '1', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.ended = new Promise((done) =>
      this.#child.once('close', (code, signal) => {
        this.#outcome = signal ?? `exit code ${code}`;
        for (const look of this.#waiting) look();
        done(this.#outcome);
      }),
    );
  }

  /** All that it said, for a person. */
  get log(): string {
    return this.#text;
  }

  get isOver(): boolean {
    return this.#outcome !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** How much it has said so far: what is waited for must come after it. */
  get mark(): number {
    return this.said.length;
  }

  /** Resolves to the first such event after the mark. Rejects when the process ends without it, or after the time. */
  says(event: string, since: number, timeoutMs: number): Promise<Said> {
    return new Promise((found, failed) => {
      const settle = (finish: () => void): void => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        finish();
      };
      const look = (): void => {
        const match = this.said.slice(since).find((said) => said.event === event);
        if (match !== undefined) settle(() => found(match));
        else if (this.#outcome !== null)
          settle(() => failed(new Error(`${this.name} ended (${this.#outcome}) without "${event}".`)));
      };
      const timer = setTimeout(
        () => settle(() => failed(new Error(`${this.name} did not say "${event}" in ${timeoutMs} ms.`))),
        timeoutMs,
      );
      this.#waiting.add(look);
      look();
    });
  }

  #hear(text: string): void {
    this.#text += text;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const { event = '', time } = parsed(line);
      this.said.push({ event, at: typeof time === 'number' ? time : Date.parse(String(time)), line });
    }
    for (const look of this.#waiting) look();
  }
}

function parsed(line: string): { readonly event?: string; readonly time?: unknown } {
  try {
    return JSON.parse(line) as { event?: string };
  } catch {
    return {};
  }
}
