/** Colours and width for a terminal, or none. Passed in: whether somebody is looking is not for `core` to know. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** Infinity where nobody looks: programs want one sentence on one line. */
  readonly columns: number;
}

const same = (text: string): string => text;

export const PLAIN: Style = {
  bold: same,
  dim: same,
  green: same,
  yellow: same,
  red: same,
  cyan: same,
  columns: Infinity,
};

const NARROWEST = 20;

/** Words below one another behind an indent, with what stands before the first of them. */
export function hanging(text: string, indent: string, { columns }: Style, before = indent): string {
  const width = columns - indent.length;
  if (width < NARROWEST || before.length + text.length <= columns) return before + text;
  const lines: string[] = [];
  let line = before;
  for (const word of text.split(' ')) {
    const isFirst = line === before || line === indent;
    if (!isFirst && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
