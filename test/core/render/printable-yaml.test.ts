import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, parse } from 'yaml';
import { printableYaml } from '../../../src/core/render/printable-yaml.ts';

const UNSEEN = [
  '\u001B[31m',
  '\u009B2J',
  '\u202E',
  '\u200B',
  '\u0085',
  '\u2028',
  '\u{E0041}',
  '\uFEFF',
  '\uFFFE',
];
const MEANT = ['\n', '\t', ' ', '"', "'", ':', '#', '- ', '\\', 'a', '\r', '\0', 'é', '😀'];
const nasty = fc.constantFrom(...UNSEEN, ...MEANT);
const text = fc.array(nasty, { maxLength: 12 }).map((parts) => parts.join(''));
const value = fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 })), { maxKeys: 4 });

describe('printable YAML', () => {
  it('is the same data', () => {
    fc.assert(
      fc.property(value, (data) => {
        expect(parse(printableYaml(new Document(data), { lineWidth: 0 }))).toEqual({ ...data });
      }),
    );
  });

  it.each([' \n', '\n \n', ' \t\n\n', '  '])('is the same text when it is only white space: %j', (text) => {
    const data = { a: text, b: [text], c: { d: [[text]] } };
    expect(parse(printableYaml(new Document(data), { lineWidth: 0 }))).toEqual(data);
  });

  it('prints nothing that acts on a terminal or cannot be seen', () => {
    fc.assert(
      fc.property(value, (data) => {
        const printed = printableYaml(new Document(data), { lineWidth: 0 });
        expect(printed).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u);
      }),
    );
  });

  it('leaves what is printable as it is', () => {
    expect(printableYaml(new Document({ a: 'é 😀', b: 'two\nlines\n' }), { lineWidth: 0 })).toBe(
      'a: é 😀\nb: |\n  two\n  lines\n',
    );
  });
});
