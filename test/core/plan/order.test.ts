import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, Change } from '../../../src/core/plan/change.ts';
import { orderChanges } from '../../../src/core/plan/order.ts';
import { aDesiredJob, aLiveJob, aScope } from '../../builders.ts';

function change(action: Action, name: string, id = 7): Change {
  const shared = { name, class: 'pending', reason: 'Because.', fields: [] } as const;
  const desired = aDesiredJob({ name });
  const live = aLiveJob({ name, id });
  const body = desired.fields;
  if (action === 'create') return { ...shared, action, desired, body };
  if (action === 'delete') return { ...shared, action, live };
  if (action === 'replace') return { ...shared, action, desired, live, body, deleteFirst: false };
  return { ...shared, action, desired, live, body };
}

function order(changes: readonly Change[], liveCount: number, kind: 'zone' | 'account' = 'zone') {
  return orderChanges(changes, liveCount, aScope({ kind }), 4);
}

const names = (changes: readonly Change[]): string =>
  changes.map(({ action, name }) => `${action} ${name}`).join(', ');

describe('the order of writing', () => {
  const all = [
    change('delete', 'a', 1),
    change('replace', 'b', 2),
    change('create', 'c'),
    change('adopt', 'd', 4),
    change('update', 'e', 5),
  ];

  it('updates, then replaces, then creates, and deletes last', () => {
    expect(names(order(all, 2))).toBe('update e, adopt d, replace b, create c, delete a');
  });

  it('deletes before it creates when the zone has no room for both', () => {
    expect(names(order(all, 4))).toBe('update e, adopt d, delete a, replace b, create c');
  });

  it.each([
    [3, 'create c, delete a'],
    [4, 'delete a, create c'],
    [5, 'delete a, create c'],
  ])('with %i live jobs of 4: %s', (liveCount, expected) => {
    expect(names(order([change('delete', 'a', 1), change('create', 'c')], liveCount))).toBe(expected);
  });

  it('knows no limit in an account', () => {
    expect(names(order([change('delete', 'a', 1), change('create', 'c')], 40, 'account'))).toBe(
      'create c, delete a',
    );
  });

  it.each([
    [3, [], false],
    [4, [], true],
    [4, [change('delete', 'a', 1)], false],
    [3, [change('create', 'c')], false],
    [4, [change('create', 'c')], true],
  ] as const)('of %i live jobs, beside %j, a replace deletes first: %s', (liveCount, others, deleteFirst) => {
    const replace = order([...others, change('replace', 'b', 2)], liveCount).find(
      ({ action }) => action === 'replace',
    );
    expect(replace).toMatchObject({ deleteFirst });
    expect(replace?.reason).toContain(
      deleteFirst ? 'logs of the moments between are lost' : 'nothing is lost',
    );
  });

  it('is the same for any order of the input', () => {
    const more = [...all, change('delete', 'a', 8), change('delete', 'z', 9), change('create', 'y')];
    fc.assert(
      fc.property(fc.shuffledSubarray(more, { minLength: more.length }), fc.nat(8), (shuffled, liveCount) => {
        expect(order(shuffled, liveCount)).toEqual(order(more, liveCount));
      }),
    );
  });
});
