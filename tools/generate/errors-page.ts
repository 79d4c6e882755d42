import type { Condition } from '../../src/edges/cloudflare/error-row.ts';
import { ERROR_TABLE } from '../../src/edges/cloudflare/error-table.ts';
import { FAILURE_KINDS } from '../../src/reconcile/failure-kinds.ts';

/** `docs/errors.md`, from the table that the client reads answers with. */
export function errorsPage(): string {
  const kinds = Object.entries(FAILURE_KINDS).map(([kind, { means, reaction }]) => [
    `\`${kind}\``,
    means,
    reaction,
  ]);
  const rows = ERROR_TABLE.map(({ name, kind, when, example, says, next }) => [
    `\`${name}\``,
    statusesOf(when),
    when.codes?.join(', ') ?? '',
    textOf(when, example),
    `\`${kind}\``,
    says,
    next,
  ]);
  return [
    '# Errors of the Cloudflare API',
    'This page is generated from the table that the client reads answers with; `npm run generate` writes it.',
    'Every error in the log has its `kind`, and its text ends with the meaning and the next step of the row below that it fits.',
    '## Kinds',
    table(['kind', 'what has happened', 'what logpushd does'], kinds),
    '## Answers',
    'The first row that fits counts. An empty cell fits everything; where code and text are given, one error of the answer has both.',
    table(['name', 'HTTP', 'code', 'text, as in', 'kind', 'meaning', 'what to do'], rows),
    '## No answer',
    'A connection that is refused, reset or silent is of the kind `retry`, whatever was asked. What was not sent is sent again; ' +
      'what may have arrived is looked up first.',
    '',
  ].join('\n\n');
}

function statusesOf({ statuses, forms }: Condition): string {
  return statuses?.join(', ') ?? (forms === undefined ? '' : 'any');
}

function textOf({ forms, natures, text }: Condition, example: string | undefined): string {
  if (forms !== undefined && !forms.includes('refusal')) return '_not an answer of the API_';
  const asked = natures?.includes('read') === true ? '_any, to a GET_' : '';
  return text === undefined ? asked : cell(example ?? '');
}

function cell(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((one) => one.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
