import { beforeEach, describe, expect, it } from 'vitest';
import { createBudget, type Budget, type Permit } from '../../../src/edges/cloudflare/budget.ts';
import { PRIORITIES, type Priority } from '../../../src/reconcile/ports.ts';
import { VirtualTime } from './virtual-time.ts';

const QUOTA = { requests: 100, windowSeconds: 300, share: 0.8 };
const WINDOW_MS = 301_000;
const OPEN = new AbortController().signal;

let time: VirtualTime;
let budget: Budget;
let sent: { priority: Priority; at: number; label: string }[];

beforeEach(() => {
  time = new VirtualTime();
  budget = createBudget(QUOTA, time);
  sent = [];
});

/** Asks for calls that are answered at once. */
function ask(priority: Priority, count = 1, label = priority as string): void {
  for (let n = 0; n < count; n += 1) {
    void budget.acquire(priority, OPEN).then((permit) => {
      sent.push({ priority, at: time.monotonic(), label });
      permit.release();
    });
  }
}

/** Asks for calls that stay in flight. */
async function hold(priority: Priority, count: number): Promise<Permit[]> {
  const permits: Permit[] = [];
  for (let n = 0; n < count; n += 1) {
    void budget.acquire(priority, OPEN).then((permit) => permits.push(permit));
  }
  await time.run(time.monotonic());
  return permits;
}

const sentBy = (priority: Priority) => sent.filter((one) => one.priority === priority).length;

describe('the sliding log', () => {
  it('lets the share of the quota go at once, and the rest when the first leave the window', async () => {
    ask('change', 100);
    await time.run(WINDOW_MS - 1);
    expect(sent).toHaveLength(80);
    await time.run(WINDOW_MS);
    expect(sent).toHaveLength(100);
  });

  it('never has more than the share in any trailing window', async () => {
    for (let minute = 0; minute < 40; minute += 1) {
      ask('change', (minute * 7) % 23);
      ask('sweep', (minute * 5) % 17);
      await time.run((minute + 1) * 60_000);
    }
    await time.run(7_200_000);
    for (const { at } of sent) {
      const inWindow = sent.filter((other) => other.at > at - WINDOW_MS && other.at <= at);
      expect(inWindow.length).toBeLessThanOrEqual(80);
    }
    expect(sent.length).toBeGreaterThan(500);
  });

  it.each([
    ['retry', 10],
    ['first', 50],
    ['sweep', 25],
  ] as const)('keeps the %s class to %i %% of the quota', async (priority, most) => {
    ask(priority, 100);
    await time.run(WINDOW_MS - 1);
    expect(sent).toHaveLength(most);
  });

  it('keeps a tenth of the quota for changes, whatever the rest wants', async () => {
    for (const priority of ['retry', 'first', 'sweep'] as const) ask(priority, 100);
    await time.run(1000);
    expect(sent).toHaveLength(70);
    ask('change', 20);
    await time.run(2000);
    expect(sentBy('change')).toBe(10);
  });

  it('lets at least one of each class go when the quota is tiny', async () => {
    budget = createBudget({ requests: 2, windowSeconds: 300, share: 0.5 }, time);
    for (const priority of PRIORITIES) ask(priority);
    await time.run(4 * WINDOW_MS);
    expect(sent.map(({ priority }) => priority)).toEqual(['change', 'retry', 'first', 'sweep']);
  });

  it('sends no more than 150 in a second', async () => {
    budget = createBudget({ requests: 10_000, windowSeconds: 300, share: 1 }, time);
    ask('change', 400);
    await time.run(999);
    expect(sent).toHaveLength(150);
    await time.run(2000);
    expect(sent).toHaveLength(400);
  });
});

describe('a wait that a person would notice', () => {
  let told: number[];

  beforeEach(() => {
    told = [];
    budget = createBudget(QUOTA, time, (ms) => void told.push(ms));
  });

  it('is told once, with how long it takes, when the quota is used up', async () => {
    ask('change', 85);
    await time.run(1000);
    expect(told).toEqual([WINDOW_MS]);
    await time.run(2 * WINDOW_MS);
    expect(sent).toHaveLength(85);
    expect(told).toHaveLength(1);
  });

  it('is told when Cloudflare asks for it, and only if a call waits', async () => {
    budget.hold(30_000);
    expect(told).toEqual([]);
    ask('change', 3);
    await time.run(60_000);
    expect(told).toEqual([30_000]);
  });

  it('is not told where it is short', async () => {
    budget.hold(1000);
    ask('change', 1);
    await time.run(5000);
    expect(told).toEqual([]);
  });
});

describe('order', () => {
  it('is by class, and by arrival within one', async () => {
    const permits = await hold('change', 16);
    for (const label of ['a', 'b']) {
      for (const priority of [...PRIORITIES].toReversed()) ask(priority, 1, `${priority} ${label}`);
    }
    for (const permit of permits) permit.release();
    await time.run(1000);
    expect(sent.map(({ label }) => label)).toEqual(
      PRIORITIES.flatMap((priority) => [`${priority} a`, `${priority} b`]),
    );
  });

  it('puts a call that had its turn already ahead of its class', async () => {
    const permits = await hold('change', 16);
    ask('sweep', 1, 'new');
    void budget.acquire('sweep', OPEN, { front: true }).then((permit) => {
      sent.push({ priority: 'sweep', at: 0, label: 'again' });
      permit.release();
    });
    for (const permit of permits) permit.release();
    await time.run(1000);
    expect(sent.map(({ label }) => label)).toEqual(['again', 'new']);
  });

  it('lets a class with room pass one whose part is used up', async () => {
    ask('retry', 20);
    ask('sweep', 5);
    await time.run(1000);
    expect([sentBy('retry'), sentBy('sweep')]).toEqual([10, 5]);
  });

  it('lets nothing pass a change that waits', async () => {
    ask('change', 81);
    ask('sweep', 1);
    await time.run(WINDOW_MS - 1);
    expect(sent).toHaveLength(80);
    expect(sentBy('sweep')).toBe(0);
  });
});

describe('calls in flight', () => {
  it('are 16 at most, of which changes find four that nothing else takes', async () => {
    expect(await hold('first', 30)).toHaveLength(12);
    expect(await hold('change', 30)).toHaveLength(4);
    expect(budget.snapshot()).toMatchObject({ inFlight: 16, waiting: { change: 26, first: 18 } });
  });

  it('make room once when they are released, however often they say so', async () => {
    const [permit] = await hold('change', 30);
    permit?.release();
    permit?.release();
    await time.run(1000);
    expect(budget.snapshot()).toMatchObject({ inFlight: 16, waiting: { change: 13 } });
  });
});

describe('a caller that gives up', () => {
  it('leaves the queue and takes nothing from the budget', async () => {
    const permits = await hold('change', 16);
    const stop = new AbortController();
    const waiting = budget.acquire('change', stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    for (const permit of permits) permit.release();
    expect(budget.snapshot()).toMatchObject({ used: 16, inFlight: 0, waiting: { change: 0 } });
  });

  it('is refused when it had given up before', async () => {
    await expect(budget.acquire('change', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(budget.snapshot()).toMatchObject({ used: 0 });
  });

  it('lets those behind it go', async () => {
    ask('change', 80);
    await time.run(1000);
    const stop = new AbortController();
    void budget.acquire('change', stop.signal).catch(() => undefined);
    ask('change', 1, 'behind');
    stop.abort();
    await time.run(WINDOW_MS + 1);
    expect(sent.at(-1)).toMatchObject({ label: 'behind', at: WINDOW_MS });
  });
});

describe('the rate-limit headers', () => {
  const headers = (remaining: number, resetSeconds: number, policy = 'q=100;w=300') => ({
    ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
    'ratelimit-policy': `"default";${policy}`,
  });

  it('stop us while others have used what is left, until the reset', async () => {
    budget.observe(headers(20, 40));
    ask('change', 1);
    await time.run(39_999);
    expect(sent).toHaveLength(0);
    await time.run(40_000);
    expect(sent).toHaveLength(1);
  });

  it('let us use what is above the part left to people', async () => {
    budget.observe(headers(25, 40));
    ask('change', 10);
    await time.run(39_999);
    expect(sent).toHaveLength(5);
  });

  it('count what was in flight when they came as spent', async () => {
    const permits = await hold('change', 4);
    budget.observe(headers(25, 40));
    for (const permit of permits) permit.release();
    ask('change', 10);
    await time.run(39_999);
    expect(sent).toHaveLength(2);
  });

  it('never give us more than our own log does', async () => {
    budget.observe(headers(1_000_000, 300, 'q=1000000;w=1'));
    ask('change', 100);
    await time.run(WINDOW_MS - 1);
    expect(sent).toHaveLength(80);
  });

  it.each([{}, { ratelimit: 'nonsense' }, { ratelimit: '"default";t=300' }])(
    'say nothing as %o',
    async (said) => {
      budget.observe(said);
      ask('change', 80);
      await time.run(1);
      expect(sent).toHaveLength(80);
    },
  );

  it('are shown while they hold', async () => {
    budget.observe(headers(25, 40));
    expect(budget.snapshot().remaining).toBe(25);
    await time.run(40_000);
    expect(budget.snapshot().remaining).toBeUndefined();
  });
});

describe('a 429', () => {
  it('holds every class for as long as it says', async () => {
    budget.hold(30_000);
    expect(budget.snapshot().heldMs).toBe(30_000);
    for (const priority of PRIORITIES) ask(priority);
    await time.run(29_999);
    expect(sent).toEqual([]);
    await time.run(30_000);
    expect(sent).toHaveLength(4);
  });

  it('lets one call go alone afterwards, and the others when it is answered', async () => {
    budget.hold(30_000);
    const waiting = hold('change', 10);
    await time.run(60_000);
    const [probe] = await waiting;
    expect(budget.snapshot()).toMatchObject({ inFlight: 1, waiting: { change: 9 } });
    probe?.release();
    await time.run(60_000);
    expect(budget.snapshot()).toMatchObject({ inFlight: 9, waiting: { change: 0 } });
  });

  it('holds again when that call meets one too', async () => {
    budget.hold(30_000);
    const waiting = hold('change', 10);
    await time.run(30_000);
    const [probe] = await waiting;
    budget.hold(300_000);
    probe?.release();
    await time.run(329_999);
    expect(budget.snapshot()).toMatchObject({ inFlight: 0, waiting: { change: 9 } });
    await time.run(330_000);
    expect(budget.snapshot()).toMatchObject({ inFlight: 1 });
  });

  it('is not shortened by a later one that asks for less', async () => {
    budget.hold(300_000);
    budget.hold(1_000);
    expect(budget.snapshot().heldMs).toBe(300_000);
  });

  it('halves the share down to a quarter, once for all calls that meet the same block', async () => {
    budget.hold(1_000);
    budget.hold(1_000);
    expect(budget.snapshot()).toMatchObject({ share: 0.4, limit: 40 });
    await time.run(1_000);
    budget.hold(1_000);
    expect(budget.snapshot()).toMatchObject({ share: 0.25, limit: 25 });
  });

  it('is forgiven by 5 % of the quota for each clean window', async () => {
    budget.hold(1_000);
    await time.run(1_000 + 300_000);
    expect(budget.snapshot().share).toBeCloseTo(0.45);
    await time.run(1_000 + 3 * 300_000);
    expect(budget.snapshot().share).toBeCloseTo(0.55);
    await time.run(100 * 300_000);
    expect(budget.snapshot().share).toBe(0.8);
  });

  it('never raises a share that was set below a quarter', () => {
    budget = createBudget({ ...QUOTA, share: 0.1 }, time);
    budget.hold(1_000);
    expect(budget.snapshot().share).toBe(0.1);
  });
});
