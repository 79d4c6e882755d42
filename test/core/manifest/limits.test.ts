import { describe, expect, it } from 'vitest';
import type { ManifestLimits } from '../../../src/core/manifest/limits.ts';
import { DEFAULT_LIMITS } from '../../../src/core/manifest/limits.ts';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import { parseText, SCHEMA } from './fixtures.ts';

const DEEP = 100_000;

/** Nine values of nine values of nine values…: 9 to the power of 9 from half a kilobyte. */
const BOMB = bombOf(9);
const CHAIN = chainOf(5_000);

function bombOf(levels: number): string {
  const lines = [...'abcdefghi'].slice(0, levels).map((letter, index, letters) => {
    const inside = index === 0 ? 'x' : `*${letters[index - 1]!}`;
    return `${letter}: &${letter} [${Array.from({ length: 9 }, () => inside).join(', ')}]`;
  });
  return lines.join('\n');
}

function chainOf(levels: number): string {
  const links = Array.from({ length: levels }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`);
  return ['a0: &a0 [x]', ...links].join('\n');
}

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
    ['few values that aliases make many', 'too-many-nodes', bombOf(3), { nodes: 500 }],
    ['few levels that aliases make deep', 'too-deep', chainOf(10), { depth: 8 }],
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
    const parse = createManifestParser(SCHEMA, { limits: { ...DEFAULT_LIMITS, files: 2 } });
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

const JOB = `version: 1
zones:
  - zone: example.com
    jobs:
      - { name: a, dataset: http_requests, enabled: true, destination_conf: 's3://b?region=r' }
`;
const MANY = 150_000;

/** Each of these once took minutes, or ended the process: then it runs into the time-out again. */
describe('what is wrong very often is refused as soon as once', () => {
  it.each<[what: string, codes: readonly string[], text: string]>([
    ['commas', ['bad-yaml'], `[${','.repeat(MANY)}`],
    ['anchors', ['bad-yaml'], '&a '.repeat(MANY)],
    ['tags', ['bad-yaml'], '! '.repeat(MANY)],
    ['values side by side', ['bad-yaml'], '[]\n'.repeat(MANY)],
    ['keys that are no text', ['bad-key', 'too-many-problems'], `version: 1\n${'? 1\n'.repeat(MANY)}`],
    ['parameters', ['bad-destination'], JOB.replace('region=r', 'a=b&'.repeat(MANY))],
    ['braces', [], JOB.replace(' }', `, output_options: { record_template: '${'{{'.repeat(MANY)}' } }`)],
    [
      'brackets in a filter',
      ['bad-filter'],
      JOB.replace(' }', `, filter: '{"where":${'{"and":['.repeat(40_000)}1${']}'.repeat(40_000)}}' }`),
    ],
  ])('%s', (_what, codes, text) => {
    expect(new Set(parseText(text).problems.map(({ code }) => code))).toEqual(new Set(codes));
  });

  it.each<[what: string, code: string, text: string]>([
    ['one key', 'duplicate-key', `version: 1\n${'presets: {}\n'.repeat(MANY)}`],
    ['empty jobs', 'missing-key', `${JOB}${'      - {}\n'.repeat(60_000)}`],
    ['empty zones', 'missing-key', `${JOB}${'  - { zone: a.b }\n'.repeat(60_000)}`],
  ])('%s, and no more than a thousand findings are told', (_what, code, text) => {
    const { manifest, problems } = parseText(text);
    expect(manifest).toBeNull();
    expect(problems).toHaveLength(1_001);
    expect(new Set(problems.map((problem) => problem.code))).toEqual(new Set([code, 'too-many-problems']));
  });
});

describe('a manifest with very many entries', () => {
  it('is told the same as one with few', () => {
    const faults = `  - { zone: a.example, jobs: [{ name: 1 }, { nme: x }, { destination: { type: s4 } }, 7] }
  - { zone: b.example, jobs: [{ name: b, destination: { type: s3 }, filter: [], enabled: yes }] }
  - { zne: c.example, mode: off, jobs: [{ name: c, preset: p0, output_options: { sample_rate: 2 } }] }
`;
    const presets = Array.from({ length: 1_001 }, (_, n) => `  p${n}: { dataset: dns_logs }`).join('\n');
    const few = parseText(`${JOB}${faults}presets:\n  p0: { dataset: dns_logs }\n`).problems;
    const many = parseText(`${JOB}${faults}presets:\n${presets}\n`).problems;
    expect(few.length).toBeGreaterThan(9);
    expect(many).toEqual(few);
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
