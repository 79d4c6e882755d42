import { describe, expect, it } from 'vitest';
import { Retries } from '../../../src/reconcile/loop/retries.ts';
import { ManualClock } from '../../manual-clock.ts';

function setUp(random = 1) {
  const clock = new ManualClock();
  const stop = new AbortController();
  return { clock, stop, retries: new Retries(clock, () => random, stop.signal) };
}

describe('retries of a scope', () => {
  it('wait 5 s, then twice as long each time, up to 15 min', async () => {
    const { clock, retries } = setUp();
    const waits: number[] = [];
    for (let failure = 0; failure < 10; failure += 1) {
      retries.after('zone.a', () => undefined);
      waits.push(clock.nextWakeMs ?? -1);
      await clock.advance(clock.nextWakeMs ?? 0);
    }
    expect(waits).toEqual([
      5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 900_000, 900_000,
    ]);
  });

  it('are spread over the whole wait', () => {
    for (const random of [0, 0.25, 0.999]) {
      const { clock, retries } = setUp(random);
      retries.after('zone.a', () => undefined);
      expect(clock.nextWakeMs).toBe(5_000 * random);
    }
  });

  it('happen once, however often the scope failed in the meantime', async () => {
    const { clock, retries } = setUp();
    let again = 0;
    retries.after('zone.a', () => (again += 1));
    retries.after('zone.a', () => (again += 1));
    await clock.advance(60_000);
    expect(again).toBe(1);
  });

  it('start from the beginning after a success', () => {
    const { clock, retries } = setUp();
    retries.after('zone.a', () => undefined);
    retries.succeeded('zone.a');
    retries.after('zone.b', () => undefined);
    expect(clock.nextWakeMs).toBe(5_000);
  });

  it('do not happen once the loop stops', async () => {
    const { clock, stop, retries } = setUp();
    let again = 0;
    retries.after('zone.a', () => (again += 1));
    stop.abort();
    await clock.advance(60_000);
    expect(again).toBe(0);
    expect(clock.sleeping).toBe(0);
  });
});
