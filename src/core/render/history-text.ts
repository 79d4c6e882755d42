import { Part } from './document-part.ts';
import { cleanText } from './foreign-text.ts';
import type { Style } from './style.ts';

/**
 * The answer of a daemon to `GET /api/v1/history`, for a terminal: newest first, the reason below each. `asked` is what it
 * was narrowed down to, empty for all.
 */
export function historyText(document: unknown, asked: string, style: Style): string {
  const entries = Part.of(document).at('entries').items;
  if (entries.length === 0) return `Nothing is remembered${asked && ` of ${cleanText(asked)}`}.\n`;
  return entries.map((entry) => `${entryText(entry, style)}\n`).join('');
}

function entryText(entry: Part, { bold, dim }: Style): string {
  const text = (name: string): string => cleanText(entry.at(name).text);
  const scope = cleanText(entry.at('scope', 'name').text);
  const place = [scope, text('job') || text('transformer')].filter((one) => one !== '').join('/');
  const id = text('id') === '' ? '' : ` (${text('id')})`;
  const again = entry.at('times').text === '1' ? '' : `, ${text('times')} times, last ${text('last')}`;
  const by = text('who') === '' ? '' : ` by ${text('who')}`;
  const head = `${dim(text('at'))}  ${bold(text('what'))}${by}${place === '' ? '' : `  ${place}${id}`}${again}`;
  const notes = [
    text('fields') === '' ? '' : `fields: ${text('fields')}`,
    text('why'),
    textOfRevision(entry),
  ];
  return [head, ...notes.filter((note) => note !== '').map((note) => `    ${note}`)].join('\n');
}

function textOfRevision(entry: Part): string {
  const revision = cleanText(entry.at('revision').text);
  return revision === '' ? '' : `manifest ${revision}`;
}
