/** Copies of the repository in which bugs are planted, one bug at a time in each. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { plantedIn, type Bug } from './bug.ts';
import { verdictOf, type TestReport, type Verdict } from './verdict.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export class Workshop {
  #child: ChildProcess | undefined;
  readonly #root = mkdtempSync(join(tmpdir(), 'logpushd-bugs-'));

  constructor() {
    process.once('exit', () => this.close());
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
    });
    for (const path of listed.toString().split('\0').filter(isThere)) {
      mkdirSync(dirname(join(this.#root, path)), { recursive: true });
      cpSync(join(ROOT, path), join(this.#root, path));
    }
    // A folder of its own, because caches of compiled source are kept in it.
    const modules = join(this.#root, 'node_modules');
    mkdirSync(modules);
    for (const name of readdirSync(join(ROOT, 'node_modules')).filter((one) => !one.startsWith('.v'))) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  /** Runs the tests that must see the bug while it is in the source. */
  async verdictOf(bug: Bug): Promise<Verdict> {
    const path = join(this.#root, bug.file);
    const sound = readFileSync(path, 'utf8');
    writeFileSync(path, plantedIn(sound, bug));
    try {
      const verdicts = [
        ...(bug.caughtBy === undefined ? [] : [await this.testsOf(bug.caughtBy, bug.test)]),
        ...(bug.seeds === undefined ? [] : [await this.hunt(bug.seeds)]),
      ];
      const [first = { result: 'survived', by: 'no test is named' } as const] = verdicts;
      return verdicts.find(({ result }) => result !== 'caught') ?? first;
    } finally {
      writeFileSync(path, sound);
    }
  }

  async testsOf(files: readonly string[], test?: string): Promise<Verdict> {
    const report = await this.#report(files, test === undefined ? [] : [test]);
    return typeof report === 'string'
      ? { result: 'broken', by: report }
      : verdictOf(report, this.#root, files);
  }

  /** Which of these files do not pass, and why. With names: only the tests that have one of them. */
  async redOf(files: readonly string[], tests: readonly string[] = []): Promise<readonly string[]> {
    const report = await this.#report(files, tests);
    if (typeof report === 'string') return [report];
    return files.flatMap((file) => {
      const { result, by } = verdictOf(report, this.#root, [file]);
      return result === 'survived' ? [] : [`${file}: ${by}`];
    });
  }

  /** What vitest reports, or why it does not. */
  async #report(files: readonly string[], tests: readonly string[]): Promise<TestReport | string> {
    const path = join(this.#root, 'report.json');
    rmSync(path, { force: true });
    const only = tests.length === 0 ? [] : ['-t', tests.map(literally).join('|')];
    const flags = ['--reporter=json', `--outputFile=${path}`, '--testTimeout=60000'];
    const { errors } = await this.#node([
      'node_modules/vitest/vitest.mjs',
      'run',
      ...files,
      ...only,
      ...flags,
    ]);
    const text = readText(path);
    if (text === null) return `vitest wrote no report: ${errors.slice(0, 300)}`;
    const report: TestReport = JSON.parse(text);
    return report;
  }

  /** The simulation over the first seeds, until one breaks a rule. */
  async hunt(seeds: number): Promise<Verdict> {
    const { code, output, errors } = await this.#node(['tools/bugs/hunt.ts', String(seeds)]);
    if (code === 0) return { result: 'survived', by: `${seeds} seeds break no rule` };
    if (code === 1) return { result: 'caught', by: output.trim() };
    return { result: 'broken', by: errors.slice(0, 300) };
  }

  #node(args: readonly string[]): Promise<{ code: number | null; output: string; errors: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: this.#root, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      this.#child = child;
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, output, errors }));
    });
  }
}

function isThere(path: string): boolean {
  return (
    path !== '' &&
    readdirSync(join(ROOT, dirname(path)), { withFileTypes: true }).some(
      (entry) => join(dirname(path), entry.name) === path,
    )
  );
}

/** vitest takes the name for a pattern. */
function literally(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
