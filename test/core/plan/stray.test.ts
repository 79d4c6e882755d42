import { describe, expect, it } from 'vitest';
import { renderPlan } from '../../../src/core/render/plan-report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { actionsOf, applied, planOf } from './planning.ts';

const ALLOWED = { allowedDestinations: ['s3://acme-logs/*', 'https://logs.example.com/*'] };
const HERE = 's3://acme-logs/x?region=r';
const THERE = 's3://elsewhere/x?region=r&access-key-id=AKIA99&secret-access-key=a-secret-of-theirs';

const live = (id: number, name: string, destination: string) =>
  aLiveJob({ id, name, fields: { destination_conf: destination } });

describe('a live job that delivers where the settings allow none to', () => {
  const desired = aDesiredJob({ name: 'ours', fields: { destination_conf: HERE } });
  const moved = live(1, 'ours', THERE);
  const foreign = live(2, 'copy', THERE);

  it('is a stray, whether somebody redirected a job of the manifest or made one of their own', () => {
    const entries = [applied(desired, live(1, 'ours', HERE))];
    const plan = planOf({ jobs: [desired], live: [moved, foreign], entries, policy: ALLOWED });
    expect(plan.strays).toMatchObject([
      { name: 'copy', id: 2, isManaged: false },
      { name: 'ours', id: 1, isManaged: true },
    ]);
    expect(actionsOf(plan)).toEqual(['update ours']);
  });

  it('is told of in every form of the plan, without its secrets', () => {
    const plan = planOf({ live: [foreign], policy: ALLOWED });
    const report = {
      revision: 'r1',
      generatedAt: '2026-01-12T10:00:00Z',
      plans: [plan],
      unreadable: [],
      unresolved: [],
      refusal: null,
      problems: [],
    };
    for (const format of ['text', 'markdown', 'github', 'json'] as const) {
      const text = renderPlan(report, format, PLAIN);
      expect(text).toContain('stray');
      expect(text).toContain('elsewhere');
      expect(text).not.toContain('a-secret-of-theirs');
    }
    expect(renderPlan(report, 'text', PLAIN)).toContain('1 of all live jobs send logs to where');
    expect(JSON.parse(renderPlan(report, 'json', PLAIN))).toMatchObject({
      scopes: [{ strays: [{ name: 'copy', id: 2, managed: false }] }],
    });
  });

  it.each([
    ['one that is allowed', live(2, 'copy', 'https://LOGS.example.com/in?header_X=y'), ALLOWED, 0],
    ['any, where the settings name none', foreign, {}, 0],
    ['one that is not allowed', foreign, ALLOWED, 1],
  ])('is none with %s', (_, job, policy, strays) => {
    expect(planOf({ live: [job], policy }).strays).toHaveLength(strays);
  });
});
