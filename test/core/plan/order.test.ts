import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Action, type Change, isWithoutRoom } from '../../../src/core/plan/change.ts';
import { orderChanges } from '../../../src/core/plan/order.ts';
import { aDesiredJob, aLiveJob, aScope } from '../../builders.ts';
import { fingerprint } from './planning.ts';

function change(action: Action, name: string, id = 7): Change {
  const shared = { name, class: 'pending', reason: 'Because.', fields: [] } as const;
  const desired = aDesiredJob({ name });
  const live = aLiveJob({ name, id });
  const body = desired.fields;
  if (action === 'create') return { ...shared, action, desired, body };
  if (action === 'delete') return { ...shared, action, live };
  if (action === 'replace') return { ...shared, action, desired, live, body, oldGoes: 'next' };
  return { ...shared, action, desired, live, body };
}

interface Zone {
  readonly kind?: 'zone' | 'account';
  readonly passing?: number;
  readonly consents?: (digest: string) => boolean;
}

function ordered(changes: readonly Change[], taken: number, zone: Zone = {}) {
  const { kind = 'zone', passing = 0, consents = () => true } = zone;
  return orderChanges(
    changes,
    { scope: aScope({ kind }), taken, passing, jobsPerZone: 4 },
    { given: consents, fingerprint },
  );
}

function overlapping(name: string, id: number): Change {
  return { ...change('replace', name, id), oldGoes: 'later' } as Change;
}

function order(changes: readonly Change[], taken: number, kind: 'zone' | 'account' = 'zone') {
  return ordered(changes, taken, { kind }).changes;
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

  it('says of each create beyond what a zone may have that it finds no room', () => {
    const creates = [change('create', 'a'), change('create', 'b'), change('create', 'c')];

    const lacking = order(creates, 2).filter(isWithoutRoom);

    expect(lacking).toMatchObject([{ name: 'c', reason: expect.stringContaining('has 4 jobs by then') }]);
    expect(order(creates, 2, 'account').filter(isWithoutRoom)).toEqual([]);
    expect(order(creates, 5).filter(isWithoutRoom)).toEqual([]);
    expect(order([...creates, change('delete', 'd', 1)], 2).filter(isWithoutRoom)).toEqual([]);
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

  it.each([
    ['each place in turn', 4, ['c', 'd']],
    ['what finds no place by itself', 3, ['d', undefined]],
    ['what there is a place for once the zone is back within its limit', 5, [undefined, 'c']],
    ['nothing where all find a place', 2, [undefined, undefined]],
  ])('says which new job a delete makes room for: %s', (_, taken, rooms) => {
    const changes = [
      change('delete', 'a', 1),
      change('delete', 'b', 2),
      change('create', 'c'),
      change('create', 'd'),
    ];
    const deletes = order(changes, taken).flatMap((one) => (one.action === 'delete' ? [one] : []));
    expect(deletes.map(({ makesRoomFor }) => makesRoomFor?.name)).toEqual(rooms);
  });

  it('says so of no delete that loses nothing, as the job it is equal to stays', () => {
    const copy = { ...change('delete', 'a', 1), keeps: aLiveJob({ name: 'a', id: 2 }) } as Change;
    const [first] = order([copy, change('create', 'c')], 4);
    expect(first).toMatchObject({ action: 'delete' });
    expect(first).not.toHaveProperty('makesRoomFor');
  });

  it('knows no limit in an account', () => {
    expect(names(order([change('delete', 'a', 1), change('create', 'c')], 40, 'account'))).toBe(
      'create c, delete a',
    );
  });

  it.each([
    [3, [], 'next'],
    [4, [], 'first'],
    [4, [change('delete', 'a', 1)], 'next'],
    [3, [change('create', 'c')], 'next'],
    [4, [change('create', 'c')], 'first'],
  ] as const)(
    'of %i live jobs, beside %j, the old job of a replace goes %s',
    (liveCount, others, oldGoes) => {
      const replace = order([...others, change('replace', 'b', 2)], liveCount).find(
        ({ action }) => action === 'replace',
      );
      expect(replace).toMatchObject({ oldGoes });
      expect(replace?.reason).toContain(
        oldGoes === 'first' ? 'logs of the moments between are lost' : 'nothing is lost',
      );
    },
  );

  it('withholds a replace that would lose logs, and lets through exactly the one that is consented to', () => {
    const both = [change('replace', 'b', 2), change('replace', 'c', 3)];
    const { changes, withheld } = ordered(both, 4, { consents: () => false });
    expect([names(changes), withheld.map(({ name, id }) => `${name} ${id}`)]).toEqual(['', ['b 2', 'c 3']]);
    const [first] = withheld;
    expect(first?.reason).toContain(`--approve ${first?.digest}`);
    expect(first?.reason).toContain('guard.allow_gap');
    const approved = ordered(both, 4, { consents: (digest) => digest === first?.digest });
    expect(names(approved.changes)).toBe('replace b');
    expect(approved.withheld).toMatchObject([{ name: 'c' }]);
  });

  it('counts an old job that stays beside the new one', () => {
    const both = [overlapping('b', 2), overlapping('c', 3), change('create', 'd')];
    const { changes, withheld } = ordered(both, 3);
    expect(names(changes)).toBe('replace b');
    expect(withheld.map(({ action, name }) => `${action} ${name}`)).toEqual(['replace c', 'create d']);
    expect(withheld[0]?.reason).toContain('guard.overlap_seconds');
    expect(withheld[0]).not.toHaveProperty('digest');
  });

  it.each([
    ['waits for a place that an old job of a replace takes', 4, 1, ''],
    ['does not wait where Cloudflare allows more jobs than is known', 7, 1, 'create c'],
    ['does not wait where no place becomes free', 4, 0, 'create c'],
  ])('a create %s', (_, taken, passing, expected) => {
    expect(names(ordered([change('create', 'c')], taken, { passing }).changes)).toBe(expected);
  });

  it('waits for an old job rather than to lose logs', () => {
    const { changes, withheld } = ordered([change('replace', 'b', 2)], 4, { passing: 1 });
    expect(changes).toEqual([]);
    expect(withheld).toMatchObject([{ reason: expect.stringContaining('about to become free') }]);
  });

  it('ends a replace before it needs the place', () => {
    const end = { ...change('delete', 'z', 1), keeps: aLiveJob({ id: 9 }) } as Change;
    expect(names(order([change('replace', 'b', 2), end], 3))).toBe('delete z, replace b');
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
