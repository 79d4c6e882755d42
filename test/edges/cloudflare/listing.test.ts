import { afterEach, describe, expect, it } from 'vitest';
import { NotAllowedError, NotFoundError, UnusableAnswerError } from '../../../src/reconcile/errors.ts';
import { aScope } from '../../builders.ts';
import { bench, NOW, rejectionOf } from './client-bench.ts';
import {
  answers,
  envelope,
  failure,
  rawAnswer,
  startFaultServer,
  type FaultServer,
  type Script,
} from './fault-server.ts';

const ZONE = aScope();
const HTML = { 'Content-Type': 'text/html' };

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: Script): Promise<FaultServer> {
  const server = await startFaultServer(script);
  servers.push(server);
  return server;
}

const job = (id: unknown, rest: object = {}) => ({
  id,
  name: `job-${String(id)}`,
  dataset: 'http_requests',
  ...rest,
});

/** Answers by the page that is asked for; what comes after the last is the last. */
function pages(...bodies: readonly string[]): Script {
  return (socket, { path }) => {
    const page = Number(/[?&]page=(\d+)/.exec(path)?.[1] ?? 1);
    socket.write(rawAnswer(200, bodies[Math.min(page, bodies.length) - 1] ?? ''));
  };
}

describe('a listing of jobs', () => {
  const whole: readonly [string, Script, readonly number[]][] = [
    ['is empty', answers(200, envelope([])), []],
    ['has jobs', answers(200, envelope([job(2), job(1)])), [2, 1]],
    [
      'has nulls for errors and messages',
      answers(200, envelope([job(1)], { errors: null, messages: null })),
      [1],
    ],
    ['has a null result_info', answers(200, envelope([job(1)], { result_info: null })), [1]],
    [
      'has counts that agree',
      answers(
        200,
        envelope([job(1), job(2)], {
          result_info: { page: 1, per_page: 20, count: 2, total_count: 2, total_pages: 1 },
        }),
      ),
      [1, 2],
    ],
    [
      'is empty and counted',
      answers(200, envelope([], { result_info: { page: 1, count: 0, total_count: 0, total_pages: 0 } })),
      [],
    ],
    [
      'has an empty cursor',
      answers(200, envelope([job(1)], { result_info: { cursors: { after: '' }, cursor: '' } })),
      [1],
    ],
    [
      'has keys that nobody knows',
      answers(200, envelope([job(1, { brand_new: { a: 1 } })], { brand_new: 1 })),
      [1],
    ],
    ['has jobs with hardly any keys', answers(200, envelope([{ id: 1 }])), [1]],
    [
      'is chunked',
      (socket) => {
        const body = envelope([job(1)]);
        const head =
          'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
        socket.write(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
      },
      [1],
    ],
    [
      'ends with its connection',
      (socket) => {
        socket.end(rawAnswer(200, envelope([job(1)]), { 'Content-Length': '', Connection: 'close' }));
      },
      [1],
    ],
    [
      'has two pages',
      pages(
        envelope([job(1), job(2)], { result_info: { page: 1, count: 2, total_count: 3, total_pages: 2 } }),
        envelope([job(3)], { result_info: { page: 2, count: 1, total_count: 3, total_pages: 2 } }),
      ),
      [1, 2, 3],
    ],
  ];
  it.each(whole)('counts when it %s', async (_, script, ids) => {
    const server = await serve(script);
    const jobs = await bench(server.origin).api.listJobs(ZONE, NOW);
    expect(jobs.map(({ id }) => id)).toEqual(ids);
  });

  const info = (result_info: unknown, result: unknown[] = [job(1)]) =>
    answers(200, envelope(result, { result_info }));
  const damaged: readonly [string, Script][] = [
    ['has no result', answers(200, '{"success":true,"errors":[],"messages":[]}')],
    ['has a null result', answers(200, envelope(null))],
    ['has an object as result', answers(200, envelope({}))],
    ['has a text as result', answers(200, envelope('[]'))],
    ['has a number as result', answers(200, envelope(0))],
    ['has false as result', answers(200, envelope(false))],
    ['has jobs by id as result', answers(200, envelope({ 1: job(1) }))],
    ['holds a null', answers(200, envelope([job(1), null]))],
    ['holds a list', answers(200, envelope([[job(1)]]))],
    ['holds a text', answers(200, envelope([job(1), 'job']))],
    ['holds a number', answers(200, envelope([1]))],
    ['holds a job without id', answers(200, envelope([job(1), { name: 'x' }]))],
    ['holds an id of null', answers(200, envelope([job(null)]))],
    ['holds an id as text', answers(200, envelope([job('1')]))],
    ['holds an id of 0', answers(200, envelope([job(0)]))],
    ['holds a negative id', answers(200, envelope([job(-1)]))],
    ['holds half an id', answers(200, envelope([job(1.5)]))],
    [
      'holds an id above 2^53',
      answers(200, '{"success":true,"errors":[],"result":[{"id":9007199254740993}]}'),
    ],
    ['holds an infinite id', answers(200, '{"success":true,"errors":[],"result":[{"id":1e999}]}')],
    ['holds an id twice', answers(200, envelope([job(1), job(2), job(1)]))],
    [
      'says both success and failure',
      answers(200, envelope([job(1)], { errors: [{ code: 1, message: 'partial' }] })),
    ],
    ['does not say success', answers(200, '{"result":[],"errors":[]}')],
    ['says success as text', answers(200, '{"success":"true","result":[],"errors":[]}')],
    ['says failure without a reason', answers(200, '{"success":false,"result":[],"errors":[]}')],
    ['has errors that are no list', answers(200, envelope([], { errors: {} }))],
    ['is a bare list', answers(200, JSON.stringify([job(1)]))],
    ['is empty text', answers(200, '')],
    ['is cut inside the JSON', answers(200, envelope([job(1), job(2)]).slice(0, -30))],
    ['is two documents', answers(200, envelope([]) + envelope([]))],
    ['is HTML', answers(200, '<html></html>', HTML)],
    ['is JSON labelled as HTML', answers(200, envelope([]), HTML)],
    ['is JSON without a label', answers(200, envelope([]), { 'Content-Type': '' })],
    ['comes with 201', answers(201, envelope([]))],
    ['comes with 206', answers(206, envelope([]))],
    ['comes with 204', answers(204, '', { 'Content-Length': '' })],
    ['comes with 203 from a proxy', answers(203, envelope([]))],
    ['counts more than it holds', info({ count: 2 })],
    ['counts fewer than it holds', info({ count: 0 })],
    ['counts more in all', info({ count: 1, total_count: 2, total_pages: 1 })],
    ['counts in text', info({ count: '1' })],
    ['counts below zero', info({ total_pages: -1 })],
    ['is another page', info({ page: 2, count: 1 })],
    ['goes on at a cursor', info({ cursor: 'abc' })],
    ['goes on at a cursor of the other kind', info({ cursors: { after: 'abc' } })],
    ['has more than 100 pages', info({ total_pages: 101 })],
    ['repeats its first page', pages(envelope([job(1)], { result_info: { total_pages: 2 } }))],
    [
      'has a second page that counts nothing',
      pages(envelope([job(1)], { result_info: { total_pages: 2 } }), envelope([job(2)])),
    ],
    [
      'has a second page that failed',
      (socket, request, count) =>
        (count === 1 ? info({ total_pages: 2 }) : answers(200, '<html>', HTML))(socket, request, count),
    ],
    [
      'loses one between the pages',
      pages(
        envelope([job(1), job(2)], { result_info: { count: 2, total_count: 4, total_pages: 2 } }),
        envelope([job(4)], { result_info: { count: 1, total_count: 4, total_pages: 2 } }),
      ),
    ],
  ];
  it.each(damaged)('does not count when it %s', async (_, script) => {
    const server = await serve(script);
    const error = await rejectionOf(bench(server.origin).api.listJobs(ZONE, NOW));
    expect(error).toBeInstanceOf(UnusableAnswerError);
    expect(error.message).toMatch(/^Cloudflare's answer to "list the jobs of example\.com" cannot be used: /);
    expect(error.message).toMatch(/Nothing was decided on it\./);
  });

  it('does not count when its body is cut at any byte', async () => {
    const bytes = rawAnswer(200, envelope([job(1), job(2)]));
    for (let offset = bytes.length - 60; offset < bytes.length; offset += 1) {
      const server = await serve((socket) => void socket.end(bytes.subarray(0, offset)));
      await expect(
        bench(server.origin, { retry: { maxAttempts: 1 } }).api.listJobs(ZONE, NOW),
      ).rejects.toThrow('the connection ended before the whole answer');
    }
  });

  it('names the entry that is damaged', async () => {
    const server = await serve(answers(200, envelope([job(1), null]), { 'CF-Ray': '8c1-AMS' }));
    const error = await rejectionOf(bench(server.origin).api.listJobs(ZONE, NOW));
    expect(error.message).toContain(
      'HTTP 200, the listing is not complete: entry 2 has no id that is a whole number from 1 on',
    );
    expect(error).toMatchObject({ status: 200, ray: '8c1-AMS' });
  });

  it.each([400, 403, 200])('that may not be read (1004, HTTP %i) is no empty one', async (status) => {
    const body = failure(1004, "reading job for product 'access' is not allowed");
    const server = await serve(answers(status, body));
    expect(await rejectionOf(bench(server.origin).api.listJobs(ZONE, NOW))).toBeInstanceOf(NotAllowedError);
  });

  it('of a zone that is not there is no empty one', async () => {
    const server = await serve(answers(404, failure(7003, 'Could not route to /zones/x')));
    expect(await rejectionOf(bench(server.origin).api.listJobs(ZONE, NOW))).toBeInstanceOf(NotFoundError);
  });

  it('follows pages up to 100', async () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      envelope([job(index + 1)], {
        result_info: { page: index + 1, count: 1, total_count: 100, total_pages: 100 },
      }),
    );
    const server = await serve(pages(...all));
    expect(await bench(server.origin).api.listJobs(ZONE, NOW)).toHaveLength(100);
    expect(server.requests).toHaveLength(100);
  });

  it('asks once when there is one page', async () => {
    const server = await serve(answers(200, envelope([job(1)])));
    await bench(server.origin).api.listJobs(ZONE, NOW);
    expect(server.requests.map(({ path }) => path)).toEqual([`/client/v4/zones/${ZONE.id}/logpush/jobs`]);
  });
});

describe('the zones', () => {
  const zone = (n: number) => ({
    id: String(n).padStart(32, '0'),
    name: `z${n}.example`,
    status: 'active',
    account: { id: 'a', name: 'Acme' },
    plan: { id: 'x' },
  });
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => zone(from + index));

  interface Paging {
    readonly totals?: 'all' | 'no total_pages' | 'none';
    readonly before?: (count: number) => void;
  }

  /** Pages what it is given, with or without totals. Called before each answer, `before` may change it. */
  function paged(zones: { id: string }[], { totals = 'all', before }: Paging = {}): Script {
    return (socket, { path }, count) => {
      before?.(count);
      const query = new URL(path, 'http://x').searchParams;
      const [page, size] = [Number(query.get('page')), Number(query.get('per_page'))];
      const result = zones.slice((page - 1) * size, page * size);
      const counts = { page, per_page: size, count: result.length, total_count: zones.length };
      const result_info =
        totals === 'none'
          ? undefined
          : totals === 'all'
            ? { ...counts, total_pages: Math.ceil(zones.length / size) }
            : counts;
      socket.write(rawAnswer(200, envelope(result, { result_info })));
    };
  }

  it.each([
    [0, 'all', 1],
    [50, 'all', 1],
    [120, 'all', 3],
    [0, 'no total_pages', 1],
    [100, 'no total_pages', 2],
    [120, 'no total_pages', 3],
    [0, 'none', 1],
    [49, 'none', 2],
    [50, 'none', 2],
    [120, 'none', 4],
  ] as const)('%i of them are read whole with totals: %s, in %i calls', async (count, totals, calls) => {
    const server = await serve(paged(range(0, count), { totals }));
    const zones = await bench(server.origin).api.listZones(NOW);
    expect(zones.map(({ id }) => id)).toEqual(range(0, count).map(({ id }) => id));
    expect(server.requests).toHaveLength(calls);
    expect(server.requests[0]?.path).toBe('/client/v4/zones?page=1&per_page=50');
  });

  it('are all found where the server gives fewer a page than asked and tells no totals', async () => {
    const all = range(0, 45);
    const server = await serve((socket, _, count) =>
      socket.write(rawAnswer(200, envelope(all.slice((count - 1) * 20, count * 20)))),
    );
    expect(await bench(server.origin).api.listZones(NOW)).toHaveLength(45);
  });

  it('are given without what we do not use', async () => {
    const server = await serve(paged([zone(1)]));
    expect(await bench(server.origin).api.listZones(NOW)).toEqual([
      { id: zone(1).id, name: 'z1.example', status: 'active', account: { id: 'a', name: 'Acme' } },
    ]);
  });

  it('are all found when one vanishes between two pages', async () => {
    const zones = range(0, 120);
    const server = await serve(paged(zones, { before: (count) => void (count === 2 && zones.splice(3, 1)) }));
    const found = await bench(server.origin).api.listZones(NOW);
    for (const { id } of zones) expect(found.map((one) => one.id)).toContain(id);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  });

  it('are each found once when one is added in front between two pages', async () => {
    const zones = range(0, 120);
    const server = await serve(
      paged(zones, { before: (count) => void (count === 2 && zones.unshift(zone(999))) }),
    );
    const found = await bench(server.origin).api.listZones(NOW);
    expect(found.map(({ id }) => id).toSorted()).toEqual(zones.map(({ id }) => id).toSorted());
  });

  it('are read a bounded number of times when they never hold still', async () => {
    let serial = 1000;
    const zones = range(0, 120);
    const before = () => {
      zones.unshift(zone((serial += 1)));
    };
    const server = await serve(paged(zones, { before }));
    const found = await bench(server.origin).api.listZones(NOW);
    expect(found.length).toBeGreaterThanOrEqual(120);
    expect(server.requests).toHaveLength(9);
  });

  it.each([
    ['null', null],
    ['without an id', { name: 'a' }],
    ['with an empty id', { id: '', name: 'a' }],
    ['with a number as id', { id: 1, name: 'a' }],
    ['without a name', { id: 'a' }],
  ])('cannot be used with an entry that is %s', async (_, entry) => {
    const server = await serve(answers(200, envelope([zone(1), entry])));
    expect(await rejectionOf(bench(server.origin).api.listZones(NOW))).toBeInstanceOf(UnusableAnswerError);
  });

  it('cannot be used without a list', async () => {
    const server = await serve(answers(200, envelope(null)));
    expect(await rejectionOf(bench(server.origin).api.listZones(NOW))).toBeInstanceOf(UnusableAnswerError);
  });

  it('may lack status and account', async () => {
    const server = await serve(answers(200, envelope([{ id: 'a', name: 'b' }])));
    expect(await bench(server.origin).api.listZones(NOW)).toEqual([
      { id: 'a', name: 'b', status: '', account: { id: '', name: '' } },
    ]);
  });

  it('have accounts, which are read the same way', async () => {
    const server = await serve(paged(range(0, 60)));
    const accounts = await bench(server.origin).api.listAccounts(NOW);
    expect(accounts).toHaveLength(60);
    expect(accounts[0]).toEqual({ id: zone(0).id, name: 'z0.example' });
    expect(server.requests[1]?.path).toBe('/client/v4/accounts?page=2&per_page=50');
  });
});
