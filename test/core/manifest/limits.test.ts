import { describe, expect, it } from 'vitest';
import type { ManifestLimits } from '../../../src/core/manifest/limits.ts';
import { DEFAULT_LIMITS } from '../../../src/core/manifest/limits.ts';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import { parseText, SCHEMA } from './fixtures.ts';

const DEEP = 100_000;
const LETTERS = [...'abcdefghi'];

/** Nine values of nine values of nine values…: 9 to the power of 9 from half a kilobyte. */
const BOMB = LETTERS.map((letter, index) => {
  const inside = index === 0 ? 'x' : `*${LETTERS[index - 1]!}`;
  return `${letter}: &${letter} [${Array.from({ length: 9 }, () => inside).join(', ')}]`;
}).join('\n');

const CHAIN = [
  'a0: &a0 [x]',
  ...Array.from({ length: 5_000 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`),
].join('\n');

function codesOf(text: string, limits: Partial<ManifestLimits> = {}): readonly string[] {
  const { manifest, problems } = parseText(text, { ...DEFAULT_LIMITS, ...limits });
  expect(manifest).toBeNull();
  return problems.map(({ code }) => code);
}

describe('an oversized manifest is refused before it is built', () => {
  it.each<[what: string, code: string, text: string, limits?: Partial<ManifestLimits>]>([
    ['brackets', 'too-deep', '['.repeat(DEEP)],
    ['braces', 'too-deep', '{a: '.repeat(DEEP)],
    ['dashes', 'too-deep', '- '.repeat(DEEP)],
    ['question marks', 'too-deep', '? '.repeat(DEEP)],
    ['indented mappings', 'too-deep', Array.from({ length: 200 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
    ['a chain of aliases', 'too-deep', CHAIN],
    ['an alias bomb', 'too-many-nodes', BOMB],
    [
      'a flood of keys',
      'too-many-nodes',
      Array.from({ length: 10_000 }, (_, n) => `k${n}: 1`).join('\n'),
      { nodes: 10_000 },
    ],
    ['a flood of items', 'too-many-nodes', `[${'1,'.repeat(10_000)}]`, { nodes: 10_000 }],
    ['a flood of documents', 'too-many-documents', '---\nversion: 1\n'.repeat(1_001)],
    ['bytes', 'too-large', `# ${'x'.repeat(1_000)}`, { fileBytes: 1_000 }],
    ['bytes that are few characters', 'too-large', `# ${'€'.repeat(400)}`, { fileBytes: 1_000 }],
    ['bytes of all files', 'too-large', `# ${'x'.repeat(1_000)}`, { totalBytes: 1_000 }],
  ])('for %s: %s', (_what, code, text, limits) => {
    expect(codesOf(text, limits)).toEqual([code]);
  });

  it('for too many files', () => {
    const parse = createManifestParser(SCHEMA, { ...DEFAULT_LIMITS, files: 2 });
    const files = ['a', 'b', 'c'].map((path) => ({ path, text: 'version: 1\n' }));
    expect(parse(files).problems.map(({ code }) => code)).toEqual(['too-many-files']);
    expect(parse(files.slice(1)).problems).toEqual([]);
  });

  it.each([
    ['a list within itself', 'a: &a [*a]'],
    ['a mapping within itself', 'a: &a { b: *a }'],
    ['a merge of itself', 'a: &a { <<: *a }'],
    ['two that hold each other', 'a: &a { b: &b { c: *a } }'],
  ])('for %s', (_what, text) => {
    expect(codesOf(text)).toContain('cyclic-alias');
  });
});

describe('a large manifest is accepted', () => {
  it('with 10,000 keys in one mapping', () => {
    const presets = Array.from({ length: 10_000 }, (_, n) => `  p${n}: { enabled: true }`).join('\n');
    expect(parseText(`version: 1\npresets:\n${presets}\n`).problems).toEqual([]);
  });

  it('with one anchor used a thousand times', () => {
    const presets = Array.from({ length: 1_000 }, (_, n) => `  p${n}: { output_options: *o }`).join('\n');
    const text = `version: 1\ndefaults: { output_options: &o { field_names: [A, B] } }\npresets:\n${presets}\n`;
    expect(parseText(text).problems).toEqual([]);
  });

  it('up to the limit of depth exactly', () => {
    const nested = (levels: number) =>
      `version: 1\npresets: { a: { extra: { x: ${'['.repeat(levels)}${']'.repeat(levels)} } } }\n`;
    const limits = { ...DEFAULT_LIMITS, depth: 10 };
    const deepest = [1, 2, 3, 4, 5, 6, 7, 8, 9].findLast(
      (levels) => parseText(nested(levels), limits).manifest !== null,
    );
    // Version and presets are at depth 1, x at 4: seven brackets reach 10.
    expect(deepest).toBe(7);
  });
});
