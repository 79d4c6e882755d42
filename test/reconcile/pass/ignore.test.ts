import { expect, it } from 'vitest';
import { World } from '../world.ts';

const A = 'a.example';
const RULE = { field: 'max_upload_records', reason: 'INC-42', until: '2026-11-23T10:00:00Z' };

it('a rule of ignore that ends while the daemon runs holds no more, and that is told once', async () => {
  const world = await World.open();
  await world.settle({ [A]: [{ name: 'one', max_upload_records: 2000 }] });
  world.write({ [A]: [{ name: 'one', max_upload_records: 2000, ignore: [RULE] }] });
  world.cloudflare.tamper('one', { max_upload_records: 5000 }, A);
  await world.change();
  expect(world.cloudflare.jobs(A)[0]).toMatchObject({ max_upload_records: 5000 });
  expect(world.told('manifest.warned')).toEqual([]);

  await world.wait(3_600_000);
  await world.sweep();
  expect(world.cloudflare.jobs(A)[0]).toMatchObject({ max_upload_records: 2000 });
  await world.sweep();
  expect(world.told('manifest.warned').map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
    ['ended-ignore'],
  ]);
  expect(world.board.toJson()).toMatchObject({ manifest: { warnings: [{ code: 'ended-ignore' }] } });

  world.write({ [A]: [{ name: 'one', max_upload_records: 2000 }] });
  await world.change();
  expect(world.board.toJson()).toMatchObject({ manifest: { warnings: [] } });
});
