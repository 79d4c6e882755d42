import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { renderPlan } from '../../../src/core/render/plan-report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, planOf } from '../plan/planning.ts';
import { aReport, everything, shop } from './reports.ts';

const text = (report: Parameters<typeof renderPlan>[0]): string => renderPlan(report, 'text', PLAIN);

describe('a plan as text', () => {
  it('shows every change, what is withheld and why, and the totals last', () => {
    expect(text(everything())).toMatchSnapshot();
  });

  it('is one line when there is nothing to do', () => {
    const http = aDesiredJob();
    const live = aLiveJob();
    const inSync = planOf({ jobs: [http], live: [live], entries: [applied(http, live)] });
    expect(text(aReport({ plans: [inSync, planOf({})] }))).toBe(
      'No changes. 1 job in 2 scopes is as the manifest says.\n',
    );
  });

  it('is one line when equal jobs are only taken over', () => {
    const plan = planOf({
      jobs: [aDesiredJob({ name: 'a' }), aDesiredJob({ name: 'b' })],
      live: [aLiveJob({ name: 'a', id: 1 }), aLiveJob({ name: 'b', id: 2 })],
    });
    expect(text(aReport({ plans: [plan] }))).toBe(
      'No changes. 2 jobs in 1 scope are as the manifest says. ' +
        '2 of them not owned yet: the next apply takes them over without a write.\n',
    );
  });

  it('says that they were taken over where the plan was carried out', () => {
    const plan = planOf({ jobs: [aDesiredJob({ name: 'a' })], live: [aLiveJob({ name: 'a', id: 1 })] });
    expect(text({ ...aReport({ plans: [plan] }), isApplied: true })).toContain(
      '1 of them not owned before: taken over without a write.',
    );
  });

  it('calls a job blocked that cannot be made as it is written, and says not what would become of it', () => {
    const blocked = [{ ...aDesiredJob({ name: 'a' }), reason: 'The secret "key" is missing.' }];
    const shown = text(aReport({ plans: [planOf({ scope: { blocked } })] }));
    expect(shown).toMatch(/! blocked +a\n +The secret "key" is missing\./);
  });

  it('has the commands for a proof whole, also where the destination is long', () => {
    const sas =
      'sv=2024-11-04&ss=b&srt=o&sp=w&st=2026-01-01T00:00:00Z&se=2031-01-01T00:00:00Z&spr=https&sig=c2ln';
    const destination = new Secret(`azure://acmelogs.blob.core.windows.net/logs/http_requests/{DATE}?${sas}`);
    const job = aDesiredJob({
      name: 'http-requests-archive',
      fields: { destination_conf: destination, ownership_challenge: new Secret('e30.eyJleHAiOjF9.c2ln') },
    });
    const plan = planOf({ jobs: [job], policy: { challenges: { readers: [] } } });
    expect(text(aReport({ plans: [plan] }))).toContain('"ownership_challenge: ${secret:NAME}" to the job.');
  });

  it('names scopes that could not be read, names that nobody knows, and a refusal', () => {
    const report = aReport({
      unreadable: [{ scope: shop, reason: 'Cloudflare does not allow to list jobs.' }],
      unresolved: [{ name: 'typo.example', reason: 'The token sees no zone of this name.' }],
      refusal: {
        digest: 'd1',
        code: 'too-many-removals',
        reason: '4 jobs would be deleted.',
        jobs: ['example.com/a: would be deleted'],
      },
    });
    expect(text(report)).toBe(
      [
        'shop.example   zone',
        '',
        '  ! unreadable   Cloudflare does not allow to list jobs.',
        '',
        'typo.example',
        '',
        '  ! unresolved   The token sees no zone of this name.',
        '',
        'Refused by the guard, nothing is written: 4 jobs would be deleted.',
        '  example.com/a: would be deleted',
        '',
        '0 to create, 0 to update, 0 to replace, 0 to delete. ' +
          'None of it is written: the guard refuses it. 1 scope cannot be read: shop.example. 1 entry cannot be resolved: typo.example.',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [['http'], '1 job cannot be planned: http in example.com.'],
    [
      ['a', 'b', 'c', 'd', 'e'],
      '5 jobs cannot be planned: a in example.com, b in example.com, c in example.com and 2 more.',
    ],
  ])('says last which jobs cannot be planned: %j', (names, sentence) => {
    const blocked = names.map((name) => ({
      name,
      reason: 'The secret is missing.',
      origin: aDesiredJob().origin,
    }));
    const shown = text(aReport({ plans: [planOf({ scope: { blocked } })] }));
    expect(shown.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`withheld\\. ${sentence}$`));
  });

  it('shows nothing but the problems of a manifest that is refused', () => {
    const origin = { file: 'a.yaml', line: 3, column: 7 };
    const problems = [
      { severity: 'error', code: 'wrong-type', origin, path: 'zones', message: 'Write a list.' },
    ] as const;
    expect(text({ ...everything(), problems })).toBe(
      'a.yaml:3:7  error  wrong-type  zones\n  Write a list.\n\n' +
        '1 error in 1 file. The manifest is refused; nothing was planned.\n',
    );
  });

  it('shows of two lists of names what came and what went', () => {
    const names = (field_names: readonly string[]) => ({ output_options: { field_names } });
    const before = aDesiredJob({ fields: names(['ClientIP', 'RayID', 'EdgeStartTimestamp']) });
    const live = aLiveJob({ fields: names(['ClientIP', 'RayID', 'EdgeStartTimestamp']) });
    const plan = planOf({
      jobs: [aDesiredJob({ fields: names(['ClientIP', 'RayID', 'ZoneName']) })],
      live: [live],
      entries: [applied(before, live)],
    });
    expect(text(aReport({ plans: [plan] }))).toContain(
      'output_options.field_names   +ZoneName -EdgeStartTimestamp\n',
    );
  });

  it('paints what a person should look at', () => {
    const style = { ...PLAIN, red: (each: string) => `<red>${each}</red>`, dim: (each: string) => each };
    const painted = renderPlan(everything(), 'text', style);
    expect(painted).toContain('<red>  -</red> delete');
    expect(painted).toContain('<red>conflict</red>');
  });

  it('does not let a name move the cursor, turn the line or break it', () => {
    const name = 'evil\u001b[2K\u001b]0;x\u0007\r\nNo changes.\u202egnp\u2066\u200b\u0085';
    const plan = planOf({ jobs: [aDesiredJob({ name })], live: [aLiveJob({ name: `${name}2` })] });
    const shown = text(aReport({ plans: [plan], unreadable: [{ scope: shop, reason: `so: ${name}` }] }));
    expect(shown).not.toMatch(/[^\n\x20-\x7e…]/);
    expect(shown).toContain('evil\\u{1b}[2K');
    expect(shown.split('\n').filter((line) => line.startsWith('No changes.'))).toEqual([]);
  });
});
