import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lineEdits } from '../../../src/core/accept/line-edits.ts';
import { editedText, hunksOf } from '../../../src/core/migrate/text-edit.ts';

const text = fc
  .array(fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd'), { maxLength: 12 })
  .map((lines) => lines.join(''));

describe('the edits of lines', () => {
  it('make the one text out of the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(editedText(before, lineEdits(before, after))).toBe(after);
      }),
    );
  });

  it('leave out every line that stays, also between two that change', () => {
    const before = 'a: 1\nb: 2\nc: 3\nd: 4\n';
    const after = 'a: 1\nb: 20\nc: 3\nnew: 1\nd: 40\n';
    expect(hunksOf(before, lineEdits(before, after))).toEqual([
      { line: 2, before: ['b: 2'], after: ['b: 20'] },
      { line: 4, before: ['d: 4'], after: ['new: 1', 'd: 40'] },
    ]);
    expect(lineEdits(before, before)).toEqual([]);
  });

  it.each([
    ['', 'a\n'],
    ['a\n', ''],
    ['a', 'a\nb\n'],
    ['a\nb\n', 'b\n'],
  ])('say what is added or taken away at the ends: %j, %j', (before, after) => {
    expect(editedText(before, lineEdits(before, after))).toBe(after);
    expect(lineEdits(before, after)).toHaveLength(1);
  });
});
