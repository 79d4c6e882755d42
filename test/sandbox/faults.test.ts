import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../src/sandbox/faults.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const JOBS = '/zones/*/logpush/jobs';

async function withFault(outcome: unknown, rule: Record<string, unknown> = {}) {
  const sandbox = await openSandbox();
  const answer = await sandbox.control('POST', '/faults', { path: JOBS, ...rule, outcome });
  expect([answer.status, answer.json.error]).toEqual([200, undefined]);
  return sandbox;
}

async function nameOfFailure(sandbox: OpenSandbox): Promise<string> {
  try {
    await sandbox.create();
    return 'none';
  } catch (error: any) {
    return error.cause?.code ?? error.message;
  }
}

/** The raw bytes of a listing, up to where the answer ends or breaks off. */
function rawListing(
  sandbox: OpenSandbox,
): Promise<{ body: Buffer; isWhole: boolean; headers: any; declared: number }> {
  return new Promise((done, fail) => {
    const headers = { authorization: 'Bearer t' };
    const call = httpRequest(`${sandbox.url}/zones/${sandbox.zone}/logpush/jobs`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      const end = () =>
        done({
          body: Buffer.concat(chunks),
          isWhole: response.complete,
          headers: response.headers,
          declared: Number(response.headers['content-length']),
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', end);
      response.on('end', end);
    });
    call.on('error', fail);
    call.end();
  });
}

describe('an answer', () => {
  it('is replaced, and the request is not carried out', async () => {
    const sandbox = await withFault({
      kind: 'answer',
      status: 503,
      body: { success: false, errors: [{ code: 1500, message: 'busy' }] },
      headers: { 'x-extra': '1' },
    });
    const answer = await sandbox.call('POST', `/zones/${sandbox.zone}/logpush/jobs`, {
      destination_conf: 'https://h.example',
    });
    expect([answer.status, answer.headers.get('x-extra'), answer.json.errors[0].code]).toEqual([
      503,
      '1',
      1500,
    ]);
    expect(await sandbox.list()).toEqual([]);
  });

  it('is replaced after the request was carried out', async () => {
    const sandbox = await withFault({ kind: 'answer', status: 502, body: 'bad gateway', applied: true });
    const answer = await sandbox.call('POST', `/zones/${sandbox.zone}/logpush/jobs`, {
      destination_conf: 'https://h.example',
    });
    expect([answer.status, answer.text]).toEqual([502, 'bad gateway']);
    expect(await sandbox.list()).toHaveLength(1);
  });

  it('redirects when told to', async () => {
    const sandbox = await withFault({
      kind: 'answer',
      status: 307,
      body: '',
      headers: { location: 'http://127.0.0.1:1/' },
    });
    const answer = await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`);
    expect([answer.status, answer.headers.get('location')]).toEqual([307, 'http://127.0.0.1:1/']);
  });

  it.each(['3', 'Wed, 21 Oct 2026 07:28:00 GMT', 'soon', '-5', '99999999'])(
    'asks to retry after "%s"',
    async (value) => {
      const sandbox = await withFault({ kind: 'rate-limited', retry_after: value });
      const answer = await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, value]);
    },
  );

  it('is a page, or garbage', async () => {
    const sandbox = await withFault({ kind: 'html', status: 200 });
    await sandbox.control('POST', '/faults', { path: JOBS, nth: 2, outcome: { kind: 'garbage' } });
    const page = await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`);
    expect([page.status, page.headers.get('content-type'), page.json]).toEqual([
      200,
      'text/html; charset=UTF-8',
      null,
    ]);
    const garbage = await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`);
    expect(garbage.headers.get('content-type')).toContain('application/json');
    expect(garbage.json).toBeNull();
  });

  it.each([
    [{ result: null }, { success: true, result: null }],
    [{ result: [] }, { success: true, result: [] }],
    [{ success: false }, { success: false }],
    [{ result: [{ id: '12' }] }, { result: [{ id: '12' }] }],
  ])('has its keys replaced by %j', async (set, expected) => {
    const sandbox = await withFault({ kind: 'rewrite', set }, { method: 'GET' });
    await sandbox.create();
    expect((await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`)).json).toMatchObject(expected);
    expect(await sandbox.list()).toHaveLength(1);
  });

  it('lists only some of the jobs', async () => {
    const sandbox = await withFault({ kind: 'partial', keep: 1 }, { method: 'GET' });
    await sandbox.create({ name: 'a' });
    await sandbox.create({ name: 'b' });
    expect((await sandbox.list()).map((job) => job.name)).toEqual(['a']);
    expect(await sandbox.list()).toHaveLength(2);
  });

  it('is as stale as asked', async () => {
    const sandbox = await withFault({ kind: 'stale', age_ms: 10_000 }, { method: 'GET' });
    await sandbox.create({ name: 'new' });
    sandbox.advance(9000);
    expect(await sandbox.list()).toEqual([]);
    expect((await sandbox.list()).map((job) => job.name)).toEqual(['new']);
  });
});

describe('a connection', () => {
  it.each([
    ['drop', 'before', 0],
    ['drop', 'after', 1],
    ['reset', 'before', 0],
    ['reset', 'after', 1],
  ])('breaks: %s %s processing leaves %i jobs', async (kind, when, count) => {
    const sandbox = await withFault({ kind, when });
    expect(await nameOfFailure(sandbox)).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
    expect(await sandbox.list()).toHaveLength(count);
    expect(sandbox.requests()[0]).toMatchObject({ status: null, in_flight: false, fault: kind });
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ])('hangs %s processing until the caller gives up', async (when, count) => {
    const sandbox = await withFault({ kind: 'hang', when });
    const giveUp = new AbortController();
    const call = fetch(`${sandbox.url}/zones/${sandbox.zone}/logpush/jobs`, {
      method: 'POST',
      headers: { authorization: 'Bearer t' },
      body: JSON.stringify({ destination_conf: 'https://h.example' }),
      signal: giveUp.signal,
    });
    const failure = call.then(() => 'none', String);
    await untilTrue(async () => sandbox.requests().some((entry) => entry.fault === 'hang'));
    expect(sandbox.requests()[0]).toMatchObject({ in_flight: true, status: null });
    giveUp.abort();
    expect(await failure).toContain('aborted');
    expect(await sandbox.list()).toHaveLength(count);
  });

  it('closes at once while the request is carried out later', async () => {
    const sandbox = await withFault({ kind: 'late', ms: 1 });
    expect(await nameOfFailure(sandbox)).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
    await untilTrue(async () => (await sandbox.list()).length === 1);
  });

  it('carries a request out twice', async () => {
    const sandbox = await withFault({ kind: 'double' });
    expect((await sandbox.create()).id).toBe(1002);
    expect((await sandbox.list()).map((job) => job.id)).toEqual([1001, 1002]);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ])('is slow %s processing', async (when, count) => {
    const sandbox = await withFault({ kind: 'delay', ms: 3_600_000, when });
    const create = sandbox.create();
    const failure = create.then(() => 'none', String);
    await untilTrue(async () => sandbox.requests()[0]?.fault === 'delay');
    await untilTrue(async () => (await sandbox.list()).length === count);
    expect(sandbox.requests()[0]).toMatchObject({ in_flight: true });
    await sandbox.close();
    expect(await failure).toContain('fetch failed');
  });

  it('is slow, and the answer comes all the same', async () => {
    const sandbox = await withFault({ kind: 'delay', ms: 1 });
    expect((await sandbox.create()).id).toBe(1001);
  });

  it('breaks off in the middle of an answer', async () => {
    const sandbox = await withFault({ kind: 'truncate', bytes: 10 });
    const { body, isWhole, declared } = await rawListing(sandbox);
    expect([body.length, isWhole]).toEqual([10, false]);
    expect(declared).toBeGreaterThan(10);
  });

  it('breaks off without having said how long the answer is', async () => {
    const sandbox = await withFault({ kind: 'truncate', bytes: 10, chunked: true });
    const { body, isWhole, headers } = await rawListing(sandbox);
    expect([body.length, isWhole, headers['transfer-encoding']]).toEqual([10, false, 'chunked']);
  });

  it('drips, and the answer is whole in the end', async () => {
    const sandbox = await withFault({ kind: 'drip', bytes: 20, every_ms: 1 });
    const { body, isWhole } = await rawListing(sandbox);
    expect(isWhole).toBe(true);
    expect(JSON.parse(body.toString())).toMatchObject({ success: true, result: [] });
  });

  it('drips without end until the sandbox closes', async () => {
    const sandbox = await withFault({ kind: 'drip', bytes: 1000, every_ms: 1, endless: true });
    const listing = rawListing(sandbox);
    await untilTrue(async () => sandbox.requests()[0]?.in_flight === true);
    await sandbox.close();
    expect((await listing.catch(() => ({ isWhole: false }))).isWhole).toBe(false);
  });

  it('floods the caller with more than it can want', async () => {
    const sandbox = await withFault({ kind: 'drip', bytes: 1_048_576, every_ms: 0, endless: true });
    const response = await fetch(`${sandbox.url}/zones/${sandbox.zone}/logpush/jobs`, {
      headers: { authorization: 'Bearer t' },
    });
    const reader = response.body!.getReader();
    let length = 0;
    while (length < 9 * 1_048_576) length += (await reader.read()).value?.length ?? 0;
    await reader.cancel();
    await untilTrue(async () => sandbox.requests()[0]?.in_flight === false);
    expect(length).toBeGreaterThan(8 * 1_048_576);
  });

  it('carries a gzip bomb', async () => {
    const sandbox = await withFault({ kind: 'bomb', megabytes: 4 });
    const { body, headers } = await rawListing(sandbox);
    expect(headers['content-encoding']).toBe('gzip');
    expect(body.length).toBeLessThan(64 * 1024);
    expect(gunzipSync(body).length).toBe(4 * 1024 * 1024);
  });
});

describe('the fault port', () => {
  it('hits the nth match and as many after it as asked', async () => {
    const sandbox = await withFault({ kind: 'answer', status: 500 }, { nth: 2, times: 2 });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      statuses.push((await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`)).status);
    }
    expect(statuses).toEqual([200, 500, 500, 200, 200]);
  });

  it('hits for ever with times null, until it is removed', async () => {
    const sandbox = await withFault({ kind: 'answer', status: 500 }, { times: null });
    const status = async () => (await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`)).status;
    expect([await status(), await status(), await status()]).toEqual([500, 500, 500]);
    const [rule] = (await sandbox.control('GET', '/faults')).json;
    expect(rule).toMatchObject({ id: 1, seen: 3, hits: 3 });
    expect((await sandbox.control('DELETE', '/faults/1')).status).toBe(200);
    expect((await sandbox.control('DELETE', '/faults/1')).status).toBe(404);
    expect(await status()).toBe(200);
  });

  it('leaves other methods and paths alone', async () => {
    const sandbox = await withFault({ kind: 'answer', status: 500 }, { method: 'post', times: null });
    expect((await sandbox.call('GET', `/zones/${sandbox.zone}/logpush/jobs`)).status).toBe(200);
    expect((await sandbox.call('POST', `/zones/${sandbox.zone}/logpush/ownership`, {})).status).not.toBe(500);
    await expect(sandbox.create()).rejects.toThrow('Fault 500');
    await sandbox.control('DELETE', '/faults');
    await sandbox.control('POST', '/faults', {
      path: '/accounts/**',
      times: null,
      outcome: { kind: 'answer', status: 500 },
    });
    expect((await sandbox.call('GET', `/accounts/${sandbox.account}/logpush/jobs`)).status).toBe(500);
    expect((await sandbox.call('GET', '/zones')).status).toBe(200);
  });

  it.each([
    [{}, 'outcome'],
    [{ outcome: { kind: 'explode' } }, 'one of answer'],
    [{ outcome: { kind: 'delay' } }, 'needs "ms"'],
    [{ outcome: { kind: 'delay', ms: 'long' } }, '"outcome.ms" is not a whole number'],
    [{ outcome: { kind: 'drop', when: 'never' } }, '"before" or "after"'],
    [{ outcome: { kind: 'drop', colour: 1 } }, '"colour" is no part'],
    [{ outcome: { kind: 'answer', status: 99 } }, 'status from 200'],
    [{ outcome: { kind: 'drop' }, wehn: 1 }, '"wehn" is no part'],
    [{ outcome: { kind: 'drop' }, nth: 'first' }, '"nth" is not'],
  ])('refuses %j and says why', async (rule, text) => {
    const { control, faults } = await openSandbox();
    const answer = await control('POST', '/faults', rule);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(text);
    expect(faults.list()).toEqual([]);
  });

  it('has a test for every kind of fault', () => {
    expect(FAULT_KINDS.toSorted()).toEqual([
      'answer',
      'bomb',
      'delay',
      'double',
      'drip',
      'drop',
      'garbage',
      'hang',
      'html',
      'late',
      'partial',
      'rate-limited',
      'reset',
      'rewrite',
      'stale',
      'truncate',
    ]);
  });
});

async function untilTrue(test: () => Promise<boolean>): Promise<void> {
  while (!(await test())) await new Promise((done) => setImmediate(done));
}
