import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { openSandbox } from './open-sandbox.ts';

describe('the control endpoints', () => {
  it('log every call without showing its token', async () => {
    const { call, control, zone, requests } = await openSandbox();
    await call('GET', `/zones/${zone}/logpush/jobs`);
    await call('DELETE', `/zones/${zone}/logpush/jobs/9`, undefined, { authorization: 'Bearer another' });
    const { json, text } = await control('GET', '/requests');
    expect(json).toMatchObject([
      {
        id: 1,
        at: '2026-10-01T00:00:00.000Z',
        method: 'GET',
        path: `/client/v4/zones/${zone}/logpush/jobs`,
        status: 200,
        in_flight: false,
        concurrent: 1,
        fault: null,
      },
      { id: 2, method: 'DELETE', status: 404 },
    ]);
    expect(json[0].token).not.toBe(json[1].token);
    expect(text).not.toContain('test-token');
    expect(requests()).toEqual(json);
    await control('DELETE', '/requests');
    expect(requests()).toEqual([]);
  });

  it('add zones with all they need, and remove them', async () => {
    const { call, control } = await openSandbox();
    const added = await control('POST', '/zones', {
      name: 'new.example',
      account: 'Brand New',
      status: 'pending',
      type: 'partial',
    });
    expect(added.json).toMatchObject({ name: 'new.example', status: 'pending', type: 'partial' });
    const path = `/zones/${added.json.id}/logpush/jobs`;
    expect((await call('GET', path)).status).toBe(200);
    expect((await call('GET', '/accounts')).json.result.map((account: any) => account.name)).toContain(
      'Brand New',
    );
    expect((await control('DELETE', '/zones/new.example')).status).toBe(200);
    expect((await call('GET', path)).status).toBe(404);
    expect((await control('DELETE', '/zones/new.example')).status).toBe(404);
    expect((await control('POST', '/zones', { name: 'x', status: 'odd' })).status).toBe(400);
    expect((await control('POST', '/zones', {})).json.error).toContain('"name" is missing');
  });

  it('plant jobs that the API would refuse', async () => {
    const { control, list } = await openSandbox();
    const job = { id: 7, name: 'old', kind: 'instant-logs', destination_conf: 'odd', logstream: true };
    expect((await control('POST', '/jobs', { scope: 'example.com', job })).json).toMatchObject(job);
    expect(await list()).toMatchObject([job]);
    expect((await control('GET', '/jobs?scope=example.com')).json).toMatchObject([
      { id: 7, config: { name: 'old' } },
    ]);
    expect((await control('POST', '/jobs', { scope: 'nowhere.example', job })).status).toBe(404);
    expect((await control('POST', '/jobs', { scope: 'example.com' })).status).toBe(400);
  });

  it('let time run ahead and never back', async () => {
    const { control } = await openSandbox();
    expect((await control('GET', '/time')).json).toEqual({ now: '2026-10-01T00:00:00.000Z' });
    expect((await control('POST', '/time', { advance_ms: 3_600_000 })).json).toEqual({
      now: '2026-10-01T01:00:00.000Z',
    });
    expect((await control('POST', '/time', { advance_ms: -1 })).status).toBe(400);
    expect((await control('POST', '/time', { advance_ms: '1h' })).status).toBe(400);
  });

  it('list failing destinations and heal them', async () => {
    const { control } = await openSandbox();
    await control('POST', '/destinations', { match: 'logs.example.net', code: 1106 });
    expect((await control('GET', '/destinations')).json).toEqual([
      { match: 'logs.example.net', code: 1106, message: 'error uploading object: Timeout (1106)' },
    ]);
    expect((await control('POST', '/destinations', { match: 'logs.example.net', fail: false })).json).toEqual(
      [],
    );
    expect((await control('POST', '/destinations', { match: 'logs.example.net', fail: false })).status).toBe(
      404,
    );
  });

  it('go back to the start as a whole', async () => {
    const { control, create, list, requests, model, faults } = await openSandbox({
      switches: { secrets: 'masked' },
    });
    await create();
    await control('PATCH', '/switches', { secrets: 'clear', delete_lag_ms: 5 });
    await control('POST', '/zones', { name: 'new.example' });
    await control('POST', '/time', { advance_ms: 1000 });
    await control('POST', '/destinations', { match: 'x' });
    await control('POST', '/faults', { outcome: { kind: 'drop' } });
    await control('POST', '/reset');
    expect(model.switches).toMatchObject({ secrets: 'masked', delete_lag_ms: 0 });
    expect(model.zones()).toHaveLength(3);
    expect(model.failingDestinations()).toEqual([]);
    expect(faults.list()).toEqual([]);
    expect(requests()).toEqual([]);
    expect((await control('GET', '/time')).json).toEqual({ now: '2026-10-01T00:00:00.000Z' });
    expect(await list()).toEqual([]);
    expect((await create()).id).toBe(1001);
  });

  it('say what there is when something is not', async () => {
    const { control } = await openSandbox();
    const nowhere = await control('GET', '/nothing');
    expect([nowhere.status, nowhere.json.error]).toEqual([
      404,
      expect.stringContaining('switches, faults, requests'),
    ]);
    const wrong = await control('DELETE', '/switches');
    expect([wrong.status, wrong.json.error]).toEqual([405, expect.stringContaining('GET, PATCH, PUT')]);
    for (const body of ['{', '[]']) expect((await control('PATCH', '/switches', body)).status).toBe(400);
  });
});

describe('a running sandbox', () => {
  it('tells at / what is running and how to try it', async () => {
    const { origin, zone, create } = await openSandbox();
    await create();
    const response = await fetch(origin);
    const page = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(page).toContain(`${zone}  example.com  (1 jobs)`);
    expect(page).toContain(`${origin}/client/v4`);
    expect(page).toContain('curl -X POST');
  });

  it('ends open connections at once when it closes', async () => {
    const sandbox = await startSandbox();
    const socket = connect(Number(new URL(sandbox.origin).port), '127.0.0.1');
    socket.on('error', () => undefined); // a reset is as good an end as any
    await new Promise((done) => socket.once('connect', done));
    socket.write('GET /client/v4/zones HTTP/1.1\r\nHost: x\r\n');
    const ended = new Promise((done) => socket.once('close', done));
    await sandbox.close();
    await ended;
    await expect(fetch(sandbox.origin)).rejects.toThrow('fetch failed');
  });

  it('rejects with the system’s error when the port is taken', async () => {
    const { origin } = await openSandbox();
    await expect(startSandbox({ port: Number(new URL(origin).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('tells one line for each call', async () => {
    const lines: string[] = [];
    const { call } = await openSandbox({ log: (line) => lines.push(line) });
    await call('GET', '/zones?name=x');
    expect(lines).toEqual(['GET /client/v4/zones 200']);
  });

  it('survives requests that make no sense', async () => {
    const { origin, call } = await openSandbox();
    for (const path of [
      '//',
      '/client/v4',
      '/client/v4/',
      '/client/v4/zones/%',
      '/sandbox/%',
      '/client/v4/zones?page=%',
    ]) {
      const { status } = await fetch(`${origin}${path}`, { headers: { authorization: 'Bearer t' } });
      expect([path, status < 500]).toEqual([path, true]);
    }
    expect((await call('GET', '/zones')).status).toBe(200);
  });
});
