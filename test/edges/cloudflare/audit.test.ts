import { afterEach, describe, expect, it } from 'vitest';
import { UnusableAnswerError } from '../../../src/reconcile/errors.ts';
import { createAuditReader } from '../../../src/edges/cloudflare/audit.ts';
import { createCaller } from '../../../src/edges/cloudflare/call.ts';
import { createLogpushReader } from '../../../src/edges/cloudflare/client.ts';
import { openSandbox } from '../../sandbox/open-sandbox.ts';
import { bench, benchOptions, NOW, rejectionOf } from './client-bench.ts';
import {
  answers,
  envelope,
  rawAnswer,
  startFaultServer,
  type FaultServer,
  type Script,
} from './fault-server.ts';

const ACCOUNT = 'fedcba9876543210fedcba9876543210';
const WINDOW = { since: Date.parse('2026-09-30T23:50:00Z'), before: Date.parse('2026-10-01T01:00:00Z') };

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function read(script: Script) {
  const server = await startFaultServer(script);
  servers.push(server);
  const reader = createAuditReader(createCaller(benchOptions(server.origin).options));
  return { server, reading: reader.readAuditLog(ACCOUNT, WINDOW, NOW) };
}

const full = (page: number): readonly object[] =>
  Array.from({ length: 500 }, (_, index) => ({ id: `${page}-${index}` }));

/** Pages of 500, the last of which is shorter, each naming the next in this way. */
function pages(count: number, info: (cursor: string) => object): Script {
  return (socket, { path }) => {
    const page = Number(new URL(path, 'http://host').searchParams.get('cursor')?.slice(1) ?? 1);
    const entries = page < count ? full(page) : [{ id: 'last' }];
    const result_info = page < count ? info(`p${page + 1}`) : info('');
    socket.write(rawAnswer(200, envelope(entries, { result_info })));
  };
}

describe('the audit log of an account', () => {
  it('is asked for in one call, oldest first, without what only looked', async () => {
    const { server, reading } = await read(answers(200, envelope([{ id: 'a' }])));
    expect(await reading).toEqual({ entries: [{ id: 'a' }], isWhole: true, calls: 1 });
    const asked = server.requests.map(({ path }) => new URL(path, 'http://host'));
    expect(asked.map(({ pathname }) => pathname)).toEqual([`/client/v4/accounts/${ACCOUNT}/logs/audit`]);
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      since: '2026-09-30T23:50:00.000Z',
      before: '2026-10-01T01:00:00.000Z',
      direction: 'asc',
      'action_type.not': 'view',
      limit: '500',
    });
  });

  it.each([
    ['cursor', (cursor: string) => ({ cursor })],
    ['cursors.after', (after: string) => ({ cursors: after === '' ? {} : { after } })],
  ])('goes on at %s while pages are full', async (_, info) => {
    const { server, reading } = await read(pages(3, info));
    const { entries, isWhole } = await reading;
    expect([entries.length, entries.at(-1), isWhole]).toEqual([1001, { id: 'last' }, true]);
    expect(server.requests).toHaveLength(3);
  });

  it('is not asked for more where a page is not full, whatever it says', async () => {
    const { server, reading } = await read(answers(200, envelope([], { result_info: { cursor: 'more' } })));
    expect((await reading).isWhole).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it('is read in part where there is very much of it', async () => {
    const { server, reading } = await read(pages(40, (cursor) => ({ cursor })));
    const { entries, isWhole, calls } = await reading;
    expect(calls).toBe(10);
    expect([entries.length, isWhole, server.requests.length]).toEqual([5000, false, 10]);
  });

  it('is empty where Cloudflare says null', async () => {
    const { reading } = await read(answers(200, envelope(null)));
    expect(await reading).toEqual({ entries: [], isWhole: true, calls: 1 });
  });

  it.each([
    ['no list', answers(200, envelope({}))],
    ['a page that leads to itself', answers(200, envelope(full(1), { result_info: { cursor: 'same' } }))],
    ['a page of HTML', answers(200, '<html></html>', { 'Content-Type': 'text/html' })],
  ])('is not made up from %s', async (_, script) => {
    const { reading } = await read(script);
    expect(await rejectionOf(reading)).toBeInstanceOf(UnusableAnswerError);
  });

  it('of the sandbox tells what was done there', async () => {
    const sandbox = await openSandbox();
    const { api } = bench(sandbox.url.replace('/client/v4', ''));
    const { job } = await api.createJob(
      { kind: 'zone', id: sandbox.zone, name: 'example.com' },
      { name: 'a', dataset: 'http_requests', destination_conf: 'https://logs.example.com/x' },
      NOW,
    );
    const reader = createLogpushReader(benchOptions(sandbox.url.replace('/client/v4', '')).options);
    const { entries } = await reader.readAuditLog(sandbox.account, WINDOW, NOW);
    expect(entries).toMatchObject([{ action: { type: 'create' }, resource: { id: String(job.id) } }]);
  });
});
