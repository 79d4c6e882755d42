import type { Action, DifferenceClass } from '../plan/change.ts';
import { cleanText } from './foreign-text.ts';
import type { Style } from './style.ts';

/** What the lines of a plan for eyes are made of. */

export const SYMBOLS: Readonly<Record<Action, string>> = {
  create: '+',
  update: '~',
  replace: '-/+',
  delete: '-',
  adopt: '^',
};

export const INDENT = ' '.repeat(17);

/** `pending` is the usual case and needs no word. */
export function label(whose: DifferenceClass, style: Style): string {
  if (whose === 'pending') return '';
  return `   ${whose === 'conflict' ? style.red(whose) : style.yellow(whose)}`;
}

export function mark(symbol: string, word: string, paint: (text: string) => string): string {
  return `${paint(symbol.padStart(3))} ${word.padEnd(12)}`;
}

export function paintOf(action: Action, style: Style): (text: string) => string {
  if (action === 'create') return style.green;
  return action === 'delete' || action === 'replace' ? style.red : style.yellow;
}

export function named(name: string, width: number): string {
  return nameOf(name).padEnd(width);
}

export function nameOf(name: string): string {
  return name === '' ? '(no name)' : cleanText(name);
}

export function shortRevision(revision: string): string {
  return /^[0-9a-f]{40,}$/.test(revision) ? revision.slice(0, 7) : cleanText(revision);
}
