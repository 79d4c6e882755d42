import type { Document, ToStringOptions } from 'yaml';
import { visit } from 'yaml';

/** What acts on a terminal or cannot be seen. Line ends and tabs are YAML's own. */
const UNPRINTABLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/u;
/** The library writes it as a block without the mark that says how far the block is indented. */
const ONLY_SPACE = /^[ \t\n]+$/;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE.source, 'gu');

/** YAML that is the same data and prints nothing but visible characters. Comments must be our own words. */
export function printableYaml(document: Document, options: ToStringOptions): string {
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && needsQuotes(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString(options).replaceAll(UNPRINTABLE_ALL, escaped);
}

function needsQuotes(text: string): boolean {
  return UNPRINTABLE.test(text) || ONLY_SPACE.test(text);
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
