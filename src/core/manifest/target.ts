import { formatPath } from './path.ts';
import { quoted } from './showing.ts';
import type { Entry } from './written.ts';
import { textOf } from './written.ts';

const ID = /^[0-9a-f]{32}$/i;

export function isId(text: string): boolean {
  return ID.test(text);
}

/** The same text for entries that name the same scope in the same way. A selector is a target of its own. */
export function targetKey(entry: Omit<Entry, 'jobs'>): string {
  const name = writtenName(entry);
  if (name === undefined) return `${entry.document.file} ${placeText(entry)}`;
  const isZone = entry.kind === 'zone';
  return `${entry.kind} ${isZone || isId(name) ? name.toLowerCase() : name}`;
}

/** For messages: `example.com`, or where the selector stands. */
export function targetName(entry: Omit<Entry, 'jobs'>): string {
  const name = writtenName(entry);
  return name === undefined ? formatPath(entry.path) : quoted(name).slice(1, -1);
}

function writtenName({ kind, body }: Omit<Entry, 'jobs'>): string | undefined {
  if (Object.hasOwn(body, 'select')) return undefined;
  return textOf(body, kind);
}

function placeText({ document, path }: Omit<Entry, 'jobs'>): string {
  const { line, column } = document.placeOf(path).origin;
  return `${line}:${column}`;
}
