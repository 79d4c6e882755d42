import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/core/render/exit-code.ts';
import { planReport } from '../../../src/core/render/plan-json.ts';
import { Secret } from '../../../src/core/secret.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, planOf } from '../plan/planning.ts';
import { aReport, shop } from './reports.ts';

const http = aDesiredJob();
const live = aLiveJob();
const off = aLiveJob({ fields: { enabled: false } });
const entries = [applied(http, live)];
const limited = (max_upload_records: number) => ({ fields: { max_upload_records } });

const inSync = planOf({ jobs: [http], live: [live], entries });
const pending = planOf({ jobs: [http] });
const drift = planOf({ jobs: [http], live: [off], entries });
const problem = {
  severity: 'error',
  code: 'wrong-type',
  origin: { file: 'a.yaml', line: 3, column: 7 },
  path: 'zones',
  message: 'Write a list.',
} as const;

describe('the exit code of a plan', () => {
  const truths = [false, true];
  const cases = truths.flatMap((isPending) =>
    truths.flatMap((isDrift) =>
      truths.flatMap((unreadable) =>
        truths.flatMap((refused) =>
          truths.map((detailed) => ({ isPending, isDrift, unreadable, refused, detailed })),
        ),
      ),
    ),
  );

  it.each(cases)('%j', ({ isPending, isDrift, unreadable, refused, detailed }) => {
    const report = aReport({
      plans: [inSync, ...(isPending ? [pending] : []), ...(isDrift ? [drift] : [])],
      unreadable: unreadable ? [{ scope: shop, reason: 'No.' }] : [],
      refusal: refused ? { code: 'too-many-removals', reason: 'No.', jobs: [], digest: 'd1' } : null,
    });
    const differs = (isPending ? 2 : 0) + (isDrift ? 4 : 0);
    expect(exitCodeOf(report, detailed)).toBe(refused ? 5 : unreadable ? 1 : detailed ? differs : 0);
    expect(exitCodeOf({ ...report, problems: [problem] }, detailed)).toBe(3);
    expect(exitCodeOf({ ...report, problems: [{ ...problem, severity: 'warning' }] }, detailed)).toBe(
      exitCodeOf(report, detailed),
    );
  });

  it.each([
    [
      'a conflict is both',
      {
        jobs: [aDesiredJob(limited(3_000))],
        live: [aLiveJob(limited(2_000))],
        entries: [applied(aDesiredJob(limited(1_000)), live)],
      },
      6,
    ],
    [
      'drift and a new field of one job are both',
      { jobs: [aDesiredJob(limited(3_000))], live: [off], entries },
      6,
    ],
    ['withheld pending counts', { jobs: [http], policy: { mode: 'observe' } }, 2],
    ['withheld drift counts', { jobs: [http], live: [off], entries, policy: { mode: 'warn' } }, 4],
    ['an ambiguous job counts', { jobs: [http], live: [live, aLiveJob({ id: 9 })] }, 2],
    [
      'a job that is only not adopted does not',
      { jobs: [http], live: [live], policy: { adopt: 'never' } },
      0,
    ],
    ['a job to take over without a write does not', { jobs: [http], live: [live] }, 0],
    ['an unmanaged job does not', { live: [live] }, 0],
    [
      'what is unverifiable does not',
      {
        jobs: [aDesiredJob(limited(1_000))],
        live: [live],
        entries: [applied(aDesiredJob(limited(1_000)), live)],
      },
      0,
    ],
  ] as const)('%s', (_, situation, code) => {
    expect(exitCodeOf(aReport({ plans: [planOf(situation)] }), true)).toBe(code);
  });

  it('is 1 for a job that waits for a challenge, for one that cannot be rendered and for a name that nobody knows', () => {
    const gcs = aDesiredJob({ fields: { destination_conf: new Secret('gs://acme-logs') } });
    const waiting = planOf({ jobs: [gcs], policy: { challenges: { readers: [] } } });
    expect(exitCodeOf(aReport({ plans: [waiting] }), false)).toBe(1);
    expect(planReport(aReport({ plans: [waiting] })).scopes[0]?.withheld).toMatchObject([
      { name: 'http', waits_for: 'challenge' },
    ]);
    const blocked = [{ name: 'http', reason: 'The secret "key" is missing.', origin: http.origin }];
    expect(exitCodeOf(aReport({ plans: [planOf({ scope: { blocked } })] }), true)).toBe(1);
    expect(exitCodeOf(aReport({ unresolved: [{ name: 'x', reason: 'No.' }] }), false)).toBe(1);
  });
});
