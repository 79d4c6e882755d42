import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type WatchOptions, watchPaths } from '../../../src/edges/trigger/watch.ts';
import { fill, swapMount, temporaryFolder } from '../temporary-folder.ts';

/** Long enough never to be what finds a change. */
const NO_POLL = { pollMs: 3_600_000 };

interface Watching {
  /** How often "look again" was said. */
  calls(): number;
  /** Resolves with the next call after `act`. */
  seen(act: () => void): Promise<void>;
}

async function watching(paths: readonly string[], options: WatchOptions = NO_POLL): Promise<Watching> {
  let calls = 0;
  const watch = await watchPaths(
    async () => paths,
    () => (calls += 1),
    options,
  );
  onTestFinished(() => watch.close());
  return {
    calls: () => calls,
    async seen(act) {
      const before = calls;
      act();
      await vi.waitUntil(() => calls > before, { timeout: 10_000, interval: 5 });
    },
  };
}

describe('in a folder', () => {
  test('every kind of change is seen', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'm/a.yaml');
    fill(folder, { 'm/a.yaml': 'a' });
    const { seen, calls } = await watching([join(folder, 'm')]);

    await seen(() => writeFileSync(file, 'written'));
    await seen(() => {
      writeFileSync(join(folder, 'm/.a.yaml.swp'), 'renamed over');
      renameSync(join(folder, 'm/.a.yaml.swp'), file);
    });
    await seen(() => {
      unlinkSync(file);
      writeFileSync(file, 'deleted and made anew');
    });
    await seen(() => unlinkSync(file));
    await seen(() => writeFileSync(join(folder, 'm/b.yml'), 'new'));
    await seen(() => renameSync(join(folder, 'm/b.yml'), join(folder, 'm/c.yml')));
    await seen(() => symlinkSync('c.yml', join(folder, 'm/d.yml')));
    expect(calls()).toBeGreaterThanOrEqual(7);
  });

  test('a change that keeps size and time is seen', async () => {
    const folder = temporaryFolder();
    const then = new Date('2026-01-01T00:00:00Z');
    const write = (text: string): void => {
      fill(folder, { 'a.yaml': text });
      utimesSync(join(folder, 'a.yaml'), then, then);
    };
    write('one');
    const { seen, calls } = await watching([folder]);
    await seen(() => write('two'));
    expect(calls()).toBeGreaterThanOrEqual(1);
  });

  test('new folders are watched as well', async () => {
    const folder = temporaryFolder();
    const { seen, calls } = await watching([folder]);
    await seen(() => fill(folder, { 'zones/shop/a.yaml': 'a' }));
    await seen(() => fill(folder, { 'zones/shop/a.yaml': 'b' }));
    await seen(() => fill(folder, { 'zones/b.yaml': 'b' }));
    await seen(() => rmSync(join(folder, 'zones'), { recursive: true }));
    expect(calls()).toBeGreaterThanOrEqual(4);
  });

  test('the folder may be removed and come back', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'm/a.yaml': 'a' });
    const { seen, calls } = await watching([join(folder, 'm')]);
    await seen(() => rmSync(join(folder, 'm'), { recursive: true }));
    await seen(() => fill(folder, { 'm/a.yaml': 'a' }));
    await seen(() => fill(folder, { 'm/a.yaml': 'b' }));
    expect(calls()).toBeGreaterThanOrEqual(3);
  });

  test('the folder may be replaced by another one', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'm/a.yaml': 'a', 'next/a.yaml': 'b' });
    const { seen, calls } = await watching([join(folder, 'm')]);
    await seen(() => {
      renameSync(join(folder, 'm'), join(folder, 'old'));
      renameSync(join(folder, 'next'), join(folder, 'm'));
    });
    await seen(() => fill(folder, { 'm/a.yaml': 'c' }));
    expect(calls()).toBeGreaterThanOrEqual(2);
  });

  test('a link or a file may become a folder', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'm/a.yaml': 'a', 'm/file.yaml': 'a' });
    symlinkSync('nowhere', join(folder, 'm/link'));
    const { seen, calls } = await watching([join(folder, 'm')]);
    for (const name of ['link', 'file.yaml']) {
      await seen(() => {
        unlinkSync(join(folder, 'm', name));
        fill(folder, { [`m/${name}/b.yaml`]: 'b' });
      });
      await seen(() => fill(folder, { [`m/${name}/b.yaml`]: 'c' }));
    }
    expect(calls()).toBeGreaterThanOrEqual(2);
  });

  test('what is hidden, or belongs to packages, is of no interest', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'a.yaml': 'a', '.git/x': '', 'node_modules/x/y.yaml': '' });
    const { seen, calls } = await watching([folder]);
    fill(folder, { '.git/y': '', '.git/x': 'more', 'node_modules/x/y.yaml': 'more', '.hidden.yaml': '' });
    await seen(() => fill(folder, { 'a.yaml': 'b' }));
    expect(calls()).toBe(1);
  });
});

describe('a single file', () => {
  test('is seen to change, and its neighbours are not', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'a.yaml': 'a', 'b.yaml': 'b' });
    const { seen, calls } = await watching([join(folder, 'a.yaml')]);
    fill(folder, { 'b.yaml': 'c', 'c.yaml': 'c' });
    await seen(() => fill(folder, { 'a.yaml': 'b' }));
    expect(calls()).toBe(1);
    await seen(() => {
      fill(folder, { tmp: 'renamed over' });
      renameSync(join(folder, 'tmp'), join(folder, 'a.yaml'));
    });
    await seen(() => fill(folder, { 'a.yaml': 'written after that' }));
  });

  test('is waited for when nothing of its path exists yet', async () => {
    const folder = temporaryFolder();
    const { seen, calls } = await watching([join(folder, 'x/y/a.yaml')]);
    await seen(() => mkdirSync(join(folder, 'x')));
    await seen(() => fill(folder, { 'x/y/a.yaml': 'a' }));
    await seen(() => fill(folder, { 'x/y/a.yaml': 'b' }));
    await seen(() => rmSync(join(folder, 'x'), { recursive: true }));
    await seen(() => fill(folder, { 'x/y/a.yaml': 'c' }));
    expect(calls()).toBeGreaterThanOrEqual(5);
  });
});

describe('through links', () => {
  test.each(['', 'a.yaml'])('each swap of a mounted ConfigMap is seen (watching its %j)', async (key) => {
    const mount = join(temporaryFolder(), 'mount');
    let generation = swapMount(mount, { 'a.yaml': '0' });
    const { seen, calls } = await watching([join(mount, key)]);
    for (let round = 1; round <= 5; round += 1) {
      await seen(() => {
        generation = swapMount(mount, { 'a.yaml': String(round) }, generation);
      });
    }
    expect(calls()).toBeGreaterThanOrEqual(2);
  });

  test('a link that is turned is seen, also while what it led to is kept', async () => {
    const folder = temporaryFolder();
    const turn = (to: string): void => {
      fill(folder, { [`.worktrees/${to}/manifest/a.yaml`]: to });
      symlinkSync(join('.worktrees', to), join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, 'current'));
    };
    turn('one');
    const { seen, calls } = await watching([join(folder, 'current/manifest')]);
    await seen(() => turn('two'));
    await seen(() => turn('three'));
    await seen(() => fill(folder, { '.worktrees/three/manifest/a.yaml': 'edited' }));
    expect(calls()).toBeGreaterThanOrEqual(3);
  });

  test('a link that leads to itself does no harm, and can be mended', async () => {
    const folder = temporaryFolder();
    symlinkSync('loop', join(folder, 'loop'));
    const { seen, calls } = await watching([join(folder, 'loop')]);
    await seen(() => {
      unlinkSync(join(folder, 'loop'));
      fill(folder, { 'loop/a.yaml': 'a' });
    });
    await seen(() => fill(folder, { 'loop/a.yaml': 'b' }));
    expect(calls()).toBeGreaterThanOrEqual(2);
  });
});

test('a hundred writes in a row are one or two looks', async () => {
  const folder = temporaryFolder();
  fill(folder, { 'a.yaml': '' });
  const { seen, calls } = await watching([folder], { ...NO_POLL, debounceMs: 300, maxWaitMs: 60_000 });
  await seen(() => {
    for (let round = 0; round < 100; round += 1) fill(folder, { 'a.yaml': String(round) });
  });
  expect(calls()).toBeLessThanOrEqual(2);
});

test('a file that never rests is looked at all the same', async () => {
  const folder = temporaryFolder();
  fill(folder, { 'a.yaml': '' });
  const { seen, calls } = await watching([folder], { ...NO_POLL, debounceMs: 3_600_000, maxWaitMs: 200 });
  const restless = setInterval(() => fill(folder, { 'a.yaml': String(performance.now()) }), 10);
  onTestFinished(() => clearInterval(restless));
  await seen(() => undefined);
  expect(calls()).toBeGreaterThanOrEqual(1);
});

test('what the system does not tell is found by comparing', async () => {
  const folder = temporaryFolder();
  fill(folder, { 'm/a.yaml': 'a' });
  // So slow in telling that only the comparison can be it.
  const { seen, calls } = await watching([join(folder, 'm')], {
    debounceMs: 3_600_000,
    maxWaitMs: 3_600_000,
    pollMs: 20,
  });
  await seen(() => fill(folder, { 'm/a.yaml': 'b' }));
  await seen(() => fill(folder, { 'm/sub/b.yaml': 'b' }));
  await seen(() => rmSync(join(folder, 'm/a.yaml')));
  await seen(() => rmSync(join(folder, 'm'), { recursive: true }));
  expect(calls()).toBeGreaterThanOrEqual(4);
});

test('nothing is said after closing, and closing twice is fine', async () => {
  const folder = temporaryFolder();
  fill(folder, { 'a.yaml': 'a' });
  let calls = 0;
  const watch = await watchPaths(
    async () => [folder],
    () => (calls += 1),
    { ...NO_POLL, debounceMs: 0 },
  );
  fill(folder, { 'a.yaml': 'b' });
  await Promise.all([watch.close(), watch.close()]);
  const before = calls;
  const { seen } = await watching([folder]);
  await seen(() => fill(folder, { 'a.yaml': 'c' }));
  expect(calls).toBe(before);
});

test('what is to be watched is asked again with each change', async () => {
  const folder = temporaryFolder();
  fill(folder, { 'jobs.yaml': 'a', 'redact.sql': 'b' });
  const [manifest, sql] = [join(folder, 'jobs.yaml'), join(folder, 'redact.sql')];
  const paths = [manifest];
  const { seen, calls } = await watching(paths);
  paths.push(sql);
  await seen(() => writeFileSync(manifest, 'names redact.sql'));
  await seen(() => writeFileSync(sql, 'changed'));
  await seen(() => unlinkSync(sql));
  expect(calls()).toBeGreaterThanOrEqual(3);
});
