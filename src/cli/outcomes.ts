import {
  annotationText,
  cleanText,
  markdownCode,
  markdownText,
  printableJson,
} from '../core/render/foreign-text.ts';
import type { OutputFormat, PlanReport } from '../core/render/plan-report.ts';
import { planReport } from '../core/render/plan-json.ts';
import type { Style } from '../core/render/style.ts';
import type { Outcome } from '../reconcile/pass-terms.ts';

/** What became of each change, after the plan. With `linesShown` the lines are on the screen already. */
export function renderOutcomes(
  outcomes: readonly Outcome[],
  report: PlanReport,
  format: OutputFormat,
  style: Style,
  linesShown: boolean,
): string {
  if (format === 'json') return `${printableJson(outcomeDocument(outcomes, report))}\n`;
  if (outcomes.length === 0) return '';
  if (format === 'markdown') return `\n${endLine(outcomes)}\n\n${outcomes.map(markdownLine).join('')}`;
  if (format === 'github') return outcomes.filter(isUndone).map(annotation).join('');
  const lines = linesShown ? '' : outcomes.map((outcome) => outcomeLine(outcome, style)).join('');
  return `${lines}\n${style.bold(endLine(outcomes))}\n`;
}

export function isUndone({ result }: Outcome): boolean {
  return result !== 'applied';
}

/** One line, as in `applied  create   http-archive  example.com  id 7`; a second one says why not. */
export function outcomeLine(outcome: Outcome, style: Style): string {
  const paint = { applied: style.green, failed: style.red, skipped: style.yellow }[outcome.result];
  const { change, scope, result, id } = outcome;
  const what = [change.action.padEnd(7), cleanText(change.name), cleanText(scope.name)].join('  ');
  const suffix = id === undefined ? '' : style.dim(`  id ${id}`);
  const why = reasonOf(outcome);
  return `${paint(result.padEnd(7))}  ${what}${suffix}\n${why === '' ? '' : `           ${cleanText(why)}\n`}`;
}

function outcomeDocument(outcomes: readonly Outcome[], report: PlanReport): object {
  return {
    plan: planReport(report),
    outcomes: outcomes.map((outcome) => {
      const { scope, change, result, id } = outcome;
      const reason = reasonOf(outcome);
      return {
        scope,
        action: change.action,
        name: change.name,
        result,
        ...(id !== undefined && { id }),
        ...(reason !== '' && { reason }),
      };
    }),
    summary: {
      applied: count(outcomes, 'applied'),
      failed: count(outcomes, 'failed'),
      skipped: count(outcomes, 'skipped'),
    },
  };
}

function endLine(outcomes: readonly Outcome[]): string {
  const [applied, failed, skipped] = [
    count(outcomes, 'applied'),
    count(outcomes, 'failed'),
    count(outcomes, 'skipped'),
  ];
  const rest = [...(failed > 0 ? [`${failed} failed`] : []), ...(skipped > 0 ? [`${skipped} skipped`] : [])];
  return [
    `Applied ${applied} of ${outcomes.length}.`,
    ...(rest.length > 0 ? [`${rest.join(', ')}.`] : []),
  ].join(' ');
}

function count(outcomes: readonly Outcome[], result: Outcome['result']): number {
  return outcomes.filter((outcome) => outcome.result === result).length;
}

function reasonOf({ error, reason }: Outcome): string {
  return error?.message ?? reason ?? '';
}

function markdownLine(outcome: Outcome): string {
  const { change, scope, result } = outcome;
  const why = reasonOf(outcome);
  const what = `${result}: ${change.action} ${markdownCode(change.name)} in ${markdownCode(scope.name)}`;
  return `- ${what}${why === '' ? '' : `. ${markdownText(why)}`}\n`;
}

function annotation(outcome: Outcome): string {
  const { change, scope, result } = outcome;
  const level = result === 'failed' ? 'error' : 'warning';
  const text = `${change.action} "${change.name}" in ${scope.name}: ${reasonOf(outcome)}`;
  return `::${level} title=logpushd ${result}::${annotationText(text)}\n`;
}
