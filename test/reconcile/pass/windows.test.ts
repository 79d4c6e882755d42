import { expect, it } from 'vitest';
import { windowsFrom } from '../../../src/settings/windows.ts';
import { World } from '../world.ts';

const A = 'a.example';
const HOUR_MS = 3_600_000;

it('what waits for its window is told, costs no look until then, and is written when it opens', async () => {
  const windows = windowsFrom([{ actions: ['delete'], cron: '0 12 * * *', duration: '1h' }], 'UTC');
  const world = await World.open({ policy: { windows } });
  await world.settle({ [A]: [{ name: 'one' }, { name: 'two' }] });
  world.write({ [A]: [{ name: 'one', max_upload_records: 2000 }] });
  await world.change();
  expect(world.cloudflare.writes()).toEqual(['update one']);
  expect(world.board.toJson()).toMatchObject({
    scopes: [
      {
        jobs: [
          { name: 'one' },
          { name: 'two', sync: 'pending', reason: expect.stringContaining('12:00 UTC') },
        ],
      },
    ],
  });
  world.forget();
  await world.wait(3 * HOUR_MS - 1);
  expect(world.cloudflare.calls).toEqual([]);
  await world.wait(1);
  expect(world.cloudflare.writes()).toEqual(['delete two']);
});
