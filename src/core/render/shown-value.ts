import type { FieldDiff, Shown } from '../plan/change.ts';
import { cleanText, shorten } from './foreign-text.ts';

const LONGEST = 160;

/** One field for a person, as in `false -> true`. A secret shows neither side. */
export function showDifference({
  secret,
  before,
  after,
}: Pick<FieldDiff, 'secret' | 'before' | 'after'>): string {
  if (secret) return '(changed, not shown)';
  return moved(before, after) ?? `${showValue(before)} -> ${showValue(after)}`;
}

/** A value on one line. Text that could be mistaken for something else is in quotes. */
export function showValue(value: Shown): string {
  if (value === null) return '(none)';
  const text = typeof value === 'string' && /^[^\s"'()]+$/u.test(value) ? value : JSON.stringify(value);
  return shorten(cleanText(text), LONGEST);
}

/** Two long lists of names differ in a few of them: only these are worth reading. */
function moved(before: Shown, after: Shown): string | null {
  if (!isNames(before) || !isNames(after)) return null;
  const added = after.filter((name) => !before.includes(name)).map((name) => `+${name}`);
  const removed = before.filter((name) => !after.includes(name)).map((name) => `-${name}`);
  const all = [...added, ...removed];
  return all.length === 0 || all.length > 10 ? null : cleanText(all.join(' '));
}

function isNames(value: Shown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
