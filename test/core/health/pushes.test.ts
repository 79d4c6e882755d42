import { describe, expect, it } from 'vitest';
import { healthOf } from '../../../src/core/health/health.ts';
import { type PushGroup, pushesByJob } from '../../../src/core/health/pushes.ts';
import { aLiveJob } from '../../builders.ts';

const NINE = Date.parse('2026-11-20T09:00:00Z');
const QUARTER = 900_000;

const group = (overrides: Partial<PushGroup> = {}): PushGroup => ({
  jobId: 7,
  status: 200,
  isFinal: true,
  from: NINE,
  count: 1,
  bytes: 400,
  records: 10,
  ...overrides,
});

function healthWith(groups: readonly PushGroup[], lastComplete: number | null = NINE) {
  const complete = lastComplete === null ? null : new Date(lastComplete).toISOString();
  const live = aLiveJob({
    fields: { enabled: true, dataset: 'firewall_events' },
    delivery: { lastComplete: complete, lastError: null, errorMessage: null },
  });
  const pushes = pushesByJob(groups).get(7) ?? null;
  const at = new Date(NINE + 3 * 3_600_000).toISOString();
  const { state, error, cause } = healthOf(live, at, {
    wantsEnabled: true,
    former: null,
    writtenAt: null,
    pushes,
  });
  return [state, error, cause?.code];
}

describe('the pushes of a job', () => {
  it('are counted by outcome, and only what failed for good is lost', () => {
    const later = NINE + QUARTER;
    const groups = [
      group({ count: 3, bytes: 1200, records: 30 }),
      group({ from: later }),
      group({ status: 503, isFinal: false, count: 5, from: later }),
      group({ status: 503, count: 2, bytes: 99, records: 9 }),
      group({ jobId: 8, status: 1105 }),
    ];
    expect(pushesByJob(groups).get(7)).toEqual({
      outcomes: [
        { status: 200, isFinal: true, count: 4 },
        { status: 503, isFinal: false, count: 5 },
        { status: 503, isFinal: true, count: 2 },
      ],
      lost: 2,
      bytes: 1600,
      records: 40,
      lastSuccess: later,
      lastFailure: { from: later, status: 503 },
    });
    expect([...pushesByJob(groups).keys()]).toEqual([7, 8]);
    expect(pushesByJob([])).toEqual(new Map());
  });
});

describe('the health of a job whose pushes are known', () => {
  it('is failing with the code of the push, though the job shows no error', () => {
    const failed = group({ status: 1105, isFinal: false, from: NINE + QUARTER });
    expect(healthWith([group(), failed])).toEqual(['failing', 'delivery status 1105', 'dns-error']);
    expect(healthWith([failed], null)).toEqual(['failing', 'delivery status 1105', 'dns-error']);
  });

  it.each([
    ['there was no push', []],
    ['all pushes arrived', [group({ from: NINE + QUARTER })]],
    ['the failure is older than the last delivery', [group({ status: 503, from: NINE - QUARTER })]],
    [
      'others arrived in the same quarter of an hour',
      [group({ from: NINE + QUARTER }), group({ status: 503, from: NINE + QUARTER })],
    ],
    [
      'others arrived later',
      [group({ status: 503, from: NINE + QUARTER }), group({ from: NINE + 2 * QUARTER })],
    ],
  ])('is as the job says where %s', (_, groups) => {
    expect(healthWith(groups)).toEqual(['idle', null, undefined]);
  });
});
