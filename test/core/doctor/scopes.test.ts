import { describe, expect, it } from 'vitest';
import { blockedDiagnoses, scopeDiagnosis, seenDiagnosis } from '../../../src/core/doctor/scopes.ts';
import { planForsaken } from '../../../src/core/plan/plan.ts';
import { aDesiredJob, aLiveJob, aScope } from '../../builders.ts';
import { applied, planOf } from '../plan/planning.ts';

const theirs = ['ui-1', 'ui-2', 'ui-3', 'ui-4'].map((name, index) => aLiveJob({ id: 1 + index, name }));

describe('a zone without room for what the manifest wants', () => {
  it('fails, and names the jobs that nobody manages', () => {
    const plan = planOf({ jobs: [aDesiredJob({ name: 'mine' })], live: theirs });
    expect(scopeDiagnosis(plan, 4)).toMatchObject({
      state: 'fail',
      says: 'It has 4 of 4 jobs, and would have 5 after the next pass.',
      next: expect.stringContaining('delete one that nobody manages (ui-1, ui-2, ui-3, ui-4)'),
    });
  });

  it('is warned of where its contract evidently allows more than usual', () => {
    const live = [...theirs, aLiveJob({ id: 5, name: 'ui-5' })];
    const plan = planOf({ jobs: [aDesiredJob({ name: 'mine' })], live });
    expect(scopeDiagnosis(plan, 4)).toMatchObject({ state: 'warn' });
  });

  it('is fine where it stays as it is', () => {
    expect(scopeDiagnosis(planOf({ live: theirs }), 4)).toMatchObject({ state: 'ok' });
  });
});

describe('a zone that the manifest does not mention any more', () => {
  it('is told as not looked at, with what is left there', () => {
    const plan = planForsaken(aScope(), { entries: [applied(aDesiredJob(), aLiveJob())], creating: [] });
    expect(scopeDiagnosis(plan, 4)).toMatchObject({
      state: 'warn',
      says: expect.stringContaining('not looked at, and 1 job that logpushd has there is left alone'),
    });
  });
});

describe('a job that cannot be made as it is written', () => {
  const blocked = ['a', 'b'].map((name) => ({
    ...aDesiredJob({ name }),
    reason: 'The secret "key" is missing.',
  }));

  it('would fail, and is told once for each reason', () => {
    const plan = planOf({ scope: { blocked } });
    expect(blockedDiagnoses([plan, plan])).toMatchObject([
      {
        subject: 'a in example.com and 3 others',
        state: 'fail',
        says: 'The secret "key" is missing.',
      },
    ]);
    expect(scopeDiagnosis(plan, 4)).toMatchObject({ state: 'ok' });
  });
});

it.each([
  ['zones', 'Zone: Read'],
  ['accounts', 'Account Settings: Read'],
] as const)('%s that cannot be listed for want of a right name that right', (check, right) => {
  const trouble = { says: 'no', next: 'Give the token "Logs: Edit".' };
  const row = seenDiagnosis(check, { trouble, lacks: 'right' }, [], true);
  expect(row).toMatchObject({ state: 'fail', next: expect.stringContaining(`Give the token "${right}"`) });
});
