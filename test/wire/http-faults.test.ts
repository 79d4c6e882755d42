import { describe, expect, it } from 'vitest';
import { HTTP_FAULTS, type HttpFault } from './http-faults.ts';
import { meddlingWith } from './raw-cloudflare.ts';
import { WireWorld } from './wire-world.ts';

/** Long enough for nothing that is to be answered: only requests that never are get it. */
const SHORT_MS = 50;

const BEFORE = ['{ name: kept }', '{ name: changed, max_upload_records: 1000 }', '{ name: removed }'];
const AFTER = ['{ name: kept }', '{ name: changed, max_upload_records: 2000 }', '{ name: made }'];
const DESIRED = ['changed 2000', 'kept', 'made'];

/** In sync with three jobs; the manifest now wants one made, one changed and one removed. */
async function withWorkToDo(): Promise<WireWorld> {
  const world = await WireWorld.open();
  world.wants(...BEFORE);
  await world.pass();
  expect(world.jobs()).toEqual(['changed 1000', 'kept', 'removed']);
  world.wants(...AFTER);
  return world;
}

function strike(
  world: WireWorld,
  { strike: meddler, isEndless }: HttpFault,
  method: string,
  times?: number,
): void {
  if (isEndless) {
    const usual = world.timeoutMs;
    world.timeoutMs = (one) => (one === method ? SHORT_MS : usual(one));
  }
  world.cloudflare.meddle(meddlingWith((request) => request.method === method, meddler, times));
}

async function heal(world: WireWorld): Promise<void> {
  world.cloudflare.meddle(({ carryOut, socket }) => socket.write(carryOut()));
  world.timeoutMs = () => 60_000;
  await world.settle();
}

const named = (faults: readonly HttpFault[]) =>
  faults.map((fault) => [fault.row, fault.name, fault] as const);

it.each(named(HTTP_FAULTS.filter(({ isForWrites }) => isForWrites !== true)))(
  '%s %s to a listing lets nothing be written, and is forgotten with the next pass',
  async (_row, _name, fault) => {
    const world = await withWorkToDo();
    const before = world.writes().length;
    strike(world, fault, 'GET');
    const result = await world.pass();
    expect(world.writes().length).toBe(before);
    expect(result.unreadable).toHaveLength(1);
    await heal(world);
    expect(world.jobs()).toEqual(DESIRED);
    expect(world.cloudflare.made()).toBe(4);
  },
);

it.each(named(HTTP_FAULTS))(
  '%s %s to a create leads to one job, and to no second request where the first may have arrived',
  async (_row, _name, fault) => {
    const world = await withWorkToDo();
    strike(world, fault, 'POST', 1);
    await world.pass();
    const creates = world.writes().filter((method) => method === 'POST').length - BEFORE.length;
    expect(creates <= 1 || fault.isRefusal).toBe(true);
    await heal(world);
    expect(world.jobs()).toEqual(DESIRED);
    expect(world.cloudflare.made()).toBe(4);
  },
);

describe.each(['PUT', 'DELETE'])('a %s', (method) => {
  it.each(named(HTTP_FAULTS))('hit by %s %s is made good, and makes no job', async (_row, _name, fault) => {
    const world = await withWorkToDo();
    strike(world, fault, method, 1);
    await world.pass();
    await heal(world);
    expect(world.jobs()).toEqual(DESIRED);
    expect(world.cloudflare.made()).toBe(4);
  });
});
