import { describe, expect, it } from 'vitest';
import { markdownCode, markdownText } from '../../../src/core/render/foreign-text.ts';
import { renderPlan } from '../../../src/core/render/plan-report.ts';
import { renderProblems } from '../../../src/core/render/problems.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, planOf } from '../plan/planning.ts';
import { aReport, everything } from './reports.ts';

const markdown = (report: Parameters<typeof renderPlan>[0]): string => renderPlan(report, 'markdown', PLAIN);

describe('a plan as Markdown', () => {
  it('is a table for each scope, with the fields folded away', () => {
    expect(markdown(everything())).toMatchSnapshot();
  });

  it('shows of two lists of names what came and what went', () => {
    const names = (field_names: readonly string[]) => ({ output_options: { field_names } });
    const before = aDesiredJob({ fields: names(['ClientIP', 'RayID']) });
    const live = aLiveJob({ fields: names(['ClientIP', 'RayID']) });
    const plan = planOf({
      jobs: [aDesiredJob({ fields: names(['ClientIP', 'ZoneName']) })],
      live: [live],
      entries: [applied(before, live)],
    });
    expect(markdown(aReport({ plans: [plan] }))).toContain(
      '| `output_options.field_names` | pending | `+ZoneName -RayID` |\n',
    );
  });

  it('fits into a comment, and says when it was cut', () => {
    const jobs = Array.from({ length: 900 }, (_, index) => aDesiredJob({ name: `job-${index}` }));
    const text = markdown(aReport({ plans: [planOf({ jobs })] }));
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text.length).toBeGreaterThan(60_000);
    expect(text).toContain('_Cut here: the rest does not fit into a comment.');
    expect(text.match(/<details>/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0);
    const rows = text.split('\n').filter((line) => line.startsWith('| create'));
    for (const row of rows) expect(row).toMatch(/ \|$/);
  });

  it('is not cut when it fits', () => {
    expect(markdown(everything())).not.toContain('Cut here');
  });

  it('lets no name or message end its cell, become markup or call somebody', () => {
    const name = '`a` | </details><img src=x> @octocat [x](http://x) **b**\n# c';
    const text = markdown(
      aReport({ plans: [planOf({ jobs: [aDesiredJob({ name })], live: [aLiveJob({ name: '|@b' })] })] }),
    );
    const summaries = text.split('\n').filter((line) => line.startsWith('<details>'));
    expect(summaries.map((line) => line.match(/<[^>]*>/g))).toEqual([
      ['<details>', '<summary>', '<code>', '</code>', '</summary>'],
    ]);
    const outside = text
      .replace(/^<details>.*$/gm, '')
      .replace(/(`+)[^\n]*?\1(?!`)/g, '')
      .replaceAll(/\\[!-/:-@[-`{-~]/g, '');
    expect(outside).not.toMatch(/<img|@octocat|\*\*b|^# c/m);
    const rows = text.split('\n').filter((line) => /^\| (create|unmanaged)/.test(line));
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(6);
    expect(rows).toHaveLength(2);
  });

  it.each([
    ['plain', '`plain`'],
    ['a`b', '`` a`b ``'],
    ['``', '``` `` ```'],
    ['a|b', '`a\\|b`'],
    ['a\\|b', '`a\\\\u{7c}b`'],
    ['', ''],
  ])('%j in a cell is %s', (text, code) => {
    expect(markdownCode(text)).toBe(code);
  });

  it.each([
    ['@a *b* <c>', '@<!-- -->a \\*b\\* \\<c\\>'],
    ['a|b\nc', 'a\\|b\\\\u{a}c'],
    ['[x](y) `z`', '\\[x\\](y) \\`z\\`'],
  ])('%j in a paragraph is %s', (text, escaped) => {
    expect(markdownText(text)).toBe(escaped);
  });

  it('shows problems as a table', () => {
    const origin = { file: 'a.yaml', line: 3, column: 7 };
    const problem = {
      severity: 'error',
      code: 'wrong-type',
      origin,
      path: 'zones',
      message: 'Write a list.',
    } as const;
    expect(renderProblems([problem], 'markdown', 2)).toBe(
      '**1 error in 1 file. The manifest is refused; nothing was planned.**\n\n' +
        '| place | | code | path | what to do |\n|---|---|---|---|---|\n' +
        '| `a.yaml:3:7` | error | `wrong-type` | `zones` | Write a list. |\n',
    );
  });
});
