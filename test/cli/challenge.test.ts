import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PARTS } from '../../src/cli/parts.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { type Ran, ran } from './fake-shell.ts';

/** A manifest, a Cloudflare and a bucket, and a person with a terminal. */
async function desk() {
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-desk-'));
  const sandbox = await startSandbox({
    zones: ['example.com', 'empty.example'],
    challengeDir: join(folder, 'bucket'),
  });
  onTestFinished(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true });
  });
  await mkdir(join(folder, 'secrets'));
  const manifest = async (proof = ''): Promise<void> =>
    writeFile(
      join(folder, 'jobs.yaml'),
      `version: 1
zones:
  - zone: example.com
    jobs:
      - { name: http, dataset: http_requests, enabled: true, destination_conf: 'gs://acme-logs/http'${proof} }
      - { name: hook, dataset: http_requests, destination_conf: 'https://logs.example.com/a' }
  - { zone: empty.example, jobs: [] }
`,
    );
  await manifest();
  const paths = ['--manifest', join(folder, 'jobs.yaml'), '--secrets-dir', join(folder, 'secrets')];
  const flags = [...paths, '--base-url', sandbox.url];
  const run = (...argv: readonly string[]): Promise<Ran> =>
    ran([...argv, ...flags], {
      parts: { openProgram: PARTS.openProgram },
      shell: { cwd: folder, now: () => new Date() },
    });
  const token = async (): Promise<string> => {
    const [name = ''] = await readdir(join(folder, 'bucket/acme-logs/http'));
    return readFile(join(folder, 'bucket/acme-logs/http', name), 'utf8');
  };
  return { folder, sandbox, manifest, run, token };
}

const JOB = ['--zone', 'example.com', '--job', 'http'] as const;

describe('challenge', () => {
  it('request and submit lead to a job that is made with the proof', async () => {
    const { folder, sandbox, manifest, run, token } = await desk();
    const requested = await run('challenge', 'request', ...JOB);
    expect(requested).toMatchObject({ exitCode: 0, err: '' });
    expect(requested.out).toMatch(/wrote http\/ownership-challenge-\w+\.txt to gs:\/\/acme-logs\/http/);
    await writeFile(join(folder, 'token.txt'), `${await token()}\n`);
    const submitted = await run('challenge', 'submit', ...JOB, '--secret', 'http-proof', 'token.txt');
    expect(submitted).toMatchObject({ exitCode: 0, err: '' });
    expect(submitted.out).toContain('ownership_challenge: ${secret:http-proof}');
    expect(submitted.out).not.toContain(await token());
    expect((await stat(join(folder, 'secrets/http-proof'))).mode & 0o077).toBe(0);
    await manifest(", ownership_challenge: '${secret:http-proof}'");
    const applied = await run('apply', '--state', 'memory');
    expect(applied.exitCode).toBe(0);
    const names = sandbox.model.jobs('example.com').map(({ config }) => config['name']);
    expect(names.toSorted()).toEqual(['hook', 'http']);
  });

  it('request and submit make the proof that the manifest names already', async () => {
    const { folder, manifest, run, token } = await desk();
    await manifest(", ownership_challenge: '${secret:http-proof}'");
    expect((await run('plan')).out).toMatch(/http-proof.*"logpushd challenge request"/s);
    expect(await run('challenge', 'request', ...JOB)).toMatchObject({ exitCode: 0, err: '' });
    await writeFile(join(folder, 'token.txt'), await token());
    const submitted = await run('challenge', 'submit', ...JOB, '--secret', 'http-proof', 'token.txt');
    expect(submitted).toMatchObject({ exitCode: 0, err: '' });
    expect((await run('apply', '--state', 'memory')).exitCode).toBe(0);
  });

  it.each<readonly [held: string, before: string]>([
    ['a key', '0123456789abcdef0123456789abcdef'],
    ['nothing that can be a token', 'two words'],
  ])('submit does not put a token in the place of %s, but with --force', async (_, before) => {
    const { folder, run, token } = await desk();
    const path = join(folder, 'secrets/r2-access-key-id');
    await writeFile(path, before);
    await run('challenge', 'request', ...JOB);
    await writeFile(join(folder, 'token.txt'), await token());
    const submit = ['challenge', 'submit', ...JOB, '--secret', 'r2-access-key-id', 'token.txt'];
    const refused = await run(...submit);
    expect(refused.exitCode).toBe(3);
    expect(refused.err).toMatch(/r2-access-key-id .* holds no challenge token.*--force/);
    expect(refused.err).not.toContain(before);
    expect(await readFile(path, 'utf8')).toBe(before);
    expect((await run(...submit, '--force')).exitCode).toBe(0);
    expect(await readFile(path, 'utf8')).toBe(`${await token()}\n`);
  });

  it('submit puts a token in the place of an older one', async () => {
    const { folder, run, token } = await desk();
    const older = `e30.${Buffer.from('{"exp":1}').toString('base64url')}.old`;
    await writeFile(join(folder, 'secrets/http-proof'), older);
    await run('challenge', 'request', ...JOB);
    await writeFile(join(folder, 'token.txt'), await token());
    const { exitCode } = await run('challenge', 'submit', ...JOB, '--secret', 'http-proof', 'token.txt');
    expect(exitCode).toBe(0);
    expect(await readFile(join(folder, 'secrets/http-proof'), 'utf8')).toBe(`${await token()}\n`);
  });

  it('request tells a script which file it is', async () => {
    const { run } = await desk();
    const { out } = await run('challenge', 'request', ...JOB, '--output', 'json');
    expect(JSON.parse(out)).toMatchObject({
      job: 'http',
      destination: 'gs://acme-logs/http',
      filename: expect.stringMatching(/^http\/ownership-challenge/),
    });
  });

  it('submit refuses a token of another destination, and saves nothing', async () => {
    const { folder, run, token } = await desk();
    await run('challenge', 'request', ...JOB);
    const [head, , signature] = (await token()).split('.');
    await writeFile(join(folder, 'token.txt'), `${head}.e30.${signature}`);
    const { exitCode, err } = await run('challenge', 'submit', ...JOB, '--secret', 'proof', 'token.txt');
    expect(exitCode).toBe(1);
    expect(err).toMatch(/does not take this token for gs:\/\/acme-logs\/http in example\.com/);
    expect(await readdir(join(folder, 'secrets'))).toEqual([]);
  });

  it('submit leaves no part of the token where it cannot be saved, and says why', async () => {
    const { folder, run, token } = await desk();
    await run('challenge', 'request', ...JOB);
    await writeFile(join(folder, 'token.txt'), await token());
    await mkdir(join(folder, 'secrets/proof'));
    const { exitCode, err } = await run('challenge', 'submit', ...JOB, '--secret', 'proof', 'token.txt');
    expect(exitCode).toBe(1);
    expect(err).toMatch(/the secret proof cannot be written to .*secrets \(EISDIR\)/);
    expect(await readdir(join(folder, 'secrets'))).toEqual(['proof']);
  });

  it('submit lets nobody else read the secret, whatever lies beside it', async () => {
    const { folder, run, token } = await desk();
    await run('challenge', 'request', ...JOB);
    await writeFile(join(folder, 'token.txt'), await token());
    await writeFile(join(folder, 'secrets/proof.new'), 'of somebody else', { mode: 0o644 });
    await run('challenge', 'submit', ...JOB, '--secret', 'proof', 'token.txt');
    expect((await stat(join(folder, 'secrets/proof'))).mode & 0o077).toBe(0);
    expect(await readFile(join(folder, 'secrets/proof.new'), 'utf8')).toBe('of somebody else');
  });

  it.each<readonly [why: string, argv: readonly string[], code: number, message: RegExp]>([
    ['no such job', ['--zone', 'example.com', '--job', 'htp'], 3, /no job "htp" in example\.com.*http/],
    ['no job at all', ['--zone', 'empty.example', '--job', 'http'], 3, /in empty\.example\.\n$/],
    ['no such zone', ['--zone', 'shop.example', '--job', 'http'], 3, /no zone "shop\.example"/],
    ['no proof needed', ['--zone', 'example.com', '--job', 'hook'], 3, /wants no proof of ownership/],
    ['no scope', ['--job', 'http'], 3, /--zone NAME or --account NAME/],
  ])('request says that there is %s, and asks for nothing', async (_, argv, code, message) => {
    const { sandbox, run } = await desk();
    const { exitCode, err } = await run('challenge', 'request', ...argv);
    expect(exitCode).toBe(code);
    expect(err).toMatch(message);
    expect(sandbox.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each<readonly [why: string, content: string | null, message: RegExp]>([
    ['is not there', null, /token\.txt does not exist/],
    ['holds something else', 'dear diary, today', /is no token/],
  ])('submit says that the file %s, without showing it', async (_, content, message) => {
    const { folder, sandbox, run } = await desk();
    if (content !== null) await writeFile(join(folder, 'token.txt'), content);
    const { exitCode, err } = await run('challenge', 'submit', ...JOB, 'token.txt');
    expect(exitCode).toBe(3);
    expect(err).toMatch(message);
    expect(err).not.toContain('diary');
    expect(sandbox.requests()).toEqual([]);
  });

  it('request says why Cloudflare could not write the file', async () => {
    const { sandbox, run } = await desk();
    sandbox.model.failDestination('acme-logs');
    const { exitCode, err } = await run('challenge', 'request', ...JOB);
    expect(exitCode).toBe(1);
    expect(err).toMatch(/could not write a challenge file to gs:\/\/acme-logs\/http/);
  });
});
