import { describe, expect, it } from 'vitest';
import { NotAllowedError, RejectedError, UnreachableError } from '../../../src/reconcile/errors.ts';
import { FAILURE_KINDS, type FailureKind, termsOf } from '../../../src/reconcile/failure-kinds.ts';
import { World, type WorldOptions } from '../world.ts';

const A = 'a.example';
const ZONES = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.example`);
const MINUTE_MS = 60_000;
const REFUSED = new RejectedError({ action: 'create', status: 403, errors: [{ code: 1004, message: 'no' }] });
const GONE = new RejectedError(
  { action: 'write', status: 400, errors: [{ code: 1002, message: 'no such bucket' }] },
  'destination',
);

const OFFLINE = new UnreachableError({ action: 'create', cause: 'connection refused' });

const job = (name: string, fields: object = {}) => ({ name, ...fields });

async function opened(options?: WorldOptions): Promise<World> {
  const world = await World.open({ limits: { maxRemovals: 100 }, ...options });
  for (const zone of ZONES) world.cloudflare.zone(zone);
  return world;
}

describe('a change that Cloudflare refused', () => {
  async function refused(): Promise<World> {
    const world = await opened();
    world.write({ [A]: [job('one'), job('two')] });
    world.cloudflare.fail('create one', REFUSED, Infinity);
    await world.sweep();
    world.cloudflare.calls.length = 0;
    return world;
  }

  it('does not keep the other jobs of its scope from being written', async () => {
    const world = await refused();
    expect(world.cloudflare.names(A)).toEqual(['two']);
  });

  it('stays a failure, without a call and without another word for each pass', async () => {
    const world = await refused();
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.told('change.failed')).toHaveLength(1);
    expect(world.told('change.parked')).toMatchObject([
      { change: { name: 'one' }, error: REFUSED, retryAt: '2026-11-23T10:00:00.000Z' },
    ]);
    expect(world.told('pass.finished').at(-1)?.summary).toMatchObject({ failed: 1, applied: 0 });
  });

  it('is sent at once when the manifest says something else', async () => {
    const world = await refused();
    world.write({ [A]: [job('one', { max_upload_records: 2000 }), job('two')] });
    await world.change();
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });

  it('is sent at once when a job of its scope has gone, as there may be room for it now', async () => {
    const world = await refused();
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual([]);
    world.cloudflare.tamper('two', null, A);
    await world.sweep();
    expect(world.cloudflare.writes()).toContain('create one');
  });

  it('is sent again by a process of its own, as a person may have put right what was wrong', async () => {
    const world = await refused();
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });

  it('is sent at once when the live job is another', async () => {
    const world = await opened();
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.fail('update one', REFUSED, Infinity);
    world.write({ [A]: [job('one', { max_upload_records: 2000 })] });
    await world.change();
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual(['update one']);
    world.cloudflare.tamper('one', { max_upload_bytes: 5_000_000 }, A);
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual(['update one', 'update one']);
  });

  it('without saying so, in an answer that shows that nothing changed, is sent later each time', async () => {
    const world = await opened();
    await world.settle({ [A]: [job('one')] });
    world.cloudflare.show = (one) => ({ ...one, max_upload_records: 1000 });
    world.write({ [A]: [job('one', { max_upload_records: 2000 })] });
    await world.change();
    await world.wait(60 * MINUTE_MS);
    expect(world.cloudflare.writes()).toHaveLength(6);
    expect(world.told('change.failed').length).toBeLessThanOrEqual(6);
  });

  const kinds = (Object.keys(FAILURE_KINDS) as FailureKind[]).filter((kind) => termsOf(kind).wait !== null);

  it.each(kinds)(
    'of the kind %s is sent again when the time of its kind has come, and not before',
    async (kind) => {
      const firstMs = termsOf(kind).wait?.firstMs ?? 0;
      const longestMs = termsOf(kind).wait?.longestMs ?? 0;
      const world = await opened();
      world.write({ [A]: [job('one')] });
      world.cloudflare.fail(
        'create one',
        new RejectedError({ action: 'create', cause: 'no' }, kind),
        Infinity,
      );
      await world.sweep();
      await world.wait(firstMs - 1000);
      expect(world.cloudflare.writes()).toHaveLength(1);
      await world.wait(1000);
      expect(world.cloudflare.writes()).toHaveLength(2);
      await world.wait(Math.min(longestMs, 2 * firstMs) - 1000);
      expect(world.cloudflare.writes()).toHaveLength(2);
      await world.wait(1000);
      expect(world.cloudflare.writes()).toHaveLength(3);
    },
  );

  it.each([
    ['a right of its own', false, 1],
    ['the token as such', true, 2],
  ])('for want of %s waits or not (%s)', async (_, isOfToken, writes) => {
    const meaning = {
      kind: 'missing-right',
      says: 'A.',
      next: 'B.',
      ...(isOfToken && { isOfToken }),
    } as const;
    const errors = [{ code: 1004, message: 'no' }];
    const world = await opened();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail(
      'create one',
      new NotAllowedError({ action: 'create', status: 403, errors, meaning }),
      Infinity,
    );
    await world.sweep();
    await world.sweep();
    expect(world.cloudflare.writes()).toHaveLength(writes);
  });

  it('is forgotten once it is carried out', async () => {
    const world = await opened();
    world.write({ [A]: [job('one')] });
    world.cloudflare.fail('create one', REFUSED);
    await world.sweep();
    await world.wait(60 * MINUTE_MS);
    world.cloudflare.fail('create one', REFUSED);
    world.cloudflare.tamper('one', null, A);
    world.cloudflare.calls.length = 0;
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual(['create one']);
  });
});

describe('a destination', () => {
  const names = (zone: string): string => `http-${zone[0]}`;
  const to = (bucket: string) => (zone: string) =>
    job(names(zone), { destination_conf: `s3://${bucket}/${zone}/{DATE}?region=r` });
  const manifest = (write: (zone: string) => ReturnType<typeof job>, zones = ZONES) =>
    Object.fromEntries(zones.map((zone) => [zone, [write(zone)]]));

  /** One zone after the other, so that nothing is under way when the hold begins. */
  async function held(write = to('gone')): Promise<World> {
    const world = await opened();
    for (const key of ['first', 'second']) world.secrets.set(key, `${key}-of-the-keys`);
    for (const zone of ZONES) world.cloudflare.fail(`create ${names(zone)}`, GONE, Infinity);
    for (const count of [1, 2, 3, 4]) {
      world.write(manifest(write, ZONES.slice(0, count)));
      await world.change();
    }
    return world;
  }

  it('is held once three different jobs were refused because of it', async () => {
    const world = await held();
    expect(world.cloudflare.writes()).toHaveLength(3);
    expect(world.told('destination.held')).toMatchObject([
      { destination: 's3://gone', jobs: 3, error: GONE, retryAt: '2026-11-23T09:01:00.000Z' },
    ]);
    const [parked] = world.told('change.parked').slice(-1);
    expect(parked?.error.message).toContain('Nothing is written to s3://gone');
    expect(parked?.error.message).toContain('no such bucket');
  });

  it('is not held for one job that is refused again and again', async () => {
    const world = await opened();
    world.write(manifest(to('gone'), ZONES.slice(0, 1)));
    world.cloudflare.fail('create http-a', GONE, Infinity);
    await world.sweep();
    await world.wait(5 * 60 * MINUTE_MS);
    expect(world.cloudflare.writes().length).toBeGreaterThan(4);
    expect(world.told('destination.held')).toEqual([]);
  });

  it('is not held where jobs are refused for themselves, or one of them gets through', async () => {
    const world = await opened();
    for (const zone of ZONES) world.cloudflare.fail(`create ${names(zone)}`, REFUSED);
    world.write(manifest(to('fine')));
    await world.sweep();
    const second = await opened();
    second.cloudflare.fail('create http-a', GONE);
    second.cloudflare.fail('create http-b', GONE);
    second.cloudflare.fail('create http-d', GONE);
    for (const count of [1, 2, 3, 4]) {
      second.write(manifest(to('fine'), ZONES.slice(0, count)));
      await second.change();
    }
    expect([...world.told('destination.held'), ...second.told('destination.held')]).toEqual([]);
  });

  it('that is opened by another key is another one', async () => {
    const withKey = (key: string) => (zone: string) => {
      const keys = `access-key-id=\${secret:${key}}&secret-access-key=\${secret:${key}}`;
      return job(names(zone), { destination_conf: `s3://gone/${zone}/{DATE}?region=r&${keys}` });
    };
    const world = await held(withKey('first'));
    world.cloudflare.heal('create http-e');
    world.write({
      ...manifest(withKey('first'), ZONES.slice(0, 4)),
      ...manifest(withKey('second'), ZONES.slice(4)),
    });
    await world.change();
    expect(world.cloudflare.names('e.example')).toEqual(['http-e']);
  });

  it('stays held while what tries it is not heard of, and is tried once in that time', async () => {
    const world = await held();
    for (const zone of ZONES) {
      world.cloudflare.heal(`create ${names(zone)}`);
      world.cloudflare.fail(`create ${names(zone)}`, OFFLINE, Infinity);
    }
    world.cloudflare.calls.length = 0;
    await world.wait(MINUTE_MS);
    expect(world.cloudflare.writes()).toHaveLength(1);
    expect(world.told('destination.released')).toEqual([]);
  });

  it('is tried by one write alone, while the others wait for what becomes of it', async () => {
    const world = await held();
    for (const zone of ZONES) world.cloudflare.heal(`create ${names(zone)}`);
    world.cloudflare.calls.length = 0;
    const tries = ZONES.map((zone) => world.cloudflare.hold(`create ${names(zone)}`));
    await world.clock.advance(MINUTE_MS);
    await Promise.race(tries.map(({ sent }) => sent));
    const sweep = world.sweep();
    for (let turn = 0; turn < 50; turn += 1) await world.clock.advance(0);
    expect(world.cloudflare.writes()).toHaveLength(1);
    for (const { go } of tries) go();
    await sweep;
    expect(world.cloudflare.writes()).toHaveLength(4);
  });

  it('is released by the first write that gets through, and all others follow at once', async () => {
    const world = await held();
    for (const zone of ZONES) world.cloudflare.heal(`create ${names(zone)}`);
    await world.wait(MINUTE_MS);
    expect(world.told('destination.released')).toHaveLength(1);
    expect(ZONES.slice(0, 4).map((zone) => world.cloudflare.names(zone).length)).toEqual([1, 1, 1, 1]);
    expect(world.board.toJson()).toMatchObject({ held_destinations: [] });
  });

  it('is not released by an update that Cloudflare does not try it for', async () => {
    const world = await opened();
    await world.settle(manifest(to('gone')));
    for (const zone of ZONES) world.cloudflare.fail(`update ${names(zone)}`, GONE);
    world.write(
      manifest((zone) => job(names(zone), { destination_conf: `s3://gone/${zone}/new/{DATE}?region=r` })),
    );
    await world.change();
    world.write(
      manifest((zone) => ({
        ...to('gone')(zone),
        max_upload_records: 2000,
      })),
    );
    await world.change();
    await world.wait(MINUTE_MS);
    expect(world.told('destination.held')).toHaveLength(1);
    expect(world.told('destination.released')).toEqual([]);
  });

  it('is held for updates, and not for deletes', async () => {
    const world = await opened();
    await world.settle(manifest(to('gone')));
    for (const zone of ZONES.slice(0, 3)) world.cloudflare.fail(`update ${names(zone)}`, GONE);
    const changed = (zone: string) => ({ ...to('gone')(zone), max_upload_records: 2000 });
    world.write({ ...manifest(changed, ZONES.slice(0, 3)), ...manifest(to('gone'), ZONES.slice(3)) });
    await world.change();
    world.write({ ...manifest(changed, ZONES.slice(0, 4)), 'e.example': [] });
    world.cloudflare.calls.length = 0;
    await world.change();
    expect(world.cloudflare.writes()).toEqual(['delete http-e']);
  });
});
