import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AT_ONCE, ElectionWorld, type Fate, TIMES } from './election-world.ts';

const NEVER: Fate = { doneAfterMs: null, answeredAfterMs: null };
const LOST: Fate = { doneAfterMs: 0, answeredAfterMs: null };

/** A replica that leads and may write, and one that stands by. */
async function ledWorld() {
  const world = new ElectionWorld();
  const [leader, other] = [world.add(), world.add()];
  leader.start();
  await world.pass(31_000);
  other.start();
  await world.pass(6_000);
  expect(world.writing).toEqual([leader.name]);
  return { world, leader, other };
}

describe('an elector', () => {
  it('takes a Lease that nobody ever held, and writes when a holder of before would know', async () => {
    const world = new ElectionWorld();
    const replica = world.add().start();
    await world.pass(29_999);
    expect([replica.isLeading, world.writing]).toEqual([true, []]);
    await world.pass(1);
    expect(world.writing).toEqual(['r0']);
  });

  it('stands by while another one renews, for as long as it does', async () => {
    const { world, leader, other } = await ledWorld();
    await world.pass(3_600_000, () => expect(other.isLeading).toBe(false));
    expect(leader.types()).toEqual(['leader.standby', 'leader.elected']);
    expect(other.types()).toEqual(['leader.standby']);
  });

  it('gives the Lease back when it ends, and the next one writes within a retry period and a fifth', async () => {
    const { world, leader } = await ledWorld();
    leader.stop();
    await world.pass(6_000);
    expect(world.writing).toEqual(['r1']);
    expect(leader.types().at(-1)).toBe('leader.released');
  });

  it('leaves the Lease to expire while something is under way', async () => {
    const { world, leader, other } = await ledWorld();
    leader.drains = false;
    leader.stop();
    await world.pass(24_000);
    expect(other.isLeading).toBe(false);
    await world.pass(12_000);
    expect([other.isLeading, world.writing]).toEqual([true, []]);
  });

  it('takes over from one that crashed after the duration of the Lease, and writes after 126 s at the latest', async () => {
    const { world, leader } = await ledWorld();
    leader.pause(Infinity);
    await world.pass(120_000 - 6_000);
    expect(world.writing).toEqual([]);
    await world.pass(12_000);
    expect(world.writing).toEqual(['r1']);
  });

  it('stops to write 25 s after its last good renewal, whatever hangs, and stands by', async () => {
    const { world, leader } = await ledWorld();
    world.fateOf = (replica) => (replica === leader ? NEVER : AT_ONCE);
    await world.pass(25_001);
    expect([leader.isLeading, world.writing]).toEqual([false, []]);
    expect(leader.types()).toContain('leader.lost');
    await world.pass(100_000);
    expect(world.writing).toEqual(['r1']);
    world.fateOf = () => AT_ONCE;
    await world.pass(60_000);
    expect(world.writing).toEqual(['r1']);
  });

  it('may write at once after a short outage', async () => {
    const { world } = await ledWorld();
    world.fateOf = () => NEVER;
    await world.pass(10_000);
    world.fateOf = () => AT_ONCE;
    await world.pass(10_000);
    expect(world.writing).toEqual(['r0']);
  });

  it('does not write on waking from a pause that was longer than its Lease', async () => {
    const { world, leader } = await ledWorld();
    leader.pause(35_000);
    await world.pass(34_999);
    expect(leader.elector.gate.mayWrite()).toBe(false);
    await world.pass(20_000);
    expect(leader.elector.gate.mayWrite()).toBe(false);
    expect(leader.types().slice(-2)).toEqual(['leader.lost', 'leader.standby']);
  });

  it('does not write on a machine that slept, whose monotonic clock stood still', async () => {
    const { world, leader } = await ledWorld();
    leader.wallMs += 2_001;
    expect(world.writing).toEqual([]);
    await world.pass(6_000);
    expect(world.writing).toEqual(['r0']);
  });

  it('knows its own renewal whose answer was lost', async () => {
    const { world, leader } = await ledWorld();
    let losses = 1;
    world.fateOf = (replica) => (replica === leader && losses-- > 0 ? LOST : AT_ONCE);
    await world.pass(30_000);
    expect(leader.types()).not.toContain('leader.lost');
    expect(world.writing).toEqual(['r0']);
  });

  it('keeps the quiet time when the answer of taking the Lease was lost', async () => {
    const { world, leader, other } = await ledWorld();
    leader.pause(Infinity);
    const isTaking = (): boolean => world.lease?.record.holderIdentity === 'r0';
    world.fateOf = (replica, verb) => (replica === other && verb === 'write' && isTaking() ? LOST : AT_ONCE);
    await world.pass(60_000, () => expect(other.elector.gate.mayWrite()).toBe(false));
    expect(other.isLeading).toBe(true);
  });

  it.each([
    ['deleted', null],
    ['emptied by hand', { holderIdentity: '', leaseDurationSeconds: 30 }],
    ['given to nobody that there is', { holderIdentity: 'nobody', leaseDurationSeconds: 5 }],
    ['made to last a second', { leaseDurationSeconds: 1 }],
  ])('never lets two write when the Lease is %s', async (_, spec) => {
    const { world } = await ledWorld();
    if (spec === null) world.lease = null;
    else world.put({ ...world.lease!.record, ...spec });
    const seen = (): void => expect(world.writing.length).toBeLessThan(2);
    await world.pass(300_000, seen);
    expect(world.writing).toHaveLength(1);
  });

  it('takes the Lease once where all look at the same moment', async () => {
    const world = new ElectionWorld();
    for (let count = 5; count > 0; count--) world.add().start();
    await world.pass(40_000);
    expect(world.replicas.filter(({ isLeading }) => isLeading)).toHaveLength(1);
  });
});

describe('electors whose clocks differ by half, with pauses, partitions, lost and late answers', () => {
  const trouble = fc.record({
    who: fc.nat(4),
    afterMs: fc.integer({ min: 0, max: 60_000 }),
    what: fc.constantFrom('pause', 'away', 'lost', 'late', 'stop', 'delete', 'edit'),
    forMs: fc.integer({ min: 0, max: 120_000 }),
  });

  it('are never two that may write, and one again when all is well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.8, max: 1.2, noNaN: true }), { minLength: 2, maxLength: 5 }),
        fc.array(trouble, { maxLength: 12 }),
        async (rates, troubles) => {
          const world = new ElectionWorld();
          const until = new Map<string, { readonly ms: number; readonly fate: Fate }>();
          world.fateOf = ({ name }) => {
            const now = until.get(name);
            return now !== undefined && now.ms > world.nowMs ? now.fate : AT_ONCE;
          };
          for (const rate of rates) world.add({ rate, random: () => (world.nowMs % 97) / 97 }).start();
          const check = (): void => expect(world.writing.length).toBeLessThan(2);
          const stopped = new Set<string>();
          for (const { who, afterMs, what, forMs } of troubles) {
            for (let left = afterMs; left > 0; left -= 5_000) await world.pass(Math.min(left, 5_000), check);
            const replica = world.replicas[who % rates.length]!;
            const fates: Record<string, Fate> = {
              away: NEVER,
              lost: LOST,
              late: { doneAfterMs: forMs / 4, answeredAfterMs: forMs / 4 },
            };
            const fate = fates[what];
            if (fate !== undefined) until.set(replica.name, { ms: world.nowMs + forMs, fate });
            if (what === 'pause') replica.pause(forMs);
            if (what === 'delete') world.lease = null;
            if (what === 'edit' && world.lease !== null)
              world.put({ ...world.lease.record, leaseDurationSeconds: forMs % 60 });
            if (what !== 'stop' || stopped.size === rates.length - 1) continue;
            replica.stop();
            stopped.add(replica.name);
          }
          for (let left = 120; left > 0; left--) await world.pass(5_000, check);
          expect(world.writing).toHaveLength(1);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('renew often enough for a clock that is half as fast again', () => {
    expect(TIMES.leaseDurationMs / TIMES.renewDeadlineMs).toBeGreaterThanOrEqual(1.5);
  });
});
