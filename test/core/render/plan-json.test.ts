import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { planReport } from '../../../src/core/render/plan-json.ts';
import { renderPlan } from '../../../src/core/render/plan-report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { planOf } from '../plan/planning.ts';
import { ADA, AT } from '../audit/entries.ts';
import { aReport, everything, shop } from './reports.ts';

type Schema = { readonly [key: string]: unknown };

const schema = JSON.parse(
  readFileSync(new URL('../../../schemas/plan.schema.json', import.meta.url), 'utf8'),
) as Schema;

/** As published, readers must bear properties that are added later; here, none may be there that is not described. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, closed(value)] as const);
  const isObject = 'properties' in node && 'type' in node;
  return Object.fromEntries(isObject ? [...entries, ['additionalProperties', false]] : entries);
}

const validate = new Ajv({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile(closed(schema) as Schema);

function errorsOf(document: unknown): readonly unknown[] {
  return validate(JSON.parse(JSON.stringify(document))) ? [] : (validate.errors ?? []);
}

describe('a plan as JSON', () => {
  it('is what the published schema says, with everything in it', () => {
    const origin = { file: 'a.yaml', line: 3, column: 7 };
    const report = {
      ...everything(),
      unreadable: [{ scope: shop, reason: 'Cloudflare does not allow to list jobs.' }],
      unresolved: [
        { name: 'typo.example', reason: 'Nobody knows it.', origin },
        { name: 'b.example', reason: 'Nobody knows it.' },
      ],
      refusal: {
        code: 'empty-manifest',
        reason: 'Empty.',
        jobs: ['example.com/a: would be deleted'],
        digest: null,
      },
      problems: [{ severity: 'warning', code: 'old', origin, path: '', message: 'Write it anew.' }],
    } as const;
    expect(errorsOf(planReport(report))).toEqual([]);
    const attribution = { ...ADA, at: AT, action: 'update', others: 0 } as const;
    const authors = report.plans.flatMap(({ scope, changes }) =>
      changes.map(({ name: job, action }) => ({ scope, job, action, attribution })),
    );
    const named = planReport({ ...report, authors });
    expect(named.scopes[0]?.changes[0]?.changed_by).toMatchObject({ email: 'ada@example.com', at: AT });
    expect(errorsOf(named)).toEqual([]);
    expect(
      errorsOf(planReport({ ...report, plans: [planOf({ jobs: [aDesiredJob()], live: [aLiveJob()] })] })),
    ).toEqual([]);
    const policy = { allowedDestinations: ['gs://none/*'] };
    expect(errorsOf(planReport({ ...report, plans: [planOf({ live: [aLiveJob()], policy })] }))).toEqual([]);
  });

  it('has only the promised keys when there is nothing else to say', () => {
    const document = planReport(aReport({ plans: [planOf({ jobs: [aDesiredJob()] })] }));
    expect(errorsOf(document)).toEqual([]);
    expect(Object.keys(document)).toEqual([
      'format_version',
      'revision',
      'generated_at',
      'scopes',
      'summary',
    ]);
    expect(Object.keys(document.scopes[0] ?? {})).toEqual(['scope', 'changes', 'withheld', 'unmanaged']);
    expect(document.scopes[0]?.changes[0]).toMatchObject({
      action: 'create',
      name: 'http',
      class: 'pending',
      origin: { file: 'manifest.yaml', line: 1 },
    });
  });

  it('counts', () => {
    expect(planReport(everything()).summary).toEqual({
      create: 1,
      update: 3,
      replace: 1,
      delete: 1,
      adopt: 1,
      withheld: 1,
      unmanaged: 1,
      drift: 2,
    });
  });

  it('gives a secret neither value', () => {
    const changes = planReport(everything()).scopes.flatMap((scope) => scope.changes);
    expect(changes.find(({ name }) => name === 'http')?.fields).toEqual([
      { path: 'enabled', class: 'pending', secret: false, before: true, after: false },
      { path: 'destination_conf.secret-access-key', class: 'pending', secret: true },
    ]);
  });

  it.each([
    ['a secret with a value', { path: 'x', class: 'drift', secret: true, before: 'a' }],
    ['an open field without values', { path: 'x', class: 'drift', secret: false }],
    ['a class nobody knows', { path: 'x', class: 'odd', secret: true }],
    ['a key nobody knows', { path: 'x', class: 'drift', secret: true, old: 1 }],
  ])('the schema refuses %s', (_, field) => {
    const document = planReport(everything());
    const [scope] = document.scopes;
    const [change] = scope?.changes ?? [];
    const broken = { ...document, scopes: [{ ...scope, changes: [{ ...change, fields: [field] }] }] };
    expect(errorsOf(broken)).not.toEqual([]);
  });

  it('is the same for any order of the plans', () => {
    const zone = planOf({ jobs: [aDesiredJob()] });
    const plans = [zone, { ...zone, scope: shop }];
    const json = (order: typeof plans): string => renderPlan(aReport({ plans: order }), 'json', PLAIN);
    expect(json(plans.toReversed())).toBe(json(plans));
  });

  it('prints no character that a terminal would act on, and is the same data', () => {
    const name = 'evil\u001b[2K\u0085\u202e\u2028\u{e0001}';
    const json = renderPlan(aReport({ plans: [planOf({ jobs: [aDesiredJob({ name })] })] }), 'json', PLAIN);
    expect(json).not.toMatch(/[^\n\x20-\x7e…]/);
    expect(JSON.parse(json).scopes[0].changes[0].name).toBe(name);
  });

  it('every property of the schema is described', () => {
    const undescribed: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries((node as Schema)['properties'] ?? {})) {
        const here = `${path}.${key}`;
        const target = (value as { $ref?: string }).$ref?.split('/').pop();
        const described = target === undefined ? value : (schema['definitions'] as Schema)[target];
        if (typeof (described as Schema)['description'] !== 'string') undescribed.push(here);
        visit(value, here);
      }
    };
    visit(schema, 'plan');
    for (const [name, definition] of Object.entries(schema['definitions'] as Schema)) visit(definition, name);
    expect(undescribed).toEqual([]);
  });
});
