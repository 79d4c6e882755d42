import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredJob, LiveJob } from '../../../src/core/job/job.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import {
  actionsOf,
  applied,
  carriedOut,
  planOf,
  type Situation,
  withheldOf,
  type World,
  writtenChange,
} from './planning.ts';

const SINCE = '2026-01-12T09:50:00.000Z';
const dns = { dataset: 'dns_logs' };
const http = aDesiredJob();
const old = aLiveJob({ id: 7, fields: dns });
const made = aLiveJob({ id: 9 });

function delivered(job: LiveJob, lastComplete: string): LiveJob {
  return { ...job, delivery: { ...job.delivery, lastComplete } };
}

/** Ten minutes after the new job was made. */
function within(overlap: Situation = {}): Situation {
  const entries = [applied(http, made, { superseded: 7, supersededAt: SINCE })];
  return { jobs: [http], live: [old, made], entries, ...overlap };
}

describe('the old job of a replace', () => {
  it('stays while the new one has not delivered, says until when, and is looked at again then', () => {
    const plan = planOf(within());
    expect(plan.changes).toEqual([]);
    expect(withheldOf(plan)).toEqual(['delete http']);
    expect(plan.withheld[0]).toMatchObject({ id: 7, class: 'pending' });
    expect(plan.withheld[0]?.reason).toBe(
      'Job 7 was replaced by job 9, which has not delivered yet; until it has, at the latest until ' +
        '2026-01-12T10:05:00.000Z, both stay, so that no logs are lost. A later pass deletes job 7: the daemon by itself, ' +
        'or the next "logpushd apply". The setting guard.overlap_seconds shortens this time.',
    );
    expect(plan.lookAgainAt).toBe(Date.parse('2026-01-12T10:05:00Z'));
  });

  it.each<[string, Situation]>([
    ['the new one delivers', { live: [old, delivered(made, '2026-01-12T09:52:00Z')] }],
    ['the time is over', { now: '2026-01-12T10:05:00Z' }],
    ['no time is given', { policy: { overlapMs: 0 } }],
    ['the clock was set back by more than that', { now: '2026-01-12T09:30:00Z' }],
    ['the old one does not deliver', { live: [{ ...old, fields: { ...old.fields, enabled: false } }, made] }],
    [
      'the new one is not meant to deliver',
      {
        jobs: [aDesiredJob({ fields: { enabled: false } })],
        live: [old, aLiveJob({ id: 9, fields: { enabled: false } })],
      },
    ],
    [
      'the manifest disables the new one, which is still enabled',
      { jobs: [aDesiredJob({ fields: { enabled: false } })] },
    ],
  ])('goes as soon as %s', (_, overlap) => {
    const plan = planOf(within(overlap));
    expect(plan.changes).toContainEqual(
      expect.objectContaining({
        action: 'delete',
        live: expect.objectContaining({ id: 7 }),
        keeps: expect.objectContaining({ id: 9 }),
      }),
    );
    expect(plan.lookAgainAt).toBeUndefined();
  });

  /** The old one was asked to go, its answer was lost, and the manifest wants it back. */
  const wantedBack = (now: string, situation: Situation = {}): Situation => ({
    jobs: [http],
    live: [made, aLiveJob({ id: 10, fields: { dataset: 'dns_logs', enabled: false } })],
    entries: [
      applied(aDesiredJob({ fields: { dataset: 'dns_logs', enabled: false } }), old, { superseded: 9 }),
    ].map((entry) => ({ ...entry, id: 10 })),
    deleted: [{ id: 9, at: '2026-01-12T10:00:00.000Z', unanswered: true }],
    policy: { overlapMs: 0 },
    now,
    ...situation,
  });

  it('is not what the new one goes for while a delete of it has no answer, and may only still be shown', () => {
    const plan = planOf(wantedBack('2026-01-12T10:02:29Z'));
    expect(plan.changes).toEqual([]);
    expect(plan.withheld).toMatchObject([{ action: 'delete', id: 10 }]);
    expect(plan.withheld[0]?.reason).toBe(
      'Job 10 is to go for job 9, but a delete of job 9 at 10:00:00 UTC got no answer, so that one may be gone already ' +
        'and only still be shown. Both stay until 2026-01-12T10:02:30.000Z; then the daemon looks again by itself, or run ' +
        '"logpushd apply".',
    );
    expect(plan.lookAgainAt).toBe(Date.parse('2026-01-12T10:02:30Z'));
  });

  it.each<[string, Situation]>([
    ['it is still shown long after that', { now: '2026-01-12T10:02:30Z' }],
    ['it was another one', { deleted: [{ id: 8, at: '2026-01-12T10:00:00.000Z', unanswered: true }] }],
  ])('is what the new one goes for where %s', (_, situation) => {
    expect(actionsOf(planOf(wantedBack('2026-01-12T10:01:00Z', situation)))).toEqual(['delete http']);
  });

  it('does not wait, without an answer, where neither is wanted', () => {
    const plan = planOf(wantedBack('2026-01-12T10:01:00Z', { jobs: [] }));
    expect(actionsOf(plan)).toEqual(['delete http', 'delete http']);
  });

  it('stays while "protect" keeps the new one enabled that the manifest disables', () => {
    const plan = planOf(within({ jobs: [aDesiredJob({ fields: { enabled: false }, protect: true })] }));
    expect(plan.changes).toEqual([]);
    expect(plan.withheld).toContainEqual(expect.objectContaining({ action: 'delete', id: 7 }));
  });

  it('stays beside the new one whose "enabled" is left to others', () => {
    const jobs = [aDesiredJob({ fields: { enabled: false }, ignore: ['enabled'] })];
    expect(planOf(within({ jobs })).changes).toEqual([]);
  });

  it('stays when all that delivered was before the new one was made', () => {
    const live = [old, delivered(made, '2026-01-12T09:49:00Z')];
    expect(withheldOf(planOf(within({ live })))).toEqual(['delete http']);
  });

  it('stays when it is not known since when the two are together', () => {
    const entries = [applied(http, made, { superseded: 7 })];
    const plan = planOf(within({ entries, now: '2027-01-01T00:00:00Z' }));
    expect(withheldOf(plan)).toEqual(['delete http']);
    expect(plan.paired).toMatchObject([{ superseded: 7, supersededAt: '2027-01-01T00:00:00.000Z' }]);
  });

  it('stays for as long as somebody has disabled the new one', () => {
    const disabled = aLiveJob({ id: 9, fields: { enabled: false } });
    const plan = planOf(within({ live: [old, disabled], now: '2026-01-12T12:00:00Z' }));
    expect(actionsOf(plan)).toEqual(['update http']);
    expect(plan.withheld).toMatchObject([
      { id: 7, reason: expect.stringContaining('disabled at Cloudflare') },
    ]);
  });

  it('goes with the new one when the manifest lacks both', () => {
    const plan = planOf(within({ jobs: [] }));
    expect(plan.changes.map((change) => 'live' in change && change.live.id)).toEqual([7, 9]);
  });

  it('stays beside the new one that prune: never keeps', () => {
    const plan = planOf(within({ jobs: [], policy: { prune: 'never' } }));
    expect([actionsOf(plan), withheldOf(plan)]).toEqual([[], ['delete http', 'delete http']]);
  });

  it('is taken back, with nothing made, when the manifest goes back to it', () => {
    const plan = planOf(within({ jobs: [aDesiredJob({ fields: dns })] }));
    expect(plan.adoptable).toMatchObject([{ live: { id: 7 }, superseded: 9 }]);
    expect([actionsOf(plan), withheldOf(plan)]).toEqual([[], ['delete http']]);
  });

  it('is not sent elsewhere when it is taken back and protected', () => {
    const wanted = aDesiredJob({
      fields: { ...dns, destination_conf: 's3://elsewhere?region=eu' },
      protect: true,
    });
    const entries = [
      applied(aDesiredJob({ fields: { destination_conf: 's3://elsewhere?region=eu' } }), made, {
        superseded: 7,
      }),
    ];
    const stale = { ...old, fields: { ...old.fields, enabled: false } };
    const world = { live: [stale, made], ledger: { entries, creating: [] } };
    const first = planOf({ jobs: [wanted], live: world.live, entries });
    expect(actionsOf(first)).toContain('adopt http');
    const after = carriedOut(first, world);
    const next = planOf({ jobs: [wanted], live: after.live, entries: after.ledger.entries });
    expect(actionsOf(next)).not.toContain('update http');
    expect(next.withheld).toContainEqual(
      expect.objectContaining({ id: 7, reason: expect.stringContaining('remove "protect" to redirect it') }),
    );
  });

  it('has gone before the job is replaced once more', () => {
    const other = aDesiredJob({ fields: { dataset: 'firewall_events' } });
    const plan = planOf(within({ jobs: [other] }));
    expect(withheldOf(plan)).toEqual(['delete http', 'replace http']);
    expect(plan.withheld[1]?.reason).toContain('job 7, which it has replaced, is still there');
  });
});

describe('a replace', () => {
  const entries = [applied(aDesiredJob({ fields: dns }), old)];

  it.each<[string, Situation]>([
    ['is off and the other too', { live: [aLiveJob({ id: 7, fields: { ...dns, enabled: false } })] }],
    ['is to be disabled', { jobs: [aDesiredJob({ fields: { enabled: false } })] }],
    ['may not stay', { policy: { overlapMs: 0 } }],
  ])('deletes the old job at once when it %s', (_, situation) => {
    expect(planOf({ jobs: [http], live: [old], entries, ...situation }).changes).toMatchObject([
      { action: 'replace', oldGoes: 'next' },
    ]);
  });
});

const DATASETS = ['http_requests', 'dns_logs', 'firewall_events'] as const;
const edit = fc.record({
  datasets: fc.array(fc.constantFrom(...DATASETS), { minLength: 2, maxLength: 2 }),
  /** Until the next plan is made and written. */
  minutes: fc.integer({ min: 0, max: 20 }),
  /** Whether what is enabled delivers in that time. */
  delivers: fc.boolean(),
  /** After how many changes the process dies, with the rest of the plan unwritten. */
  crashAfter: fc.option(fc.nat(2), { nil: undefined }),
});

function jobsOf(datasets: readonly string[]): readonly DesiredJob[] {
  return datasets.map((dataset, index) => aDesiredJob({ name: `job-${index}`, fields: { dataset } }));
}

function enabledJobs({ live }: World, name: string): number {
  return live.filter((job) => job.name === name && job.fields['enabled'] === true).length;
}

function later({ live, ledger }: World, now: string, delivers: boolean): World {
  return { ledger, live: delivers ? live.map((job) => delivered(job, now)) : live };
}

describe('law: through replaces, crashes and second thoughts', () => {
  it.each([2, 3, 4])(
    'every job keeps an enabled one in a zone of %i places, and ends alone',
    (jobsPerZone) => {
      let replaces = 0;
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
          const policy = { allowGap: false, jobsPerZone };
          let time = Date.parse(SINCE);
          let world: World = { live: [], ledger: { entries: [], creating: [] } };
          const step = (jobs: readonly DesiredJob[], crashAfter?: number): void => {
            const now = new Date(time).toISOString();
            const { entries } = world.ledger;
            const plan = planOf({ jobs, live: world.live, entries, policy, now });
            for (const change of [...plan.changes].slice(0, crashAfter)) {
              const before = jobs.map(({ name }) => enabledJobs(world, name));
              world = writtenChange(world, change, plan, now);
              if (change.action === 'replace') replaces += 1;
              const after = jobs.map(({ name }) => enabledJobs(world, name));
              expect(after.filter((count, index) => count === 0 && (before[index] ?? 0) > 0)).toEqual([]);
              expect(world.live.length).toBeLessThanOrEqual(jobsPerZone);
            }
            for (const { desired, live, ...oldHalf } of plan.adoptable) {
              const others = world.ledger.entries.filter(({ name }) => name !== desired.name);
              world = {
                ...world,
                ledger: { entries: [...others, applied(desired, live, oldHalf)], creating: [] },
              };
            }
          };
          step(jobsOf([DATASETS[0], DATASETS[0]]));
          for (const { datasets, minutes, delivers, crashAfter } of edits) {
            time += minutes * 60_000;
            world = later(world, new Date(time).toISOString(), delivers);
            step(jobsOf(datasets), crashAfter);
          }
          const last = jobsOf(edits.at(-1)?.datasets ?? []);
          for (let pass = 0; pass < 8; pass += 1) {
            time += 900_000;
            step(last);
          }
          expect(world.live.map(({ name }) => name).toSorted()).toEqual(['job-0', 'job-1']);
          const datasets = world.live
            .toSorted((a, b) => (a.name < b.name ? -1 : 1))
            .map(({ fields }) => fields['dataset']);
          // Without a third place nothing can be replaced.
          expect(datasets).toEqual(jobsPerZone > 2 ? edits.at(-1)?.datasets : datasets);
        }),
        { numRuns: 300 },
      );
      expect(replaces > 0).toBe(jobsPerZone > 2);
    },
  );
});
