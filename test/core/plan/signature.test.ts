import { describe, expect, it } from 'vitest';
import type { FieldDiff } from '../../../src/core/plan/change.ts';
import { signatureOf } from '../../../src/core/plan/signature.ts';
import { aLiveJob } from '../../builders.ts';
import { ADA, AT } from '../audit/entries.ts';

const field = (
  path: string,
  before: FieldDiff['before'],
  whose: FieldDiff['class'] = 'drift',
): FieldDiff => ({
  path,
  class: whose,
  secret: false,
  before,
  after: null,
});
const FLAG = field('output_options.CVE-2021-44228', false);
const TIMES = field('output_options.timestamp_format', 'rfc3339');
const OFF = field('enabled', false);
const FAILED = aLiveJob({ delivery: { lastComplete: null, lastError: AT, errorMessage: 'refused' } });
const HEALTHY = aLiveJob();
const by = (way: 'dashboard' | 'api_token' | 'cloudflare' | 'unknown') => ({
  ...ADA,
  way,
  at: AT,
  action: 'update' as const,
  others: 0,
});

describe('the signature of a drift', () => {
  it.each([
    ['CVE flag and times', [FLAG, TIMES], HEALTHY, null, 'dashboard'],
    ['the CVE flag alone, as any PUT of output_options does', [FLAG], HEALTHY, null, null],
    ['times alone', [TIMES], HEALTHY, null, null],
    ['times in another format', [FLAG, { ...TIMES, before: 'unix' }], HEALTHY, null, null],
    ['both, by a program', [FLAG, TIMES], HEALTHY, by('api_token'), 'another_tool'],
    ['both, in the dashboard', [FLAG, TIMES], HEALTHY, by('dashboard'), 'dashboard'],
    ['another field, in the dashboard', [field('filter', 'x')], HEALTHY, by('dashboard'), null],
    ['another field, by nobody known', [field('filter', 'x')], HEALTHY, null, null],
    [
      'both, wanted by the manifest',
      [
        { ...FLAG, class: 'pending' },
        { ...TIMES, class: 'pending' },
      ],
      HEALTHY,
      null,
      null,
    ],
    ['disabled after failures', [OFF], FAILED, null, 'disabled_by_cloudflare'],
    ['disabled without a failure', [OFF], HEALTHY, null, null],
    ['disabled by Cloudflare, as the log says', [OFF], HEALTHY, by('cloudflare'), 'disabled_by_cloudflare'],
    ['disabled after failures by a person', [OFF], FAILED, by('dashboard'), null],
    ['disabled after failures in a way that is not told', [OFF], FAILED, by('unknown'), null],
    ['disabled after failures by a program', [OFF], FAILED, by('api_token'), 'another_tool'],
    ['enabled though it failed', [field('enabled', true)], FAILED, null, null],
  ] as const)('%s', (_, fields, live, author, signature) => {
    expect(signatureOf(fields, live, author)).toBe(signature);
  });
});
