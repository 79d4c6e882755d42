import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/core/problem.ts';
import { renderProblems } from '../../../src/core/render/problems.ts';

const problems: readonly Problem[] = [
  {
    severity: 'error',
    code: 'duplicate-name',
    origin: { file: 'zones/shop.yaml', line: 19, column: 7 },
    path: 'jobs[3].name',
    message: '"http" is already used by jobs[0] (line 4). Names identify jobs within a zone.',
  },
  {
    severity: 'error',
    code: 'out-of-range',
    origin: { file: 'zones/shop.yaml', line: 12, column: 23 },
    path: 'jobs[1].max_upload_bytes',
    message: '1000000 is below the minimum of 5000000. Use 0 for no limit.',
  },
  {
    severity: 'warning',
    code: 'odd-name',
    origin: { file: 'zones/a.yaml', line: 1, column: 1 },
    path: '',
    message: 'Write it in Latin letters.',
  },
];

describe('problems for a person', () => {
  it('stand in order of place, with place, code, path and remedy, the totals last', () => {
    expect(renderProblems(problems, 'text', 14)).toBe(
      `zones/a.yaml:1:1  warning  odd-name
  Write it in Latin letters.

zones/shop.yaml:12:23  error  out-of-range  jobs[1].max_upload_bytes
  1000000 is below the minimum of 5000000. Use 0 for no limit.

zones/shop.yaml:19:7  error  duplicate-name  jobs[3].name
  "http" is already used by jobs[0] (line 4). Names identify jobs within a zone.

2 errors, 1 warning in 2 files. The manifest is refused; nothing was planned.
`,
    );
  });

  it.each([
    [[], 14, 'No problems in 14 files.\n'],
    [[], 1, 'No problems in 1 file.\n'],
    [[], undefined, 'No problems.\n'],
  ])('none of them: %#', (none, files, text) => {
    expect(renderProblems(none, 'text', files)).toBe(text);
  });

  it('do not refuse the manifest when they are warnings', () => {
    expect(renderProblems(problems.slice(2), 'text', 1)).toMatch(/\n1 warning in 1 file\.\n$/);
  });
});

describe('problems for a program', () => {
  it('are counted and listed as JSON', () => {
    expect(JSON.parse(renderProblems(problems, 'json', 14))).toMatchObject({
      files: 14,
      errors: 2,
      warnings: 1,
      problems: [
        { severity: 'warning', file: 'zones/a.yaml', line: 1, column: 1 },
        { code: 'out-of-range', line: 12, column: 23, path: 'jobs[1].max_upload_bytes' },
        { code: 'duplicate-name' },
      ],
    });
  });

  it('are annotations, one line each', () => {
    const lines = renderProblems(problems, 'github', 14).trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe(
      '::error file=zones/shop.yaml,line=12,col=23,title=out-of-range at jobs[1].max_upload_bytes::' +
        '1000000 is below the minimum of 5000000. Use 0 for no limit.',
    );
  });
});
