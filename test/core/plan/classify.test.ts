import { describe, expect, it } from 'vitest';
import type { DifferenceClass, FieldDiff } from '../../../src/core/plan/change.ts';
import { classifyJob, classOf } from '../../../src/core/plan/classify.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, classesOf, fingerprint } from './planning.ts';

const KEY = 'secret-access-key';
const r2 = (key: string): string => `r2://logs/http?account-id=a&access-key-id=k&secret-access-key=${key}`;

type Fields = Readonly<Record<string, string | number>>;

function desiredWith(fields: Fields) {
  return aDesiredJob({ fields });
}

function classify(was: Fields | null, wants: Fields, has: Fields, unverifiable: readonly string[] = []) {
  const entry = was === null ? undefined : { ...applied(desiredWith(was), aLiveJob()), unverifiable };
  const live = aLiveJob({ fields: has });
  return classesOf(classifyJob(desiredWith(wants), live, entry, fingerprint).map(({ field }) => field));
}

describe('who moved a field that can be seen', () => {
  const bytes = (value: number): Fields => ({ max_upload_bytes: value });
  const A = bytes(5_000_000);
  const B = bytes(6_000_000);
  const C = bytes(7_000_000);

  // applied, desired, live: every way in which three values can be equal or not
  const table: readonly (readonly [Fields | null, Fields, Fields, DifferenceClass | 'equal', string])[] = [
    [null, A, A, 'equal', 'nothing differs'],
    [null, A, B, 'pending', 'nothing of ours was ever there'],
    [A, A, A, 'equal', 'nothing moved'],
    [A, A, B, 'drift', 'only live moved'],
    [A, B, A, 'pending', 'only the manifest moved'],
    [A, B, B, 'equal', 'both moved to the same value'],
    [A, B, C, 'conflict', 'both moved, apart'],
    [{}, A, B, 'pending', 'the manifest did not manage it before'],
  ];

  it.each(table)('applied %j, desired %j, live %j: %s, for %s', (was, wants, has, whose) => {
    expect(classify(was, wants, has)).toEqual(whose === 'equal' ? [] : [`${whose} max_upload_bytes`]);
  });
});

describe('who moved a value that is absent from the answer', () => {
  const filter = (value: number): Fields => ({
    filter: JSON.stringify({ where: { key: 'EdgeResponseStatus', operator: 'eq', value } }),
  });
  const A = filter(200);
  const B = filter(500);
  const hidden = ['filter'];

  const table: readonly (readonly [Fields | null, Fields, readonly string[], DifferenceClass, string])[] = [
    [null, A, [], 'pending', 'write once, the answer decides'],
    [A, A, [], 'drift', 'it was shown after it was applied, so somebody took it away'],
    [A, A, hidden, 'unverifiable', 'it is known never to be shown'],
    [B, A, [], 'pending', 'the manifest moved'],
    [B, A, hidden, 'pending', 'the manifest moved, seen or not'],
  ];

  it.each(table)('applied %j, desired %j, known hidden %j: %s, for %s', (was, wants, unverifiable, whose) => {
    expect(classify(was, wants, {}, unverifiable)).toEqual([`${whose} filter`]);
  });

  it('takes the end of a value that is never shown for pending, since its absence proves nothing', () => {
    expect(classify(A, { filter: '' }, {}, hidden)).toEqual(['pending filter']);
    expect(classify({ filter: '' }, { filter: '' }, {}, hidden)).toEqual([]);
  });

  it('takes the end of a value that would be shown for done', () => {
    expect(classify(A, { filter: '' }, {}, [])).toEqual([]);
  });
});

describe('who moved a masked secret', () => {
  const A = { destination_conf: r2('aaaa-aaaa-aaaa') };
  const B = { destination_conf: r2('bbbb-bbbb-bbbb') };
  const masked = { destination_conf: r2('***') };
  const path = `destination_conf.${KEY}`;

  const table: readonly (readonly [Fields | null, Fields, readonly string[], DifferenceClass, string])[] = [
    [null, A, [], 'unverifiable', 'nobody can say, and a write would be a guess'],
    [A, A, [], 'unverifiable', 'it was applied'],
    [A, A, [path], 'unverifiable', 'it was applied and is known to be masked'],
    [B, A, [path], 'pending', 'the manifest moved'],
    [B, A, [], 'pending', 'the manifest moved'],
  ];

  it.each(table)('applied %j, desired %j, known %j: %s, for %s', (was, wants, unverifiable, whose) => {
    expect(classify(was, wants, masked, unverifiable)).toEqual([`${whose} ${path}`]);
  });

  it('still sees that the open part moved', () => {
    const elsewhere = { destination_conf: r2('***').replace('logs/http', 'logs/elsewhere') };
    expect(classify(A, A, elsewhere)).toEqual(['drift destination_conf', `unverifiable ${path}`]);
  });

  it('sees a rotated secret in the clear as what it is', () => {
    expect(classify(A, B, A)).toEqual([`pending ${path}`]);
    expect(classify(A, A, B)).toEqual([`drift ${path}`]);
  });

  it('shows neither side of a secret', () => {
    const [finding] = classifyJob(desiredWith(A), aLiveJob({ fields: B }), undefined, fingerprint);
    expect(finding?.field).toEqual({ path, class: 'pending', secret: true, before: null, after: null });
  });
});

describe('the class of a change', () => {
  const fields = (...classes: readonly DifferenceClass[]): readonly FieldDiff[] =>
    classes.map((each) => ({ path: 'enabled', class: each, secret: false, before: null, after: null }));

  it.each([
    [['pending'], 'pending'],
    [['drift'], 'drift'],
    [['conflict'], 'conflict'],
    [['drift', 'drift'], 'drift'],
    [['drift', 'pending'], 'pending'],
    [['pending', 'drift', 'conflict'], 'conflict'],
    [[], 'pending'],
  ] as const)('%j makes %s', (classes, whole) => {
    expect(classOf(fields(...classes))).toBe(whole);
  });
});

describe('immutable fields', () => {
  it('are those that only a new job can have', () => {
    const live = aLiveJob({ fields: { dataset: 'dns_logs', enabled: false } });
    const findings = classifyJob(aDesiredJob(), live, undefined, fingerprint);
    expect(findings.map(({ field, immutable }) => [field.path, immutable])).toEqual([
      ['dataset', true],
      ['enabled', false],
    ]);
  });

  it('and ignored ones never differ', () => {
    const live = aLiveJob({ fields: { dataset: 'dns_logs', enabled: false } });
    const desired = aDesiredJob({ ignore: ['dataset', 'enabled'] });
    expect(classifyJob(desired, live, undefined, fingerprint)).toEqual([]);
  });
});
