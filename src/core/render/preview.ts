import { countOf, type Preview, type PreviewedRecord } from '../transformer/preview.ts';
import { annotationProperty, annotationText, cleanText, markdownCode, markdownText } from './foreign-text.ts';
import { INDENT } from './plan-marks.ts';
import type { Style } from './style.ts';

/** What transformers would make of a sample, as part of a plan. Nothing where none was tried. */

export function previewTexts(previews: readonly Preview[] | undefined, style: Style): readonly string[] {
  if (previews === undefined) return [];
  if (previews.length === 0)
    return ['No transformer would be made or get other SQL, so there is nothing to preview.'];
  return previews.map((preview) => {
    const head = `${style.bold(cleanText(preview.scope.name))}   preview of transformer ${style.bold(cleanText(preview.name))}: ${countOf(preview)}`;
    const lines = preview.records.flatMap((record) => linesOf(record).map((line) => INDENT + line));
    const failure = preview.failure === undefined ? [] : [INDENT + style.red(cleanText(preview.failure))];
    return [head, '', ...lines, ...failure].join('\n');
  });
}

export function previewMarkdown(previews: readonly Preview[] | undefined): readonly string[] {
  return (previews ?? []).flatMap((preview) => [
    `\n#### preview of transformer ${markdownCode(preview.name)} of ${markdownCode(preview.scope.name)}\n`,
    `Of the sample it ${countOf(preview)}.${preview.failure === undefined ? '' : ` ${markdownText(preview.failure)}`}\n`,
    ...preview.records.flatMap((record) => linesOf(record).map((line) => `- ${markdownCode(line)}`)),
  ]);
}

export function previewAnnotations(previews: readonly Preview[] | undefined): readonly string[] {
  return (previews ?? []).map((preview) => {
    const level = preview.failure === undefined ? 'notice' : 'error';
    const title = annotationProperty(`preview of transformer ${preview.name} of ${preview.scope.name}`);
    const text = preview.failure === undefined ? `It ${countOf(preview)}.` : preview.failure;
    return `::${level} title=${title}::${annotationText(text)}`;
  });
}

/** As in `3  {"RayID":"r"}`, one line for each record that is delivered. */
function linesOf({ line, delivered }: PreviewedRecord): readonly string[] {
  if (delivered.length === 0) return [`${line}  dropped`];
  return delivered.map((record) => `${line}  ${cleanText(JSON.stringify(record))}`);
}
