import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Group } from '../../../src/core/alert/alert.ts';
import { type DueTerms, dueOf, type Told } from '../../../src/core/alert/due.ts';
import { aGroup, ANY, aSubject, START } from './alerts.ts';

const TERMS: DueTerms = { filter: ANY, repeatMs: null, now: START, waiting: new Set(), room: 1_000 };
const NOBODY: ReadonlyMap<string, Told> = new Map();

describe('what a receiver is due', () => {
  it('is one message that it fires and one that it is over', () => {
    const first = dueOf([aGroup()], NOBODY, TERMS);
    const second = dueOf([aGroup()], first.told, TERMS);
    const third = dueOf([], second.told, TERMS);
    const fourth = dueOf([], third.told, TERMS);

    const statuses = [first, second, third, fourth].map(({ notices }) => notices.map(({ status }) => status));
    expect(statuses).toEqual([['firing'], [], ['resolved'], []]);
    expect(first.notices[0]?.id).toBe('0123456789abcdef.' + (START / 1000).toString(36) + '.firing');
  });

  it('is told with the end who did it, where that became known only after it was told', () => {
    const { told } = dueOf([aGroup()], NOBODY, TERMS);
    const named = aGroup({ subjects: [aSubject({ detail: 'By ada@example.com.' })] });
    const later = dueOf([named], told, TERMS);
    const { notices } = dueOf([], later.told, TERMS);
    expect(later.notices).toEqual([]);
    expect(notices.map(({ status, alert }) => [status, alert.detail])).toEqual([
      ['resolved', 'By ada@example.com.'],
    ]);
  });

  it('is told with the end what it was about, though less of it stood at last', () => {
    const both = aGroup({ subjects: [aSubject(), aSubject({ key: 'other' })] });
    const { told } = dueOf([both], NOBODY, TERMS);
    const { notices } = dueOf([], dueOf([aGroup()], told, TERMS).told, TERMS);
    expect(notices.map(({ alert }) => alert.count)).toEqual([2]);
  });

  it('is told again after the repeat interval, by another id, unless the message before still waits', () => {
    const terms = { ...TERMS, repeatMs: 3_600_000 };
    const { told, notices } = dueOf([aGroup()], NOBODY, terms);
    const soon = dueOf([aGroup()], told, { ...terms, now: START + 3_599_999 });
    const later = { ...terms, now: START + 3_600_000 };
    const again = dueOf([aGroup()], told, later);
    const stuck = dueOf([aGroup()], told, { ...later, waiting: new Set(['0123456789abcdef']) });

    expect(soon.notices).toEqual([]);
    expect(again.notices.map(({ id }) => id)).toEqual([`${notices[0]?.id}.1`]);
    expect(stuck.notices).toEqual([]);
  });

  it('is the end of the one before and then the new one, where it began anew between two looks', () => {
    const { told } = dueOf([aGroup()], NOBODY, TERMS);
    const anew = aGroup({ since: new Date(START + 60_000).toISOString() });

    const { notices } = dueOf([anew], told, { ...TERMS, now: START + 60_000 });

    expect(notices.map(({ status, alert }) => [status, alert.since])).toEqual([
      ['resolved', '2026-11-23T09:00:00.000Z'],
      ['firing', '2026-11-23T09:01:00.000Z'],
    ]);
  });

  it('is only what it is for, counted anew', () => {
    const other = { kind: 'zone', id: '9'.repeat(32), name: 'shop.example' } as const;
    const group = aGroup({
      subjects: [aSubject(), aSubject({ key: 'other', scope: other, what: 'Only this' })],
    });
    const filter = { ...ANY, scopes: ['*.example'] };

    const { notices } = dueOf([group], NOBODY, { ...TERMS, filter });

    expect(notices.map(({ alert }) => [alert.count, alert.summary])).toEqual([[1, 'Only this']]);
  });

  it('is the end of its part while the group goes on with others, and its part again when that begins anew', () => {
    const other = { kind: 'zone', id: '9'.repeat(32), name: 'shop.example' } as const;
    const shop = aSubject({ key: 'other', scope: other });
    const whole = aGroup({ cause: 'x', subjects: [aSubject(), shop] });
    const rest = aGroup({ cause: 'x', subjects: [aSubject()] });
    const terms = { ...TERMS, filter: { ...ANY, scopes: ['shop.example'] } };
    let told = NOBODY;
    const notices = [whole, rest, rest, whole, whole, rest, null].flatMap((group, minute) => {
      const due = dueOf(group === null ? [] : [group], told, { ...terms, now: START + minute * 60_000 });
      told = due.told;
      return due.notices.map((notice) => [minute, notice.status, notice.alert.since.slice(11, 16)]);
    });

    expect(notices).toEqual([
      [0, 'firing', '09:00'],
      [1, 'resolved', '09:00'],
      [3, 'firing', '09:03'],
      [5, 'resolved', '09:03'],
    ]);
    expect(told).toEqual(NOBODY);
  });

  it.each<readonly [why: string, filter: Partial<DueTerms['filter']>, passes: boolean]>([
    ['a severity below', { minSeverity: 'critical' }, false],
    ['the severity itself', { minSeverity: 'warning' }, true],
    ['another reason', { reasons: ['TokenRefused'] }, false],
    ['its reason', { reasons: ['TokenRefused', 'DriftDetected'] }, true],
    ['another scope', { scopes: ['*.shop.example'] }, false],
    ['its scope, in other letters', { scopes: ['EXAMPLE.*'] }, true],
    ['a label', { labels: { dataset: 'http_*' } }, true],
    ['another value of a label', { labels: { dataset: 'dns_logs' } }, false],
    ['a label that it lacks', { labels: { destination: '*' } }, false],
    ['a label of every object', { labels: { toString: '*' } }, false],
  ])('is decided by %s', (_, filter, passes) => {
    const { notices } = dueOf([aGroup()], NOBODY, { ...TERMS, filter: { ...ANY, ...filter } });
    expect(notices).toHaveLength(passes ? 1 : 0);
  });

  it('is, of what concerns no scope, told to who is for some scopes', () => {
    const group = aGroup({ reason: 'TokenRefused', subjects: [aSubject({ scope: null, labels: {} })] });
    const { notices } = dueOf([group], NOBODY, { ...TERMS, filter: { ...ANY, scopes: ['nobody'] } });
    expect(notices).toHaveLength(1);
  });

  it('is, over any time, firing and resolved in turn, and what stands at the end was told', () => {
    const look = fc.record({
      standing: fc.uniqueArray(fc.record({ name: fc.integer({ min: 0, max: 4 }), episode: fc.nat(2) }), {
        selector: ({ name }) => name,
      }),
      room: fc.constantFrom(0, 1, 100),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
        let told = NOBODY;
        const said = new Map<string, string[]>();
        const last = looks.at(-1)?.standing ?? [];
        for (const { standing, room } of [
          ...looks,
          { standing: last, room: 100 },
          { standing: last, room: 100 },
        ]) {
          const groups: Group[] = standing.map(({ name, episode }) =>
            aGroup({ fingerprint: `${name}`, since: new Date(START + episode * 1000).toISOString() }),
          );
          const due = dueOf(groups, told, { ...TERMS, room });
          expect(due.notices.length).toBeLessThanOrEqual(room);
          told = due.told;
          for (const { status, alert } of due.notices) {
            const before = said.get(alert.fingerprint) ?? [];
            said.set(alert.fingerprint, [...before, status]);
          }
        }
        for (const statuses of said.values()) {
          expect(statuses).toEqual(statuses.map((_, n) => (n % 2 === 0 ? 'firing' : 'resolved')));
        }
        expect([...told.keys()].toSorted()).toEqual(last.map(({ name }) => `${name}`).toSorted());
      }),
    );
  });
});
