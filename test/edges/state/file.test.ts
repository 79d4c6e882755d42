import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileState, openFileState } from '../../../src/edges/state/file.ts';
import { freshKey } from '../../../src/edges/state/fingerprint.ts';
import { memoryState } from '../../../src/edges/state/memory.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import type { StateStore } from '../../../src/reconcile/ports.ts';
import { ACCOUNT, describeStore, ZONE } from './store-contract.ts';
import { fill, mountedDisk, temporaryFolder } from '../temporary-folder.ts';

async function complaint(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StateError);
  return error instanceof Error ? error.message : '';
}

describeStore('a file state', () => {
  const path = join(temporaryFolder(), 'deep/state');
  const state = async (): Promise<StateStore> => fileState(path, async () => Buffer.alloc(32, 7));
  return { first: state, again: state };
});

describeStore('a memory state', () => {
  const state = memoryState();
  return { first: async () => state, again: async () => state };
});

test('two installations fingerprint the same text differently', async () => {
  const [one, other] = [fileState(temporaryFolder()), fileState(temporaryFolder())];
  expect((await one.fingerprint())('secret')).not.toBe((await other.fingerprint())('secret'));
});

describe('the folder', () => {
  test('is not made by who only reads, and has the same key once it is', async () => {
    const path = join(temporaryFolder(), 'state');
    const shared = freshKey(async () => 'what both know');
    const read = await fileState(path, shared).fingerprint();
    expect(existsSync(path)).toBe(false);
    const state = await openFileState(path, shared);
    expect((await state.fingerprint())('a')).toBe(read('a'));
    expect((await fileState(path).fingerprint())('a')).toBe(read('a'));
    await state.close();
  });

  test('and its files are for the owner alone', async () => {
    const path = join(temporaryFolder(), 'state');
    const state = await openFileState(path);
    await state.save(ZONE, '{}');
    await state.fingerprint();
    const modes = readdirSync(path).map((name) => statSync(join(path, name)).mode & 0o777);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(modes).toEqual(modes.map(() => 0o600));
    await state.close();
  });

  test('holds one file a key, and nothing temporary', async () => {
    const path = temporaryFolder();
    const state = fileState(path);
    await state.fingerprint();
    await state.save(ZONE, '{"a":1}');
    await state.save(ACCOUNT, '{"a":1}');
    expect(readdirSync(path).toSorted()).toEqual([`${ACCOUNT}.json`, 'fingerprint.key', `${ZONE}.json`]);
    expect(readFileSync(join(path, `${ZONE}.json`), 'utf8')).toBe('{"a":1}');
  });

  test('is not made by reading', async () => {
    const path = join(temporaryFolder(), 'state');
    await fileState(path).load();
    expect(existsSync(path)).toBe(false);
  });

  test('loses the left-overs of a killed process when it is opened, and they are never read', async () => {
    const path = temporaryFolder();
    fill(path, { '.tmp-1-abc': '{"half', '.tmp-2-zone.json': '{', 'notes.txt': 'mine' });
    expect(await fileState(path).load()).toEqual(new Map());
    const state = await openFileState(path);
    expect(readdirSync(path).toSorted()).toEqual(['.lock-1', 'notes.txt']);
    await state.close();
  });
});

describe('what is damaged is named, with a remedy', () => {
  test.each(['', '{"half":', 'null x', '\0\0\0\0'])('a file that holds %j', async (text) => {
    const path = temporaryFolder();
    fill(path, { [`${ZONE}.json`]: text });
    expect(await complaint(fileState(path).load())).toContain(
      `${ZONE}.json is damaged: it is not JSON. Restore the state from a backup; or delete that folder`,
    );
  });

  test.each(['', '{"half":'])('what is not the ledger and holds %j is left to its reader', async (text) => {
    const path = temporaryFolder();
    fill(path, { 'history.log.json': text, 'audit.feed.json': text });
    const expected = [
      ['audit.feed', text],
      ['history.log', text],
    ];
    expect([...(await fileState(path).load())].toSorted()).toEqual(expected);
  });

  test.each(['', 'abc', `${'g'.repeat(64)}\n`])('a key that is %j', async (text) => {
    const path = temporaryFolder();
    fill(path, { 'fingerprint.key': text });
    expect(await complaint(fileState(path).fingerprint())).toContain('fingerprint.key is damaged');
  });

  test('a key that is lost while the ledger is still there', async () => {
    const path = temporaryFolder();
    const state = fileState(path);
    await state.fingerprint();
    await state.save(ZONE, '{}');
    rmSync(join(path, 'fingerprint.key'));
    expect(await complaint(fileState(path).fingerprint())).toContain('fingerprint.key is missing');
    expect(existsSync(join(path, 'fingerprint.key'))).toBe(false);
  });

  test('a folder in the place of a file', async () => {
    const path = temporaryFolder();
    mkdirSync(join(path, `${ZONE}.json`));
    expect(await complaint(fileState(path).load())).toContain('there is a folder in the place of the file');
  });

  test('a file in the place of the folder', async () => {
    const path = join(temporaryFolder(), 'state');
    writeFileSync(path, '');
    expect(await complaint(openFileState(path))).toContain('there is a file in the place of the folder');
    expect(await complaint(fileState(path).save(ZONE, '{}'))).toContain(path);
    expect(await complaint(fileState(join(path, 'below')).load())).toContain('a part of its path is a file');
  });
});

test('a folder is made with those above it, for the owner alone', async () => {
  const path = join(temporaryFolder(), 'a/b/c');
  const state = await openFileState(path);
  await state.close();
  const parts = [path, join(path, '..'), join(path, '../..')];
  expect(parts.map((part) => statSync(part).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

describe('a disk that refuses', () => {
  test.skipIf(process.platform !== 'linux')(
    'because it takes no folders says so, and does not hang',
    async () => {
      for (const path of ['/proc/nope', '/proc/nope/below']) {
        expect(await complaint(openFileState(path))).toContain(
          'could not be made: no folder can be made there',
        );
        expect(await complaint(fileState(path).save(ZONE, '{}'))).toContain(`${path} could not be made`);
      }
      expect(await fileState('/proc/nope').load()).toEqual(new Map());
      expect(await fileState('/proc/nope').fingerprint()).toBeTypeOf('function');
    },
  );

  test('because it is full keeps the old state, and says so', async ({ skip }) => {
    const disk = mountedDisk('size=64k') ?? skip('only root may mount');
    const state = fileState(join(disk, 'state'));
    await state.save(ZONE, '{"old":true}');
    const message = await complaint(state.save(ZONE, JSON.stringify('x'.repeat(200_000))));
    expect(message).toContain('the disk is full');
    expect(await state.load()).toEqual(new Map([[ZONE, '{"old":true}']]));
    expect(readdirSync(join(disk, 'state'))).toEqual(['fingerprint.key', `${ZONE}.json`]);
    await state.save(ZONE, '{"new":true}');
    expect(await state.load()).toEqual(new Map([[ZONE, '{"new":true}']]));
  });

  test('because it is read-only can still be read, and an empty one planned on', async ({ skip }) => {
    const disk = mountedDisk('ro,size=64k') ?? skip('only root may mount');
    const state = fileState(join(disk, 'state'));
    expect(await state.load()).toEqual(new Map());
    expect((await state.fingerprint())('a')).toBe((await state.fingerprint())('a'));
    expect(await complaint(state.save(ZONE, '{}'))).toContain('the file system is read-only');
    expect(await complaint(openFileState(join(disk, 'state')))).toContain('the file system is read-only');
  });
});

describe('one process at a time', () => {
  const MODULE = new URL('../../../src/edges/state/file.ts', import.meta.url).href;

  /** A process that runs a piece of a program with the state open. */
  function run(path: string, program: string): ChildProcess {
    const source = `import { openFileState } from ${JSON.stringify(MODULE)};
      const state = await openFileState(${JSON.stringify(path)}).catch((error) => {
        console.log(error.message);
        process.exit(3);
      });
      ${program}`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  const IDLE = "console.log('open'); setInterval(() => {}, 1000);";

  async function firstLine(child: ChildProcess): Promise<string> {
    const [chunk] = await once(child.stdout ?? child, 'data');
    return String(chunk).split('\n')[0] ?? '';
  }

  async function killed(child: ChildProcess): Promise<void> {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  test('is let in, the next one is told who is there', async () => {
    const path = join(temporaryFolder(), 'state');
    const state = await openFileState(path);
    expect(await complaint(openFileState(path))).toMatch(
      new RegExp(`The state in .*state is in use by process ${process.pid}, since .*Stop that process first`),
    );
    const other = run(path, IDLE);
    expect(await firstLine(other)).toContain(`in use by process ${process.pid}`);
    await state.close();
    await (await openFileState(path)).close();
  });

  test('and reading goes on beside it', async () => {
    const path = temporaryFolder();
    const state = await openFileState(path);
    await state.save(ZONE, '{}');
    expect(await fileState(path).load()).toEqual(new Map([[ZONE, '{}']]));
    await state.close();
  });

  test('keeps others out while it runs, and not once it was killed', async () => {
    const path = join(temporaryFolder(), 'state');
    const child = run(path, IDLE);
    expect(await firstLine(child)).toBe('open');
    expect(await complaint(openFileState(path))).toContain(`in use by process ${child.pid}`);
    await killed(child);
    const state = await openFileState(path);
    await state.close();
    expect(readdirSync(path)).toEqual([]);
  });

  test('closing twice does not let in two', async () => {
    const path = temporaryFolder();
    const state = await openFileState(path);
    await state.close();
    const next = await openFileState(path);
    await state.close();
    expect(await complaint(openFileState(path))).toContain('in use');
    await next.close();
  });

  const gone = {
    pid: 2 ** 22 + 1,
    host: hostname(),
    start: '1',
    since: '2026-01-01T00:00:00.000Z',
    token: 'aa',
  };

  test.each([
    ['a process that is gone', JSON.stringify(gone)],
    ['a number that another process has now', JSON.stringify({ ...gone, pid: process.ppid })],
    ['our own number, from before a restart of the container', JSON.stringify({ ...gone, pid: process.pid })],
    ['nothing', ''],
    ['something else', '{"pid":"1"}'],
    ['half of it', '{"pid":1,"ho'],
  ])('takes over a lock that holds %s', async (_, text) => {
    const path = temporaryFolder();
    fill(path, { '.lock-7': text });
    const state = await openFileState(path);
    expect(await complaint(openFileState(path))).toContain(`in use by process ${process.pid}`);
    await state.close();
  });

  test('takes over from another host only when that has been silent', async () => {
    const path = temporaryFolder();
    fill(path, { '.lock-7': JSON.stringify({ ...gone, host: 'other-pod' }) });
    expect(await complaint(openFileState(path))).toContain(`process ${gone.pid} on other-pod`);
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(join(path, '.lock-7'), minuteAgo, minuteAgo);
    await (await openFileState(path)).close();
  });

  test('wins alone when many find the same dead holder', async () => {
    const path = temporaryFolder();
    for (let round = 0; round < 20; round += 1) {
      fill(path, { '.lock-7': JSON.stringify(gone) });
      const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openFileState(path)));
      const states = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(states).toHaveLength(1);
      await states[0]?.close();
    }
  });

  function leftIn(path: string): number {
    return readdirSync(path).filter((name) => name.startsWith('.tmp-')).length;
  }

  /** Without a pause: what is waited for is there for a moment only. */
  function spinUntil(condition: () => boolean): void {
    for (;;) if (condition()) return;
  }

  test('killed in the middle of saving leaves the old text or the new one', async () => {
    const path = join(temporaryFolder(), 'state');
    const texts = ['a', 'b'].map((letter) => JSON.stringify(letter.repeat(300_000)));
    const program = `
      await state.fingerprint();
      await state.save('${ZONE}', JSON.stringify('a'.repeat(300_000)));
      console.log('open');
      for (let round = 1; ; round += 1) {
        await state.save('${ZONE}', JSON.stringify((round % 2 ? 'b' : 'a').repeat(300_000)));
      }`;
    let leftOvers = 0;
    const seen = new Set<string | undefined>();
    for (let round = 0; round < 12; round += 1) {
      const child = run(path, program);
      expect(await firstLine(child)).toBe('open');
      const inTheMiddle = round % 2 === 0;
      if (inTheMiddle) spinUntil(() => leftIn(path) > 0);
      await killed(child);
      leftOvers += leftIn(path);
      seen.add((await fileState(path).load()).get(ZONE));
    }
    expect(leftOvers).toBeGreaterThan(0);
    expect([...seen].filter((text) => text === undefined || !texts.includes(text))).toEqual([]);
    const state = await openFileState(path);
    expect(leftIn(path)).toBe(0);
    await state.close();
  });
});
