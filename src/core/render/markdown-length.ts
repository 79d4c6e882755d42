/** GitHub refuses a comment of more than 65,536 characters. */
const LONGEST = 65_000;

const NOTE = '\n\n_Cut here: the rest does not fit into a comment. `--output json` has all of it._\n';

/**
 * Joins pieces with newlines up to what a comment may hold. A piece is never divided, so that none ends
 * within a row or an open element; when some do not fit, a note says so.
 */
export function cut(pieces: readonly string[]): string {
  const whole = `${pieces.join('\n')}\n`;
  if (whole.length <= LONGEST) return whole;
  const kept: string[] = [];
  let length = NOTE.length;
  for (const piece of pieces) {
    length += piece.length + 1;
    if (length > LONGEST) break;
    kept.push(piece);
  }
  return `${kept.join('\n')}${NOTE}`;
}
