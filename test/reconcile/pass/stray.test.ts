import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/edges/http/metrics.ts';
import { World } from '../world.ts';

const A = 'a.example';

describe('a live job that delivers where the settings allow none to', () => {
  it('is told in events, in the status and in the metrics, until it has gone', async () => {
    const world = await World.open({ policy: { allowedDestinations: ['s3://acme/*'] } });
    world.cloudflare.zone(A);
    world.cloudflare.plant(
      { name: 'theirs', destination_conf: 'https://elsewhere.example/?header_X=secret99' },
      A,
    );
    world.write({ [A]: [{ name: 'ours', destination_conf: 's3://acme/{DATE}?region=r' }] });
    await world.sweep();
    expect(world.told('stray.found').at(-1)).toMatchObject({ stray: { name: 'theirs', isManaged: false } });
    expect(JSON.stringify(world.board.toJson())).toContain('"stray":"https://elsewhere.example/');
    expect(await metricOf(world)).toBe('1');
    expect(JSON.stringify(world.board.toJson())).not.toContain('secret99');
    world.cloudflare.tamper('theirs', null, A);
    await world.sweep();
    expect(world.told('stray.found')).toHaveLength(1);
    expect(JSON.stringify(world.board.toJson())).not.toContain('elsewhere');
    expect(await metricOf(world)).toBe('0');
  });
});

async function metricOf(world: World): Promise<string | undefined> {
  const metrics = createMetrics({ version: '0.0.0', revision: 'r', now: () => 0 });
  for (const event of world.events) metrics.emit(event);
  const text = await metrics.text();
  return /^logpushd_jobs\{zone="a\.example",state="stray"\} (\d+)$/m.exec(text)?.[1];
}
