import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesFilter } from '../../../src/core/filter/filter-match.ts';
import { reachOf } from '../../../src/core/filter/filter-reach.ts';
import {
  type FilterTree,
  filterTree,
  OPPOSITES,
  type Operator,
} from '../../../src/core/filter/filter-tree.ts';
import type { JsonValue } from '../../../src/core/job/job.ts';

const treeOf = (where: JsonValue): FilterTree => filterTree({ where })!;
const is = (operator: string, value: JsonValue, key = 'F'): JsonValue => ({ key, operator, value });

describe('a filter', () => {
  it.each<[JsonValue, string, JsonValue, boolean]>([
    [200, 'eq', 200, true],
    [200, 'eq', '200', true],
    ['de', '!eq', 'de', false],
    [true, 'eq', true, true],
    [499, 'lt', 500, true],
    [500, 'lt', 500, false],
    [500, 'leq', '500', true],
    [500, 'gt', 499, true],
    [500, 'geq', 501, false],
    ['abc', 'gt', 5, false],
    ['/health', 'startsWith', '/hea', true],
    ['/health', '!startsWith', '/hea', false],
    ['a.css', 'endsWith', '.css', true],
    ['a.css', '!endsWith', '.css', false],
    ['abc', 'contains', 'b', true],
    [['a', 'b'], 'contains', 'b', true],
    [['ab'], 'contains', 'b', false],
    [['a'], '!contains', 'b', true],
    [200, 'in', [200, 201], true],
    [200, '!in', [200, 201], false],
    ['de', 'in', ['fr'], false],
  ])('on %j with %s %j keeps the record: %s', (field, operator, value, keeps) => {
    expect(matchesFilter(treeOf(is(operator, value)), { F: field })).toBe(keeps);
  });

  it('treats a field that is not there like an empty one', () => {
    expect(matchesFilter(treeOf(is('eq', '')), {})).toBe(true);
    expect(matchesFilter(treeOf(is('geq', 0)), {})).toBe(false);
  });

  it('joins its conditions with "and" and "or", nested', () => {
    const tree = treeOf({ and: [is('eq', 1, 'A'), { or: [is('eq', 2, 'B'), is('eq', 3, 'B')] }] });
    expect(matchesFilter(tree, { A: 1, B: 3 })).toBe(true);
    expect(matchesFilter(tree, { A: 1, B: 4 })).toBe(false);
    expect(matchesFilter(tree, { A: 0, B: 2 })).toBe(false);
  });

  it.each<[string, JsonValue, 'all' | 'nothing' | 'unknown']>([
    ['two values at once', { and: [is('eq', 'a'), is('eq', 'b')] }, 'nothing'],
    ['a value and not that value', { and: [is('eq', 'a'), is('!eq', 'a')] }, 'nothing'],
    ['a value beside a list without it', { and: [is('eq', 1), is('in', [2, 3])] }, 'nothing'],
    ['a list of which nothing is left', { and: [is('in', [1, 2]), is('!in', [2, 1])] }, 'nothing'],
    ['a range that is empty', { and: [is('geq', 500), is('lt', 500)] }, 'nothing'],
    ['a range between two whole numbers', { and: [is('gt', 4), is('lt', 5)] }, 'nothing'],
    ['a value outside of a range', { and: [is('eq', 200), is('geq', 500)] }, 'nothing'],
    ['contradictions in every branch', { or: [{ and: [is('eq', 1), is('eq', 2)] }] }, 'nothing'],
    ['a contradiction deep within "and"', { and: [is('eq', 1), { and: [is('eq', 2)] }] }, 'nothing'],
    ['a value or any other', { or: [is('eq', 'a'), is('!eq', 'a')] }, 'all'],
    ['two ranges that cover everything', { or: [is('lt', 500), is('geq', 400)] }, 'all'],
    ['one comparison', is('eq', 'a'), 'unknown'],
    ['comparisons of two fields', { and: [is('eq', 1, 'A'), is('eq', 2, 'B')] }, 'unknown'],
    ['texts that may both hold', { and: [is('startsWith', 'a'), is('endsWith', 'b')] }, 'unknown'],
    ['a range that is left open', { or: [is('lt', 400), is('geq', 500)] }, 'unknown'],
  ])('of %s is seen for what it is', (_, where, reach) => {
    expect(reachOf(treeOf(where))).toBe(reach);
  });

  const comparison = fc
    .record({
      key: fc.constantFrom('A', 'B'),
      operator: fc.constantFrom(...(Object.keys(OPPOSITES) as Operator[])),
      value: fc.integer({ min: 0, max: 4 }),
    })
    .map((one) => (one.operator.endsWith('in') ? { ...one, value: [one.value, one.value + 1] } : one))
    .map((one) => (/With$|ontains$/.test(one.operator) ? { ...one, value: String(one.value) } : one));
  const { tree } = fc.letrec<{ tree: FilterTree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      comparison,
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    ),
  }));

  it('is called certain only where no record disagrees', () => {
    const record = fc.record({ A: fc.integer({ min: -1, max: 6 }), B: fc.integer({ min: -1, max: 6 }) });
    fc.assert(
      fc.property(tree, fc.array(record, { minLength: 20, maxLength: 40 }), (filter, records) => {
        const kept = records.filter((one) => matchesFilter(filter, one)).length;
        expect({ nothing: 0, all: records.length, unknown: kept }[reachOf(filter)]).toBe(kept);
      }),
      { numRuns: 2_000 },
    );
  });
});
