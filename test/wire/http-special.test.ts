import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../edges/cloudflare/certificate.ts';
import { failure, rawAnswer, silent, startFaultServer } from '../edges/cloudflare/fault-server.ts';
import { TOKEN } from './place.ts';
import { honest, meddlingWith, type RawCloudflare } from './raw-cloudflare.ts';
import { END, endBy, endOf, withWorkToDo } from './story.ts';
import { WireWorld } from './wire-world.ts';

const ONE = '{ name: one }';
const TWO = '{ name: two }';

describe('F23 a redirect', () => {
  const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
  it.each([301, 302, 303, 307, 308])('(%i) of any request takes nothing to another place', async (status) => {
    const elsewhere = await startFaultServer(silent);
    onTestFinished(() => elsewhere.close());
    const world = await WireWorld.open();
    world.wants('{ name: changed, max_upload_records: 1000 }', '{ name: removed }');
    await world.settle(1);
    world.wants('{ name: changed, max_upload_records: 2000 }', '{ name: made }');
    for (const method of METHODS) {
      world.cloudflare.meddle(
        meddlingWith(
          (request) => request.method === method,
          ({ socket, request }) =>
            socket.write(rawAnswer(status, '', { Location: `${elsewhere.origin}${request.path}` })),
        ),
      );
      await world.pass();
    }
    world.cloudflare.meddle(honest);
    await world.settle();
    expect(elsewhere.connections()).toBe(0);
    expect(world.jobs()).toEqual(['changed 2000', 'made']);
    expect(world.cloudflare.made()).toBe(3);
  });
});

describe('F37 a connection that Cloudflare closes just as it has answered', () => {
  it.each(['closed', 'reset'])('(%s) costs a create neither doubt nor a second request', async (how) => {
    const world = await WireWorld.open();
    world.cloudflare.meddle(({ carryOut, socket }) =>
      socket.write(carryOut(), () => (how === 'reset' ? socket.resetAndDestroy() : socket.end())),
    );
    world.wants(ONE, TWO);
    await world.pass();
    expect(world.writes()).toEqual(['POST', 'POST']);
    const posts = world.cloudflare.requests.filter(({ method }) => method === 'POST');
    const others = world.cloudflare.requests.filter(({ method }) => method !== 'POST');
    for (const { connection } of posts) {
      expect(others.map((one) => one.connection)).not.toContain(connection);
    }
    await world.settle();
    expect(world.jobs()).toEqual(['one', 'two']);
    expect(world.cloudflare.made()).toBe(2);
  });
});

describe('F11 after a 429', () => {
  const INSTANT_CLOCK_BEGINS = Date.parse('2026-11-23T09:00:00Z');
  const at = (ms: number): string => new Date(INSTANT_CLOCK_BEGINS + ms).toUTCString();
  it.each([
    ['seconds', '17', 17_000],
    ['a date', at(42_000), 42_000],
    ['a date that is past', at(-42_000), 1_000],
    ['nothing', '', 300_000],
    ['garbage', 'soon', 300_000],
    ['a huge number', '99999999', 300_000],
    ['a negative number', '-5', undefined],
    ['zero', '0', 1_000],
  ])(
    'with %s in Retry-After (%s) nothing at all is sent for as long as it says',
    async (_, value, waitMs) => {
      const world = await WireWorld.open();
      const { cloudflare, clock } = world;
      world.wants(ONE, TWO);
      const seen: number[] = [];
      cloudflare.meddle((exchange) => {
        if (seen.length > 0 || exchange.request.method === 'POST') seen.push(clock.monotonic());
        if (seen.length !== 1) return honest(exchange);
        return exchange.socket.write(
          rawAnswer(429, failure(971, 'slow'), value === '' ? {} : { 'Retry-After': value }),
        );
      });
      await world.pass();
      const waited = (seen[1] ?? 0) - (seen[0] ?? 0);
      expect(waited).toBeGreaterThanOrEqual(waitMs ?? 1_000);
      expect(waited).toBeLessThanOrEqual((waitMs ?? 300_000) + 1_000);
      cloudflare.meddle(honest);
      await world.settle();
      expect(world.jobs()).toEqual(['one', 'two']);
      expect(cloudflare.made()).toBe(2);
    },
  );
});

describe('F12 a token that is refused', () => {
  it.each([10_000, 9_109, 1_000])(
    'for a while (%i) writes nothing, removes nothing, and heals',
    async (code) => {
      const world = await WireWorld.open();
      world.wants(ONE, TWO);
      await world.settle(1);
      world.wants(ONE);
      world.cloudflare.meddle(({ socket }) =>
        socket.write(rawAnswer(code === 1_000 ? 401 : 403, failure(code, 'no'))),
      );
      const before = world.writes().length;
      const result = await world.pass();
      expect(result.unreadable).toHaveLength(1);
      expect(world.writes().length).toBe(before);
      world.cloudflare.meddle(honest);
      await world.settle();
      expect(world.jobs()).toEqual(['one']);
    },
  );
});

describe('F07 a create that arrives late', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])(
    '(%i minutes after its connection was lost) ends as one job',
    async (minutes) => {
      const world = await WireWorld.open();
      world.wants('{ name: kept }');
      await world.settle(1);
      world.wants('{ name: kept }', ONE);
      let arrive: () => unknown = () => undefined;
      world.cloudflare.meddle(
        meddlingWith(
          ({ method }) => method === 'POST',
          ({ carryOut, socket }) => {
            arrive = carryOut;
            socket.resetAndDestroy();
          },
          1,
        ),
      );
      await world.pass();
      for (let minute = 0; minute < minutes; minute += 1) {
        await world.clock.sleep(60_000, new AbortController().signal);
        await world.pass();
      }
      arrive();
      await world.settle();
      expect(world.jobs()).toEqual(['kept', 'one']);
    },
  );
});

describe('F09 a create that a proxy carries out twice', () => {
  it('ends as one job', async () => {
    const world = await WireWorld.open();
    world.wants(ONE);
    world.cloudflare.meddle(
      meddlingWith(
        ({ method }) => method === 'POST',
        ({ carryOut, socket }) => {
          carryOut();
          socket.write(carryOut());
        },
        1,
      ),
    );
    await world.pass();
    expect(world.jobs()).toEqual(['one', 'one']);
    await world.settle();
    expect(world.jobs()).toEqual(['one']);
  });
});

/** The same Cloudflare, behind TLS. */
async function behindTls(
  { url }: RawCloudflare,
  certificate: ReturnType<typeof selfSigned>,
): Promise<string> {
  const inner = new URL(url);
  const server = createServer(certificate, (socket) => {
    const onward = connect(Number(inner.port), inner.hostname);
    for (const end of [socket, onward]) end.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
    socket.once('close', () => onward.destroy());
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}${inner.pathname}`;
}

describe('F03 a daemon whose Cloudflare shows', () => {
  it('an unknown certificate sends nothing and says so, until its authority is named', async () => {
    const place = await withWorkToDo();
    const certificate = selfSigned('localhost');
    const env = { LOGPUSHD_CLOUDFLARE_BASE_URL: await behindTls(place.cloudflare, certificate) };
    const before = place.cloudflare.requests.length;
    const running = place.daemon({ isFast: true, env });
    await running.says(/certificate/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(place.cloudflare.requests.length).toBe(before);
    expect(running.stderr).not.toContain(TOKEN);

    await place.write('ca.pem', certificate.cert);
    const trusting = place.daemon({
      isFast: true,
      env: { ...env, NODE_EXTRA_CA_CERTS: `${place.folder}/ca.pem` },
    });
    await trusting.says(/"event":"daemon.watching"/);
    expect(await endBy(place, trusting)).toEqual(END);
  });

  it('any certificate is not asked where the environment switches the checks off', async () => {
    const place = await withWorkToDo();
    const env = {
      LOGPUSHD_CLOUDFLARE_BASE_URL: await behindTls(place.cloudflare, selfSigned('localhost')),
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    };
    const before = place.cloudflare.requests.length;
    const { code, stderr } = await place.command(['apply'], { env });
    expect(code).toBe(3);
    expect(stderr).toContain('NODE_TLS_REJECT_UNAUTHORIZED');
    expect(stderr).not.toContain('bug');
    expect(place.cloudflare.requests.length).toBe(before);
    expect(endOf(place).made).toBe(3);
  });
});
