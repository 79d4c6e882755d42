import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BANK } from '../../tools/bugs/bank.ts';
import { plantedIn, type Bug } from '../../tools/bugs/bug.ts';
import { verdictOf, type TestReport } from '../../tools/bugs/verdict.ts';

const inRoot = (path: string): URL => new URL(`../../${path}`, import.meta.url);

describe('the bug bank', () => {
  it.each(BANK.map((bug) => [bug.name, bug] as const))('%s: applies to the source as it is', (_, bug) => {
    const text = readFileSync(inRoot(bug.file), 'utf8');
    expect(plantedIn(text, bug)).toContain(bug.replace);
  });

  it('names tests that exist', () => {
    const named = BANK.flatMap(({ caughtBy }) => caughtBy ?? []);
    expect(named.filter((file) => !existsSync(inRoot(file)))).toEqual([]);
  });

  it('says of each bug who has to catch it', () => {
    const orphans = BANK.filter(({ caughtBy = [], seeds = 0 }) => caughtBy.length === 0 && seeds === 0);
    expect(orphans).toEqual([]);
  });

  it('has each bug once', () => {
    const names = BANK.map(({ name }) => name);
    const edits = BANK.map(({ file, find, replace }) => JSON.stringify([file, find, replace]));
    expect([new Set(names).size, new Set(edits).size]).toEqual([BANK.length, BANK.length]);
  });
});

describe('planting a bug', () => {
  const bug: Bug = { name: 'a bug', breaks: ['1'], file: 'a.ts', find: 'a < b', replace: 'a <= b' };

  it('changes that one place', () => {
    expect(plantedIn('if (a < b) return;', bug)).toBe('if (a <= b) return;');
  });

  it.each([
    ['is gone', 'if (a > b) return;', bug, 'stands 0 times'],
    ['stands there twice', 'a < b, a < b', bug, 'stands 2 times'],
    ['is replaced by itself', 'a < b', { ...bug, replace: bug.find }, 'by itself'],
  ])('is refused where the text %s', (_, text, one, why) => {
    expect(() => plantedIn(text, one)).toThrow(why);
  });
});

describe('the verdict about a bug', () => {
  const FILE = 'test/a.test.ts';
  const report = (...failures: readonly (string | null)[]): TestReport => ({
    testResults: [
      {
        name: `/copy/${FILE}`,
        status: 'failed',
        assertionResults: failures.map((failure, index) => ({
          fullName: `rule ${index + 1}`,
          status: failure === null ? 'passed' : 'failed',
          failureMessages: failure === null ? [] : [failure],
        })),
      },
    ],
  });
  const verdict = (one: TestReport, files = [FILE]) => verdictOf(one, '/copy', files);

  it('is that it was caught, and by which test', () => {
    expect(verdict(report(null, 'AssertionError: expected 1 to be 2'))).toEqual({
      result: 'caught',
      by: 'rule 2',
    });
  });

  it('is that it survived when all tests pass', () => {
    expect(verdict(report(null, null)).result).toBe('survived');
  });

  it.each([
    'TypeError: job.name is not a function',
    'ReferenceError: x is not defined',
    'SyntaxError: Unexpected token',
    'Error: Test timed out in 15000ms.',
  ])('is that it breaks the program where all that failed is %s', (failure) => {
    expect(verdict(report(null, failure)).result).toBe('broken');
  });

  it('is that it breaks the program where no test ran, or the file did not', () => {
    expect(verdict(report()).result).toBe('broken');
    expect(verdict(report('AssertionError'), [FILE, 'test/b.test.ts']).result).toBe('broken');
  });

  it('asks each of the files to have seen it', () => {
    const both = { testResults: [...report('AssertionError').testResults, ...report(null).testResults] };
    const [first, second] = both.testResults;
    const other = { ...second!, name: '/copy/test/b.test.ts' };
    const files = [FILE, 'test/b.test.ts'];
    expect(verdict({ testResults: [first!, other] }, files).result).toBe('survived');
  });
});
