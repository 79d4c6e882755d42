import { describe, expect, it } from 'vitest';
import { resolveManifest } from '../../../src/core/manifest/resolve.ts';
import { asText, parseText } from './fixtures.ts';
import { aWorld, aZone } from './world.ts';

const HTTP = 'dataset: http_requests, enabled: true, destination_conf: "s3://b/{DATE}?region=r"';

/** What two jobs of a zone ignore at a moment, and what is told besides. */
function at(now: string, text: string) {
  const { manifest, problems } = parseText(`version: 1\n${text}`);
  if (manifest === null) throw new Error(asText(problems));
  const world = { ...aWorld({ zones: [aZone('example.com', 1)] }), now: Date.parse(now) };
  const { scopes, problems: late } = resolveManifest(manifest, world);
  const jobs = scopes.flatMap((scope) => scope.jobs);
  return {
    ignored: Object.fromEntries(jobs.map(({ name, ignore }) => [name, ignore])),
    told: [...problems, ...late].map(({ code, origin, message }) => `${code} ${origin.line} ${message}`),
  };
}

const ofJob = (rule: string): string =>
  `zones: [{ zone: example.com, jobs: [{ name: a, ignore: [${rule}], ${HTTP} }] }]`;

describe('a rule of ignore', () => {
  it.each([
    ['a mere name', 'filter', '2999-01-01T00:00:00Z', ['filter']],
    ['a rule without end', '{ field: filter, reason: why }', '2999-01-01T00:00:00Z', ['filter']],
    [
      'the last moment of its last day',
      '{ field: filter, until: 2026-12-01 }',
      '2026-12-01T23:59:59.999Z',
      ['filter'],
    ],
    ['the moment after its last day', '{ field: filter, until: 2026-12-01 }', '2026-12-02T00:00:00Z', []],
    [
      'right before its moment',
      '{ field: filter, until: "2026-12-01T10:00:00+02:00" }',
      '2026-12-01T07:59:59.999Z',
      ['filter'],
    ],
    ['its moment', '{ field: filter, until: "2026-12-01T10:00:00+02:00" }', '2026-12-01T08:00:00Z', []],
  ])('holds, or not, at %s', (_, rule, now, expected) => {
    expect(at(now, ofJob(rule)).ignored).toEqual({ a: expected });
  });

  it('that has ended is told where it stands, with its reason and what holds now', () => {
    const { told } = at(
      '2027-01-01T00:00:00Z',
      ofJob('{ field: filter, reason: INC-42, until: 2026-12-01 }'),
    );
    expect(told).toEqual([
      'ended-ignore 2 This rule ("INC-42") has ended with 2026-12-01, so "filter" is compared and put right ' +
        'again. Give it a later "until", or remove it.',
    ]);
  });

  it('that has ended is told once, however many jobs have it from their preset', () => {
    const text = `presets: { p: { ignore: [{ field: filter, until: 2026-12-01 }], ${HTTP} } }
zones: [{ zone: example.com, jobs: [{ name: a, preset: p }, { name: b, preset: p }] }]`;
    expect(at('2027-01-01T00:00:00Z', text).told).toHaveLength(1);
  });

  it('of a zone holds for the jobs that it names, besides what they ignore themselves', () => {
    const text = `zones:
  - zone: example.com
    ignore: [{ field: enabled, job: "http-*", until: 2026-12-01 }, { field: filter }]
    jobs: [{ name: http-a, ignore: [filter, max_upload_bytes], ${HTTP} }, { name: dns, ${HTTP} }]`;
    expect(at('2026-12-01T00:00:00Z', text).ignored).toEqual({
      'http-a': ['filter', 'max_upload_bytes', 'enabled'],
      dns: ['filter'],
    });
    expect(at('2026-12-02T00:00:00Z', text)).toMatchObject({
      ignored: { 'http-a': ['filter', 'max_upload_bytes'], dns: ['filter'] },
      told: [expect.stringContaining('ended-ignore 4 This rule has ended')],
    });
  });

  it.each([
    ['a day that there is not', '{ field: filter, until: 2026-13-01 }', 'not-allowed-value'],
    ['a moment without its zone', '{ field: filter, until: "2026-12-01T10:00:00" }', 'not-allowed-value'],
    ['no field', '{ until: 2026-12-01 }', 'missing-key'],
    ['an unknown key', '{ field: filter, untill: 2026-12-01 }', 'unknown-key'],
    ['an unknown field', '{ field: filters, until: 2026-12-01 }', 'unknown-ignore'],
  ])('is refused, or told, with %s', (_, rule, code) => {
    expect(asText(parseText(`version: 1\n${ofJob(rule)}`).problems)).toContain(code);
  });
});
