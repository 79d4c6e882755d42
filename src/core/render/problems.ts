import { byPlace, isError } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { cleanText, markdownCode, markdownText, printableJson } from './foreign-text.ts';
import { cut } from './markdown-length.ts';
import { problemAnnotation } from './plan-github.ts';
import { problemDocument } from './plan-json.ts';
import type { OutputFormat } from './plan-report.ts';
import { hanging, PLAIN, type Style } from './style.ts';
import { plural } from './summary.ts';

/**
 * Findings about the manifest, in order of place, with a line of totals. Ends with a newline.
 *
 * @param files how many files were read, where it is known: said when nothing is wrong in them
 */
export function renderProblems(
  problems: readonly Problem[],
  format: OutputFormat,
  files?: number,
  style: Style = PLAIN,
): string {
  return RENDERERS[format](problems.toSorted(byPlace), files, style);
}

type Renderer = (sorted: readonly Problem[], files: number | undefined, style: Style) => string;

const RENDERERS: Readonly<Record<OutputFormat, Renderer>> = {
  text: (sorted, files, style) => problemsText(sorted, files, style),
  json: (sorted, files) => `${printableJson(problemsDocument(sorted, files))}\n`,
  markdown: problemsMarkdown,
  github: (sorted, files) => `${[...sorted.map(problemAnnotation), closing(sorted, files)].join('\n')}\n`,
};

/** What an error does where it does not refuse the manifest. */
export const JOBS_LEFT = 'Jobs with errors are left as they are.';

/** @param then what follows from an error */
export function problemsText(
  problems: readonly Problem[],
  files: number | undefined,
  style: Style,
  then: string = REFUSED,
): string {
  const sorted = problems.toSorted(byPlace);
  const each = sorted.map(({ severity, code, origin, path, message }) => {
    const place = `${cleanText(origin.file)}:${origin.line}:${origin.column}`;
    const paint = severity === 'error' ? style.red : style.yellow;
    const head = `${style.bold(place)}  ${paint(severity)}  ${code}  ${cleanText(path)}`;
    return `${head.trimEnd()}\n${hanging(cleanText(message), '  ', style)}\n`;
  });
  return `${[...each, closing(sorted, files, then)].join('\n')}\n`;
}

function problemsDocument(problems: readonly Problem[], files: number | undefined): object {
  const errors = problems.filter(isError).length;
  return {
    ...(files === undefined ? {} : { files }),
    errors,
    warnings: problems.length - errors,
    problems: problems.map(problemDocument),
  };
}

export function problemRows(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ severity, code, origin, path, message }) => {
    const place = markdownCode(`${origin.file}:${origin.line}:${origin.column}`);
    return `| ${place} | ${severity} | ${markdownCode(code)} | ${markdownCode(path)} | ${markdownText(message)} |`;
  });
}

export const PROBLEM_HEAD = '| place | | code | path | what to do |\n|---|---|---|---|---|';

function problemsMarkdown(problems: readonly Problem[], files: number | undefined): string {
  const totals = `**${closing(problems, files)}**`;
  if (problems.length === 0) return `${totals}\n`;
  return cut([`${totals}\n`, PROBLEM_HEAD, ...problemRows(problems)]);
}

const REFUSED = 'The manifest is refused; nothing was planned.';

function closing(problems: readonly Problem[], files: number | undefined, then = REFUSED): string {
  const errors = problems.filter(isError).length;
  const warnings = problems.length - errors;
  if (problems.length === 0)
    return files === undefined ? 'No problems.' : `No problems in ${plural(files, 'file')}.`;
  const touched = new Set(problems.map(({ origin }) => origin.file)).size;
  const counts = [
    ...(errors > 0 ? [plural(errors, 'error')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ];
  return `${counts.join(', ')} in ${plural(touched, 'file')}.${errors > 0 ? ` ${then}` : ''}`;
}
