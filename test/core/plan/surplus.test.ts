import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveJob } from '../../../src/core/job/job.ts';
import type { LedgerEntry } from '../../../src/core/plan/ledger-entry.ts';
import { refusalOf } from '../../../src/core/plan/guard.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import {
  actionsOf,
  applied,
  carriedOut,
  fingerprint,
  planOf,
  withheldOf,
  type Situation,
} from './planning.ts';

const http = aDesiredJob();
const CREATED = '2026-01-12T09:50:00Z';

function owned(id: number, created: LedgerEntry['created'] = { at: CREATED, beside: [] }): LedgerEntry {
  return { ...applied(http, aLiveJob({ id })), ...(created && { created }) };
}

/** Which jobs a plan deletes as surplus, and which one it keeps. */
function choiceOf(situation: Situation): {
  readonly kept: number | undefined;
  readonly gone: readonly number[];
} {
  const { changes, paired } = planOf({ jobs: [http], ...situation });
  const surplus = changes.filter((change) => change.action === 'delete');
  return {
    kept: paired.find(({ desired }) => desired.name === 'http')?.live.id,
    gone: surplus.map(({ live }) => live.id),
  };
}

describe('a job that a create of ours made once too often', () => {
  const twins = [aLiveJob({ id: 7 }), aLiveJob({ id: 8 })];

  it('is deleted beside the one that the ledger knows, and says why', () => {
    const { changes } = planOf({ jobs: [http], live: twins, entries: [owned(7)] });
    expect(changes).toMatchObject([{ action: 'delete', live: { id: 8 }, keeps: { id: 7 } }]);
    expect(changes[0]?.reason).toBe(
      'Job 8 is the same as job 7: surplus of a create whose answer was lost, or that was carried out twice. Deleting it loses nothing.',
    );
  });

  it('is deleted where two turned up after a create whose answer was lost', () => {
    expect(choiceOf({ live: twins, creating: ['http'] })).toEqual({ kept: 7, gone: [8] });
  });

  it('is the younger one also where the ledger knows that one: two processes decide the same', () => {
    expect(choiceOf({ live: twins, entries: [owned(8)] })).toEqual({ kept: 7, gone: [8] });
    expect(choiceOf({ live: twins, entries: [owned(7)] })).toEqual({ kept: 7, gone: [8] });
  });

  it('is deleted also where secrets are masked', () => {
    const conf = (secret: string): string =>
      `s3://acme-logs/http/{DATE}?region=us-west-2&secret-access-key=${secret}`;
    const desired = aDesiredJob({ fields: { destination_conf: conf('hunter2') } });
    const live = [7, 8].map((id) => aLiveJob({ id, fields: { destination_conf: conf('***') } }));
    expect(choiceOf({ jobs: [desired], live, entries: [owned(7)] })).toEqual({ kept: 7, gone: [8] });
  });

  it('is deleted whatever "prune" says, and also where the job is protected', () => {
    const jobs = [aDesiredJob({ protect: true })];
    const scope = { prune: 'never' } as const;
    expect(choiceOf({ jobs, live: twins, entries: [owned(7)], scope })).toEqual({ kept: 7, gone: [8] });
  });

  it('is deleted only when both were there for longer than a deleted job is shown', () => {
    const situation = { jobs: [http], live: twins, entries: [owned(7)] } as const;
    const first = planOf({ ...situation, copies: 'unseen' });
    expect(actionsOf(first)).toEqual([]);
    expect(first.withheld[0]?.reason).toContain('may be deleted already');
    expect(first.doubts.lookAt).toBe(Date.parse('2026-01-12T10:01:30.000Z'));
    const { copies } = first.doubts;
    expect(actionsOf(planOf({ ...situation, copies, now: '2026-01-12T10:01:00.000Z' }))).toEqual([]);
    expect(actionsOf(planOf({ ...situation, copies, now: '2026-01-12T10:01:30.000Z' }))).toEqual([
      'delete http',
    ]);
  });

  it('begins anew to be doubted with another job', () => {
    const copies = { ids: [7, 9], looks: ['2026-01-12T09:50:00.000Z', '2026-01-12T09:59:00.000Z'] };
    expect(actionsOf(planOf({ jobs: [http], live: twins, entries: [owned(7)], copies }))).toEqual([]);
  });

  it('is remembered for as long as its delete is refused, or switched off', () => {
    const late = { now: '2026-01-12T12:00:00Z' };
    expect(choiceOf({ live: twins, entries: [owned(7)], ...late })).toEqual({ kept: 7, gone: [8] });
    const plan = planOf({
      jobs: [http],
      live: twins,
      entries: [owned(7)],
      policy: { removeSurplus: false },
      ...late,
    });
    expect(withheldOf(plan)).toEqual(['delete http']);
    expect(plan.doubts.copies?.ids).toEqual([7, 8]);
  });

  const moved = aDesiredJob({ fields: { destination_conf: 's3://acme-logs/moved/{DATE}?region=us-west-2' } });

  it.each([
    ['an update', moved, 'update http'],
    ['a replace', aDesiredJob({ fields: { dataset: 'dns_logs' } }), 'replace http'],
    ['a field that is new', aDesiredJob({ fields: { max_upload_records: 5000 } }), 'update http'],
  ])('goes before %s of the job that is kept, which waits for it', (_, desired, change) => {
    const situation = { jobs: [desired], live: twins, entries: [owned(7)] } as const;
    const first = planOf({ ...situation, copies: 'unseen' });
    expect(actionsOf(first)).toEqual([]);
    expect(withheldOf(first).toSorted()).toEqual(['delete http', change]);
    expect(first.withheld.find(({ action }) => action !== 'delete')?.reason).toContain(
      'Job 7 seems to have a copy, job 8',
    );
    expect(actionsOf(planOf(situation))).toEqual(['delete http', change]);
  });

  it('is known as one though the manifest has a field since that it shows otherwise', () => {
    const live = [7, 8].map((id) => aLiveJob({ id, fields: { filter: '' } }));
    const where = { key: 'ClientCountry', operator: 'eq', value: 'de' };
    const desired = aDesiredJob({ fields: { filter: JSON.stringify({ where }) } });
    expect(actionsOf(planOf({ jobs: [desired], live, entries: [owned(7)] }))).toEqual([
      'delete http',
      'update http',
    ]);
  });

  it('is still known as one where the other one is taken over first, because the manifest has moved', () => {
    const desired = aDesiredJob({ fields: { dataset: 'dns_logs' } });
    const situation = { jobs: [desired], live: twins, entries: [owned(8)] } as const;
    const first = planOf({ ...situation, copies: 'unseen' });
    const { ledger } = carriedOut(first, { live: twins, ledger: { entries: [owned(8)], creating: [] } });
    const taken = ledger.entries.map((entry) => ({ ...entry, created: { at: CREATED, beside: [] } }));
    expect(taken).toMatchObject([{ id: 7 }]);
    const next = planOf({ ...situation, entries: taken, copies: first.doubts.copies });
    expect(withheldOf(next).toSorted()).toEqual(['delete http', 'replace http']);
    expect(actionsOf(planOf({ ...situation, entries: taken }))).toEqual(['delete http', 'replace http']);
  });

  it('keeps no update waiting when it is to stay', () => {
    const policy = { removeSurplus: false };
    const plan = planOf({ jobs: [moved], live: twins, entries: [owned(7)], copies: 'unseen', policy });
    expect(actionsOf(plan)).toEqual(['update http']);
  });

  it('does not count for the guard', () => {
    const plan = planOf({ jobs: [http], live: twins, entries: [owned(7)] });
    const counts = { ownedJobs: 1, desiredJobs: 1 };
    expect(refusalOf([plan], counts, { maxRemovals: 0, maxRemovalShare: 0 }, fingerprint)).toBeNull();
  });

  it.each<[string, Situation]>([
    ['in mode observe', { policy: { mode: 'observe' } }],
    ['without the setting', { policy: { removeSurplus: false } }],
  ])('is kept and told %s', (_, situation) => {
    const plan = planOf({ jobs: [http], live: twins, entries: [owned(7)], ...situation });
    expect(actionsOf(plan)).toEqual([]);
    expect(withheldOf(plan)).toEqual(['delete http']);
    expect(plan.withheld[0]?.reason).toMatch(/mode|guard\.remove_surplus is false/);
  });

  it('goes beside the former job of a replace', () => {
    const old = aLiveJob({ id: 5, fields: { dataset: 'dns_logs' } });
    const entries = [applied(aDesiredJob({ fields: { dataset: 'dns_logs' } }), old)];
    const plan = planOf({ jobs: [http], live: [old, ...twins], entries, creating: ['http'] });
    expect(plan.paired).toMatchObject([{ live: { id: 7 }, superseded: 5 }]);
    expect(plan.changes).toMatchObject([{ action: 'delete', live: { id: 8 } }]);
    expect(plan.withheld).toMatchObject([{ action: 'delete', id: 5 }]);
  });
});

describe('a job beside ours that may be somebody else’s', () => {
  const other = (fields: object): readonly LiveJob[] => [
    aLiveJob({ id: 7 }),
    aLiveJob({ id: 8, fields: { ...fields } }),
  ];

  it.each<[string, Situation]>([
    ['differs in a field that the manifest does not have', { live: other({ max_upload_records: 5000 }) }],
    ['is disabled', { live: other({ enabled: false }) }],
    ['delivers elsewhere', { live: other({ destination_conf: 's3://theirs/{DATE}?region=us-west-2' }) }],
    ['has another filter', { live: other({ filter: '{"where":{"key":"a","operator":"eq","value":1}}' }) }],
    ['has another name', { live: [aLiveJob({ id: 7 }), aLiveJob({ id: 8, name: 'http-2' })] }],
    ['was there before our create', { entries: [owned(7, { at: CREATED, beside: [8] })] }],
    [
      'is first seen more than 20 minutes after our create',
      { now: '2026-01-12T10:10:00Z', copies: 'unseen' },
    ],
    [
      'is first seen long before our create, by a wrong clock',
      { now: '2026-01-12T09:00:00Z', copies: 'unseen' },
    ],
  ])('stays when it %s', (_, situation) => {
    const plan = planOf({
      jobs: [http],
      live: [aLiveJob({ id: 7 }), aLiveJob({ id: 8 })],
      entries: [owned(7)],
      ...situation,
    });
    expect(plan.changes).toEqual([]);
    expect(plan.unmanaged).toMatchObject([{ id: 8 }]);
  });

  it('stays when it is a copy of ours as somebody has changed it', () => {
    const live = [7, 8].map((id) => aLiveJob({ id, fields: { destination_conf: 's3://theirs/{DATE}' } }));
    expect(choiceOf({ live, entries: [owned(7)] }).gone).toEqual([]);
  });

  it('goes, before anything else, when both are as they were made and the manifest has moved since', () => {
    const desired = aDesiredJob({ fields: { dataset: 'dns_logs' } });
    const plan = planOf({
      jobs: [desired],
      live: [aLiveJob({ id: 7 }), aLiveJob({ id: 8 })],
      entries: [owned(7)],
    });
    expect(plan.changes).toMatchObject([
      { action: 'delete', live: { id: 8 }, keeps: { id: 7 } },
      { action: 'replace', live: { id: 7 } },
    ]);
  });

  it('stays beside a job that logpushd adopted', () => {
    const { created: _, ...entry } = owned(7);
    const plan = planOf({ jobs: [http], live: [aLiveJob({ id: 7 }), aLiveJob({ id: 8 })], entries: [entry] });
    expect(plan.changes).toEqual([]);
  });

  it('stays when what is hidden of it is more than a secret', () => {
    const desired = aDesiredJob({ fields: { filter: '{"where":{"key":"a","operator":"eq","value":1}}' } });
    const live = [aLiveJob({ id: 7 }), aLiveJob({ id: 8 })];
    const entry = { ...owned(7), ...applied(desired, aLiveJob({ id: 7 })) };
    expect(choiceOf({ jobs: [desired], live, entries: [entry] }).gone).toEqual([]);
  });
});

describe('of any two to five jobs of one name', () => {
  const SHAPES = {
    equal: {},
    disabled: { enabled: false },
    elsewhere: { destination_conf: 's3://theirs/{DATE}?region=us-west-2' },
    filtered: { filter: '{"where":{"key":"a","operator":"eq","value":1}}' },
  };
  const shape = fc.constantFrom<keyof typeof SHAPES>(
    'equal',
    'equal',
    'equal',
    'disabled',
    'elsewhere',
    'filtered',
  );
  const jobs = fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 99 }), shape), {
      minLength: 2,
      maxLength: 5,
      selector: ([id]) => id,
    })
    .map((all) => all.map(([id, kind]) => aLiveJob({ id, fields: SHAPES[kind] })));
  const situation = fc.record({
    live: jobs.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    ),
    whose: fc.nat({ max: 5 }),
  });

  it('the same ones go whatever their order, never one that differs, never the last enabled one', () => {
    let gone = 0;
    fc.assert(
      fc.property(situation, ({ live: [live, shuffled], whose }) => {
        const mine = live[whose];
        const known = mine ? { entries: [owned(mine.id)] } : { creating: ['http'] };
        const choice = choiceOf({ live, ...known });
        expect(choiceOf({ live: shuffled, ...known })).toEqual(choice);
        const kept = live.find(({ id }) => id === choice.kept);
        for (const id of choice.gone) {
          expect(live.find((job) => job.id === id)?.fields).toEqual(kept?.fields);
          expect(id).not.toBe(choice.kept);
          expect(id).toBeGreaterThan(choice.kept ?? 0);
        }
        gone += choice.gone.length;
        const isEnabled = (job: LiveJob): boolean => job.fields['enabled'] === true;
        const left = live.filter(({ id }) => !choice.gone.includes(id));
        expect(left.some(isEnabled)).toBe(live.some(isEnabled));
      }),
      { numRuns: 2_000 },
    );
    expect(gone).toBeGreaterThan(500);
  });

  it('everybody who may have made one of them keeps the same one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 5 }), (ids) => {
        const live = ids.map((id) => aLiveJob({ id }));
        for (const id of ids) expect(choiceOf({ live, entries: [owned(id)] }).kept).toBe(Math.min(...ids));
      }),
    );
  });
});
