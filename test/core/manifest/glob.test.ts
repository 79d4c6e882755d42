import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches } from '../../../src/core/manifest/glob.ts';

describe('a pattern for zone names', () => {
  it.each([
    ['*', 'example.com', true],
    ['*', '', true],
    ['example.com', 'EXAMPLE.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'aexample.com', false],
    ['example.?om', 'example.com', true],
    ['example.?', 'example.com', false],
    ['exam*om', 'example.com', true],
    ['**.com', 'example.com', true],
    ['example', 'example.com', false],
    ['', 'example.com', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('law: it matches what the equal regular expression matches', () => {
    const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
    fc.assert(
      fc.property(text('aB.*?'), text('Ab.'), (pattern, name) => {
        const source = pattern
          .replaceAll('.', String.raw`\.`)
          .replaceAll('?', '.')
          .replaceAll('*', '.*');
        expect(matches(pattern, name)).toBe(new RegExp(`^${source}$`, 'i').test(name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('with many stars is decided all the same', () => {
    expect(matches('*a'.repeat(200), `${'a'.repeat(10_000)}b`)).toBe(false);
  });
});
