import { type Attribution, type AuthorDocument, authorDocument, authorOf } from '../audit/attribution.ts';
import type { LiveJob, Scope } from '../job/job.ts';
import type { Action, Change, DifferenceClass, FieldDiff, Plan, Shown, Withheld } from '../plan/change.ts';
import { newFieldsOf } from '../plan/new-fields.ts';
import type { Refusal } from '../plan/guard.ts';
import type { Stray } from '../plan/stray.ts';
import type { Preview } from '../transformer/preview.ts';
import { compareText } from '../problem.ts';
import type { Origin, Problem } from '../problem.ts';
import { allFindings } from './all-findings.ts';
import type { PlanReport } from './plan-report.ts';
import { summaryOf } from './summary.ts';
import type { Summary } from './summary.ts';
import { type TransformersDocument, transformersDocuments } from './transformer-json.ts';

/** The published document of `plan --output json`; `schemas/plan.schema.json` describes every property. */
export interface PlanDocument {
  readonly format_version: '1';
  readonly revision: string;
  readonly generated_at: string;
  readonly scopes: readonly ScopeDocument[];
  readonly transformers?: readonly TransformersDocument[];
  readonly previews?: readonly Preview[];
  readonly summary: Summary;
  readonly refusal?: Refusal;
  readonly unresolved?: readonly {
    readonly name: string;
    readonly reason: string;
    readonly origin?: Place;
  }[];
  readonly problems?: readonly ProblemDocument[];
  readonly new_fields?: readonly {
    readonly dataset: string;
    readonly scope_kind: Scope['kind'];
    readonly fields: readonly string[];
    readonly jobs: number;
  }[];
}

interface ScopeDocument {
  readonly scope: Scope;
  readonly changes: readonly ChangeDocument[];
  readonly withheld: readonly ChangeDocument[];
  readonly unmanaged: readonly { readonly name: string; readonly id: number; readonly dataset?: string }[];
  readonly unverifiable?: readonly {
    readonly name: string;
    readonly id: number;
    readonly fields: readonly FieldDocument[];
  }[];
  readonly adoptable?: readonly { readonly name: string; readonly id: number }[];
  readonly strays?: readonly StrayDocument[];
  readonly unreadable?: { readonly reason: string };
}

interface StrayDocument {
  readonly name: string;
  readonly id: number;
  readonly destination: string;
  readonly managed: boolean;
}

interface ChangeDocument {
  readonly action: Action;
  readonly name: string;
  readonly id?: number;
  readonly class: DifferenceClass;
  readonly fields: readonly FieldDocument[];
  readonly reason: string;
  readonly waits_for?: 'challenge';
  readonly changed_by?: AuthorDocument;
  readonly origin?: Place;
}

type FieldDocument =
  | { readonly path: string; readonly class: DifferenceClass; readonly secret: true }
  | {
      readonly path: string;
      readonly class: DifferenceClass;
      readonly secret: false;
      readonly before: Shown;
      readonly after: Shown;
    };

interface Place {
  readonly file: string;
  readonly line: number;
}

export interface ProblemDocument extends Place {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

/** The report as data. The same report gives the same document, whatever the order of its plans. */
export function planReport(report: PlanReport): PlanDocument {
  const unreadable = report.unreadable.map(({ scope, reason }): ScopeDocument => ({
    scope: scopeOf(scope),
    changes: [],
    withheld: [],
    unmanaged: [],
    unreadable: { reason },
  }));
  const scopes = [...report.plans.map((plan) => scopeDocument(plan, report.authors)), ...unreadable];
  const { refusal, unresolved } = report;
  const problems = allFindings(report);
  const news = newFieldsOf(report.plans);
  return {
    format_version: '1',
    revision: report.revision,
    generated_at: report.generatedAt,
    scopes: scopes.toSorted((a, b) => byScope(a.scope, b.scope)),
    ...(report.transformers && {
      transformers: transformersDocuments(report).toSorted((a, b) => byScope(a.scope, b.scope)),
    }),
    ...(report.previews && {
      previews: report.previews.map((one) => ({ ...one, scope: scopeOf(one.scope) })),
    }),
    summary: summaryOf(report.plans),
    ...(refusal === null ? {} : { refusal }),
    ...(unresolved.length === 0
      ? {}
      : { unresolved: unresolved.map(({ name, reason, origin }) => ({ name, reason, ...placeOf(origin) })) }),
    ...(problems.length === 0 ? {} : { problems: problems.map(problemDocument) }),
    ...(news.length === 0
      ? {}
      : { new_fields: news.map(({ kind, ...found }) => ({ scope_kind: kind, ...found })) }),
  };
}

export function problemDocument({ severity, code, origin, path, message }: Problem): ProblemDocument {
  const { file, line, column } = origin;
  return { severity, code, file, line, column, path, message };
}

export function byScope(a: Scope, b: Scope): number {
  return compareText(a.name, b.name) || compareText(a.kind, b.kind) || compareText(a.id, b.id);
}

function scopeDocument(plan: Plan, authors: PlanReport['authors']): ScopeDocument {
  const { unverifiable, adoptable, strays } = plan;
  const documentOf = (one: Change | Withheld, id: number | undefined): ChangeDocument =>
    changeDocument(one, id, authorOf(authors, plan.scope, one));
  return {
    scope: scopeOf(plan.scope),
    changes: plan.changes.map((change) => documentOf(change, idOf(change))),
    withheld: plan.withheld.map((each) => documentOf(each, each.id)),
    unmanaged: plan.unmanaged.map(unmanagedDocument),
    ...(unverifiable.length === 0
      ? {}
      : {
          unverifiable: unverifiable.map(({ name, id, fields }) => ({
            name,
            id,
            fields: fields.map(fieldDocument),
          })),
        }),
    ...(adoptable.length === 0
      ? {}
      : { adoptable: adoptable.map(({ desired, live }) => ({ name: desired.name, id: live.id })) }),
    ...(strays.length > 0 && { strays: strays.map(strayDocument) }),
  };
}

function changeDocument(
  change: Change | Withheld,
  id: number | undefined,
  author: Attribution | undefined,
): ChangeDocument {
  return {
    action: change.action,
    name: change.name,
    ...(id === undefined ? {} : { id }),
    class: change.class,
    fields: change.fields.map(fieldDocument),
    reason: change.reason,
    ...('waitsFor' in change && change.waitsFor !== undefined && { waits_for: change.waitsFor }),
    ...(author && { changed_by: authorDocument(author) }),
    ...placeOf(change.origin),
  };
}

function fieldDocument(field: FieldDiff): FieldDocument {
  const { path, secret, before, after } = field;
  if (secret) return { path, class: field.class, secret };
  return { path, class: field.class, secret, before, after };
}

function strayDocument({ name, id, destination, isManaged }: Stray): StrayDocument {
  return { name, id, destination, managed: isManaged };
}

function unmanagedDocument({ name, id, fields }: LiveJob): ScopeDocument['unmanaged'][number] {
  const dataset = fields['dataset'];
  return { name, id, ...(typeof dataset === 'string' ? { dataset } : {}) };
}

function scopeOf({ kind, id, name }: Scope): Scope {
  return { kind, id, name };
}

function idOf(change: Change): number | undefined {
  return change.action === 'create' ? undefined : change.live.id;
}

function placeOf(origin: Origin | undefined): { readonly origin?: Place } {
  return origin === undefined ? {} : { origin: { file: origin.file, line: origin.line } };
}
