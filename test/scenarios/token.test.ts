import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/server.ts';
import { DaemonWorld } from './daemon-world.ts';

const MINUTE_MS = 60_000;
const ZONES = Array.from({ length: 24 }, (_, index) => `zone-${index}.example`);

const REFUSAL = {
  status: 403,
  body: {
    success: false,
    errors: [{ code: 10000, message: 'Authentication error' }],
    messages: [],
    result: null,
  },
};

/** A daemon whose jobs are in sync, with Cloudflare refusing the token from then on. */
async function refused(zones = ZONES, path?: string): Promise<DaemonWorld> {
  const world = await DaemonWorld.open({ zones });
  world.write(zones, 'acme-logs');
  await world.sweep();
  refuse(world, path);
  world.events.length = 0;
  return world;
}

function refuse(world: DaemonWorld, path?: string): void {
  const outcome = { kind: 'answer', ...REFUSAL };
  world.sandbox.faults.add({ ...(path !== undefined && { path }), times: null, outcome });
}

const calls = (world: DaemonWorld): number => world.sandbox.requests().length;

async function callsDuring(world: DaemonWorld, work: () => Promise<void>): Promise<number> {
  const before = calls(world);
  await work();
  return calls(world) - before;
}

describe('a token that is refused', () => {
  it('is tried by one call, after a minute and later each time, and not by every scope', async () => {
    const world = await refused();
    // Those that were under way when it showed, each three times: it might have been a blip.
    expect(await callsDuring(world, () => world.sweep())).toBeLessThanOrEqual(16 * 3);
    // After 1, 3, 7, 15 and 30 minutes at the earliest, each three times.
    expect(await callsDuring(world, () => world.wait(30 * MINUTE_MS))).toBeLessThanOrEqual(5 * 3);
    expect(world.writes).toBe(ZONES.length);
  });

  it('is told once, when it lasts, and in the status', async () => {
    const world = await refused();
    await world.sweep();
    await world.wait(4 * MINUTE_MS);
    expect(world.told('token.refused')).toEqual([]);
    await world.wait(56 * MINUTE_MS);
    expect(world.told('token.refused')).toMatchObject([
      { error: { status: 403 }, since: expect.stringMatching(/T09:00:0/) },
    ]);
    expect(world.board.toJson()).toMatchObject({
      token: { refused_since: expect.stringMatching(/T09:00:0/) },
    });
  });

  it('never means that there are no jobs, and is told as accepted when it works again', async () => {
    const world = await refused();
    await world.sweep();
    await world.wait(60 * MINUTE_MS);
    world.sandbox.faults.clear();
    await world.wait(31 * MINUTE_MS);
    await world.sweep();
    expect(world.told('token.accepted')).toHaveLength(1);
    expect(world.board.toJson()).toMatchObject({ token: null });
    expect(world.writes).toBe(ZONES.length);
    expect(world.told('pass.finished').at(-1)?.summary).toMatchObject({ unreadable: 0, applied: 0 });
  });

  it('is tried for a person who asks, though it is not due by itself', async () => {
    const world = await refused();
    await world.sweep();
    await world.wait(20 * MINUTE_MS);
    world.sandbox.faults.clear();
    await world.wait(MINUTE_MS);
    await world.through(world.loop.lookAtAll('manual', 'change').then(() => world.loop.idle()));
    expect(world.told('pass.finished').at(-1)?.summary).toMatchObject({ unreadable: 0 });
  });

  it('of the only zone there is, is one too', async () => {
    const world = await refused(ZONES.slice(0, 1));
    await world.sweep();
    await world.wait(60 * MINUTE_MS);
    expect(world.told('token.refused')).toHaveLength(1);
  });

  it('for one zone of many is a missing right, and keeps nothing from the others', async () => {
    const world = await DaemonWorld.open({ zones: ZONES });
    world.write(ZONES, 'acme-logs');
    await world.sweep();
    const zone = world.sandbox.model.zones()[0]?.id ?? '';
    refuse(world, `/zones/${zone}/**`);
    for (let time = 0; time < 8; time += 1) {
      await world.wait(15 * MINUTE_MS);
      await world.sweep();
      expect(world.told('pass.finished').at(-1)?.summary).toMatchObject({ scopes: 23, unreadable: 1 });
    }
    expect(world.told('token.refused')).toEqual([]);
  });
});

describe('a token file', () => {
  it('that holds another token is used at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-token-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'token');
    await writeFile(path, 'the-old-token');
    const options: SandboxOptions = { zones: ['example.com'], token: 'the-new-token' };
    const world = await DaemonWorld.open(options, { kind: 'token-file', path });
    world.write(['example.com'], 'acme-logs');
    await world.sweep();
    expect(await callsDuring(world, () => world.sweep())).toBe(0);
    await writeFile(path, 'the-new-token');
    await world.sweep();
    expect(world.jobs('example.com')).toHaveLength(1);
  });
});
