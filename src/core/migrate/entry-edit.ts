/** Edits of one entry of a mapping that leave everything around it, comments included, as it is. */
import type { Pair, Scalar } from 'yaml';
import { isAlias, isScalar } from 'yaml';
import { isList } from '../job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../job/job.ts';
import { yamlScalar } from '../render/yaml-scalar.ts';
import type { TextEdit } from './text-edit.ts';
import { endOf, type Entry, isFlow, neighbours, startOf, type YamlText } from './yaml-text.ts';

/** A clause: why an entry has to be edited by hand. */
export type ByHand = { readonly byHand: string };
export type EntryEdit = readonly TextEdit[] | ByHand;

/** The same entry under another key, its value replaced by these members. */
export function replacedEntry(yaml: YamlText, entry: Entry, key: string, members: JsonObject): EntryEdit {
  const { key: oldKey, value, owner } = entry;
  const colon = colonOf(entry.pair);
  if (colon === null) return NOT_PLAIN;
  if (isFlow(owner) || Object.keys(members).length === 0) {
    return [renamed(oldKey, key), { start: startOf(value), end: endOf(value), text: flowText(members) }];
  }
  const { text } = yaml;
  const start = startOf(oldKey);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  const lines = Object.entries(members).flatMap(([name, member]) => blockLines(name, member));
  const { end, comment } = endOfEntry(text, value);
  const between = text.slice(colon, startOf(value)).trimEnd();
  const head = `${renamed(oldKey, key).text}:${between}${comment}`;
  const body = lines.map((line) => `${' '.repeat(column + INDENT)}${line}`);
  return [{ start, end, text: [head, ...body].join(newline) }];
}

/** The same entry under another key. An alias stays one; what is no mapping becomes null. */
export function renamedEntry({ key: oldKey, value }: Entry, key: string): EntryEdit {
  const edits = [renamed(oldKey, key)];
  const isText = isScalar(value) && typeof value.value === 'string';
  return isText ? [...edits, { start: startOf(value), end: endOf(value), text: 'null' }] : edits;
}

const ALONE = { byHand: 'it is the only key of its mapping' };
const COMMENTED = { byHand: 'there is a comment beside it that belongs to no line of its own' };
const NOT_PLAIN = { byHand: 'its key is written with a question mark' };

/** Without the entry. A comment behind it stays, on a line of its own. */
export function removedEntry(yaml: YamlText, entry: Entry): EntryEdit {
  const { key, value, owner } = entry;
  const { text } = yaml;
  const { next, previous } = neighbours(entry);
  if (next === undefined && previous === undefined) return ALONE;
  if (colonOf(entry.pair) === null) return NOT_PLAIN;
  const start = startOf(key);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const ownsLine = text.slice(lineStart, start).trim() === '';
  if (!isFlow(owner) && ownsLine) {
    const { end, comment } = endOfEntry(text, value);
    if (comment !== '') return [{ start, end, text: comment.trim() }];
    const behind = /^\r?\n/.exec(text.slice(end, end + 2))?.[0].length ?? 0;
    return [{ start: lineStart, end: end + behind, text: '' }];
  }
  const gap =
    next === undefined
      ? { start: endOf(previous?.value ?? previous?.key), end: endOf(value) }
      : { start, end: startOf(next.key) };
  return text.slice(gap.start, gap.end).includes('#') ? COMMENTED : [{ ...gap, text: '' }];
}

const INDENT = 2;
const LONGEST_LINE = 100;

function renamed(key: Scalar, name: string): TextEdit {
  const quote = key.type === 'QUOTE_DOUBLE' ? '"' : key.type === 'QUOTE_SINGLE' ? "'" : '';
  return { start: startOf(key), end: endOf(key), text: `${quote}${name}${quote}` };
}

/** Offset behind the colon; null where there is none, or the key is written with `?`. */
export function colonOf({ srcToken }: Pair): number | null {
  if (srcToken === undefined || srcToken.start.some(({ type }) => type === 'explicit-key-ind')) return null;
  const colon = srcToken.sep?.find(({ type }) => type === 'map-value-ind');
  return colon === undefined ? null : colon.offset + 1;
}

/** Where the last line of a value in a block ends, and the comment on it. */
function endOfEntry(text: string, value: unknown): { readonly end: number; readonly comment: string } {
  const start = startOf(value);
  const isBlock = isScalar(value) && (value.type === 'BLOCK_FOLDED' || value.type === 'BLOCK_LITERAL');
  if (isBlock) {
    const written = text.slice(start, endOf(value)).trimEnd();
    const comment = /^[^\s#]*([ \t]+#[^\r\n]*)?/.exec(written)?.[1] ?? '';
    return { end: start + written.length, comment };
  }
  const end = isAlias(value) ? start + 1 + value.source.length : endOf(value);
  const rest = /^[^\r\n]*/.exec(text.slice(end))?.[0] ?? '';
  return { end: end + rest.length, comment: rest.trimEnd() };
}

function blockLines(name: string, value: JsonValue): readonly string[] {
  const row = `${yamlScalar(name)}: ${flowText(value)}`;
  if (!isList(value) || row.length <= LONGEST_LINE) return [row];
  return [`${yamlScalar(name)}:`, ...value.map((item) => `  - ${flowText(item)}`)];
}

/** A value on one line of YAML. */
export function flowText(value: JsonValue): string {
  if (isList(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'string') return yamlScalar(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([name, member]) => `${yamlScalar(name)}: ${flowText(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
