import type { FieldDiff, Shown } from '../plan/change.ts';
import { cleanText, shorten } from './foreign-text.ts';

const LONGEST = 160;

/** Takes secrets out of a text. Before anything is cut: of a secret that is cut in two, half would be shown. */
export type Scrub = (text: string) => string;

const AS_IS: Scrub = (text) => text;

/** One field for a person, as in `false -> true`. A secret shows neither side. */
export function showDifference(
  { secret, before, after }: Pick<FieldDiff, 'secret' | 'before' | 'after'>,
  scrub: Scrub = AS_IS,
): string {
  if (secret) return '(changed, not shown)';
  return moved(before, after, scrub) ?? `${showValue(before, scrub)} -> ${showValue(after, scrub)}`;
}

/** A value on one line. Text that could be mistaken for something else is in quotes. */
function showValue(value: Shown, scrub: Scrub): string {
  if (value === null) return '(none)';
  const isPlain = typeof value === 'string' && /^[^\s"'()]+$/u.test(value);
  const text = isPlain ? scrub(value) : scrub(JSON.stringify(value, (_, each) => scrubbed(each, scrub)));
  return shorten(cleanText(text), LONGEST);
}

/** In quotes a secret may no longer read as it was written. */
function scrubbed(value: unknown, scrub: Scrub): unknown {
  return typeof value === 'string' ? scrub(value) : value;
}

/** Two long lists of names differ in a few of them: only these are worth reading. */
function moved(before: Shown, after: Shown, scrub: Scrub): string | null {
  if (!isNames(before) || !isNames(after)) return null;
  const added = after.filter((name) => !before.includes(name)).map((name) => `+${name}`);
  const removed = before.filter((name) => !after.includes(name)).map((name) => `-${name}`);
  const all = [...added, ...removed];
  return all.length === 0 || all.length > 10 ? null : cleanText(scrub(all.join(' ')));
}

function isNames(value: Shown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
