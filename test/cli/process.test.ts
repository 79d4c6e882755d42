/** The real process: what only it can show. Everything else about commands is tested in this process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'process-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { child, ended };
}

async function run(argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { child, ended } = start(argv, environment);
  const [out, err, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, exitCode };
}

function read(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

function write(name: string, content: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const GOOD_MANIFEST = `version: 1
zones:
  - zone: 0123456789abcdef0123456789abcdef
    jobs:
      - { name: http, dataset: http_requests, destination_conf: 's3://acme-logs/http/{DATE}?region=us-west-2' }
`;

describe('the process', () => {
  it('prints its version to standard output and ends with 0', async () => {
    const { out, err, exitCode } = await run(['version']);
    expect(out).toMatch(/^logpushd \d+\.\d+\.\d+\n$/);
    expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
  });

  it('ends wrong usage with 3 on standard error', async () => {
    const { out, err, exitCode } = await run(['pln']);
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 3 });
    expect(err).toContain('Did you mean plan?');
  });

  it('ends a missing token with 3, without a stack', async () => {
    const { err, exitCode } = await run(['plan']);
    expect(exitCode).toBe(3);
    expect(err).toContain('missing-credentials');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('reads config/logpushd.yaml of the working directory, and the environment', async () => {
    write('config/logpushd.yaml', 'mode: enforec\n');
    const { err, exitCode } = await run(['plan'], { LOGPUSHD_PRUNE: 'ownd', CLOUDFLARE_API_TOKEN: 'x' });
    expect(exitCode).toBe(3);
    expect(err).toContain('config/logpushd.yaml:1:7  error  not-allowed-value  mode');
    expect(err).toContain('LOGPUSHD_PRUNE  error  not-allowed-value  prune');
    expect(err).toContain('2 errors in the settings. Nothing was done.');
  });

  it.each(['manifest', 'settings', 'plan'])('prints the %s schema, draft-07', async (name) => {
    const { out, exitCode } = await run(['schema', name]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' });
  });

  it('validates a good manifest with 0 and a bad one with 3 and its place', async () => {
    write('config/manifest/zones.yaml', GOOD_MANIFEST);
    expect(await run(['validate'])).toMatchObject({ exitCode: 0, err: '' });
    write('bad.yaml', GOOD_MANIFEST.replace('dataset:', 'datset:'));
    const { out, exitCode } = await run(['validate', 'bad.yaml']);
    expect(exitCode).toBe(3);
    expect(out).toMatch(/^bad\.yaml:5:\d+ {2}error {2}/m);
  });

  it('validates the names of fields against the list of this release, as a warning', async () => {
    const options = 'output_options: { field_names: [ClientIPP] }';
    write('m.yaml', GOOD_MANIFEST.replace('name: http', `${options}, name: http`));
    const { out, exitCode } = await run(['validate', 'm.yaml']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^m\.yaml:5:\d+ {2}warning {2}unlisted-field {2}/m);
    expect(out).toContain('Did you mean "ClientIP"?');
  });

  it('ends a manifest folder without a file with 3, and says what is looked for', async () => {
    mkdirSync(path.join(folder, 'config/manifest'), { recursive: true });
    const { out, err, exitCode } = await run(['validate']);
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 3 });
    expect(err).toContain('The manifest config/manifest has no *.yaml or *.yml file.');
  });

  it('ends a manifest that does not exist with 3 and its path', async () => {
    const { err, exitCode } = await run(['validate', 'gone.yaml']);
    expect(exitCode).toBe(3);
    expect(err).toContain('gone.yaml');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['an error', 'throw planted();'],
    ['a rejection that nobody handles', 'void Promise.reject(planted()); return null;'],
    ['an error in a later turn', 'setImmediate(() => { throw planted(); }); return null;'],
  ])('ends a bug with 70 and one line that says where, and no word of its message: %s', async (_, code) => {
    const secret = 'hunter2-in-a-foreign-message';
    write(
      'bug.mjs',
      `function planted() { return new TypeError('https://a:${secret}@b.example\\n    ${secret}'); }\n` +
        `URL.parse = () => { ${code} };\n`,
    );
    const environment = {
      NODE_OPTIONS: `--import ${path.join(folder, 'bug.mjs')}`,
      CLOUDFLARE_BASE_URL: 'https://a.example',
    };
    const { err, out, exitCode } = await run(['plan'], environment);
    expect(exitCode).toBe(70);
    const lines = err.split('\n').filter((line) => line.includes('This is a bug'));
    expect(lines).toEqual([
      expect.stringMatching(/^This is a bug in logpushd \d.* line: TypeError at .*bug\.mjs:1:\d+/),
    ]);
    expect(err + out).not.toContain(secret);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('survives a reader that closes the pipe early', async () => {
    const { child, ended } = start(['schema', 'manifest']);
    const err = text(child.stderr);
    child.stdout.destroy();
    expect({ exitCode: await ended, err: await err }).toEqual({ exitCode: 0, err: '' });
  });

  it('prints no colour into a pipe', async () => {
    const { out } = await run(['validate']);
    expect(out).not.toContain('\u001b');
  });

  it('keeps a sandbox until the first signal, then ends with 0', async () => {
    const { child, ended } = start(['sandbox', '--listen', '127.0.0.1:0', '--zone', 'shop.example']);
    const [, url] = await printed(child, /^sandbox +(\S+)/m);
    const answer = await fetch(`${url}/zones`, { headers: { Authorization: 'Bearer any' } });
    expect(await answer.json()).toMatchObject({ success: true, result: [{ name: 'shop.example' }] });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('plans and applies against a sandbox, and then has nothing to do', async () => {
    const { child } = start(['sandbox', '--listen', '127.0.0.1:0', '--zone', 'shop.example']);
    const [, url] = await printed(child, /^sandbox +(\S+)/m);
    write(
      'config/manifest/zones.yaml',
      GOOD_MANIFEST.replace('0123456789abcdef0123456789abcdef', 'shop.example').replace(
        /destination_conf:.*\}/,
        "destination_conf: 'r2://acme-logs/http/{DATE}?account-id=0123456789abcdef0123456789abcdef&access-key-id=${env:KEY}&secret-access-key=${env:KEY}' }",
      ),
    );
    const environment = { CLOUDFLARE_BASE_URL: url, CLOUDFLARE_API_TOKEN: 'any', KEY: 'k'.repeat(32) };
    const before = await run(['plan', '--detailed-exitcode'], environment);
    expect(before).toMatchObject({ exitCode: 2 });
    const applied = await run(['apply'], environment);
    expect(applied).toMatchObject({ exitCode: 0, out: expect.stringContaining('Applied 1 of 1.') });
    const after = await run(['plan', '--detailed-exitcode'], environment);
    expect(after).toMatchObject({ exitCode: 0 });
    expect(before.out + applied.out + applied.err + after.out).not.toContain('k'.repeat(8));
  });

  it('locks the fields of a manifest once, and afterwards shows what has changed', async () => {
    const { child } = start(['sandbox', '--listen', '127.0.0.1:0', '--zone', 'shop.example']);
    const [, url] = await printed(child, /^sandbox +(\S+)/m);
    const lock = 'config/manifest/fields.lock.yaml';
    write(
      'config/manifest/zones.yaml',
      `version: 1
zones:
  - zone: shop.example
    jobs:
      - { name: dns, dataset: dns_logs, enabled: true, output_options: { field_names: all }, destination_conf: '\${secret:not-here}' }
`,
    );
    const environment = { CLOUDFLARE_BASE_URL: url, CLOUDFLARE_API_TOKEN: 'any' };
    const first = await run(['fields', '--lock'], environment);
    expect(first).toEqual({
      exitCode: 0,
      err: '',
      out: `dns_logs of every zone, all: 9 fields, 9 new\n\nWritten to ${lock}.\n`,
    });
    expect(await run(['validate'])).toMatchObject({ exitCode: 0 });
    write(lock, read(lock).replace('        - ColoCode\n', '').replace('QueryName', 'Gone'));
    const second = await run(['fields', '--lock'], environment);
    expect(second.out.split('\n').slice(0, 4)).toEqual([
      'dns_logs of every zone, all: 9 fields, 2 new, 1 gone',
      '  + ColoCode',
      '  + QueryName',
      '  - Gone',
    ]);
    write(lock, 'version: 7\n');
    expect(await run(['fields', '--lock'], environment)).toMatchObject({ exitCode: 0 });
    const last = await run(['fields', '--lock', '--output', 'json'], environment);
    expect(JSON.parse(last.out)).toMatchObject({
      path: lock,
      written: false,
      lists: [{ dataset: 'dns_logs' }],
    });
  });
});

/** The first match in what a process prints. */
async function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let seen = '';
  for await (const chunk of child.stdout ?? []) {
    seen += String(chunk);
    const match = pattern.exec(seen);
    if (match !== null) return match;
  }
  throw new Error(`The process ended without ${String(pattern)}: ${seen}`);
}
