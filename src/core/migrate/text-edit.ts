/** One replaced piece of a text, from `start` up to `end`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The edits must not overlap; their order does not matter. */
export function editedText(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: replacement } of inOrder(edits)) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

/** Where an offset of the edited text was before these edits. Not for an offset inside of a replacement. */
export function offsetsBefore(edits: readonly TextEdit[]): (offset: number) => number {
  const ordered = inOrder(edits);
  return (offset) => {
    let before = offset;
    for (const { start, end, text } of ordered) {
      if (start + text.length > before) break;
      before += end - start - text.length;
    }
    return before;
  };
}

/** Whole lines that an edit touches, before and after. */
export interface Hunk {
  /** Of the first line, from 1. */
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export function hunksOf(text: string, edits: readonly TextEdit[]): readonly Hunk[] {
  const groups: { start: number; end: number; edits: TextEdit[] }[] = [];
  for (const edit of inOrder(edits)) {
    const start = text.lastIndexOf('\n', edit.start - 1) + 1;
    const end = edit.end > edit.start && text[edit.end - 1] === '\n' ? edit.end : endOfLine(text, edit.end);
    const last = groups.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = Math.max(last.end, end);
      last.edits.push(edit);
    } else groups.push({ start, end, edits: [edit] });
  }
  let line = 1;
  let counted = 0;
  return groups.map(({ start, end, edits: own }) => {
    line += text.slice(counted, start).split('\n').length - 1;
    counted = start;
    const shifted = own.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
    const before = text.slice(start, end);
    return {
      line,
      before: linesOf(before),
      after: linesOf(editedText(before, shifted)),
    };
  });
}

/** Behind the line break. */
function endOfLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  return found === -1 ? text.length : found + 1;
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function inOrder(edits: readonly TextEdit[]): readonly TextEdit[] {
  return edits.toSorted((a, b) => a.start - b.start);
}
