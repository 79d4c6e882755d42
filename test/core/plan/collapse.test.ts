import { describe, expect, it } from 'vitest';
import type { DesiredJob } from '../../../src/core/job/job.ts';
import type { Collapse } from '../../../src/core/plan/ledger-entry.ts';
import { planScope } from '../../../src/core/plan/plan.ts';
import type { Plan } from '../../../src/core/plan/change.ts';
import { aDesiredJob, aDesiredScope, aLiveJob } from '../../builders.ts';
import { actionsOf, applied, fingerprint, POLICY, withheldOf } from './planning.ts';

const START = Date.parse('2026-01-12T10:00:00Z');
const ids = [1, 2, 3, 4, 5];

function jobOf(id: number): DesiredJob {
  return aDesiredJob({ name: `job-${id}` });
}

/** A scope of which these ids are owned, and the others of them are gone. */
function planWith(
  {
    owned,
    left,
    extra = [],
  }: {
    readonly owned: readonly number[];
    readonly left: readonly number[];
    readonly extra?: readonly number[];
  },
  collapse?: Collapse,
  now = START,
): Plan {
  const live = [...left, ...extra].map((id) => aLiveJob({ id, name: `job-${id}` }));
  const entries = [...owned, ...extra].map((id) => applied(jobOf(id), aLiveJob({ id, name: `job-${id}` })));
  return planScope({
    desired: aDesiredScope({ jobs: owned.map(jobOf) }),
    live,
    ledger: { entries, creating: [], ...(collapse && { collapse }) },
    policy: { ...POLICY, jobsPerZone: 100 },
    fingerprint,
    now,
  });
}

describe('owned jobs that are gone', () => {
  it.each<[string, readonly number[], readonly number[], boolean]>([
    ['one of one', [1], [], false],
    ['one of two', [1, 2], [1], false],
    ['two of two', [1, 2], [], true],
    ['two of three', [1, 2, 3], [1], true],
    ['two of four', [1, 2, 3, 4], [1, 2], false],
    ['three of five', ids, [1, 2], true],
    ['all of five', ids, [], true],
    ['none of five', ids, ids, false],
  ])('are doubted when they are at least two and more than half: %s', (_, owned, left, doubted) => {
    const plan = planWith({ owned, left });
    const gone = owned.filter((id) => !left.includes(id)).map((id) => `create job-${id}`);
    expect(withheldOf(plan)).toEqual(doubted ? gone : []);
    expect(actionsOf(plan)).toEqual(doubted ? [] : gone);
    expect(plan.doubts.lookAt).toBe(doubted ? START + 30_000 : undefined);
  });

  it('keep others from being deleted too, and from nothing else', () => {
    const live = [
      aLiveJob({ id: 3, name: 'job-3', fields: { enabled: false } }),
      aLiveJob({ id: 4, name: 'job-4' }),
    ];
    const entries = ids.map((id) => applied(jobOf(id), aLiveJob({ id, name: `job-${id}` })));
    const jobs = [1, 2, 3, 5].map(jobOf);
    const ledger = { entries, creating: [] };
    const plan = planScope({
      desired: aDesiredScope({ jobs }),
      live,
      ledger,
      policy: POLICY,
      fingerprint,
      now: START,
    });
    expect(actionsOf(plan)).toEqual(['update job-3']);
    expect(withheldOf(plan)).toEqual(['create job-1', 'create job-2', 'delete job-4', 'create job-5']);
  });

  it('are believed when two more listings, each 30 seconds later, agree', () => {
    const first = planWith({ owned: ids, left: [1] }).doubts.collapse;
    const early = planWith({ owned: ids, left: [1] }, first, START + 29_999).doubts.collapse;
    expect(early).toEqual(first);
    const second = planWith({ owned: ids, left: [1] }, first, START + 30_000);
    expect(actionsOf(second)).toEqual([]);
    const third = planWith({ owned: ids, left: [1] }, second.doubts.collapse, START + 60_000);
    expect(actionsOf(third)).toEqual(['create job-2', 'create job-3', 'create job-4', 'create job-5']);
    expect(third.doubts).toMatchObject({ isCollapseDoubted: false, collapse: { gone: [2, 3, 4, 5] } });
  });

  it('are doubted anew when another one is gone as well', () => {
    const looks = [START - 60_000, START - 30_000].map((at) => new Date(at).toISOString());
    const plan = planWith({ owned: ids, left: [1] }, { gone: [2, 3, 4], looks });
    expect(actionsOf(plan)).toEqual([]);
    expect(plan.doubts.collapse).toEqual({ gone: [2, 3, 4, 5], looks: ['2026-01-12T10:00:00.000Z'] });
  });

  it('are doubted no more when enough are back', () => {
    const looks = [new Date(START - 60_000).toISOString()];
    const plan = planWith({ owned: ids, left: [1, 2, 3, 4] }, { gone: [2, 3, 4, 5], looks });
    expect(actionsOf(plan)).toEqual(['create job-5']);
    expect(plan.doubts).toEqual({ creating: [], isCollapseDoubted: false });
  });

  it('are named, with what decides and when', () => {
    expect(planWith({ owned: ids, left: [1] }).withheld[0]?.reason).toBe(
      'Most jobs that logpushd owns here are gone at once (2, 3, 4, 5), and what says so may be wrong; ' +
        'until it is certain none is created or deleted here. 3 listings over 60 seconds decide it, 1 of ' +
        'them taken; the daemon takes the next one at 10:00:30 UTC, or run "logpushd apply" then.',
    );
  });
});
