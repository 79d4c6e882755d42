import { describe, expect, it } from 'vitest';
import { renderPlan } from '../../../src/core/render/plan-report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { aDesiredJob } from '../../builders.ts';
import { planOf } from '../plan/planning.ts';
import { aReport, everything, shop } from './reports.ts';

const github = (report: Parameters<typeof renderPlan>[0]): readonly string[] =>
  renderPlan(report, 'github', PLAIN).trimEnd().split('\n');

describe('a plan as annotations', () => {
  it('puts each change beside the line that wants it', () => {
    const lines = github(everything());
    expect(lines).toContain(
      '::notice file=zones/example.yaml,line=4,col=9,title=create firewall in example.com::' +
        'The manifest wants a job that is not at Cloudflare: firewall_events to s3://acme-logs/http/{DATE}?region=us-west-2.',
    );
  });

  it('warns of drift, conflict and what is withheld', () => {
    const warnings = github(everything()).filter((line) => line.startsWith('::warning'));
    expect(warnings.map((line) => /title=([^:]*)::/.exec(line)?.[1]?.replaceAll('%3A', ':'))).toEqual([
      'drift: update audit in example.com',
      'conflict: update conflicting in example.com',
      'withheld: delete kept in example.com',
    ]);
  });

  it('errs on problems, refusal and what cannot be read', () => {
    const origin = { file: 'a,b:c.yaml', line: 3, column: 7 };
    const lines = github(
      aReport({
        unreadable: [{ scope: shop, reason: 'Cloudflare does not allow to list jobs.' }],
        unresolved: [{ name: 'typo.example', reason: 'Nobody knows it.', origin }],
        refusal: {
          digest: 'd1',
          code: 'too-many-removals',
          reason: 'Over 10 %.',
          jobs: ['example.com/a: would be deleted'],
        },
        problems: [
          { severity: 'error', code: 'wrong-type', origin, path: 'zones', message: 'Write a list.' },
          { severity: 'warning', code: 'old', origin, path: '', message: 'Write it anew.' },
        ],
      }),
    );
    expect(lines).toEqual([
      '::error file=a%2Cb%3Ac.yaml,line=3,col=7,title=wrong-type at zones::Write a list.',
      '::warning file=a%2Cb%3Ac.yaml,line=3,col=7,title=old::Write it anew.',
      '::error title=Refused by the guard::Over 10 %25.%0Aexample.com/a: would be deleted',
      '::error title=shop.example cannot be read::Cloudflare does not allow to list jobs.',
      '::error file=a%2Cb%3Ac.yaml,line=3,col=7,title=typo.example is not known::Nobody knows it.',
      'The manifest is refused; nothing was planned.',
    ]);
  });

  it('does not let a name forge an annotation', () => {
    const name = 'x\n::error file=.github/workflows/ci.yml,line=1::forged\r::stop-commands::t';
    const lines = github(aReport({ plans: [planOf({ jobs: [aDesiredJob({ name })] })] }));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::notice file=manifest\.yaml,line=1,col=1,title=create x[^:]*::The manifest/);
  });
});
