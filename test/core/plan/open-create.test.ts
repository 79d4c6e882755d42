import { describe, expect, it } from 'vitest';
import type { LiveJob } from '../../../src/core/job/job.ts';
import { arrivalsOf, openCreateOf } from '../../../src/core/plan/open-create.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { actionsOf, anOpenCreate, applied, fingerprint, planOf, withheldOf } from './planning.ts';

const http = aDesiredJob();

describe('what a create whose answer was lost may have made', () => {
  it.each<[string, LiveJob, boolean]>([
    ['a job as it was sent', aLiveJob({ id: 9 }), true],
    ['one with other options', aLiveJob({ id: 9, fields: { max_upload_records: 5000 } }), true],
    ['one whose destination is hidden', aLiveJob({ id: 9, fields: { destination_conf: '***' } }), true],
    ['one whose dataset is not shown', aLiveJob({ id: 9, fields: { dataset: undefined } }), true],
    ['one of another name', aLiveJob({ id: 9, name: 'dns' }), false],
    ['one that was there before', aLiveJob({ id: 7 }), false],
    ['one that we own', aLiveJob({ id: 8 }), false],
    ['one of another dataset', aLiveJob({ id: 9, fields: { dataset: 'dns_logs' } }), false],
    ['one that delivers elsewhere', aLiveJob({ id: 9, fields: { destination_conf: 's3://b/x' } }), false],
  ])('%s: %3$s', (_, live, isArrival) => {
    const before = [aLiveJob({ id: 7 }), aLiveJob({ id: 6, name: 'dns' })];
    const create = anOpenCreate({ ...openCreateOf(http, before, fingerprint) });
    const ledger = {
      entries: [applied(aDesiredJob({ name: 'old' }), aLiveJob({ id: 8 }))],
      creating: [create],
    };
    expect(arrivalsOf(create, [live], ledger, fingerprint)).toEqual(isArrival ? [live] : []);
  });
});

describe('while a create is in doubt', () => {
  const dns = aDesiredJob({ fields: { dataset: 'dns_logs' } });
  const former = aLiveJob({ id: 7 });

  it('its job is not created, and others are', () => {
    const plan = planOf({ jobs: [http, aDesiredJob({ name: 'other' })], creating: ['http'] });
    expect([actionsOf(plan), withheldOf(plan)]).toEqual([['create other'], ['create http']]);
  });

  it('its job is not replaced either, which would create it', () => {
    const entries = [applied(http, former)];
    const plan = planOf({ jobs: [dns], live: [former], entries, creating: ['http'] });
    expect([actionsOf(plan), withheldOf(plan)]).toEqual([[], ['replace http']]);
  });

  it('its job waits also where what it made is pinned as another job', () => {
    const pinned = aDesiredJob({ name: 'other', id: 9 });
    const plan = planOf({ jobs: [http, pinned], live: [aLiveJob({ id: 9 })], creating: ['http'] });
    expect(withheldOf(plan)).toEqual(['create http']);
    expect(plan.withheld[0]?.reason).toContain('the next pass may take the first');
  });
});
