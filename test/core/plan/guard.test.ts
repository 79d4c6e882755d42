import { describe, expect, it } from 'vitest';
import type { DesiredJob, LiveJob } from '../../../src/core/job/job.ts';
import type { Plan } from '../../../src/core/plan/change.ts';
import { refusalOf } from '../../../src/core/plan/guard.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, fingerprint, planOf } from './planning.ts';

const DEFAULT = { maxRemovals: 3, maxRemovalShare: 0.1 };

function deletes(count: number): Plan {
  const jobs = Array.from({ length: count }, (_, index) => aLiveJob({ name: `job-${index}`, id: index + 1 }));
  return planOf({ live: jobs, entries: jobs.map((job) => applied(aDesiredJob({ name: job.name }), job)) });
}

/** The plan of one owned job that was in sync before. */
function edit(desired: DesiredJob, live: LiveJob): Plan {
  return planOf({ jobs: [desired], live: [live], entries: [applied(aDesiredJob(), live)] });
}

describe('the guard', () => {
  it.each([
    // owned, removals, refused: the larger of 3 and 10 % of the owned jobs is allowed
    [5, 2, false],
    [5, 3, false],
    [5, 4, true],
    [29, 3, false],
    [39, 3, false],
    [39, 4, true],
    [40, 3, false],
    [40, 4, false],
    [40, 5, true],
    [49, 5, true],
    [50, 5, false],
    [1000, 99, false],
    [1000, 100, false],
    [1000, 101, true],
  ])('of %i owned jobs, a pass that removes %i is refused: %s', (ownedJobs, removals, refused) => {
    const refusal = refusalOf([deletes(removals)], { ownedJobs, desiredJobs: 1 }, DEFAULT, fingerprint);
    expect(refusal?.code ?? null).toBe(refused ? 'too-many-removals' : null);
  });

  it('does not lose a job to binary fractions', () => {
    const limits = { maxRemovals: 0, maxRemovalShare: 0.29 };
    expect(refusalOf([deletes(29)], { ownedJobs: 100, desiredJobs: 1 }, limits, fingerprint)).toBeNull();
    expect(refusalOf([deletes(30)], { ownedJobs: 100, desiredJobs: 1 }, limits, fingerprint)).not.toBeNull();
  });

  it('counts over all scopes of a pass', () => {
    const counts = { ownedJobs: 10, desiredJobs: 1 };
    expect(refusalOf([deletes(1), deletes(2)], counts, DEFAULT, fingerprint)).toBeNull();
    expect(refusalOf([deletes(2), deletes(2)], counts, DEFAULT, fingerprint)?.code).toBe('too-many-removals');
  });

  it('counts a replace when it begins and not when it ends', () => {
    const dns = { dataset: 'dns_logs' };
    const [old, made] = [aLiveJob({ id: 7, fields: dns }), aLiveJob({ id: 9 })];
    const counts = { ownedJobs: 10, desiredJobs: 1 };
    const limits = { maxRemovals: 0, maxRemovalShare: 0 };
    const begin = planOf({
      jobs: [aDesiredJob()],
      live: [old],
      entries: [applied(aDesiredJob({ fields: dns }), old)],
    });
    expect(refusalOf([begin], counts, limits, fingerprint)?.jobs).toEqual([
      'example.com/http: would be replaced',
    ]);
    const end = planOf({
      jobs: [aDesiredJob()],
      live: [old, made],
      entries: [applied(aDesiredJob(), made, { superseded: 7 })],
      policy: { overlapMs: 0 },
    });
    expect(end.changes).toMatchObject([{ action: 'delete' }]);
    expect(refusalOf([end], counts, limits, fingerprint)).toBeNull();
  });

  it('says the counts, the limit, the settings and the jobs', () => {
    const refusal = refusalOf([deletes(4)], { ownedJobs: 5, desiredJobs: 1 }, DEFAULT, fingerprint);
    expect(refusal?.reason).toBe(
      '4 jobs would be deleted, replaced, disabled or redirected, and one pass may do so to 3 of 5 owned jobs; ' +
        `if this is meant, approve exactly this plan with "logpushd apply --approve ${refusal?.digest}", or ` +
        `where a daemon runs with "logpushd approve ${refusal?.digest}"; or ` +
        'raise guard.max_removals (3) or guard.max_removal_share (0.1), or do it in steps.',
    );
    expect(refusal?.jobs).toContain('example.com/job-0: would be deleted');
  });

  it('says one job where it is one', () => {
    const none = { ...DEFAULT, maxRemovals: 0, maxRemovalShare: 0 };
    const refusal = refusalOf([deletes(1)], { ownedJobs: 5, desiredJobs: 1 }, none, fingerprint);
    expect(refusal?.reason).toMatch(/^1 job would be deleted/);
  });

  const r2 = (bucket: string, key: string) => ({
    destination_conf: `r2://${bucket}/http?account-id=a&access-key-id=k&secret-access-key=${key}`,
  });

  const stored = (endpoint: string) => ({
    destination_conf: `s3://logs/http?region=auto&access-key-id=k&secret-access-key=s&endpoint=${endpoint}`,
  });

  it.each([
    ['a create', planOf({ jobs: [aDesiredJob()] }), null],
    ['a delete', deletes(1), 'would be deleted'],
    ['a replace', edit(aDesiredJob(), aLiveJob({ fields: { dataset: 'dns_logs' } })), 'would be replaced'],
    ['disabling', edit(aDesiredJob({ fields: { enabled: false } }), aLiveJob()), 'would be disabled'],
    ['enabling', edit(aDesiredJob(), aLiveJob({ fields: { enabled: false } })), null],
    ['another limit', edit(aDesiredJob({ fields: { max_upload_records: 1_000 } }), aLiveJob()), null],
    [
      'another bucket',
      edit(aDesiredJob({ fields: r2('new', 'k') }), aLiveJob({ fields: r2('old', 'k') })),
      'would deliver elsewhere',
    ],
    [
      'the bucket of that name at another provider',
      edit(aDesiredJob({ fields: stored('evil.example') }), aLiveJob({ fields: stored('s3.example') })),
      'would deliver elsewhere',
    ],
    [
      'another key',
      edit(aDesiredJob({ fields: r2('old', 'l') }), aLiveJob({ fields: r2('old', 'k') })),
      null,
    ],
    [
      'a masked key',
      edit(aDesiredJob({ fields: r2('old', 'l') }), aLiveJob({ fields: r2('old', '***') })),
      null,
    ],
    [
      'adopting to another bucket',
      planOf({
        jobs: [aDesiredJob({ fields: r2('new', 'k') })],
        live: [aLiveJob({ fields: r2('old', 'k') })],
      }),
      'would deliver elsewhere',
    ],
    [
      'what is withheld',
      planOf({
        live: [aLiveJob()],
        entries: [applied(aDesiredJob(), aLiveJob())],
        policy: { mode: 'observe' },
      }),
      null,
    ],
  ])('counts %s: %3$s', (_, plan, harm) => {
    const refusal = refusalOf(
      [plan],
      { ownedJobs: 1, desiredJobs: 1 },
      { maxRemovals: 0, maxRemovalShare: 0 },
      fingerprint,
    );
    expect(refusal?.jobs.map((job) => job.replace(/^.*: /, '')) ?? null).toEqual(
      harm === null ? null : [harm],
    );
  });

  it('always refuses an empty manifest that would delete, whatever the limits', () => {
    const limits = { maxRemovals: 1_000, maxRemovalShare: 1 };
    const refusal = refusalOf([deletes(1)], { ownedJobs: 1, desiredJobs: 0 }, limits, fingerprint);
    expect(refusal?.code).toBe('empty-manifest');
    expect(refusal?.reason).toContain(
      'wants no job in any zone or account that is there, while 1 job is owned',
    );
    expect(refusal?.reason).toContain('to remove the last jobs, delete them at Cloudflare');
  });

  it('refuses an empty manifest also where it would delete nothing: nothing would be healed any more either', () => {
    expect(refusalOf([planOf({})], { ownedJobs: 5, desiredJobs: 0 }, DEFAULT, fingerprint)).toMatchObject({
      code: 'empty-manifest',
    });
  });

  it('refuses an empty manifest that would delete what only an open create has made', () => {
    const refusal = refusalOf([deletes(1)], { ownedJobs: 0, desiredJobs: 0 }, DEFAULT, fingerprint);
    expect(refusal).toMatchObject({ code: 'empty-manifest' });
    expect(refusal?.reason).toContain('while 1 job is owned');
  });

  it('does not mind an empty manifest while nothing is owned', () => {
    expect(refusalOf([], { ownedJobs: 0, desiredJobs: 0 }, DEFAULT, fingerprint)).toBeNull();
  });
});
