import { describe, expect, it } from 'vitest';
import { createBudget, type Budget } from '../../../src/edges/cloudflare/budget.ts';
import { holdMsOf } from '../../../src/edges/cloudflare/ratelimit.ts';
import type { Priority } from '../../../src/reconcile/ports.ts';
import { ROUND_TRIP_MS, simulateDay } from './budget-day.ts';
import { bucket, fixedWindow, type Limiter } from './limiters.ts';
import { VirtualTime } from './virtual-time.ts';

/** Thousands of calls against guesses at Cloudflare's limiter, on virtual time (`performance.md` §2.4, §3.4). */

const QUOTA = { requests: 1200, windowSeconds: 300, share: 0.8 };
const MINUTE = 60_000;
const WINDOW = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const OPEN = new AbortController().signal;

const LIMITERS: readonly (readonly [string, () => Limiter])[] = [
  ['a window and then a block', () => fixedWindow(1200, WINDOW, WINDOW)],
  ['a window that starts at another time', () => fixedWindow(1200, WINDOW, WINDOW, 97_000)],
  ['a window', () => fixedWindow(1200, WINDOW)],
  ['a bucket', () => bucket(1200, WINDOW)],
];

class World {
  readonly time = new VirtualTime();
  readonly budget: Budget = createBudget(QUOTA, this.time);
  readonly waits: Record<Priority, number[]> = { change: [], retry: [], first: [], sweep: [] };
  refused = 0;
  answered = 0;
  readonly #limiter: Limiter;
  readonly #headers: boolean;
  #random = 42;

  constructor(limiter: Limiter, headers: boolean) {
    this.#limiter = limiter;
    this.#headers = headers;
  }

  /** One call, repeated until it is not refused. Gives the time from asking to the answer. */
  async call(priority: Priority): Promise<number> {
    const asked = this.time.monotonic();
    for (let front = false; ; front = true) {
      const permit = await this.budget.acquire(priority, OPEN, { front });
      if (!front) this.waits[priority].push(this.time.monotonic() - asked);
      await this.time.sleep(this.#latency() / 2, OPEN);
      const now = this.time.monotonic();
      const admitted = this.#limiter.admits(now);
      const { remaining, resetSeconds } = this.#limiter.left(now);
      await this.time.sleep(this.#latency() / 2, OPEN);
      const headers = this.#headers ? { ratelimit: `"default";r=${remaining};t=${resetSeconds}` } : {};
      this.budget.observe(headers);
      if (!admitted) {
        this.refused += 1;
        this.budget.hold(holdMsOf(headers, this.time.now()));
      }
      permit.release();
      if (admitted) {
        this.answered += 1;
        return this.time.monotonic() - asked;
      }
    }
  }

  /** Somebody else with the same token. */
  async stranger(everyMs: number): Promise<void> {
    for (;;) {
      await this.time.sleep(everyMs, OPEN);
      this.#limiter.admits(this.time.monotonic());
    }
  }

  #latency(): number {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31;
    return 105 + (90 * this.#random) / 2 ** 31;
  }
}

describe.each(LIMITERS)('against %s', (_, limiter) => {
  describe.each([true, false])('with headers: %s', (headers) => {
    it('4,000 changes meet no 429 and take 20 minutes', async () => {
      const world = new World(limiter(), headers);
      for (let n = 0; n < 4000; n += 1) void world.call('change');
      await world.time.run(2 * HOUR);
      expect([world.refused, world.answered]).toEqual([0, 4000]);
      const slowest = Math.max(...world.waits.change);
      expect(slowest).toBeGreaterThan(4 * 301_000 - 1);
      expect(slowest).toBeLessThan(22 * MINUTE);
    });

    it('a first pass, two sweeps and a stream of changes meet no 429', async () => {
      const world = new World(limiter(), headers);
      for (let n = 0; n < 1000; n += 1) void world.call('first');
      for (let n = 0; n < 1000; n += 1) void world.call('sweep');
      for (let n = 0; n < 200; n += 1) {
        await world.time.run(n * 30_000);
        void world.call('change');
        if (n === 90) for (let m = 0; m < 1000; m += 1) void world.call('sweep');
      }
      await world.time.run(4 * HOUR);
      expect([world.refused, world.answered]).toEqual([0, 3200]);
    });

    it('a stranger with half a call a second on the same token gets no 429 from us', async () => {
      const world = new World(limiter(), headers);
      void world.stranger(2000);
      for (let n = 0; n < 3000; n += 1) void world.call('change');
      await world.time.run(2 * HOUR);
      expect([world.refused, world.answered]).toEqual([0, 3000]);
    });
  });

  it('a change waits less than two round trips while a sweep of 1,000 runs', async () => {
    const world = new World(limiter(), true);
    for (let n = 0; n < 1000; n += 1) void world.call('sweep');
    const latencies: number[] = [];
    for (let second = 0; second < 900; second += 7) {
      await world.time.run(second * 1000);
      void world.call('change').then((ms) => latencies.push(ms));
    }
    await world.time.run(HOUR);
    expect(latencies).toHaveLength(129);
    expect(Math.max(...world.waits.change)).toBeLessThan(2 * 195);
    expect(world.refused).toBe(0);
    expect(world.answered).toBe(1129);
  });
});

describe('a token that others exhaust', () => {
  it.each([true, false])(
    'meets few 429, and sends nothing while it is told to wait (headers: %s)',
    async (headers) => {
      const limiter = fixedWindow(1200, WINDOW, WINDOW);
      const world = new World(limiter, headers);
      void world.stranger(200);
      for (let n = 0; n < 500; n += 1) void world.call('change');
      await world.time.run(2 * HOUR);
      // 1,500 calls in each window of 1,200: blocked a good part of the time, whatever we do.
      expect(world.refused).toBeLessThan(40);
    },
  );
});

/** Two hours of what `node bench/budget.ts` runs for a day. */
describe.each([true, false])('the client over hours, with headers: %s', (headers) => {
  it('meets no 429 beside bursts of somebody else, and a change waits less than two round trips', async () => {
    const report = await simulateDay({ hours: 2, zones: 1000, burst: 150, headers });
    expect([report.refused, report.strangersRefused]).toEqual([0, 0]);
    expect(Math.max(report.peak.sliding, report.peak.fixed)).toBeLessThanOrEqual(1200);
    expect([report.sweeps, report.edits]).toEqual([expect.any(Number), 1]);
    expect(report.sweeps).toBeGreaterThan(2);
    expect(report.waits.length).toBeGreaterThan(50);
    expect(Math.max(...report.waits)).toBeLessThan(2 * ROUND_TRIP_MS.most);
  }, 120_000);
});
