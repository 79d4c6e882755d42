import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { openSandbox } from './open-sandbox.ts';

const CONF = 's3://bucket/logs/{DATE}/?region=us-west-2';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'challenge-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function withFolder() {
  const dir = await folder();
  const sandbox = await openSandbox({ challengeDir: dir });
  const scopes = { zone: `/zones/${sandbox.zone}`, account: `/accounts/${sandbox.account}` };
  const ask = (conf: string, scope = scopes.zone) =>
    sandbox.call('POST', `${scope}/logpush/ownership`, { destination_conf: conf });
  const tokenFor = async (conf: string, scope = scopes.zone) => {
    const { filename } = (await ask(conf, scope)).json.result;
    return readFile(join(dir, 'bucket', filename), 'utf8');
  };
  const isValid = async (conf: string, token: string, scope = scopes.zone) => {
    const body = { destination_conf: conf, ownership_challenge: token };
    return (await sandbox.call('POST', `${scope}/logpush/ownership/validate`, body)).json.result.valid;
  };
  return { ...sandbox, dir, scopes, ask, tokenFor, isValid };
}

describe('an ownership challenge', () => {
  it('is a file in the destination, with {DATE} expanded in its name', async () => {
    const { ask, dir } = await withFolder();
    const { json } = await ask(CONF);
    expect(json.result).toEqual({
      filename: expect.stringMatching(/^logs\/20261001\/ownership-challenge-[0-9a-f]{8}\.txt$/),
      message: '',
      valid: true,
    });
    expect(await readFile(join(dir, 'bucket', json.result.filename), 'utf8')).toMatch(
      /^[\w-]+\.[\w-]+\.[\w-]+$/,
    );
  });

  it('opens the way for a job to that destination', async () => {
    const { tokenFor, call, scopes } = await withFolder();
    const create = (token?: string) =>
      call('POST', `${scopes.zone}/logpush/jobs`, { destination_conf: CONF, ownership_challenge: token });
    expect((await create()).json.errors[0]).toMatchObject({ code: 1002 });
    expect((await create('made.up.token')).json.errors[0].message).toContain('bad signature');
    expect((await create(await tokenFor(CONF))).status).toBe(200);
  });

  it('is bound to the scope and to the exact string', async () => {
    const { tokenFor, isValid, scopes } = await withFolder();
    const token = await tokenFor(CONF);
    expect(await isValid(CONF, token)).toBe(true);
    expect(await isValid('s3://bucket/logs/{DATE}?region=us-west-2', token)).toBe(false);
    expect(await isValid(CONF, token, scopes.account)).toBe(false);
    expect(await isValid(CONF, 'nonsense')).toBe(false);
  });

  it('lives for seven days', async () => {
    const { tokenFor, isValid, advance } = await withFolder();
    const token = await tokenFor(CONF);
    advance(7 * 86_400_000 - 1000);
    expect(await isValid(CONF, token)).toBe(true);
    advance(1000);
    expect(await isValid(CONF, token)).toBe(false);
  });

  it('is needed again when the destination changes, and not when it stays', async () => {
    const { tokenFor, create, put } = await withFolder();
    const { id } = await create({ destination_conf: CONF, ownership_challenge: await tokenFor(CONF) });
    const moved = 's3://bucket/elsewhere?region=us-west-2';
    expect((await put(id, { enabled: true, destination_conf: CONF })).status).toBe(200);
    expect((await put(id, { destination_conf: moved })).status).toBe(400);
    expect(
      (await put(id, { destination_conf: moved, ownership_challenge: await tokenFor(moved) })).status,
    ).toBe(200);
  });

  it.each([
    's3://b?region=r',
    'gs://b/path',
    'azure://container/path?sv=1&sig=x',
    'sumo://endpoint/receiver/v1/http/code',
  ])('is needed for %s', async (conf) => {
    const { call, zone } = await openSandbox();
    const answer = await call('POST', `/zones/${zone}/logpush/jobs`, { destination_conf: conf });
    expect(answer.json.errors[0].message).toBe('ownership challenge is required for this destination');
  });

  it('is not written for destinations that take no file', async () => {
    const { ask, dir } = await withFolder();
    expect((await ask('https://logs.example.net/in')).json).toMatchObject({
      success: true,
      result: { valid: false },
    });
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    's3://../x?region=r',
    's3://bucket/../../x?region=r',
    String.raw`s3://bucket/..\x?region=r`,
    's3://bucket/\0?region=r',
  ])('never leaves its folder: %j', async (conf) => {
    const { ask, dir } = await withFolder();
    expect((await ask(conf)).json.result).toMatchObject({
      valid: false,
      message: expect.stringContaining('not usable'),
    });
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('an S3-compatible endpoint', () => {
  it('gets the challenge as an object, and its refusal becomes the verdict', async () => {
    const objects = new Map<string, string>();
    let status = 200;
    const storage = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        objects.set(`${request.method} ${request.url}`, Buffer.concat(chunks).toString());
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((done) => storage.listen(0, '127.0.0.1', () => done()));
    onTestFinished(() => new Promise<void>((done) => void storage.close(() => done())));
    const { port } = storage.address() as AddressInfo;
    const { call, zone } = await openSandbox({ challengeEndpoint: `http://127.0.0.1:${port}/` });
    const ask = async () =>
      (await call('POST', `/zones/${zone}/logpush/ownership`, { destination_conf: CONF })).json.result;
    const { filename } = await ask();
    expect(objects.get(`PUT /bucket/${filename}`)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    status = 403;
    expect(await ask()).toMatchObject({ valid: false, message: expect.stringContaining('403') });
  });

  it.each(['http://storage.example.net', 'https://127.0.0.1:9000', 'http://user@127.0.0.1', 'nonsense'])(
    'is refused at %s',
    async (challengeEndpoint) => {
      await expect(startSandbox({ challengeEndpoint })).rejects.toThrow('an http address of this machine');
    },
  );
});
