import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filesSource, watchedPaths } from '../../../src/edges/source/files.ts';
import { SourceError, StoppedError } from '../../../src/reconcile/errors.ts';
import type { ManifestText } from '../../../src/reconcile/ports.ts';
import { fill, makePipe, swapMount, temporaryFolder } from '../temporary-folder.ts';

const ROOT_USER = process.getuid?.() === 0;

function read(cwd: string, ...paths: readonly string[]): Promise<ManifestText> {
  return filesSource(paths, { cwd }).read(new AbortController().signal);
}

async function refusal(cwd: string, ...paths: readonly string[]): Promise<string> {
  const error: unknown = await read(cwd, ...paths).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SourceError);
  return error instanceof Error ? error.message : '';
}

describe('files of a folder', () => {
  test('are its yaml and yml files and those below, sorted, as a person would type them', async () => {
    const cwd = temporaryFolder();
    fill(cwd, {
      'manifest/b.yml': 'b',
      'manifest/a.yaml': 'a',
      'manifest/zones/deep/c.YAML': 'c',
      'manifest/readme.md': 'no',
      'manifest/notes.yaml.bak': 'no',
    });
    const { files } = await read(cwd, 'manifest');
    expect(files).toEqual([
      { path: 'manifest/a.yaml', text: 'a' },
      { path: 'manifest/b.yml', text: 'b' },
      { path: 'manifest/zones/deep/c.YAML', text: 'c' },
    ]);
  });

  test('are not those that are hidden or belong to packages', async () => {
    const cwd = temporaryFolder();
    fill(cwd, {
      'a.yaml': 'a',
      '.hidden.yaml': 'no',
      '.git/x.yaml': 'no',
      'node_modules/x/y.yaml': 'no',
      '.#a.yaml': 'no',
    });
    symlinkSync('nobody@nowhere.1', join(cwd, '.#b.yaml'));
    expect((await read(cwd, '.')).files).toEqual([{ path: 'a.yaml', text: 'a' }]);
  });

  test('are shown by their full path outside of the working folder', async () => {
    const [cwd, elsewhere] = [temporaryFolder(), temporaryFolder()];
    fill(elsewhere, { 'a.yaml': 'a' });
    expect((await read(cwd, elsewhere)).files).toEqual([{ path: join(elsewhere, 'a.yaml'), text: 'a' }]);
  });

  test.each([
    ['an empty folder', ['m']],
    ['several folders', ['m', 'n']],
  ])('are at least one: not of %s', async (_, paths) => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/.hidden.yaml': 'no', 'm/readme.md': 'no', 'n/node_modules/a.yaml': 'no' });
    expect(await refusal(cwd, ...paths)).toBe(
      `The manifest ${paths.join(', ')} has no *.yaml or *.yml file. Put one there, or name another file or ` +
        'folder with --manifest or the setting "manifest"; hidden files do not count.',
    );
  });

  test('may all be in one of several folders', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/readme.md': 'no', 'n/a.yaml': 'a' });
    expect((await read(cwd, 'm', 'n')).files).toEqual([{ path: 'n/a.yaml', text: 'a' }]);
  });

  test('are read once each, however many paths lead to them', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/a.yaml': 'a', 'm/sub/b.yaml': 'b' });
    symlinkSync('sub', join(cwd, 'm/again'));
    symlinkSync('a.yaml', join(cwd, 'm/same.yaml'));
    const { files } = await read(cwd, 'm', 'm/a.yaml', join(cwd, 'm/sub'));
    expect(files.map(({ text }) => text).toSorted()).toEqual(['a', 'b']);
  });

  test('do not loop with a link that leads up', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/a.yaml': 'a' });
    symlinkSync('..', join(cwd, 'm/up'));
    symlinkSync('.', join(cwd, 'm/here'));
    expect((await read(cwd, 'm')).files).toEqual([{ path: 'm/a.yaml', text: 'a' }]);
  });
});

describe('the lock of fields', () => {
  test('is read from the folder, and from beside a file that is named', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/a.yaml': 'a', 'm/b.yaml': 'b', 'm/fields.lock.yaml': 'lock' });
    const paths = async (path: string): Promise<readonly string[]> =>
      (await read(cwd, path)).files.map((file) => file.path);
    expect(await paths('m')).toEqual(['m/a.yaml', 'm/b.yaml', 'm/fields.lock.yaml']);
    expect(await paths('m/a.yaml')).toEqual(['m/a.yaml', 'm/fields.lock.yaml']);
  });

  test('is no manifest by itself', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/fields.lock.yaml': 'lock' });
    expect(await refusal(cwd, 'm')).toContain('has no *.yaml or *.yml file');
    expect(await refusal(cwd, 'm/fields.lock.yaml')).toContain('has no *.yaml or *.yml file');
  });

  test('moves the revision', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'a.yaml': 'a' });
    const { revision } = await read(cwd, 'a.yaml');
    fill(cwd, { 'fields.lock.yaml': 'lock' });
    expect((await read(cwd, 'a.yaml')).revision).not.toBe(revision);
  });

  test.runIf(!ROOT_USER)('that cannot be read is a failure, not a manifest without one', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'a.yaml': 'a' });
    symlinkSync('nowhere', join(cwd, 'fields.lock.yaml'));
    expect(await refusal(cwd, 'a.yaml')).toContain('fields.lock.yaml');
  });

  test('is watched beside a file, also while there is none', async () => {
    expect(await watchedPaths(['m/a.yaml', 'm/b.yml', 'zones'])).toEqual([
      'm/a.yaml',
      'm/fields.lock.yaml',
      'm/b.yml',
      'zones',
    ]);
  });
});

test('the SQL that a single file names now is watched, wherever it lies below it', async () => {
  const cwd = temporaryFolder();
  const file = join(cwd, 'jobs.yaml');
  const names = (...sql: string[]): string =>
    `version: 1\naccounts: [{ account: a, transformers: [${sql.map((one) => `{ name: x, file: ${one} }`).join(', ')}] }]\n`;
  fill(cwd, { 'jobs.yaml': names('sql/a.sql', '../out.sql') });
  const lock = join(cwd, 'fields.lock.yaml');
  expect(await watchedPaths([file])).toEqual([file, lock, join(cwd, 'sql/a.sql')]);
  fill(cwd, { 'jobs.yaml': names('b.sql') });
  expect(await watchedPaths([file])).toEqual([file, lock, join(cwd, 'b.sql')]);
});

describe('a mounted ConfigMap', () => {
  test('gives each key once, under its own name', async () => {
    const cwd = temporaryFolder();
    swapMount(join(cwd, 'mount'), { 'a.yaml': 'a', 'zones/b.yaml': 'b' });
    expect((await read(cwd, 'mount')).files).toEqual([
      { path: 'mount/a.yaml', text: 'a' },
      { path: 'mount/zones/b.yaml', text: 'b' },
    ]);
  });

  test('gives one key when it is named itself', async () => {
    const cwd = temporaryFolder();
    swapMount(join(cwd, 'mount'), { 'a.yaml': 'a', 'b.yaml': 'b' });
    expect((await read(cwd, 'mount/b.yaml')).files).toEqual([{ path: 'mount/b.yaml', text: 'b' }]);
  });

  test('is never half old and half new while it is swapped', async () => {
    const cwd = temporaryFolder();
    const mount = join(cwd, 'mount');
    const names = Array.from({ length: 30 }, (_, index) => `${index}.yaml`);
    const content = (text: string) => Object.fromEntries(names.map((name) => [name, text]));
    let generation = swapMount(mount, content('0'));
    const seen: string[][] = [];
    for (let round = 1; round <= 50; round += 1) {
      const reading = read(cwd, 'mount');
      for (let turn = 0; turn < round * 4; turn += 1) await new Promise(setImmediate);
      generation = swapMount(mount, content(String(round)), generation);
      seen.push([...new Set((await reading).files.map(({ text }) => text))]);
    }
    expect(seen.filter((texts) => texts.length !== 1)).toEqual([]);
  });
});

describe('the revision', () => {
  const files = { 'a.yaml': 'a', 'sub/b.yaml': 'b' };

  test('is the same for the same names and contents, wherever the folder lies', async () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    fill(one, files);
    fill(join(other, 'deep/down'), files);
    const { revision } = await read(one, '.');
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
    expect((await read(other, 'deep/down')).revision).toBe(revision);
  });

  test.each([
    ['a content', { 'a.yaml': 'A', 'sub/b.yaml': 'b' }],
    ['a name', { 'a2.yaml': 'a', 'sub/b.yaml': 'b' }],
    ['which file holds what', { 'a.yaml': 'b', 'sub/b.yaml': 'a' }],
    ['where one file ends', { 'a.yaml': 'ab', 'sub/b.yaml': '' }],
  ])('differs with %s', async (_, changed) => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    fill(one, files);
    fill(other, changed);
    expect((await read(one, '.')).revision).not.toBe((await read(other, '.')).revision);
  });

  test('stays when a file is only touched', async () => {
    const cwd = temporaryFolder();
    fill(cwd, files);
    const { revision } = await read(cwd, '.');
    fill(cwd, files);
    expect((await read(cwd, '.')).revision).toBe(revision);
  });
});

describe('what cannot be read is refused with its name and a remedy', () => {
  test('a path that is not there', async () => {
    expect(await refusal(temporaryFolder(), 'config/manifest')).toBe(
      'The manifest config/manifest does not exist. Create it, or name another with --manifest or the setting "manifest".',
    );
  });

  test('a path that goes through a file', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { a: '' });
    expect(await refusal(cwd, 'a/b.yaml')).toContain('a/b.yaml does not exist: a part of its path is a file');
  });

  test('one missing path among good ones', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'a.yaml': 'a' });
    expect(await refusal(cwd, 'a.yaml', 'b.yaml')).toContain('b.yaml does not exist');
  });

  test('bytes that are not UTF-8', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/latin.yaml': Uint8Array.of(0x6e, 0xe4, 0x6d) });
    expect(await refusal(cwd, 'm')).toBe('m/latin.yaml is not UTF-8 text. Save it with the encoding UTF-8.');
  });

  test.each(['m', 'm/pipe.yaml'])('a named pipe, without waiting for its writer (%s)', async (path) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'm'));
    makePipe(join(cwd, 'm/pipe.yaml'));
    expect(await refusal(cwd, path)).toMatch(/pipe\.yaml.* is a named pipe/);
  });

  test('a socket and a device', async () => {
    const cwd = temporaryFolder();
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(cwd, 's.yaml'), resolve));
    expect(await refusal(cwd, '.')).toContain('"s.yaml", which is a socket');
    expect(await refusal(cwd, '/dev/zero')).toContain('/dev/zero is a device');
  });

  test('a folder with the name of a file is a folder', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/dir.yaml/a.yaml': 'a' });
    expect((await read(cwd, 'm')).files).toEqual([{ path: 'm/dir.yaml/a.yaml', text: 'a' }]);
  });

  test('a link out of the folder', async () => {
    const [cwd, secret] = [temporaryFolder(), temporaryFolder()];
    fill(cwd, { 'm/a.yaml': 'a' });
    fill(secret, { 'passwd.yaml': 'root' });
    symlinkSync(join(secret, 'passwd.yaml'), join(cwd, 'm/out.yaml'));
    expect(await refusal(cwd, 'm')).toContain('"out.yaml", a link that leads out of the folder');
  });

  test('a link out to a folder whose name begins like this one', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/a.yaml': 'a', 'm-other/b.yaml': 'b' });
    symlinkSync('../m-other/b.yaml', join(cwd, 'm/out.yaml'));
    expect(await refusal(cwd, 'm')).toContain('leads out');
  });

  test('a folder outside is not entered', async () => {
    const [cwd, outside] = [temporaryFolder(), temporaryFolder()];
    fill(outside, { 'b.yaml': 'b' });
    fill(cwd, { 'm/a.yaml': 'a' });
    symlinkSync(outside, join(cwd, 'm/out'));
    expect((await read(cwd, 'm')).files).toEqual([{ path: 'm/a.yaml', text: 'a' }]);
  });

  test('a folder that lies too deep to be entered', async () => {
    const cwd = temporaryFolder();
    const folders = (count: number): string => Array.from({ length: count }, () => 'd').join('/');
    fill(cwd, { [`m/${folders(16)}/a.yaml`]: 'a' });
    expect((await read(cwd, 'm')).files).toHaveLength(1);
    fill(cwd, { [`m/${folders(17)}/b.yaml`]: 'b' });
    expect(await refusal(cwd, 'm')).toContain('more than 16 folders deep');
  });

  test('a broken link and one that leads to itself', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'm'));
    symlinkSync('gone.yaml', join(cwd, 'm/a.yaml'));
    expect(await refusal(cwd, 'm')).toBe(
      'The manifest m has "a.yaml", which is a link to gone.yaml, which does not exist. ' +
        'Create what the link leads to, or remove it.',
    );
    expect(await refusal(cwd, 'm/a.yaml')).toContain(
      'm/a.yaml is a link to gone.yaml, which does not exist.',
    );
    rmSync(join(cwd, 'm/a.yaml'));
    symlinkSync('a.yaml', join(cwd, 'm/a.yaml'));
    expect(await refusal(cwd, 'm')).toContain('leads back to itself');
  });

  test('a name that cannot be shown', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'a\n\u001b[31m.yaml': '' });
    const message = await refusal(cwd, '.');
    expect(message).toContain('a name that cannot be shown');
    expect(Array.from(message).every((character) => character >= ' ')).toBe(true);
  });

  test.skipIf(ROOT_USER)('a file without permission', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'a.yaml': 'a' });
    chmodSync(join(cwd, 'a.yaml'), 0);
    expect(await refusal(cwd, '.')).toContain('permission denied');
  });

  test.each([
    ['one file', { fileBytes: 9, totalBytes: 1000, files: 10 }, 'm/a.yaml is larger than 9 bytes'],
    ['all together', { fileBytes: 10, totalBytes: 19, files: 10 }, 'more than 19 bytes'],
    ['their number', { fileBytes: 10, totalBytes: 1000, files: 1 }, 'more than 1 files'],
  ])('too much: %s', async (_, limits, text) => {
    const cwd = temporaryFolder();
    fill(cwd, { 'm/a.yaml': '0123456789', 'm/b.yaml': '0123456789' });
    const source = filesSource(['m'], { cwd, limits });
    await expect(source.read(new AbortController().signal)).rejects.toThrow(text);
  });

  test('an endless file, without reading it', async () => {
    const cwd = temporaryFolder();
    fill(cwd, { 'a.yaml': '' });
    truncateSync(join(cwd, 'a.yaml'), 64 * 1024 ** 3);
    expect(await refusal(cwd, '.')).toContain('a.yaml is larger than 16777216 bytes');
  });
});

test('a byte order mark is not part of the text', async () => {
  const cwd = temporaryFolder();
  fill(cwd, { 'a.yaml': '\uFEFFversion: 1' });
  expect((await read(cwd, '.')).files[0]?.text).toBe('version: 1');
});

test('a hard link is a file of its own place', async () => {
  const cwd = temporaryFolder();
  fill(cwd, { 'm/a.yaml': 'a', 'b.yaml': 'b' });
  linkSync(join(cwd, 'b.yaml'), join(cwd, 'm/b.yaml'));
  expect((await read(cwd, 'm')).files.map(({ path }) => path)).toEqual(['m/a.yaml', 'm/b.yaml']);
});

test('a read that is given up rejects as stopped', async () => {
  const cwd = temporaryFolder();
  fill(cwd, { 'a.yaml': 'a' });
  const stop = new AbortController();
  const reading = filesSource(['.'], { cwd }).read(stop.signal);
  stop.abort();
  await expect(reading).rejects.toBeInstanceOf(StoppedError);
});

test('a file that is being rewritten in place is never seen half done', async () => {
  const cwd = temporaryFolder();
  const whole = (round: number): string => `round ${round}: ${'x'.repeat(10_000)} end`;
  const turn = (): Promise<void> => new Promise(setImmediate);
  const seen: string[] = [];
  for (let round = 1; round <= 20; round += 1) {
    fill(cwd, { 'a.yaml': whole(0) });
    const reading = read(cwd, '.');
    for (let write = 1; write <= round * 10; write += 1) {
      fill(cwd, { 'a.yaml': whole(write).slice(0, 5_000) });
      await turn();
      fill(cwd, { 'a.yaml': whole(write) });
      await turn();
    }
    seen.push((await reading).files[0]?.text ?? '');
  }
  expect(seen.filter((text) => !text.endsWith(' end'))).toEqual([]);
});

test('what is truncated at any byte is read as it is, or refused, and never as something else', async () => {
  const cwd = temporaryFolder();
  const whole = 'version: 1\nzones: []\n# ü€😀\n';
  const bytes = Buffer.from(whole);
  for (let length = 0; length <= bytes.length; length += 1) {
    writeFileSync(join(cwd, 'a.yaml'), bytes.subarray(0, length));
    const seen = await read(cwd, '.').then(
      ({ files }) => (files[0]?.text === whole.slice(0, files[0]?.text.length) ? 'as it is' : 'else'),
      (error: unknown) => (error instanceof SourceError ? error.message : 'else'),
    );
    expect(seen).toMatch(/^as it is$|^a\.yaml is not UTF-8 text/);
  }
});
