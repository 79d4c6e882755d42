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
import type { Outcome, PassResult } from '../reconcile/pass/pass-terms.ts';
import type { TransformerOutcome } from '../reconcile/transformer/terms.ts';

/** What became of one change, of a job or of a transformer. */
export type ShownOutcome =
  (Outcome & { readonly kind: 'job' }) | (TransformerOutcome & { readonly kind: 'transformer' });

/** In the order of writing: transformers are made before the jobs, and go after them. */
export function shownOutcomes({
  outcomes,
  transformers,
}: Pick<PassResult, 'outcomes' | 'transformers'>): readonly ShownOutcome[] {
  const others = (transformers?.outcomes ?? []).map((one) => ({ ...one, kind: 'transformer' as const }));
  return [
    ...others.filter(({ change }) => change.action !== 'delete'),
    ...outcomes.map((one) => ({ ...one, kind: 'job' as const })),
    ...others.filter(({ change }) => change.action === 'delete'),
  ];
}

/** What became of each change, after the plan. With `linesShown` the lines are on the screen already. */
export function renderOutcomes(
  outcomes: readonly ShownOutcome[],
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

export function isUndone({ result }: ShownOutcome): boolean {
  return result !== 'applied';
}

/** One line, as in `applied  create   http-archive  example.com  id 7`; a second one says why not. */
export function outcomeLine(outcome: ShownOutcome, style: Style): string {
  const paint = { applied: style.green, failed: style.red, skipped: style.yellow }[outcome.result];
  const { change, scope, result, id } = outcome;
  const what = [change.action.padEnd(7), cleanText(nameOf(outcome)), cleanText(scope.name)].join('  ');
  const suffix = id === undefined ? '' : style.dim(`  id ${id}`);
  const why = reasonOf(outcome);
  return `${paint(result.padEnd(7))}  ${what}${suffix}\n${why === '' ? '' : `           ${cleanText(why)}\n`}`;
}

function outcomeDocument(outcomes: readonly ShownOutcome[], report: PlanReport): object {
  return {
    plan: planReport(report),
    outcomes: outcomes.map((outcome) => {
      const { scope, change, result, id, kind } = outcome;
      const reason = reasonOf(outcome);
      return {
        ...(kind === 'transformer' && { kind }),
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

function endLine(outcomes: readonly ShownOutcome[]): string {
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

function count(outcomes: readonly ShownOutcome[], result: ShownOutcome['result']): number {
  return outcomes.filter((outcome) => outcome.result === result).length;
}

function nameOf({ kind, change }: ShownOutcome): string {
  return kind === 'transformer' ? `transformer ${change.name}` : change.name;
}

function reasonOf({ error, reason }: ShownOutcome): string {
  return error?.message ?? reason ?? '';
}

function markdownLine(outcome: ShownOutcome): string {
  const { change, scope, result } = outcome;
  const why = reasonOf(outcome);
  const what = `${result}: ${change.action} ${markdownCode(nameOf(outcome))} in ${markdownCode(scope.name)}`;
  return `- ${what}${why === '' ? '' : `. ${markdownText(why)}`}\n`;
}

function annotation(outcome: ShownOutcome): string {
  const { change, scope, result } = outcome;
  const level = result === 'failed' ? 'error' : 'warning';
  const text = `${change.action} "${nameOf(outcome)}" in ${scope.name}: ${reasonOf(outcome)}`;
  return `::${level} title=logpushd ${result}::${annotationText(text)}\n`;
}
