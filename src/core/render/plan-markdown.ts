import { attributionText, authorOf } from '../audit/attribution.ts';
import type { Change, FieldDiff, Plan, Withheld } from '../plan/change.ts';
import { whyStray } from '../plan/stray.ts';
import { newFieldsOf } from '../plan/new-fields.ts';
import {
  idOf as transformerId,
  type TransformerChange,
  type TransformerPlan,
  type WithheldTransformer,
} from '../transformer/change.ts';
import { allFindings } from './all-findings.ts';
import { htmlText, markdownCode, markdownText } from './foreign-text.ts';
import { cut } from './markdown-length.ts';
import { byScope } from './plan-json.ts';
import type { PlanReport } from './plan-report.ts';
import { previewMarkdown } from './preview.ts';
import { PROBLEM_HEAD, problemRows } from './problems.ts';
import { showDifference } from './shown-value.ts';
import { closingLine, newFieldsLine } from './summary.ts';

/** The plan for a comment on a pull request: a table for each scope, the fields folded away below it. */
export function planMarkdown(report: PlanReport): string {
  const { plans, unreadable, unresolved, refusal, revision } = report;
  const problems = allFindings(report);
  return cut([
    `### logpushd ${report.drift === undefined ? 'plan' : 'drift'}\n\n**${markdownText(closingLine(report))}** Manifest ${markdownCode(revision)}.`,
    ...(refusal === null
      ? []
      : [
          `\n> **Refused by the guard, nothing is written.** ${markdownText(refusal.reason)}\n`,
          ...refusal.jobs.map((job) => `- ${markdownText(job)}`),
        ]),
    ...(problems.length === 0 ? [] : [`\n${PROBLEM_HEAD}`, ...problemRows(problems)]),
    ...unreadable
      .toSorted((a, b) => byScope(a.scope, b.scope))
      .map(
        ({ scope, reason }) => `\n#### ${markdownCode(scope.name)} cannot be read\n\n${markdownText(reason)}`,
      ),
    ...unresolved.map(
      ({ name, reason }) => `\n#### ${markdownCode(name)} is not known\n\n${markdownText(reason)}`,
    ),
    ...newFieldsOf(plans).map((found) => `\n${markdownText(newFieldsLine(found))}`),
    ...(report.transformers?.unreadable ?? []).map(
      ({ scope, reason }) =>
        `\n#### transformers of ${markdownCode(scope.name)} cannot be read\n\n${markdownText(reason)}`,
    ),
    ...(report.transformers?.plans ?? []).flatMap(transformerPieces),
    ...previewMarkdown(report.previews),
    ...plans
      .toSorted((a, b) => byScope(a.scope, b.scope))
      .flatMap((plan) => scopePieces(plan, report.authors)),
  ]);
}

function scopePieces(
  { scope, changes, withheld, unmanaged, unverifiable, strays }: Plan,
  authors: PlanReport['authors'],
): readonly string[] {
  const jobRow = (what: string, change: Change | Withheld, id: number | undefined): string => {
    const author = authorOf(authors, scope, change);
    const by = author === undefined ? '' : ` Changed by ${attributionText(author)}.`;
    const why = markdownText(change.reason + by);
    return cells([what, jobName(change.name), id === undefined ? '' : String(id), change.class, why]);
  };
  const rows = [
    ...changes.map((change) => jobRow(change.action, change, idOf(change))),
    ...withheld.map((each) => jobRow(`withheld: ${each.action}`, each, each.id)),
    ...unverifiable.map(({ name, id, fields }) => {
      const paths = fields.map(({ path }) => path).join(', ');
      return cells([
        'unverifiable',
        jobName(name),
        String(id),
        '',
        `Cloudflare does not show ${markdownText(paths)}.`,
      ]);
    }),
    ...unmanaged.map(({ name, id }) => cells(['unmanaged', jobName(name), String(id), '', ''])),
    ...strays.map((stray) =>
      cells(['stray', jobName(stray.name), String(stray.id), '', markdownText(whyStray(stray))]),
    ),
  ];
  if (rows.length === 0) return [];
  const details = [...changes, ...withheld].filter(({ fields }) => fields.length > 0).map(detailsOf);
  return [
    `\n#### ${scope.kind} ${markdownCode(scope.name)}\n\n| | job | id | class | why |\n|---|---|---|---|---|`,
    ...rows,
    ...details,
  ];
}

function transformerPieces({ scope, changes, withheld, unmanaged }: TransformerPlan): readonly string[] {
  const rowOf = (what: string, change: TransformerChange | WithheldTransformer): string => {
    const id = transformerId(change);
    const why = markdownText(change.reason);
    return cells([what, jobName(change.name), id === undefined ? '' : String(id), change.class, why]);
  };
  const rows = [
    ...changes.map((change) => rowOf(change.action, change)),
    ...withheld.map((each) => rowOf(`withheld: ${each.action}`, each)),
    ...unmanaged.map(({ name, id }) => cells(['unmanaged', jobName(name), String(id), '', ''])),
  ];
  const head = `\n#### transformers of account ${markdownCode(scope.name)}\n\n| | transformer | id | class | why |\n|---|---|---|---|---|`;
  return rows.length === 0 ? [] : [head, ...rows];
}

function detailsOf(change: Change | Withheld): string {
  const head = `<details><summary>${change.action} <code>${htmlText(change.name)}</code>: fields</summary>`;
  const table = '| field | class | difference |\n|---|---|---|';
  return `\n${head}\n\n${table}\n${change.fields.map(fieldRow).join('\n')}\n\n</details>`;
}

function fieldRow(field: FieldDiff): string {
  const { path, secret } = field;
  const shown = secret ? '_changed, not shown_' : markdownCode(showDifference(field));
  return cells([markdownCode(path), field.class, shown]);
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}

function jobName(name: string): string {
  return name === '' ? '_no name_' : markdownCode(name);
}

function idOf(change: Change): number | undefined {
  return change.action === 'create' ? undefined : change.live.id;
}
