import { describe, expect, it } from 'vitest';
import { openSandbox, START } from './open-sandbox.ts';

const HOUR = 3_600_000;
const HOST = 'logs.example.net';

async function deliveringJob() {
  const sandbox = await openSandbox();
  const { id } = await sandbox.create({ enabled: true });
  const fail = (fail: boolean, more = {}) =>
    sandbox.control('POST', '/destinations', { match: HOST, fail, ...more });
  const ranges = () =>
    sandbox.model.jobs(sandbox.zone)[0]?.delivery.ranges.map(({ from, to }) => [from - START, to - START]);
  return { ...sandbox, id, fail, ranges };
}

describe('an enabled job', () => {
  it('delivers about once a minute, and says how far it is', async () => {
    const { id, get, advance } = await deliveringJob();
    expect((await get(id)).last_complete).toBeNull();
    advance(150_000);
    expect(await get(id)).toMatchObject({
      last_complete: '2026-10-01T00:02:00Z',
      last_error: null,
      error_message: null,
    });
  });

  it('shows the error of its destination while it fails, and none after a success', async () => {
    const { id, get, advance, fail } = await deliveringJob();
    advance(60_000);
    await fail(true, { code: 1105 });
    advance(120_000);
    expect(await get(id)).toMatchObject({
      enabled: true,
      last_complete: '2026-10-01T00:01:00Z',
      last_error: '2026-10-01T00:03:00Z',
      error_message: 'error uploading object: DNSError (1105)',
    });
    await fail(false);
    advance(60_000);
    expect(await get(id)).toMatchObject({
      last_complete: '2026-10-01T00:04:00Z',
      last_error: null,
      error_message: null,
    });
  });

  it('catches up what failed for less than a day', async () => {
    const { advance, fail, ranges } = await deliveringJob();
    advance(HOUR);
    await fail(true);
    advance(5 * HOUR);
    await fail(false);
    advance(HOUR);
    expect(ranges()).toEqual([[0, 7 * HOUR]]);
  });

  it('is disabled after a day of failures and keeps its error', async () => {
    const { id, get, advance, fail } = await deliveringJob();
    await fail(true, { message: 'upload to https://u:p@host/?key=1 failed' });
    advance(24 * HOUR);
    expect((await get(id)).enabled).toBe(true);
    advance(60_000);
    expect(await get(id)).toMatchObject({
      enabled: false,
      last_complete: null,
      last_error: '2026-10-02T00:01:00Z',
      error_message: 'upload to https://u:p@host/?key=1 failed',
    });
    advance(100 * HOUR);
    expect((await get(id)).last_error).toBe('2026-10-02T00:01:00Z');
  });

  it('delivers again once it is enabled, without the logs of the time between', async () => {
    const { id, advance, fail, put, ranges } = await deliveringJob();
    advance(HOUR);
    await fail(true);
    advance(30 * HOUR);
    await fail(false);
    await put(id, { enabled: true });
    advance(HOUR);
    expect(ranges()).toEqual([
      [0, HOUR],
      [31 * HOUR, 32 * HOUR],
    ]);
  });

  it('cannot be enabled again while its HTTPS destination fails', async () => {
    const { id, advance, fail, put } = await deliveringJob();
    await fail(true);
    advance(30 * HOUR);
    const answer = await put(id, { enabled: true });
    expect([answer.status, answer.json.errors[0].code]).toEqual([400, 1002]);
  });

  it('delivers nothing while it is disabled', async () => {
    const { id, get, advance, put, ranges } = await deliveringJob();
    advance(HOUR);
    await put(id, { enabled: false });
    advance(HOUR);
    expect(await get(id)).toMatchObject({ enabled: false, last_complete: '2026-10-01T01:00:00Z' });
    expect(ranges()).toEqual([[0, HOUR]]);
  });

  it('fails with the destination it was moved to', async () => {
    const { id, get, advance, put, control } = await deliveringJob();
    await put(id, { destination_conf: 'https://other.example.net/in' });
    await control('POST', '/destinations', { match: 'https://other.example.net/' });
    advance(60_000);
    expect((await get(id)).error_message).toContain('1101');
  });
});

describe('history', () => {
  it('answers how a listing was at any time', async () => {
    const { model, zone, create, put, advance, call } = await openSandbox();
    const { id } = await create({ name: 'before', enabled: true });
    advance(10_000);
    await put(id, { name: 'after' });
    advance(110_000);
    await call('DELETE', `/zones/${zone}/logpush/jobs/${id}`);
    advance(10_000);
    const at = (ms: number) => model.listJobsAsOf(zone, START + ms);
    expect(at(-1)).toEqual([]);
    expect(at(9999)).toMatchObject([{ id, name: 'before', last_complete: null }]);
    expect(at(10_000)).toMatchObject([{ id, name: 'after' }]);
    expect(at(60_000)).toMatchObject([{ id, last_complete: '2026-10-01T00:01:00Z' }]);
    expect(at(120_000)).toEqual([]);
  });
});
