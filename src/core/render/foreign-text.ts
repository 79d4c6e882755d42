/**
 * Names, values and error messages come from outside: from Cloudflare, from files, from people. Before a
 * person or a program reads them in a terminal, in Markdown or in a build log, they must not be able to
 * move the cursor, reorder the line, forge an annotation or mention somebody.
 */

// Cc and Cf: control and format characters, with the bidi and zero-width ones; Zl, Zp: line separators; Cs:
// halves of a pair; Co and Cn: no agreed meaning. Of the spaces only the plain one stays.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]|(?! )\p{Zs}/gu;

/** Room for a sentence of ours about a destination as long as a signed one of Azure, with the commands that follow. */
const LONGEST = 1_000;

/** The text on one line, with every unprintable character written out as `\u{202e}`, and not too long for a line. */
export function cleanText(text: string): string {
  return shorten(printableText(text), LONGEST);
}

/** The same, however long it is. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${codeOf(character)}}`);
}

/** At most that many UTF-16 units, and never half a character. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** For a paragraph of Markdown: no markup, no HTML, no mention of a person. */
export function markdownText(text: string): string {
  return cleanText(text)
    .replace(/[\\`*_[\]<>#|~$&]/g, '\\$&')
    .replaceAll('@', '@<!-- -->');
}

/** Within an HTML element in Markdown, where no backslash escapes anything. */
export function htmlText(text: string): string {
  return cleanText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** For a cell of a Markdown table: a code span that nothing in it can end. */
export function markdownCode(text: string): string {
  // In a table a backslash before a pipe would take away the escape of the pipe.
  const safe = cleanText(text)
    .replace(/\\+\|/g, (run) => run.replace('|', '\\u{7c}'))
    .replaceAll('|', '\\|');
  if (safe === '') return '';
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${safe}${fence}` : `${fence} ${safe} ${fence}`;
}

/** The message of a workflow command of GitHub Actions; it may have several lines. */
export function annotationText(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => cleanText(line).replaceAll('%', '%25'))
    .join('%0A');
}

/** A property of a workflow command, as in `file=…`. */
export function annotationProperty(text: string): string {
  return annotationText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** JSON that is the same data and prints nothing but visible characters. */
export function printableJson(value: unknown): string {
  return printableJsonText(JSON.stringify(value, null, 2));
}

/** The same for what is JSON text already. Its own line ends stay. */
export function printableJsonText(json: string): string {
  return json.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (character) =>
    character.replace(/[^]/g, escaped),
  );
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
