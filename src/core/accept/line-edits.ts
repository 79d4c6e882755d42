import type { TextEdit } from '../migrate/text-edit.ts';

/** More is shown as one edit: nobody reads it line by line. */
const MOST_COMPARED = 1_000_000;

/** The fewest whole lines to replace in `before` so that it becomes `after`. */
export function lineEdits(before: string, after: string): readonly TextEdit[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  let head = 0;
  while (head < Math.min(old.length, fresh.length) && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, fresh.length) - head && old.at(-1 - tail) === fresh.at(-1 - tail))
    tail += 1;
  const kept = keptLines(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail));
  const edits: TextEdit[] = [];
  let [from, to] = [head, head];
  for (const [left, right] of [...kept, [old.length - tail - head, fresh.length - tail - head] as const]) {
    const [end, until] = [left + head, right + head];
    if (end > from || until > to) {
      const start = lengthOf(old.slice(0, from));
      const text = fresh.slice(to, until).join('');
      edits.push({ start, end: start + lengthOf(old.slice(from, end)), text });
    }
    [from, to] = [end + 1, until + 1];
  }
  return edits;
}

/** The longest row of lines that both have, by their places in each. */
function keptLines(
  old: readonly string[],
  fresh: readonly string[],
): readonly (readonly [old: number, fresh: number])[] {
  if (old.length * fresh.length > MOST_COMPARED) return [];
  const longest = Array.from({ length: old.length + 1 }, () => Array<number>(fresh.length + 1).fill(0));
  const at = (left: number, right: number): number => longest[left]?.[right] ?? 0;
  for (let left = old.length - 1; left >= 0; left -= 1) {
    for (let right = fresh.length - 1; right >= 0; right -= 1) {
      const row = longest[left];
      if (row === undefined) continue;
      row[right] =
        old[left] === fresh[right]
          ? at(left + 1, right + 1) + 1
          : Math.max(at(left + 1, right), at(left, right + 1));
    }
  }
  const kept: (readonly [number, number])[] = [];
  let [left, right] = [0, 0];
  while (left < old.length && right < fresh.length) {
    if (old[left] === fresh[right]) kept.push([left++, right++]);
    else if (at(left + 1, right) >= at(left, right + 1)) left += 1;
    else right += 1;
  }
  return kept;
}

/** With their ends, so that together they are the text. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}
