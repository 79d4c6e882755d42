import { type Attribution, attributionText, authorOf } from '../audit/attribution.ts';
import { showDestination } from '../destination/destination.ts';
import { datasetOf, destinationText } from '../plan/desired-text.ts';
import {
  type Change,
  type DifferenceClass,
  type FieldDiff,
  isWithoutRoom,
  type Plan,
  type Withheld,
} from '../plan/change.ts';
import { whyStray } from '../plan/stray.ts';
import { newFieldsOf } from '../plan/new-fields.ts';
import { isError } from '../problem.ts';
import { allFindings } from './all-findings.ts';
import { cleanText } from './foreign-text.ts';
import { byScope } from './plan-json.ts';
import { INDENT, label, mark, nameOf, named, paintOf, shortRevision, SYMBOLS } from './plan-marks.ts';
import type { PlanReport } from './plan-report.ts';
import { previewTexts } from './preview.ts';
import { JOBS_LEFT, problemsText } from './problems.ts';
import { showDifference } from './shown-value.ts';
import { hanging, type Style } from './style.ts';
import { closingLine, newFieldsLine } from './summary.ts';
import { transformerTexts } from './transformer-text.ts';

/** The plan for eyes: what would change first, then what would not and why, the totals last. */
export function planText(report: PlanReport, style: Style): string {
  const { plans, problems, unreadable, unresolved, refusal } = report;
  if (problems.some(isError)) return problemsText(problems, undefined, style);
  const findings = allFindings(report);
  const sections = [
    ...(findings.length > 0 ? [problemsText(findings, undefined, style, JOBS_LEFT).trimEnd()] : []),
    ...transformerTexts(report, style),
    ...plans
      .filter(isWorthShowing)
      .toSorted((a, b) => byScope(a.scope, b.scope))
      .map((plan) => scopeText(plan, report, style)),
    ...unreadable
      .toSorted((a, b) => byScope(a.scope, b.scope))
      .map(
        ({ scope, reason }) =>
          `${style.bold(cleanText(scope.name))}   ${scope.kind}\n\n${mark('!', 'unreadable', style.red)} ${cleanText(reason)}`,
      ),
    ...unresolved.map(
      ({ name, reason }) =>
        `${style.bold(cleanText(name))}\n\n${mark('!', 'unresolved', style.red)} ${cleanText(reason)}`,
    ),
    ...(refusal === null
      ? []
      : [
          [
            style.red(`Refused by the guard, nothing is written: ${cleanText(refusal.reason)}`),
            ...refusal.jobs.map((job) => `  ${cleanText(job)}`),
          ].join('\n'),
        ]),
    ...newFieldsOf(plans).map((found) => style.cyan(newFieldsLine(found))),
    ...previewTexts(report.previews, style),
    style.bold(closingLine(report)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function isWorthShowing({ changes, withheld, unmanaged, unverifiable, strays }: Plan): boolean {
  return [changes, withheld, unmanaged, unverifiable, strays].some((list) => list.length > 0);
}

function scopeText(plan: Plan, { revision, authors }: PlanReport, style: Style): string {
  const { scope, desired } = plan;
  const head = [
    style.bold(cleanText(scope.name)),
    scope.kind,
    ...(desired.mode === undefined ? [] : [`mode ${desired.mode}`]),
    `manifest ${shortRevision(revision)}`,
  ].join('   ');
  const width = widthOf(plan);
  const authorLines = (one: Change | Withheld): readonly string[] =>
    byLines(authorOf(authors, scope, one), style);
  const lines = [
    ...plan.changes.flatMap((change) => [...changeLines(change, width, style), ...authorLines(change)]),
    ...plan.withheld.flatMap((each) => [...withheldLines(each, plan, width, style), ...authorLines(each)]),
    ...plan.unverifiable.map(({ name, id, fields }) => {
      const paths = fields.map(({ path }) => cleanText(path)).join(', ');
      return `${mark('?', 'unverifiable', style.cyan)} ${named(name, width)}  ${id}   Cloudflare does not show ${paths}`;
    }),
    ...plan.unmanaged.map(
      ({ name, id }) => `${mark('.', 'unmanaged', style.dim)} ${named(name, width)}  ${id}`,
    ),
    ...plan.strays.flatMap((stray) => [
      `${mark('!', 'stray', style.red)} ${named(stray.name, width)}  ${stray.id}`,
      hanging(cleanText(whyStray(stray)), INDENT, style),
    ]),
  ];
  return `${head}\n\n${lines.join('\n')}`;
}

function changeLines(change: Change, width: number, style: Style): readonly string[] {
  const paint = paintOf(change.action, style);
  const what =
    change.action === 'create'
      ? `${cleanText(datasetOf(change.desired))} to ${cleanText(showDestination(destinationText(change.desired)))}`
      : String(change.live.id);
  const head = `${mark(SYMBOLS[change.action], change.action, paint)} ${named(change.name, width)}  ${what}`;
  const isUsual = change.action === 'update' || (change.action === 'create' && !isWithoutRoom(change));
  const isPlain = change.class === 'pending' && isUsual;
  return [
    `${head}${label(change.class, style)}`,
    ...(change.action === 'create' ? [] : fieldLines(change.fields, change.class, style)),
    ...(isPlain ? [] : [style.dim(hanging(cleanText(change.reason), INDENT, style))]),
  ];
}

function withheldLines(each: Withheld, { desired }: Plan, width: number, style: Style): readonly string[] {
  const isBlocked = desired.blocked.some(({ name }) => name === each.name);
  const start = isBlocked ? mark('!', 'blocked', style.red) : mark('.', 'withheld', style.yellow);
  const id = each.id === undefined ? '' : `  ${each.id}`;
  // What is to become of it cannot be told.
  const what = isBlocked ? '' : `   ${each.action}${label(each.class, style)}`;
  return [
    `${start} ${named(each.name, width)}${id}${what}`,
    ...(each.action === 'create' ? [] : fieldLines(each.fields, each.class, style)),
    hanging(cleanText(each.reason), INDENT, style),
  ];
}

function byLines(author: Attribution | undefined, style: Style): readonly string[] {
  if (author === undefined) return [];
  return [hanging(`changed by ${cleanText(attributionText(author))}`, INDENT, style)];
}

function fieldLines(fields: readonly FieldDiff[], whose: DifferenceClass, style: Style): readonly string[] {
  const width = Math.min(40, Math.max(0, ...fields.map(({ path }) => cleanText(path).length)));
  return fields.map((field) => {
    const own = field.class === whose ? '' : label(field.class, style);
    return `${INDENT}${cleanText(field.path).padEnd(width)}   ${showDifference(field)}${own}`;
  });
}

function widthOf({ changes, withheld, unmanaged, unverifiable, strays }: Plan): number {
  const names = [...changes, ...withheld, ...unmanaged, ...unverifiable, ...strays].map(
    ({ name }) => nameOf(name).length,
  );
  return Math.min(40, Math.max(0, ...names));
}
