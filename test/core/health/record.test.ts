import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HealthRecord, judge, type Judgement } from '../../../src/core/health/record.ts';
import { healthRules } from '../../../src/core/health/rules.ts';
import { aLiveJob } from '../../builders.ts';

const START = Date.parse('2026-11-20T00:00:00Z');
const MINUTES = 60_000;
const HOURS = 60 * MINUTES;

const time = (ms: number): string => new Date(START + ms).toISOString();

interface Look {
  /** Since the start, in milliseconds. */
  readonly at: number;
  readonly complete?: number;
  readonly error?: number;
  readonly enabled?: boolean;
  readonly missing?: true;
  readonly written?: true;
  readonly wanted?: boolean;
}

/** All that is judged, in turn. */
function judged(...looks: readonly Look[]): readonly Judgement[] {
  let record: HealthRecord | undefined;
  return looks.map(({ at, complete, error, enabled = true, missing, written, wanted = true }) => {
    const delivery = {
      lastComplete: complete === undefined ? null : time(complete),
      lastError: error === undefined ? null : time(error),
      errorMessage: error === undefined ? null : 'DNSError (1105)',
    };
    const live = missing ? null : aLiveJob({ fields: { enabled }, delivery });
    const isWritten = written ?? false;
    const one = judge(
      record,
      { name: 'http', live, wantsEnabled: wanted, at: time(at), isWritten },
      healthRules(),
    );
    record = one.record;
    return one;
  });
}

const last = (...looks: readonly Look[]): Judgement => judged(...looks).at(-1)!;

describe('a change of health', () => {
  it('is told once, with what it was before', () => {
    const news = judged(
      { at: 0, complete: 0 },
      { at: 5 * MINUTES, complete: 0, error: 4 * MINUTES },
      { at: 10 * MINUTES, complete: 0, error: 9 * MINUTES },
      { at: 15 * MINUTES, complete: 14 * MINUTES },
    ).map((one) => one.news.changed?.from);
    expect(news).toEqual([undefined, 'healthy', undefined, 'failing']);
  });

  it('is told of a job that is in trouble when it is first seen', () => {
    expect(last({ at: 0, error: 0 }).news.changed).toEqual({ from: null });
    expect(last({ at: 0, complete: 0 }).news.changed).toBeUndefined();
  });

  it('is not told where neither state is a trouble', () => {
    const news = judged(
      { at: 0, missing: true },
      { at: MINUTES },
      { at: HOURS, complete: HOURS },
      { at: 2 * HOURS, complete: 2 * HOURS, enabled: false, wanted: false },
    );
    expect(news.map(({ health }) => health.state)).toEqual(['unknown', 'never_ran', 'healthy', 'off']);
    expect(news.map((one) => one.news.changed)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('keeps since when the state is so', () => {
    const { health } = last(
      { at: 0, complete: 0 },
      { at: 5 * MINUTES, complete: 0, error: 4 * MINUTES },
      { at: 10 * MINUTES, complete: 0, error: 9 * MINUTES },
    );
    expect(health.since).toBe(time(5 * MINUTES));
  });
});

describe('a job that somebody has enabled again', () => {
  it('is not called failing for what went wrong before', () => {
    const disabled = { at: 30 * HOURS, complete: 0, error: 24 * HOURS, enabled: false };
    const enabled = { complete: 0, error: 24 * HOURS };
    const looks = judged(
      disabled,
      { at: 31 * HOURS, ...enabled },
      { at: 31 * HOURS + 14 * MINUTES, ...enabled },
      { at: 31 * HOURS + 15 * MINUTES, ...enabled },
    );
    expect(looks.map(({ health }) => health.state)).toEqual([
      'disabled_by_cloudflare',
      'unknown',
      'unknown',
      'failing',
    ]);
  });
});

describe('a gap', () => {
  it('of a failing job begins with its last delivery, and is late, not lost, when it delivers again', () => {
    const [, failing, healed] = judged(
      { at: 0, complete: 0 },
      { at: 3 * HOURS, complete: 1 * HOURS, error: 2 * HOURS },
      { at: 4 * HOURS, complete: 4 * HOURS },
    );
    expect(failing?.news.gapBegan).toEqual({ from: time(1 * HOURS), reason: 'failing', isLost: false });
    expect(failing?.health.delivered.day).toBeCloseTo(1 / 3);
    expect(healed?.news.gapEnded).toMatchObject({
      from: time(1 * HOURS),
      to: time(4 * HOURS),
      isLost: false,
    });
    expect(healed?.health).toMatchObject({ gap: null, delivered: { day: 1 } });
  });

  it('becomes a loss when Cloudflare disables the job, and ends when it is enabled again', () => {
    const [, , disabled, enabled] = judged(
      { at: 0, complete: 0 },
      { at: 2 * HOURS, complete: 0, error: 2 * HOURS },
      { at: 30 * HOURS, complete: 0, error: 24 * HOURS, enabled: false },
      { at: 40 * HOURS, complete: 0, error: 24 * HOURS, written: true },
    );
    expect(disabled?.health).toMatchObject({
      state: 'disabled_by_cloudflare',
      gap: { from: time(0), reason: 'disabled_by_cloudflare', isLost: true },
    });
    expect(disabled?.news.gapBegan).toBeUndefined();
    expect(enabled?.news.gapEnded).toMatchObject({ from: time(0), to: time(40 * HOURS), isLost: true });
    expect(enabled?.health).toMatchObject({ state: 'unknown', gap: null, delivered: { day: 0, month: 0 } });
  });

  it('that is over is not begun again before its end', () => {
    const { health, news } = last(
      { at: 0, complete: 0 },
      { at: 1 * HOURS, complete: 0, enabled: false },
      { at: 2 * HOURS, complete: 0, written: true },
      { at: 3 * HOURS, complete: 0, error: 3 * HOURS },
    );
    expect(news.gapBegan).toEqual({ from: time(2 * HOURS), reason: 'failing', isLost: false });
    expect(health.gaps).toMatchObject([{ from: time(0), to: time(2 * HOURS), isLost: true }]);
  });

  it('of a job that is not there any more begins with the last delivery that was seen', () => {
    const [, gone, back] = judged(
      { at: 0, complete: 0 },
      { at: 2 * HOURS, missing: true },
      { at: 3 * HOURS, written: true },
    );
    expect(gone?.news.gapBegan).toEqual({ from: time(0), reason: 'missing', isLost: true });
    expect(back?.news.gapEnded).toMatchObject({ to: time(3 * HOURS) });
  });

  it('is none where the job was never there, or the manifest wants it off', () => {
    expect(last({ at: 0, missing: true }, { at: HOURS, missing: true }).health.gap).toBeNull();
    const off = { enabled: false, wanted: false } as const;
    expect(last({ at: 0, complete: 0 }, { at: HOURS, complete: 0, ...off }).health).toMatchObject({
      state: 'off',
      gap: null,
      delivered: { day: null, month: null },
    });
  });

  it('of a job that is switched off in the manifest is over', () => {
    const { health } = last(
      { at: 0, complete: 0, error: 1 },
      { at: HOURS, complete: 0, error: 1, enabled: false, wanted: false },
    );
    expect(health.gap).toBeNull();
    expect(health.gaps).toHaveLength(1);
  });
});

describe('the delivered share', () => {
  it('is not known of a job that has never delivered, unless it is known to lose logs', () => {
    const unknown = { day: null, month: null };
    expect(last({ at: 0 }, { at: 5 * HOURS }).health).toMatchObject({
      state: 'never_ran',
      delivered: unknown,
    });
    expect(last({ at: 0, error: 0 }, { at: 5 * HOURS, error: 5 * HOURS }).health.delivered.day).toBe(0);
  });

  it('is what was not lost of the last day and the last thirty', () => {
    const { health } = last(
      { at: 0, complete: 0 },
      { at: 90 * HOURS, complete: 90 * HOURS },
      { at: 91 * HOURS, complete: 90 * HOURS, enabled: false },
      { at: 96 * HOURS, complete: 90 * HOURS, written: true },
      { at: 100 * HOURS, complete: 100 * HOURS },
    );
    expect(health.delivered.day).toBeCloseTo(1 - 6 / 24);
    expect(health.delivered.month).toBeCloseTo(1 - 6 / 100);
  });

  it('is between 0 and 1, and the gaps that are over are in order and bounded, whatever happens', () => {
    const look = fc.record({
      after: fc.integer({ min: 1, max: 50 * HOURS }),
      behind: fc.option(fc.integer({ min: 0, max: 60 * HOURS }), { nil: undefined }),
      error: fc.boolean(),
      enabled: fc.boolean(),
      missing: fc.boolean(),
      wanted: fc.boolean(),
      written: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 120 }), (looks) => {
        let at = 0;
        const all = judged(
          ...looks.map(({ after, behind, error, enabled, missing, wanted, written }): Look => {
            at += after;
            return {
              at,
              enabled,
              wanted,
              ...(behind !== undefined && { complete: at - behind }),
              ...(error && { error: at }),
              ...(missing && { missing: true }),
              ...(written && !missing && { written: true }),
            };
          }),
        );
        for (const { health } of all) {
          for (const share of [health.delivered.day, health.delivered.month]) {
            if (share === null) continue;
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1);
          }
        }
        const { gaps } = all.at(-1)!.record;
        expect(gaps.closed.length).toBeLessThanOrEqual(50);
        const last = gaps.open ? [Date.parse(gaps.open.from)] : [];
        const times = gaps.closed.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)]);
        expect([...times, ...last]).toEqual([...times, ...last].toSorted((a, b) => a - b));
      }),
    );
  });
});
