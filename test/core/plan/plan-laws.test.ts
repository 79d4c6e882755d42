import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../../src/core/plan/change.ts';
import type { PlanReport } from '../../../src/core/render/plan-report.ts';
import { renderPlan } from '../../../src/core/render/plan-report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { leaksIn } from '../../canaries.ts';
import { anOpenCreate, carriedOut, planOf, POLICY } from './planning.ts';
import type { Situation } from './planning.ts';
import { type AnySituation, CANARIES, idsOf, situation } from './situations.ts';

const RUNS = { numRuns: 500 };

/** One listing is believed. */
const AT_ONCE = { listings: 1, ms: 0 };

function reportOf(plan: PlanReport['plans'][number]): PlanReport {
  return {
    revision: '4f2c1ab',
    generatedAt: '2026-01-12T09:30:04.112Z',
    plans: [plan],
    unreadable: [],
    unresolved: [],
    refusal: null,
    problems: [],
  };
}

/** Ids that the ledger says are ours, and pinned ones, which a person says are. */
function ours({ entries, jobs, live, creating }: AnySituation): ReadonlySet<number | undefined> {
  const lost = live.filter(({ name }) => creating.includes(name)).map(({ id }) => id);
  return new Set([
    ...entries.flatMap(({ id, superseded }) => [id, superseded]),
    ...jobs.map(({ id }) => id),
    ...lost,
  ]);
}

/** A ledger holds one job of a name: a pin that moves a name to another job takes two passes. */
function movesNoPin({ jobs, entries, creating }: AnySituation): boolean {
  return jobs.every(
    ({ name, id }) =>
      id === undefined ||
      (!creating.includes(name) &&
        entries.every((known) => (known.name === name ? known.id === id : !idsOf(known).includes(id)))),
  );
}

/**
 * What has to wait for another write of the same job: the next replace for the end of the one before, the end of a
 * replace for the new half that somebody has disabled.
 */
function isNextStep(next: Change, first: Plan, { entries }: AnySituation): boolean {
  const ended = first.changes.flatMap((each) =>
    each.action === 'delete'
      ? [each.keeps?.id, entries.find(({ superseded }) => superseded === each.live.id)?.id]
      : [],
  );
  const enabled = first.changes.flatMap((each) =>
    'live' in each && each.fields.some(({ path, after }) => path === 'enabled' && after === true)
      ? [each.live.id]
      : [],
  );
  if (next.action === 'replace') return ended.includes(next.live.id);
  return next.action === 'delete' && next.keeps !== undefined && enabled.includes(next.keeps.id);
}

describe('laws of planning, for any manifest, listing and ledger', () => {
  it('the order of jobs, listing and ledger does not matter', () => {
    fc.assert(
      fc.property(
        situation.chain((one) =>
          fc.record({
            one: fc.constant(one),
            jobs: fc.shuffledSubarray([...one.jobs], { minLength: one.jobs.length }),
            live: fc.shuffledSubarray([...one.live], { minLength: one.live.length }),
            entries: fc.shuffledSubarray([...one.entries], { minLength: one.entries.length }),
          }),
        ),
        ({ one, ...shuffled }) => {
          const text = (each: Situation): string => renderPlan(reportOf(planOf(each)), 'json', PLAIN);
          expect(text({ ...one, ...shuffled })).toBe(text(one));
        },
      ),
      RUNS,
    );
  });

  it('an unowned job is written only when adopted, and deleted only under prune: all', () => {
    fc.assert(
      fc.property(situation, (one) => {
        const owned = ours(one);
        const foreign = planOf(one).changes.filter(
          (change) => change.action !== 'create' && !owned.has(change.live.id),
        );
        const allowed = [
          ...(one.policy.prune === 'all' ? ['delete'] : []),
          ...(one.policy.adopt === 'always' ? ['adopt'] : []),
        ];
        expect(foreign.filter(({ action }) => !allowed.includes(action))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('a job that is paired is never deleted, and no job is touched twice', () => {
    fc.assert(
      fc.property(situation, (one) => {
        const { changes, paired } = planOf(one);
        const touched = changes.flatMap((change) => (change.action === 'create' ? [] : [change.live.id]));
        expect(new Set(touched).size).toBe(touched.length);
        const kept = paired.map(({ live }) => live.id);
        const deleted = changes.flatMap((change) => (change.action === 'delete' ? [change.live.id] : []));
        expect(deleted.filter((id) => kept.includes(id))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('every live job is accounted for exactly once, and so is every desired one', () => {
    fc.assert(
      fc.property(situation, (one) => {
        const plan = planOf(one);
        const paired = plan.paired.map(({ live }) => live.id);
        const deleted = plan.changes.flatMap((each) => (each.action === 'delete' ? [each.live.id] : []));
        const once = [...paired, ...deleted, ...plan.unmanaged.map(({ id }) => id)];
        expect(new Set(once).size).toBe(once.length);
        const named = new Set([
          ...plan.paired.map(({ desired }) => desired.name),
          ...plan.changes.map(({ name }) => name),
          ...plan.withheld.map(({ name }) => name),
        ]);
        expect(one.jobs.filter(({ name }) => !named.has(name))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('nothing is written in observe, and every reason is said', () => {
    fc.assert(
      fc.property(situation, (one) => {
        const { changes, withheld } = planOf(one);
        for (const { reason } of [...changes, ...withheld]) expect(reason).toMatch(/^["A-Z].*\.$/s);
        const watched = planOf({
          ...one,
          jobs: one.jobs.map((job) => ({ ...job, mode: 'observe' as const })),
          policy: { ...one.policy, mode: 'observe' },
        });
        expect(watched.changes).toEqual([]);
        expect(watched.adoptable).toEqual([]);
      }),
      RUNS,
    );
  });

  it('the plan after a plan was carried out has only next steps', () => {
    let written = 0;
    fc.assert(
      fc.property(situation.filter(movesNoPin), (one) => {
        const ledger = {
          entries: one.entries,
          creating: one.creating.map((name) => anOpenCreate({ name }, one.jobs)),
        };
        const policy = { ...one.policy, doubts: { ...POLICY.doubts, collapse: AT_ONCE } };
        const first = planOf({ ...one, policy });
        written += first.changes.length;
        const after = carriedOut(first, { live: one.live, ledger });
        const second = planOf({
          ...one,
          policy,
          live: after.live,
          entries: after.ledger.entries,
          creating: after.ledger.creating.map(({ name }) => name),
        });
        const isNext = (change: Change): boolean => isNextStep(change, first, one);
        expect(second.changes.filter((each) => !isNext(each))).toEqual([]);
        expect(second.adoptable).toEqual([]);
      }),
      RUNS,
    );
    expect(written).toBeGreaterThan(RUNS.numRuns / 4);
  });

  it('no secret appears in any rendering', () => {
    const style = { ...PLAIN };
    let shown = 0;
    fc.assert(
      fc.property(situation, (one) => {
        const doubts = { ...POLICY.doubts, collapse: AT_ONCE };
        const plan = planOf({ ...one, policy: { ...one.policy, doubts } });
        shown += plan.changes.length;
        for (const format of ['text', 'json', 'markdown', 'github'] as const) {
          expect(leaksIn(renderPlan(reportOf(plan), format, style), CANARIES)).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
    expect(shown).toBeGreaterThan(100);
  });
});
