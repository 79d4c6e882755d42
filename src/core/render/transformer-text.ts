import {
  idOf,
  type TransformerChange,
  type TransformerPlan,
  type WithheldTransformer,
} from '../transformer/change.ts';
import { cleanText } from './foreign-text.ts';
import { INDENT, label, mark, nameOf, named, paintOf, shortRevision, SYMBOLS } from './plan-marks.ts';
import { byScope } from './plan-json.ts';
import type { PlanReport } from './plan-report.ts';
import type { Style } from './style.ts';

/** The transformers of a plan for eyes: a section for each account of which there is something to say. */
export function transformerTexts(
  { transformers, revision }: Pick<PlanReport, 'transformers' | 'revision'>,
  style: Style,
): readonly string[] {
  const { plans = [], unreadable = [] } = transformers ?? {};
  const head = (name: string): string => `${style.bold(cleanText(name))}   account   transformers`;
  return [
    ...plans
      .filter(({ changes, withheld, unmanaged }) => changes.length + withheld.length + unmanaged.length > 0)
      .toSorted((a, b) => byScope(a.scope, b.scope))
      .map((plan) => {
        const lines = linesOf(plan, style).join('\n');
        return `${head(plan.scope.name)}   manifest ${shortRevision(revision)}\n\n${lines}`;
      }),
    ...unreadable.map(
      ({ scope, reason }) =>
        `${head(scope.name)}\n\n${mark('!', 'unreadable', style.red)} ${cleanText(reason)}`,
    ),
  ];
}

function linesOf({ changes, withheld, unmanaged }: TransformerPlan, style: Style): readonly string[] {
  const all = [...changes, ...withheld, ...unmanaged];
  const width = Math.min(40, Math.max(0, ...all.map(({ name }) => nameOf(name).length)));
  return [
    ...changes.flatMap((change) => {
      const start = mark(SYMBOLS[change.action], change.action, paintOf(change.action, style));
      return linesFor(change, start, width, style);
    }),
    ...withheld.flatMap((change) => {
      const start = mark('.', 'withheld', style.yellow);
      return linesFor(change, start, width, style, `   ${change.action}`);
    }),
    ...unmanaged.map(({ name, id }) => `${mark('.', 'unmanaged', style.dim)} ${named(name, width)}  ${id}`),
  ];
}

function linesFor(
  change: TransformerChange | WithheldTransformer,
  start: string,
  width: number,
  style: Style,
  what = '',
): readonly string[] {
  const id = idOf(change);
  const shown = id === undefined ? '' : `  ${id}`;
  return [
    `${start} ${named(change.name, width)}${shown}${what}${label(change.class, style)}`,
    style.dim(`${INDENT}${cleanText(change.reason)}`),
  ];
}
