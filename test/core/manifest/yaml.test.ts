import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/core/manifest/limits.ts';
import { loadFile } from '../../../src/core/manifest/loader.ts';
import type { Path } from '../../../src/core/manifest/path.ts';
import { parseFiles, parseText, inShort } from './fixtures.ts';

function load(text: string) {
  return loadFile('m.yaml', text, DEFAULT_LIMITS);
}

function placeIn(text: string, path: Path, at?: 'key' | 'value'): string {
  const { line, column } = load(text).documents[0]!.placeOf(path, at).origin;
  return `${line}:${column}`;
}

describe('places', () => {
  it.each<[what: string, text: string, path: Path, at: 'key' | 'value', place: string]>([
    ['a value', 'a:\n  b: 1\n', ['a', 'b'], 'value', '2:6'],
    ['a key', 'a:\n  b: 1\n', ['a', 'b'], 'key', '2:3'],
    ['an item', 'a:\n  - 1\n  - 2\n', ['a', 1], 'value', '3:5'],
    ['a mapping in a list', 'a:\n  - b: 1\n', ['a', 0], 'value', '2:5'],
    ['a value that is not written', 'a:\nb: 1\n', ['a'], 'value', '1:1'],
    ['a path that leads nowhere', 'a:\n  b: 1\n', ['a', 'x', 'y'], 'value', '2:3'],
    ['a value after a byte order mark', '\uFEFFa: 1\n', ['a'], 'value', '1:4'],
    ['a value after Windows line ends', 'a: 1\r\nb: 2\r\n', ['b'], 'value', '2:4'],
    ['a value within an alias, where it is written', 'x: &x { y: 1 }\nz: *x\n', ['z', 'y'], 'value', '1:12'],
    ['an alias itself', 'x: &x { y: 1 }\nz: *x\n', ['z'], 'value', '2:4'],
    ['a merged key, where it is written', 'x: &x { y: 1 }\nz:\n  <<: *x\n  w: 2\n', ['z', 'y'], 'key', '1:9'],
    ['a value after characters of two units', '"𝒜": { b: 1 }\n', ['𝒜', 'b'], 'value', '1:12'],
  ])('of %s', (_what, text, path, at, place) => {
    expect(placeIn(text, path, at)).toBe(place);
  });

  it('count lines from the start of the file in every document', () => {
    const text = 'version: 1\n---\nversion: 1\nzone: []\n';
    expect(inShort(parseText(text).problems)).toEqual(['4:1 unknown-key']);
  });
});

describe('values', () => {
  it.each([
    ['true', true],
    ['no', 'no'],
    ['~', null],
    ['2024-01-01', '2024-01-01'],
    ['12:30:45', '12:30:45'],
    ['1_000', '1_000'],
    ['0.5', 0.5],
    ['-3', -3],
    ['"017"', '017'],
    ['0123456789abcdef0123456789abcdef', '0123456789abcdef0123456789abcdef'],
    ['12345678901234567890123456789012', '12345678901234567890123456789012'],
    ['1e345678901234567890123456789012', '1e345678901234567890123456789012'],
  ])('%s is read as %j', (written, value) => {
    expect(load(`a: ${written}\n`)).toMatchObject({ problems: [], documents: [{ root: { a: value } }] });
  });

  it.each([
    '017',
    '0o17',
    '0x1F',
    '+5',
    '.5',
    '5.',
    '1e3',
    '.nan',
    '.inf',
    '-.inf',
    '-0',
    '1e400',
    '123456789012345678901',
  ])('%s is refused: people and programs read it in different ways', (written) => {
    expect(inShort(load(`a: ${written}\n`).problems)).toEqual(['1:4 bad-number']);
  });

  it('are frozen, because aliases share them', () => {
    const { root } = load('a: &a { b: [1] }\nc: *a\n').documents[0]!;
    expect(root).toEqual({ a: { b: [1] }, c: { b: [1] } });
    for (const value of [root, (root as any).a, (root as any).a.b]) expect(Object.isFrozen(value)).toBe(true);
  });

  it('have no prototype that a key could reach', () => {
    expect(Object.getPrototypeOf(load('a: { b: 1 }\n').documents[0]!.root)).toBeNull();
  });
});

describe('a file that is not clean text', () => {
  it.each([
    ['a NUL', 'a: "\u0000"\n', '1:5 unsafe-character'],
    ['an escape', '# \u001B[31m\n', '1:3 unsafe-character'],
    ['half of a character', 'a: \uD800\n', '1:1 unsafe-character'],
    ['a merge conflict', 'a: 1\n<<<<<<< HEAD\n', '2:1 bad-yaml'],
  ])('is refused for %s', (_what, text, expected) => {
    expect(inShort(load(text).problems)).toEqual([expected]);
  });

  it('may have Windows line ends and a byte order mark', () => {
    expect(parseText('\uFEFFversion: 1\r\nzones: []\r\n').problems).toEqual([]);
  });
});

describe('a syntax error', () => {
  const secrets = [
    'key: "CANARY\nother: 1\n',
    'a: b: CANARY\n',
    'a: [CANARY\nb: 1\n',
    'CANARY\nb: 1\n',
    'a: @CANARY\n',
    'a: "\\qCANARY"\n',
    '- CANARY\nb: CANARY\n',
    'a: !CANARY x\n',
    'a: *CANARY\n',
    'a: &CANARY &CANARY x\n',
  ];
  it.each(secrets)('never quotes the text: %j', (text) => {
    const { problems } = load(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('CANARY');
  });

  it.each([
    ['zones:\n\t- zone: x\n', '2:1'],
    ['zones:\n  - zone: x\n    jobs:\n\t- name: a\n', '4:1'],
    ['zones:\n  - zone: x\n\t  jobs: []\n', '3:1'],
    ['zones:\n  - zone: x\n  \tjobs: []\n', '3:1'],
    ['defaults:\n\tenabled: true\n', '2:1'],
    ['defaults: {\n\tenabled: true\n', '2:1'],
    ['zones:\r\n\t- zone: x\r\n', '2:1'],
  ])('at a tab that indents is called that: %j', (text, place) => {
    const [problem] = load(text).problems;
    expect(problem?.message).toBe('A tab is used to indent. Use spaces.');
    expect(`${problem?.origin.line}:${problem?.origin.column}`).toBe(place);
  });

  it.each(['a: b: c\n', 'a: "x\n', 'a: [1\n# x\n\t# a comment\n', 'a: |\n  x\n\n  \ty\n\nb: c: d\n'])(
    'elsewhere is not blamed on a tab: %j',
    (text) => {
      expect(load(text).problems[0]?.message).not.toContain('A tab');
    },
  );

  it('in one file does not hide what is wrong in the others', () => {
    const { problems } = parseFiles([
      { path: 'b.yaml', text: 'version: 1\nzone: []\n' },
      { path: 'a.yaml', text: 'version: 1\nzones: [\n' },
    ]);
    expect(problems.map(({ origin, code }) => `${origin.file} ${code}`)).toEqual([
      'a.yaml bad-yaml',
      'b.yaml unknown-key',
    ]);
  });
});
