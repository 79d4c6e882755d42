import { describe, expect, it } from 'vitest';
import type { Running } from '../e2e/process.ts';
import { manifestOf } from './place.ts';
import { honest, isCreate, meddlingWith, type Meddler } from './raw-cloudflare.ts';
import { END, endByTheNext, inSync, withWorkToDo } from './story.ts';

type Moment = (kill: () => void) => Meddler;

/** What the killed process gets to see of the exchange. */
const LOST: Moment = (kill) => () => kill();
const CARRIED_OUT: Moment = (kill) => (exchange) => {
  exchange.carryOut();
  kill();
};
const ANSWERED: Moment = (kill) => (exchange) => void exchange.socket.write(exchange.carryOut(), kill);

const MOMENTS: readonly (readonly [string, Moment])[] = [
  ['before it is carried out', LOST],
  ['after it is carried out', CARRIED_OUT],
  ['after it is answered', ANSWERED],
];

const killer = (running: Running) => (): void => void running.child.kill('SIGKILL');
const KILLED = { code: null, signal: 'SIGKILL' };

describe.each(['GET', 'POST', 'PUT', 'DELETE'])('F38 a process that is killed at its %s', (method) => {
  it.each(MOMENTS.slice(0, method === 'GET' ? 1 : undefined))(
    '%s leaves what the next one brings to the same end',
    async (_, moment) => {
      const place = await withWorkToDo();
      const first = place.daemon({ isFast: true });
      place.cloudflare.meddle(
        meddlingWith(
          (request) => request.method === method && request.path.includes('/jobs'),
          moment(killer(first)),
        ),
      );
      expect(await first.ended).toEqual(KILLED);
      place.cloudflare.meddle(honest);
      expect(await endByTheNext(place)).toEqual(END);
    },
  );
});

describe('F48 a process that is killed again and again, each time with a create under way,', () => {
  it('makes each job once, and asks no more of Cloudflare each time than the first time', async () => {
    const place = await inSync();
    const { cloudflare } = place;
    await place.manifest(manifestOf('{ name: kept }', '{ name: a }', '{ name: b }', '{ name: c }'));
    const asked: number[] = [];
    for (let start = 0; start < 3; start += 1) {
      const before = cloudflare.requests.length;
      const running = place.daemon({ isFast: true });
      cloudflare.meddle(meddlingWith(isCreate, CARRIED_OUT(killer(running))));
      expect(await running.ended).toEqual(KILLED);
      asked.push(cloudflare.requests.length - before);
    }
    cloudflare.meddle(honest);
    const last = place.daemon({ isFast: true });
    await last.says(/"event":"daemon.watching"/);
    await cloudflare.until(() => cloudflare.names().join() === 'a,b,c,kept');
    expect(cloudflare.made()).toBe(3 + 3);
    expect(Math.max(...asked)).toBeLessThanOrEqual((asked[0] ?? 0) + 1);
  });
});
