import { describe, expect, it } from 'vitest';
import { canonicalFilter, filterText, shownFilter } from '../../../src/core/job/filter.ts';
import type { JsonValue } from '../../../src/core/job/job.ts';

const BLOCKED = '{"where":{"key":"Action","operator":"eq","value":"block"}}';

describe('two filters', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['the string and the object', BLOCKED, { where: { key: 'Action', operator: 'eq', value: 'block' } }],
    ['another order of keys', BLOCKED, '{"where":{"value":"block","operator":"eq","key":"Action"}}'],
    ['white space', BLOCKED, ` { "where" : {"key":"Action",\n"operator":"eq","value":"block"} }\n`],
    ['escapes in strings', '{"where":{"key":"A"}}', String.raw`{"where":{"key":"\u0041"}}`],
    ['spelling of a number', '{"where":{"value":1}}', '{"where":{"value":1.0}}'],
    ['"" and null', '', null],
    ['"" and an empty condition', '', '{"where":{}}'],
    ['"" and an empty object', '', {}],
    ['"" and the word null', ' ', 'null'],
  ])('are one where they differ in %s', (_, one, other) => {
    expect(canonicalFilter(one)).toBe(canonicalFilter(other));
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['a value', BLOCKED, BLOCKED.replace('block', 'log')],
    [
      'the order of conditions',
      '{"where":{"and":[{"key":"a"},{"key":"b"}]}}',
      '{"where":{"and":[{"key":"b"},{"key":"a"}]}}',
    ],
    ['the type of a value', '{"where":{"value":"30"}}', '{"where":{"value":30}}'],
    ['true and "true"', '{"where":{"value":true}}', '{"where":{"value":"true"}}'],
    [
      'a digit beyond the precision of numbers',
      '{"where":{"value":9007199254740993}}',
      '{"where":{"value":9007199254740992}}',
    ],
    ['a text that is no JSON', 'where', 'wherever'],
    ['there being one', BLOCKED, ''],
    ['a key called __proto__', '{"where":{"__proto__":{"a":1}}}', '{"where":{"b":1}}'],
  ])('are two where they differ in %s', (_, one, other) => {
    expect(canonicalFilter(one)).not.toBe(canonicalFilter(other));
  });
});

describe('a filter', () => {
  it('is null when there is none', () => {
    expect(canonicalFilter('')).toBeNull();
    expect(shownFilter('{"where":{}}')).toBeNull();
    expect(filterText(null)).toBe('');
  });

  it('is sent as it was written, an object as JSON', () => {
    expect(filterText(` ${BLOCKED}`)).toBe(` ${BLOCKED}`);
    expect(filterText({ where: { key: 'Action', operator: 'eq', value: 'block' } })).toBe(BLOCKED);
  });

  it('is shown as the JSON it holds, or as the text that it is', () => {
    expect(shownFilter(BLOCKED)).toEqual({ where: { key: 'Action', operator: 'eq', value: 'block' } });
    expect(shownFilter('{"where"')).toBe('{"where"');
  });

  it.each([300, 5000, 100_000])('that is nested %d deep, as none is, is compared as text', (depth) => {
    const deep = `{"where": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(canonicalFilter(deep)).toBe(deep);
    expect(shownFilter(deep)).toBe(deep);
  });
});
