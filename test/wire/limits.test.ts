import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run, type Running } from '../e2e/process.ts';
import { makePipe, temporaryFolder } from '../edges/temporary-folder.ts';
import type { Place } from './place.ts';
import { END, endBy, endOf, inSync, newManifest, withWorkToDo } from './story.ts';

const ENDED_WELL = { code: 0, signal: null };
const PRLIMIT = 'prlimit';
const UNLIMITED = 'unlimited';

/** Changes a limit of a running process; false where the machine cannot. */
function limit({ child }: Running, name: 'fsize' | 'nofile', soft: string): boolean {
  try {
    execFileSync(PRLIMIT, ['--pid', String(child.pid), `--${name}=${soft}:`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isEnded = (place: Place): boolean => endOf(place).jobs.join() === END.jobs.join();

function fullDisk(): number {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  return full;
}

describe('F46 a command whose standard output is on a full disk', () => {
  it.each([['version'], ['schema', 'manifest'], ['plan', '--help']])(
    'fails, and says so: %s %s',
    async (...args) => {
      const { code, stderr } = await run(args, { cwd: temporaryFolder(), outputs: { stdout: fullDisk() } });
      expect(stderr).toMatch(/^error: What was printed is not complete: .*the disk is full/);
      expect(code).toBe(1);
    },
  );

  it('is not stopped by it while it writes to Cloudflare', async () => {
    const place = await withWorkToDo();
    const full = fullDisk();
    const { code } = await place.command(['apply'], { outputs: { stdout: full, stderr: full } });
    expect(code).toBe(1);
    expect(endOf(place)).toEqual(END);
  });
});

describe('F46 a daemon whose log', () => {
  it('is on a full disk goes on', async () => {
    const place = await withWorkToDo();
    const full = fullDisk();
    const running = place.daemon({ outputs: { stdout: full, stderr: full } });
    await place.cloudflare.until(() => isEnded(place));
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    expect(endOf(place)).toEqual(END);
  });

  it('nobody reads any more goes on', async () => {
    const place = await inSync();
    const running = place.daemon();
    await running.says(/"event":"daemon.watching"/);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    await newManifest(place);
    await place.cloudflare.until(() => isEnded(place));
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    expect(endOf(place)).toEqual(END);
  });

  it('was closed before it began goes on', async () => {
    const place = await withWorkToDo();
    const running = place.daemon({ shell: 'exec >&- 2>&-' });
    await place.cloudflare.until(() => isEnded(place));
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
  });
});

describe('F46 a daemon that meets a limit while it runs', () => {
  it('of the size of files makes no job that it cannot remember, says so, and goes on when there is room', async ({
    skip,
  }) => {
    const place = await inSync();
    const running = place.daemon({ isFast: true });
    await running.says(/"event":"daemon.watching"/);
    if (!limit(running, 'fsize', '0')) skip(`${PRLIMIT} cannot be used here`);
    await newManifest(place);
    await running.says(/"event":"change.failed".*the file would be larger than this process may write/);
    await running.says(/"event":"pass.finished"/);
    expect(place.cloudflare.made()).toBe(3);
    limit(running, 'fsize', UNLIMITED);
    expect(await endBy(place, running)).toEqual(END);
  });

  it('of open files writes nothing, says so, and goes on when there is room', async ({ skip }) => {
    const place = await inSync();
    const running = place.daemon({ isFast: true });
    await running.says(/"event":"daemon.watching"/);
    const soft = /Max open files\s+(?<soft>\d+)/.exec(
      readFileSync(`/proc/${running.child.pid}/limits`, 'utf8'),
    );
    if (!limit(running, 'nofile', '3')) skip(`${PRLIMIT} cannot be used here`);
    const writes = place.cloudflare.writes();
    running.child.kill('SIGHUP');
    await running.says(/too many files open/);
    expect(place.cloudflare.writes()).toBe(writes);
    limit(running, 'nofile', soft?.groups?.['soft'] ?? '');
    await newManifest(place);
    expect(await endBy(place, running)).toEqual(END);
  });
});

describe('F47 a daemon whose log is a pipe that is full', () => {
  it('works all the same, ends when asked, and loses no line that there is room for later', async () => {
    const place = await withWorkToDo();
    const pipe = join(place.folder, 'pipe');
    makePipe(pipe);
    const end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(end));
    fill(end);
    const running = place.daemon({ outputs: { stderr: end } });
    await place.cloudflare.until(() => isEnded(place));
    let told = '';
    while (!told.includes('"event":"daemon.watching"')) {
      told += drained(end);
      await setImmediate();
    }
    const lines = told.replaceAll('\0', '').split('\n').slice(0, -1);
    const events = lines.map((line) => (JSON.parse(line) as { readonly event: string }).event);
    expect(events).toEqual(expect.arrayContaining(['daemon.started', 'manifest.accepted', 'pass.finished']));
    expect(events).not.toContain('log.dropped');
    fill(end);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    expect(endOf(place)).toEqual(END);
  });
});

/** Until it takes no more. */
function fill(pipe: number): void {
  whileItGoes(() => writeSync(pipe, Buffer.alloc(4096)));
  whileItGoes(() => writeSync(pipe, Buffer.alloc(1)));
}

function drained(pipe: number): string {
  let text = '';
  const chunk = Buffer.alloc(65_536);
  whileItGoes(() => {
    text += chunk.toString('utf8', 0, readSync(pipe, chunk));
  });
  return text;
}

function whileItGoes(act: () => void): void {
  try {
    for (;;) act();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
  }
}
