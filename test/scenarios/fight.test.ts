import { describe, expect, it } from 'vitest';
import { DaemonWorld } from './daemon-world.ts';

const ZONE = 'example.com';
const MINUTE_MS = 60_000;

/** Another tool that puts its own value back before each look of logpushd, under the default schedule. */
async function dayWith(undo: (world: DaemonWorld) => Promise<void>): Promise<DaemonWorld> {
  const world = await DaemonWorld.open({ zones: [ZONE] });
  world.write([ZONE], 'acme-logs', ', max_upload_records: 2000');
  await world.sweep();
  for (let time = 0; time < 24 * 4; time += 1) {
    await undo(world);
    await world.wait(15 * MINUTE_MS);
    await world.sweep();
  }
  return world;
}

const own = (world: DaemonWorld): number => {
  const logpushd = world.sandbox.requests().filter(({ method }) => method === 'POST' || method === 'PUT');
  return logpushd.length - 1;
};

describe('a day of somebody who undoes each change', () => {
  it('costs at most 30 writes and is told once, while the other fields are healed', async () => {
    let undone = 0;
    const world = await dayWith(async (one) => {
      undone += 1;
      const isLast = undone === 24 * 4;
      await put(one, { enabled: false, ...(isLast && { max_upload_records: 1000 }) });
    });
    expect(own(world) - undone).toBeLessThanOrEqual(30);
    expect(own(world) - undone).toBeGreaterThanOrEqual(20);
    expect(world.told('drift.fought')).toHaveLength(1);
    expect(world.jobs(ZONE)).toMatchObject([{ max_upload_records: 2000 }]);
  });

  it('does not keep a person’s change of the manifest from being written', async () => {
    const world = await dayWith((one) => put(one, { max_upload_records: 1000 }));
    world.write([ZONE], 'acme-logs', ', max_upload_records: 3000');
    await world.through(world.loop.lookAtChanged('file-change').then(() => world.loop.idle()));
    expect(world.jobs(ZONE)).toMatchObject([{ max_upload_records: 3000 }]);
  });
});

async function put(world: DaemonWorld, fields: object): Promise<void> {
  const scope = world.sandbox.model.scope(ZONE);
  const [job] = world.sandbox.model.jobs(ZONE);
  const url = `${world.sandbox.url}/zones/${scope?.id}/logpush/jobs/${job?.id}`;
  const headers = { Authorization: 'Bearer somebody-else', 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(fields) });
  if (!answer.ok) throw new Error(await answer.text());
}
