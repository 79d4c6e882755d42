import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { lineSink, PatientSink } from '../../../src/edges/log/line-sink.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function failing(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A reader that takes so many bytes and then none, until told. */
function slowReader(room: number) {
  let left = room;
  let read = '';
  return {
    put(bytes: Buffer): number {
      if (left === 0) throw failing('EAGAIN');
      const taken = bytes.subarray(0, left);
      left -= taken.length;
      read += taken.toString();
      return taken.length;
    },
    makeRoom: (more: number) => {
      left += more;
    },
    read: () => read,
  };
}

describe('a slow reader', () => {
  test('gets every line later, whole and in order', async () => {
    const reader = slowReader(10);
    const sink = new PatientSink(reader.put);
    for (let line = 0; line < 100; line += 1) sink.write(`line ${line}\n`, 'info');
    expect(reader.read()).toBe('line 0\nlin');
    reader.makeRoom(100_000);
    await vi.waitUntil(() => reader.read().endsWith('line 99\n'));
    expect(reader.read().split('\n').slice(0, -1)).toEqual(
      Array.from({ length: 100 }, (_, line) => `line ${line}`),
    );
  });

  test('loses the least important lines first, and is told how many', async () => {
    const reader = slowReader(5);
    const sink = new PatientSink(reader.put, 500);
    sink.write('the first one is cut\n', 'debug');
    for (let line = 0; line < 100; line += 1) {
      sink.write(`debug ${line}\n`, 'debug');
      if (line % 10 === 0) sink.write(`error ${line}\n`, 'error');
    }
    reader.makeRoom(100_000);
    await vi.waitUntil(() => reader.read().includes('log.dropped'));
    const lines = reader.read().split('\n').slice(0, -1);
    const debug = lines.filter((line) => line.startsWith('debug'));
    expect(lines[0]).toBe('the first one is cut');
    expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(10);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ event: 'log.dropped', count: 100 - debug.length });
  });

  test('costs no more memory than the limit', () => {
    const reader = slowReader(0);
    const sink = new PatientSink(reader.put, 10_000);
    for (let line = 0; line < 10_000; line += 1) sink.write(`${'x'.repeat(99)}\n`, 'error');
    reader.makeRoom(10_000_000);
    sink.write('end\n', 'error');
    expect(reader.read().length).toBeLessThan(11_000);
    expect(reader.read()).toContain('end\n');
  });
});

describe('a reader that is gone, and a disk that is full', () => {
  test.each(['EPIPE', 'EBADF', 'ENOSPC', 'EIO'])('never stop the program (%s)', (code) => {
    const sink = new PatientSink(() => {
      throw failing(code);
    });
    expect(() => {
      for (let line = 0; line < 1_000; line += 1) sink.write('line\n', 'error');
    }).not.toThrow();
  });

  test('a line after the disk has room again is written, with the number of those lost', () => {
    let isFull = true;
    let written = '';
    const sink = new PatientSink((bytes) => {
      if (isFull) throw failing('ENOSPC');
      written += bytes.toString();
      return bytes.length;
    });
    sink.write('lost\n', 'error');
    isFull = false;
    sink.write('kept\n', 'error');
    expect(written).toMatch(/^kept\n\{"level":"warn",.*"event":"log.dropped","count":1/);
  });

  test('a full device', () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const sink = lineSink(full);
    expect(() => sink.write('line\n', 'info')).not.toThrow();
  });

  test('a closed file', () => {
    const path = join(temporaryFolder(), 'log');
    const file = openSync(path, 'w');
    const sink = lineSink(file);
    sink.write('line\n', 'info');
    closeSync(file);
    sink.write('late\n', 'info');
    expect(readFileSync(path, 'utf8')).toBe('line\n');
  });
});

describe('a program whose standard error', () => {
  const LOGGER = new URL('../../../src/edges/log/logger.ts', import.meta.url).href;

  /** Logs a megabyte and a half, then says so on standard output. */
  const PROGRAM = `
    import { createLogger } from ${JSON.stringify(LOGGER)};
    const logger = createLogger({ level: 'debug', format: 'json' });
    const line = { level: 'debug', event: 'a.b', message: 'x'.repeat(1000) };
    for (let round = 0; round < 1500; round += 1) logger.log(line);
    logger.log({ level: 'error', event: 'last.said', message: 'the last line' });
    console.log('alive');
  `;

  function shell(command: string) {
    const child = spawn('sh', ['-c', command], {
      env: { ...process.env, PROGRAM, NODE: process.execPath },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A group of its own, so that what the shell has started ends with it.
      detached: true,
    });
    onTestFinished(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // All of it has ended already.
      }
    });
    return child;
  }

  const NODE = '"$NODE" --input-type=module-typescript -e "$PROGRAM"';

  test('is a pipe that nobody reads goes on', async () => {
    const child = shell(`{ ${NODE} 2>&1 >&3 | { read -r go <&0; sleep 3600; }; } 3>&1`);
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toContain('alive');
  });

  test('is a pipe whose reader is gone goes on, and ends as it should', async () => {
    const child = shell(`{ ${NODE} 2>&1 >&3 | true; } 3>&1`);
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toContain('alive');
  });

  test('is a socket that nobody reads goes on', async () => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', PROGRAM], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toContain('alive');
  });

  test.each(['a pipe', 'a file'])('is %s gets everything, also right before the end', (kind) => {
    const path = join(temporaryFolder(), 'log');
    const to = kind === 'a pipe' ? `2>&1 >/dev/null | cat > '${path}'` : `2> '${path}' >/dev/null`;
    execFileSync('sh', ['-c', `${NODE} ${to}`], { env: { ...process.env, PROGRAM, NODE: process.execPath } });
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    expect(lines.filter((line) => line.includes('last.said'))).toHaveLength(1);
    expect(lines.every((line) => JSON.parse(line) !== null)).toBe(true);
  });
});
