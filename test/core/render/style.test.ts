import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hanging, PLAIN } from '../../../src/core/render/style.ts';

const INDENT = '    ';
const narrow = { ...PLAIN, columns: 30 };

describe('a long sentence', () => {
  it('hangs below its first word where a terminal is too narrow for it', () => {
    expect(hanging('one two three four five six seven', INDENT, narrow, '  -> ')).toBe(
      '  -> one two three four five\n    six seven',
    );
  });

  it('stays on one line where nobody looks, and where there is no room for words', () => {
    const text = 'one two three four five six seven';
    expect(hanging(text, INDENT, PLAIN)).toBe(INDENT + text);
    expect(hanging(text, INDENT, { ...PLAIN, columns: 10 })).toBe(INDENT + text);
  });

  it('loses no word, and no line is too long but for a single word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,40}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 24, max: 100 }), (list, columns) => {
        const lines = hanging(list.join(' '), INDENT, { ...PLAIN, columns }).split('\n');
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(list);
        for (const line of lines) expect(line.length <= columns || !line.trim().includes(' ')).toBe(true);
      }),
    );
  });
});
