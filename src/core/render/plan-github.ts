import { type Change, isWithoutRoom, type Plan, type Withheld } from '../plan/change.ts';
import { whyStray } from '../plan/stray.ts';
import { newFieldsOf } from '../plan/new-fields.ts';
import type { Origin, Problem } from '../problem.ts';
import type { TransformerPlan } from '../transformer/change.ts';
import { allFindings } from './all-findings.ts';
import { annotationProperty, annotationText } from './foreign-text.ts';
import { byScope } from './plan-json.ts';
import type { PlanReport } from './plan-report.ts';
import { previewAnnotations } from './preview.ts';
import { closingLine, newFieldsLine } from './summary.ts';

type Level = 'error' | 'warning' | 'notice';

/** Workflow commands of GitHub Actions: each shows up beside the line of the manifest that it is about. */
export function planGithub(report: PlanReport): string {
  const { plans, unreadable, unresolved, refusal } = report;
  const lines = [
    ...allFindings(report).map(problemAnnotation),
    ...(refusal === null
      ? []
      : [annotation('error', 'Refused by the guard', [refusal.reason, ...refusal.jobs].join('\n'))]),
    ...unreadable.map(({ scope, reason }) => annotation('error', `${scope.name} cannot be read`, reason)),
    ...unresolved.map(({ name, reason, origin }) =>
      annotation('error', `${name} is not known`, reason, origin),
    ),
    ...(report.transformers?.unreadable ?? []).map(({ scope, reason }) =>
      annotation('error', `transformers of ${scope.name} cannot be read`, reason),
    ),
    ...(report.transformers?.plans ?? []).flatMap(transformerAnnotations),
    ...plans.toSorted((a, b) => byScope(a.scope, b.scope)).flatMap(planAnnotations),
    ...newFieldsOf(plans).map((found) =>
      annotation('notice', `new fields of ${found.dataset}`, newFieldsLine(found)),
    ),
    ...previewAnnotations(report.previews),
    closingLine(report),
  ];
  return `${lines.join('\n')}\n`;
}

export function problemAnnotation({ severity, code, origin, path, message }: Problem): string {
  return annotation(severity, path === '' ? code : `${code} at ${path}`, message, origin);
}

function planAnnotations({ scope, changes, withheld, strays }: Plan): readonly string[] {
  const title = ({ action, name }: Change | Withheld): string => `${action} ${name} in ${scope.name}`;
  return [
    ...changes.map((change) =>
      annotation(
        change.class === 'pending' && !isWithoutRoom(change) ? 'notice' : 'warning',
        change.class === 'pending' ? title(change) : `${change.class}: ${title(change)}`,
        change.reason,
        change.origin,
      ),
    ),
    ...withheld.map((each) => annotation('warning', `withheld: ${title(each)}`, each.reason, each.origin)),
    ...strays.map((stray) => annotation('warning', `stray: ${stray.name} in ${scope.name}`, whyStray(stray))),
  ];
}

function transformerAnnotations({ scope, changes, withheld }: TransformerPlan): readonly string[] {
  const title = ({ action, name }: { readonly action: string; readonly name: string }): string =>
    `${action} transformer ${name} in ${scope.name}`;
  return [
    ...changes.map((change) => {
      const isPending = change.class === 'pending';
      const prefix = isPending ? '' : `${change.class}: `;
      const level = isPending ? 'notice' : 'warning';
      return annotation(level, prefix + title(change), change.reason, change.origin);
    }),
    ...withheld.map((each) => annotation('warning', `withheld: ${title(each)}`, each.reason, each.origin)),
  ];
}

function annotation(level: Level, title: string, message: string, origin?: Origin): string {
  const place =
    origin === undefined
      ? []
      : [`file=${annotationProperty(origin.file)}`, `line=${origin.line}`, `col=${origin.column}`];
  return `::${level} ${[...place, `title=${annotationProperty(title)}`].join(',')}::${annotationText(message)}`;
}
