import { describe, expect, it } from 'vitest';
import {
  challengesIn,
  endText,
  isUrgent,
  seenAt,
  signaturesIn,
} from '../../../src/core/credential/expiry.ts';
import type { DesiredJob } from '../../../src/core/job/job.ts';
import type { Withheld } from '../../../src/core/plan/change.ts';
import { Secret } from '../../../src/core/secret.ts';
import { aDesiredJob, aDesiredScope } from '../../builders.ts';
import { aField, aWithheld } from '../../edges/events.ts';

const job = (name: string, destination: string, enabled = true) =>
  aDesiredJob({ name, fields: { destination_conf: destination, enabled } });

const UNTIL_MAY = 'azure://logs/http/{DATE}?sv=2024-11-04&se=2027-05-01T00:00:00Z&sp=w&sig=c2VjcmV0';

describe('the signatures in a manifest', () => {
  it('are told once for each place and end, with the jobs that use them and nothing of the secret', () => {
    const found = signaturesIn({ jobs: [job('http', UNTIL_MAY), job('dns', UNTIL_MAY)] });
    expect(found).toEqual([
      {
        kind: 'sas',
        destination: 'azure://logs',
        expiresAt: '2027-05-01T00:00:00Z',
        jobs: ['http', 'dns'],
      },
    ]);
  });

  it.each([
    ['of another kind of store', job('http', 'https://logs.example?se=2027-05-01')],
    ['without an end', job('http', 'azure://logs/http?sv=2024-11-04&sig=c2VjcmV0')],
    ['with an end that is no time', job('http', 'azure://logs/http?se=12345678901&sig=c2VjcmV0')],
    ['of a job that is switched off', job('http', UNTIL_MAY, false)],
  ])('leave out one %s', (_, one) => {
    expect(signaturesIn({ jobs: [one] })).toEqual([]);
  });
});

describe('the proofs of ownership in a manifest', () => {
  const token = `e30.${Buffer.from(JSON.stringify({ exp: 1_809_302_400 })).toString('base64url')}.c2ln`;
  const proven = (name: string, destination = 's3://logs/http?region=eu-west-1') =>
    aDesiredJob({ name, fields: { destination_conf: destination, ownership_challenge: new Secret(token) } });
  const found = (jobs: readonly DesiredJob[], ...withheld: readonly Partial<Withheld>[]) =>
    challengesIn({
      desired: aDesiredScope({ jobs }),
      withheld: withheld.map((one) => aWithheld({ name: 'http', fields: [], ...one })),
    });

  it('are told as long as their jobs cannot be written, with nothing of the token', () => {
    const create = { action: 'create' } as const;
    const told = found([proven('http'), proven('dns')], create, { ...create, name: 'dns' });
    expect(told).toEqual([
      {
        kind: 'challenge',
        destination: 's3://logs',
        expiresAt: '2027-05-03T00:00:00.000Z',
        jobs: ['http', 'dns'],
      },
    ]);
  });

  it('are told of a job that is to deliver to somewhere else, not of one that stays where it is', () => {
    const moved = aField({ path: 'destination_conf.path' });
    expect(found([proven('http')], { action: 'update', fields: [moved] })).toHaveLength(1);
    expect(found([proven('http')], { action: 'update', fields: [aField({ path: 'enabled' })] })).toEqual([]);
    expect(found([proven('http')])).toEqual([]);
  });

  it('are not told of a job that waits for another proof anyway, nor where Cloudflare wants none', () => {
    expect(found([proven('http')], { action: 'create', waitsFor: 'challenge' })).toEqual([]);
    expect(found([proven('http', 'https://logs.example')], { action: 'create' })).toEqual([]);
  });

  it('are warned of on their last day alone, and never as urgent', () => {
    const [proof] = found([proven('http')], { action: 'create' });
    const steps = [6 * 24, 24, -1].map((hours) => {
      const seen = proof && seenAt(proof, Date.parse(proof.expiresAt) - hours * 3_600_000);
      return seen && [seen.withinDays, isUrgent(seen)];
    });
    expect(steps).toEqual([
      [null, false],
      [1, false],
      [0, false],
    ]);
  });
});

describe('how near an end is', () => {
  const END = '2027-05-01T00:00:00Z';
  const credential = { kind: 'sas', destination: 'azure://logs', expiresAt: END, jobs: [] } as const;
  const before = (hours: number) => seenAt(credential, Date.parse(END) - hours * 3_600_000);

  it.each([
    [31 * 24, null, `ends on ${END}`],
    [30 * 24, 30, `ends on ${END}, in 30 days or less`],
    [7 * 24 + 1, 30, `ends on ${END}, in 30 days or less`],
    [7 * 24, 7, `ends on ${END}, in 7 days or less`],
    [24, 1, `ends on ${END}, in 1 day or less`],
    [0, 0, `ended on ${END}`],
    [-48, 0, `ended on ${END}`],
  ])('is %i hours before it %s', (hours, withinDays, text) => {
    expect(before(hours).withinDays).toBe(withinDays);
    expect(endText(before(hours))).toBe(text);
  });
});
