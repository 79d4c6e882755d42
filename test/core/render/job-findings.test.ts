import { describe, expect, it } from 'vitest';
import type { BlockedJob } from '../../../src/core/job/job.ts';
import { finding } from '../../../src/core/manifest/finding.ts';
import { exitCodeOf } from '../../../src/core/render/exit-code.ts';
import { type OutputFormat, renderPlan } from '../../../src/core/render/plan-report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, planOf } from '../plan/planning.ts';
import { aReport, shop } from './reports.ts';

const place = { origin: { file: 'z.yaml', line: 9, column: 4 }, path: 'zones[0].jobs[0].filter.where.key' };
const found = finding('unknown-field', place, '"RayId" is not a field of dns_logs.');
const blocked: readonly BlockedJob[] = [
  { name: 'http', reason: 'z.yaml:9:4: no such field', origin: place.origin, findings: [found] },
];
/** Two zones that one selector finds. */
const report = aReport({
  plans: [planOf({ scope: { blocked } }), planOf({ scope: { scope: shop, blocked } })],
});
const shown = (format: OutputFormat): string => renderPlan(report, format, PLAIN);

describe('a finding that refuses one job', () => {
  it('stands at its place once, above a plan that goes on', () => {
    expect(shown('text')).toMatch(
      /^z\.yaml:9:4 {2}error {2}unknown-field {2}zones\[0\]\.jobs\[0\]\.filter\.where\.key\n {2}"RayId" is not a field of dns_logs\.\n\n1 error in 1 file\. Jobs with errors are left as they are\.\n\nexample\.com {3}zone/,
    );
    expect(shown('text').match(/RayId/g)).toHaveLength(1);
  });

  it('is an annotation of its line, a row, and an entry of "problems"', () => {
    expect(shown('github')).toContain(
      '::error file=z.yaml,line=9,col=4,title=unknown-field at zones[0].jobs[0].filter.where.key::',
    );
    expect(shown('markdown')).toContain('| `z.yaml:9:4` | error | `unknown-field` |');
    expect(JSON.parse(shown('json'))).toMatchObject({
      problems: [{ code: 'unknown-field', line: 9, column: 4 }],
    });
  });

  it('ends a plan with 1, as what could not be decided, and not with 3 as a manifest that is refused', () => {
    expect(exitCodeOf(report, false)).toBe(1);
  });
});

describe('fields that Cloudflare lists by now', () => {
  const job = aDesiredJob({ newFields: ['BotScore', 'JA4'] });
  const news = aReport({
    plans: [planOf({ scope: { jobs: [job] } }), planOf({ scope: { scope: shop, jobs: [job] } })],
  });
  const line =
    'New at Cloudflare: 2 fields of http_requests that 2 jobs in zones do not have: BotScore, JA4. "logpushd fields --lock" takes them, as a change to review.';

  it('are one line of a plan, for all jobs of their dataset', () => {
    expect(renderPlan(news, 'text', PLAIN)).toContain(line);
    expect(renderPlan(news, 'github', PLAIN)).toContain(
      `::notice title=new fields of http_requests::${line}`,
    );
    expect(renderPlan(news, 'markdown', PLAIN)).toContain('BotScore, JA4');
    expect(JSON.parse(renderPlan(news, 'json', PLAIN))).toMatchObject({
      new_fields: [{ dataset: 'http_requests', scope_kind: 'zone', fields: ['BotScore', 'JA4'], jobs: 2 }],
    });
  });

  it('change nothing about what a plan answers', () => {
    const live = aLiveJob();
    const inSync = planOf({ jobs: [job], live: [live], entries: [applied(job, live)] });
    expect(exitCodeOf(aReport({ plans: [inSync] }), true)).toBe(0);
  });
});
