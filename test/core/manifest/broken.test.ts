import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../src/core/manifest/finding.ts';
import { isError } from '../../../src/core/problem.ts';
import { asText, fixtures, parseFiles, readFile } from './fixtures.ts';

const BROKEN = fixtures('broken');
/** Found only when limits are small, names are resolved, time goes on, a suffix is set or nobody can be asked; their tests are beside this one. */
const NOT_IN_FIXTURES = [
  'bad-lock',
  'bad-name-suffix',
  'selects-nothing',
  'stale-lock',
  'too-large',
  'too-many-documents',
  'too-many-files',
  'too-many-problems',
  'ended-ignore',
  'unknown-field',
  'unlisted-field',
];

describe('a broken manifest', () => {
  it.each(BROKEN.map((fixture) => [fixture.name, fixture] as const))(
    '%s: has exactly the findings beside it',
    (name, { files }) => {
      const { problems, manifest } = parseFiles(files);
      expect(asText(problems)).toBe(readFile(`test/fixtures/manifests/broken/${name}.expected.txt`));
      expect(manifest === null).toBe(problems.some(isError));
    },
  );

  it('is there in more than 60 ways, with every code that a file can have', () => {
    const codes = BROKEN.flatMap(({ files }) => parseFiles(files).problems.map(({ code }) => code));
    expect(BROKEN.length).toBeGreaterThan(60);
    expect([...new Set([...codes, ...NOT_IN_FIXTURES])].toSorted()).toEqual(
      Object.keys(SEVERITIES).toSorted(),
    );
  });

  it('never shows what may be a secret', () => {
    const withCanaries = BROKEN.filter(({ files }) => files.some(({ text }) => text.includes('CANARY')));
    expect(withCanaries.length).toBeGreaterThan(8);
    for (const { files } of withCanaries)
      expect(JSON.stringify(parseFiles(files).problems)).not.toContain('CANARY');
  });

  it('has findings that say what to do, on one line', () => {
    for (const { name, files } of BROKEN) {
      for (const { message } of parseFiles(files).problems) {
        expect(`${name}: ${message}`).toMatch(/^[a-z0-9-]+: [^\n]{20,}[.?]$/);
      }
    }
  });
});
