import { describe, expect, it } from 'vitest';
import { endText, seenAt, signaturesIn } from '../../../src/core/credential/expiry.ts';
import { aDesiredJob } from '../../builders.ts';

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
