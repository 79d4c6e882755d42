import { describe, expect, it } from 'vitest';
import { suffixFault, withoutSuffix, withSuffix } from '../../../src/core/job/name-suffix.ts';
import { aDesiredJob, aDesiredScope, aLiveJob } from '../../builders.ts';

const SUFFIX = '.gitops';

describe('a name at Cloudflare', () => {
  it.each(['http.gitops', 'a.gitops', '.gitops.gitops', 'ht tp.gitops', '日本.gitops'])(
    '%s marks a job of ours',
    (name) => {
      const live = withoutSuffix(aLiveJob({ name }), SUFFIX);
      expect(live).toMatchObject({ marked: true, name: name.slice(0, -SUFFIX.length), fields: { name } });
    },
  );

  it.each([
    '',
    'http',
    '.gitops',
    'http.GitOps',
    'http.GITOPS',
    'http.gitops ',
    ' http.gitops\n',
    'http.gitop',
    'http-gitops',
    'httpgitops',
    'gitops.http',
    '.gitops.http',
    'http.gitops.old',
    'http.gitops-2',
    'http.gitopѕ',
    'http․gitops',
    'http.gitops\u200b',
    'http.gıtops',
  ])('%j marks nothing', (name) => {
    expect(withoutSuffix(aLiveJob({ name }), SUFFIX)).toMatchObject({ marked: false, name });
  });

  it('is the bare one where names mark nothing', () => {
    const live = aLiveJob({ name: 'http.gitops' });
    expect(withoutSuffix(live, '')).toBe(live);
  });
});

describe('a desired name', () => {
  it('gets the suffix in what is sent, and stays bare in what is shown', () => {
    const { jobs } = withSuffix(aDesiredScope({ jobs: [aDesiredJob({ name: 'http' })] }), SUFFIX);
    expect(jobs).toMatchObject([{ name: 'http', fields: { name: 'http.gitops' } }]);
  });

  it.each([
    ['x'.repeat(505), null],
    ['x'.repeat(506), 'has 513 characters; Cloudflare takes at most 512'],
    ['http.gitops', 'Write it without'],
    ['http.GITOPS', null],
  ])('of this kind is a fault or not: %s', (name, fault) => {
    expect(suffixFault(name, SUFFIX)?.includes(fault ?? '') ?? null).toBe(fault === null ? null : true);
    const { jobs, blocked } = withSuffix(aDesiredScope({ jobs: [aDesiredJob({ name })] }), SUFFIX);
    expect([jobs.length, blocked.length]).toEqual(fault === null ? [1, 0] : [0, 1]);
  });
});
