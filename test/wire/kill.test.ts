import { describe, expect, it } from 'vitest';
import { manifestOf, Place, settled } from './place.ts';
import { honest, isWrite, meddlingWith, type Meddler, RawCloudflare } from './raw-cloudflare.ts';

const BEFORE = manifestOf(
  '{ name: kept }',
  '{ name: changed, max_upload_records: 1000 }',
  '{ name: removed }',
);
const AFTER = manifestOf('{ name: kept }', '{ name: changed, max_upload_records: 2000 }', '{ name: made }');

/** In sync with three jobs; the manifest now wants one made, one changed and one removed. */
async function withWorkToDo(): Promise<Place> {
  const place = await Place.open(await RawCloudflare.open());
  await place.manifest(BEFORE);
  await place.sync();
  await place.manifest(AFTER);
  return place;
}

function records({ cloudflare }: Place): unknown {
  const job = cloudflare.model.jobs('example.com').find(({ config }) => config['name'] === 'changed');
  return job?.config['max_upload_records'];
}

const isAsWanted = (place: Place): boolean =>
  place.cloudflare.names().join() === 'changed,kept,made' && records(place) === 2000;

/** What the killed process gets to see of the exchange. */
const MOMENTS: Readonly<Record<string, (kill: () => void) => Meddler>> = {
  'before it is carried out': (kill) => () => kill(),
  'after it is carried out': (kill) => (exchange) => {
    exchange.carryOut();
    kill();
  },
  'after it is answered': (kill) => (exchange) => void exchange.socket.write(exchange.carryOut(), kill),
};

describe.each(['GET', 'POST', 'PUT', 'DELETE'])('F38 a process that is killed at its %s', (method) => {
  const moments = Object.entries(MOMENTS).slice(0, method === 'GET' ? 1 : undefined);
  it.each(moments)('%s leaves what the next one brings to the same end', async (_, moment) => {
    const place = await withWorkToDo();
    const { cloudflare } = place;
    const first = place.daemon({ isFast: true });
    cloudflare.meddle(
      meddlingWith(
        ({ method: one, path }) => one === method && path.includes('/jobs'),
        moment(() => void first.child.kill('SIGKILL')),
      ),
    );
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
    cloudflare.meddle(honest);
    const next = place.daemon({ isFast: true });
    await next.says(/"event":"daemon.watching"/);
    await settled(
      next,
      () => isAsWanted(place),
      () => cloudflare.requests.filter(isWrite).length,
    );
    expect(cloudflare.names()).toEqual(['changed', 'kept', 'made']);
    expect(records(place)).toBe(2000);
    expect(cloudflare.made()).toBe(4);
  });
});
