/** Whether a zone name matches a pattern: `*` is any text, `?` one character, case does not matter. */
export function matches(pattern: string, name: string): boolean {
  const [wanted, text] = [pattern.toLowerCase(), name.toLowerCase()];
  let at = 0;
  let star = -1;
  let afterStar = 0;
  let wantedAt = 0;
  // No regular expression: a pattern with many stars would make one try for ever.
  while (at < text.length) {
    if (wanted[wantedAt] === '*') {
      star = wantedAt;
      afterStar = at;
      wantedAt += 1;
    } else if (wanted[wantedAt] === '?' || wanted[wantedAt] === text[at]) {
      wantedAt += 1;
      at += 1;
    } else if (star !== -1) {
      wantedAt = star + 1;
      afterStar += 1;
      at = afterStar;
    } else return false;
  }
  while (wanted[wantedAt] === '*') wantedAt += 1;
  return wantedAt === wanted.length;
}
