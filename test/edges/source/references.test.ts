import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { referenceResolver } from '../../../src/edges/source/references.ts';
import { aCanary, leaksIn } from '../../canaries.ts';
import { fill, makePipe, swapMount, temporaryFolder } from '../temporary-folder.ts';

type Environment = { readonly [name: string]: string | undefined };

function read(secretsDir: string, secrets: readonly string[], env: Environment = {}) {
  return referenceResolver({ secretsDir, env }).read({ env: new Set(), secrets: new Set(secrets) });
}

async function secretIn(secretsDir: string, name = 'key'): Promise<string | undefined> {
  return (await read(secretsDir, [name])).secrets.get(name)?.reveal();
}

async function reasonFor(secretsDir: string, name = 'key', env: Environment = {}): Promise<string> {
  const { secrets, unreadable } = await read(secretsDir, [name], env);
  expect(secrets.has(name)).toBe(false);
  return unreadable.get(name) ?? 'no reason';
}

describe('a secret', () => {
  test.each([
    ['as it stands', 'hunter2hunter2', 'hunter2hunter2'],
    ['without its line end', 'hunter2hunter2\n', 'hunter2hunter2'],
    ['with its spaces', ' hunter2hunter2 ', ' hunter2hunter2 '],
    ['of 8 characters', '12345678', '12345678'],
    ['of 64 KiB', 'x'.repeat(65_536), 'x'.repeat(65_536)],
  ])('is read %s', async (_, content, value) => {
    const folder = temporaryFolder();
    fill(folder, { key: content });
    expect(await secretIn(folder)).toBe(value);
  });

  test('is read from a mounted Secret', async () => {
    const folder = temporaryFolder();
    swapMount(folder, { key: 'hunter2hunter2' });
    expect(await secretIn(folder)).toBe('hunter2hunter2');
  });

  test('is read anew each time', async () => {
    const folder = temporaryFolder();
    const resolver = referenceResolver({ secretsDir: folder, env: {} });
    const names = { env: new Set<string>(), secrets: new Set(['key']) };
    fill(folder, { key: 'old-old-old' });
    expect((await resolver.read(names)).secrets.get('key')?.reveal()).toBe('old-old-old');
    fill(folder, { key: 'new-new-new' });
    expect((await resolver.read(names)).secrets.get('key')?.reveal()).toBe('new-new-new');
  });

  test('is never half of a rotation, however many there are', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 20 }, (_, at) => `key-${at}`);
    const all = (round: number) => Object.fromEntries(names.map((name) => [name, `value-of-round-${round}`]));
    let generation = swapMount(folder, all(0));
    const mixed: unknown[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const reading = read(folder, names);
      for (let swap = 0; swap < 60; swap += 1) {
        generation = swapMount(folder, all(round * 100 + swap), generation);
        for (let turn = 0; turn < (swap * 37) % 200; turn += 1) await setImmediate();
      }
      const { secrets } = await reading;
      const values = new Set(names.map((name) => secrets.get(name)?.reveal()));
      if (values.size > 1) mixed.push([...values]);
    }
    expect(mixed).toEqual([]);
  });

  test('is not taken while rotation follows rotation', async () => {
    const folder = temporaryFolder();
    let generation = swapMount(folder, { key: 'key-0-key-0' });
    const done = new AbortController();
    const reading = read(folder, ['key']).finally(() => done.abort());
    for (let round = 1; !done.signal.aborted; round += 1) {
      generation = swapMount(folder, { key: `key-${round}-key` }, generation);
      await setImmediate();
    }
    const { secrets, unreadable } = await reading;
    expect([...secrets.keys()]).toEqual([]);
    expect(unreadable.get('key')).toContain('keeps changing while it is read');
  });
});

describe('a secret is refused, with a clause that does not quote it,', () => {
  test.each([
    ['empty', '', 'is empty'],
    ['a line end alone', '\n', 'is empty'],
    ['white space', ' \t \n', 'is empty'],
    ['7 characters', '1234567', 'is shorter than 8 characters'],
    ['a NUL', 'hunter2\0hunter2', 'holds a NUL character'],
    ['a carriage return', 'hunter2hunter2\r\n', 'holds a carriage return'],
    ['two lines', 'hunter2hunter2\nhunter2hunter2\n', 'holds a line break; a secret is one line'],
    ['two line ends', 'hunter2hunter2\n\n', 'holds a line break'],
    ['a line end before it', '\nhunter2hunter2', 'holds a line break'],
    ['bytes that are not text', Uint8Array.of(0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8), 'is not UTF-8 text'],
    ['64 KiB and a byte', 'x'.repeat(65_537), 'is larger than 65536 bytes'],
  ])('when its file holds %s', async (_, content, reason) => {
    const folder = temporaryFolder();
    fill(folder, { key: content });
    const clause = await reasonFor(folder);
    expect(clause).toContain(`its file in ${folder} ${reason}`);
    expect(clause).not.toContain('hunter2');
  });

  test('when it is missing', async () => {
    const folder = temporaryFolder();
    expect(await reasonFor(folder)).toBe(`its file in ${folder} does not exist`);
  });

  test('with its folder, when that is missing', async () => {
    const none = join(temporaryFolder(), 'none');
    expect(await read(none, ['one', 'two'])).toMatchObject({ missingFolder: none, unreadable: new Map() });
    expect(await read(none, [])).not.toHaveProperty('missingFolder');
  });

  test('when it is a folder or a named pipe, without waiting', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'dir'));
    makePipe(join(folder, 'pipe'));
    expect(await reasonFor(folder, 'dir')).toContain('is a folder');
    expect(await reasonFor(folder, 'pipe')).toContain('is a named pipe');
  });

  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '..',
    '.',
    '..data',
    'sub/key',
    'sub\\key',
    'key\0',
    'key\n',
    '~',
    '',
    'ключ-ключ',
    'x'.repeat(300),
  ])('when its name is %j', async (name) => {
    const folder = temporaryFolder();
    fill(folder, { 'sub/key': 'hunter2hunter2' });
    expect(await reasonFor(folder, name)).toContain('cannot be read: only letters');
  });

  test('when it is a link out of the folder', async () => {
    const [folder, outside] = [temporaryFolder(), temporaryFolder()];
    fill(outside, { key: 'hunter2hunter2' });
    symlinkSync(join(outside, 'key'), join(folder, 'key'));
    symlinkSync('/proc/self/environ', join(folder, 'environ'));
    expect(await reasonFor(folder)).toContain('leads out of its folder');
    expect(await reasonFor(folder, 'environ')).toContain('leads out of its folder');
  });

  test('when it is the token of the program itself, also by another link', async () => {
    const folder = temporaryFolder();
    fill(folder, { token: 'hunter2hunter2' });
    linkSync(join(folder, 'token'), join(folder, 'hard'));
    symlinkSync('token', join(folder, 'soft'));
    const env = { CLOUDFLARE_API_TOKEN_FILE: join(folder, 'token') };
    for (const name of ['token', 'hard', 'soft']) {
      expect(await reasonFor(folder, name, env)).toContain('is a credential of this program itself');
    }
  });

  test('when it is a copy of a credential of the program, or holds one', async () => {
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    fill(elsewhere, { token: 'hunter2hunter2\n' });
    fill(folder, { file: 'hunter2hunter2', value: 'Bearer hunter3hunter3', http: 'hunter4hunter4\n' });
    const env = {
      CLOUDFLARE_API_TOKEN_FILE: join(elsewhere, 'token'),
      CLOUDFLARE_API_KEY: 'hunter3hunter3',
      LOGPUSHD_HTTP_TOKEN: 'hunter4hunter4',
    };
    for (const name of ['file', 'value', 'http']) {
      expect(await reasonFor(folder, name, env)).toContain('is a credential of this program itself');
    }
  });

  test('and the others are read all the same', async () => {
    const folder = temporaryFolder();
    fill(folder, { good: 'hunter2hunter2' });
    const { secrets, unreadable } = await read(folder, ['good', 'bad']);
    expect([...secrets.keys()]).toEqual(['good']);
    expect([...unreadable.keys()]).toEqual(['bad']);
  });
});

test('no reason lets through a part of what a file holds', async () => {
  const folder = temporaryFolder();
  const canary = aCanary('secret file');
  const spoilt = ['\r', '\nx', '\0', '\u{0}\n', 'x'.repeat(70_000)];
  for (const [index, tail] of spoilt.entries()) {
    writeFileSync(join(folder, `key${index}`), canary.value + tail);
    expect(leaksIn(await reasonFor(folder, `key${index}`), [canary])).toEqual([]);
  }
});

describe('a variable', () => {
  const env = {
    BUCKET: 'acme-logs',
    EMPTY: '',
    BLANK: '  ',
    CLOUDFLARE_API_TOKEN: 'hunter2hunter2',
    LOGPUSHD_HTTP_TOKEN: 'hunter2hunter2',
    A_COPY: 'token hunter2hunter2',
    https_proxy: 'http://user:hunter5@proxy.example',
    ALL_PROXY: 'http://user:hunter5@proxy.example',
  };
  const names = [
    'BUCKET',
    'EMPTY',
    'BLANK',
    'MISSING',
    'CLOUDFLARE_API_TOKEN',
    'LOGPUSHD_HTTP_TOKEN',
    'A_COPY',
    'https_proxy',
    'ALL_PROXY',
    '__proto__',
    'toString',
  ];

  test('is there when it has a value and is not a credential of the program', async () => {
    const resolver = referenceResolver({ secretsDir: temporaryFolder(), env });
    const values = await resolver.read({ env: new Set(names), secrets: new Set() });
    expect([...values.env]).toEqual([['BUCKET', 'acme-logs']]);
  });
});
