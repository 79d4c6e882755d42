import type { YAMLError } from 'yaml';

export const TAB_MESSAGE = 'A tab is used to indent. Use spaces.';
export const TAG_MESSAGE =
  'Text that starts with "!", as the operator "!eq", is a tag, and tags are not supported. Put the text in quotes, or remove the tag.';

/**
 * Our own words for what the YAML library finds. Its messages are never shown: they quote the line, and a line
 * may hold a secret.
 */
const MESSAGES: { readonly [code in YAMLError['code']]?: string } = {
  ALIAS_PROPS: 'An alias (*name) cannot have an anchor or tag of its own.',
  BAD_ALIAS: 'The name of an alias or anchor is missing or not allowed.',
  BAD_COLLECTION_TYPE: 'The tag does not fit this collection. Remove the tag.',
  BAD_DQ_ESCAPE:
    'The text in double quotes has an unknown escape after a backslash. Double the backslash, or use single quotes.',
  BAD_INDENT: 'The indentation does not fit the lines above. Keys of one mapping start in the same column.',
  BAD_SCALAR_START: 'Text cannot start with this character. Put it in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'Behind this value stands a key that is indented further, or the value holds ": ". Give the keys of one mapping the same indentation, or put such text in quotes.',
  BLOCK_IN_FLOW:
    'A block list or mapping stands inside braces or brackets. Write it with braces or brackets too.',
  KEY_OVER_1024_CHARS: 'This key is longer than 1024 characters.',
  MISSING_CHAR:
    'A character is missing: a closing quote, brace or bracket, or the comma or space before this place.',
  MULTILINE_IMPLICIT_KEY: 'A key spans several lines. Is a ":" with a space behind it, or a quote, missing?',
  MULTIPLE_ANCHORS: 'A value can have one anchor only.',
  MULTIPLE_TAGS: 'A value can have one tag only.',
  NON_STRING_KEY: 'A key must be text.',
  RESOURCE_EXHAUSTION: 'The text is nested too deep to be read.',
  TAB_AS_INDENT: TAB_MESSAGE,
  TAG_RESOLVE_FAILED: TAG_MESSAGE,
  UNEXPECTED_TOKEN:
    'This does not belong here. Is a "-", ":" or quote missing or too many, or the indentation off?',
};

/** Where one code has several meanings: how the library's message begins, and ours for it. */
const BY_BEGINNING: readonly (readonly [beginning: string, message: string])[] = [
  ['Missing closing', 'A text in quotes that starts above here is never closed. Add the closing quote.'],
  ['Flow sequence in block', 'A list that starts with "[" above is not closed. Add the "]".'],
  ['Flow map in block', 'A mapping that starts with "{" above is not closed. Add the "}".'],
  [
    'Sequence item without',
    'This line has the indentation of the list items above but no "- ". Indent it further, or add the "- ".',
  ],
  ['Missing , or :', 'Inside braces or brackets a comma or colon is missing before this place.'],
  ['Implicit map keys', 'A ":" is missing after the key that stands here.'],
];

const TAB_INDENT = /^ *\t\s*[^\s#]/;

/**
 * Where a tab indents the line of an error or the one below, or undefined. The library then finds fault with
 * what the tab made of the lines around it.
 */
export function tabIndentAt(text: string, offset: number): number | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const next = text.indexOf('\n', offset) + 1;
  return [start, ...(next > 0 ? [next] : [])].find((at) => TAB_INDENT.test(text.slice(at, at + 200)));
}

/** @param line - The text of the line up to the error. It decides a hint and is not shown. */
export function syntaxMessage(error: YAMLError, line: string): string {
  // The "}" of a reference ends a mapping in braces.
  if (/\{.*\$\{/.test(line)) return 'Within braces or brackets put a text that holds "${…}" in quotes.';
  const meant = BY_BEGINNING.find(([beginning]) => error.message.startsWith(beginning));
  if (meant !== undefined) return meant[1];
  return (
    MESSAGES[error.code] ??
    'This is not valid YAML. Look at the quotes, colons and indentation here and just above.'
  );
}
