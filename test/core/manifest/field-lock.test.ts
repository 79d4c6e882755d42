import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/core/job/job.ts';
import {
  commonLists,
  type LockedList,
  lockText,
  readLock,
  type ScopeList,
} from '../../../src/core/manifest/field-lock.ts';
import { DEFAULT_LIMITS } from '../../../src/core/manifest/limits.ts';
import { loadFile } from '../../../src/core/manifest/loader.ts';
import { asText, inShort, parseFiles } from './fixtures.ts';

const LOCK = 'm/fields.lock.yaml';
const SHOP: Scope = { kind: 'zone', id: '1'.repeat(32), name: 'shop.example' };
const OTHER: Scope = { kind: 'zone', id: '2'.repeat(32), name: 'other.example' };

const MANIFEST = `version: 1
zones:
  - zone: example.com
    jobs:
      - name: a
        dataset: http_requests
        enabled: true
        destination_conf: https://logs.example.com/a
        output_options: { field_names: all }
`;

function parseWith(lock: string) {
  return parseFiles([
    { path: 'm/jobs.yaml', text: MANIFEST },
    { path: LOCK, text: lock },
  ]);
}

function lockOf(text: string) {
  return readLock(loadFile(LOCK, text, DEFAULT_LIMITS).documents).lock;
}

function listOf(scope: Scope, ...names: readonly string[]): ScopeList {
  return { scope, dataset: 'http_requests', list: 'all', names };
}

describe('a lock of fields', () => {
  it('is no document of the manifest, and says what "all" stands for in each scope', () => {
    const { manifest, problems } = parseWith(lockText(commonLists([listOf(SHOP, 'RayID', 'ClientIP')])));
    expect(problems).toEqual([]);
    expect(manifest?.scopes).toHaveLength(1);
    expect(manifest?.lock?.namesOf(SHOP, 'http_requests', 'all')).toEqual(['ClientIP', 'RayID']);
    expect(manifest?.lock?.namesOf(OTHER, 'http_requests', 'all')).toEqual(['ClientIP', 'RayID']);
    expect(manifest?.lock?.namesOf(SHOP, 'http_requests', 'default')).toBeUndefined();
    expect(manifest?.lock?.namesOf({ ...SHOP, kind: 'account' }, 'http_requests', 'all')).toBeUndefined();
  });

  it('has one name a line in alphabetical order, what most scopes have once, and others by themselves', () => {
    const third = { ...OTHER, id: '3'.repeat(32), name: 'third.example' };
    const text = lockText(
      commonLists([
        listOf(SHOP, 'RayID'),
        listOf(OTHER, 'RayID', 'ClientIP'),
        listOf(third, 'ClientIP', 'RayID'),
      ]),
    );
    expect(text.split('\n').slice(2)).toEqual([
      'version: 1',
      'zones:',
      '  "*":',
      '    http_requests:',
      '      all:',
      '        - ClientIP',
      '        - RayID',
      '  shop.example:',
      '    http_requests:',
      '      all:',
      '        - RayID',
      '',
    ]);
    expect(lockOf(text).namesOf(SHOP, 'http_requests', 'all')).toEqual(['RayID']);
  });

  it.each([
    ['two names', 'Acme', 'Other', ['Acme', 'Other']],
    ['one name', 'Acme', 'Acme', ['b', 'c']],
    ['names that differ in case alone', 'Acme', 'ACME', ['b', 'c']],
    ['the name for every other one', 'Other', '*', ['Other', 'c']],
  ])('holds what each of two accounts with %s has', (_, first, second, keys) => {
    const account = (id: string, name: string): Scope => ({ kind: 'account', id, name });
    const own = [
      listOf(account('a', 'Most'), 'ClientIP'),
      listOf(account('b', first), 'RayID'),
      listOf(account('c', second), 'ClientIP', 'RayID'),
    ];
    const most = listOf(account('d', 'Most of them'), 'ClientIP');
    const lists = commonLists([...own, most]);
    expect(lists.map(({ scope }) => scope)).toEqual(['*', ...keys]);
    const lock = lockOf(lockText(lists));
    for (const { scope, dataset, list, names } of own)
      expect(lock.namesOf(scope, dataset, list)).toEqual(names);
  });

  it('says where each of its names stands', () => {
    const place = lockOf(lockText(commonLists([listOf(SHOP, 'RayID', 'ClientIP')]))).placeOf(
      SHOP,
      'http_requests',
      'all',
      'RayID',
    );
    expect(place?.origin).toEqual({ file: LOCK, line: 9, column: 11 });
  });

  it('is read as it was written, whatever the names are', () => {
    const list = fc.record({
      kind: fc.constantFrom('zone' as const, 'account' as const),
      scope: fc.constantFrom('*', 'shop.example', '0'.repeat(32), '1e5'),
      dataset: fc.constantFrom('http_requests', 'dns_logs', 'null'),
      list: fc.constantFrom('all' as const, 'default' as const),
      names: fc
        .uniqueArray(
          fc.oneof(fc.constantFrom('ID', 'no', 'null', '1', 'a: b'), fc.stringMatching(/^[A-Za-z]\w{0,8}$/)),
          {
            minLength: 1,
          },
        )
        .map((names) => names.toSorted()),
    });
    const key = ({ kind, scope, dataset, list: which }: LockedList): string =>
      [kind, scope, dataset, which].join(' ');
    fc.assert(
      fc.property(fc.uniqueArray(list, { selector: key }), (lists) => {
        const text = lockText(lists);
        expect(loadFile(LOCK, text, DEFAULT_LIMITS).problems).toEqual([]);
        const read = lockOf(text);
        const byKey = (a: LockedList, b: LockedList): number => (key(a) < key(b) ? -1 : 1);
        expect(
          read.lists
            .map(({ kind, scope, dataset, list: which, names }) => ({
              kind,
              scope,
              dataset,
              list: which,
              names,
            }))
            .toSorted(byKey),
        ).toEqual(lists.toSorted(byKey));
        expect(lockText(read.lists)).toBe(text);
      }),
    );
  });

  it.each([
    ['no YAML', 'version: [1', '1:12 bad-yaml'],
    ['another version', 'version: 2', '1:10 bad-lock'],
    ['a list at the top', '- a', '1:1 bad-lock'],
    ['an unknown section', 'version: 1\nzone: {}', '2:7 bad-lock'],
    ['names in place of a dataset', "version: 1\nzones: { '*': [RayID] }", '2:15 bad-lock'],
    ['names right below a dataset', "version: 1\nzones: { '*': { dns_logs: [RayID] } }", '2:27 bad-lock'],
    ['another list', "version: 1\nzones: { '*': { dns_logs: { some: [RayID] } } }", '2:35 bad-lock'],
    ['a name twice', "version: 1\nzones: { '*': { dns_logs: { all: [RayID, RayID] } } }", '2:34 bad-lock'],
    ['a number for a name', "version: 1\nzones: { '*': { dns_logs: { all: [1] } } }", '2:34 bad-lock'],
  ])('that is broken refuses the manifest, with its place: %s', (_, text, finding) => {
    const { manifest, problems } = parseWith(text);
    expect(manifest).toBeNull();
    expect(inShort(problems.filter(({ origin }) => origin.file === LOCK))).toContain(finding);
    expect(problems.map(({ code }) => code)).not.toContain('stale-lock');
  });

  it('that lacks a dataset is warned about where the manifest needs it', () => {
    const { manifest, problems } = parseWith(
      "version: 1\nzones: { '*': { dns_logs: { all: [QueryName] } } }",
    );
    expect(manifest).not.toBeNull();
    expect(asText(problems)).toBe(
      'm/jobs.yaml:9:40 warning stale-lock zones[0].jobs[0].output_options.field_names\n' +
        '  fields.lock.yaml has no list "all" of http_requests for zones, so the fields of this job follow what Cloudflare lists. Write it anew with "logpushd fields --lock".\n',
    );
  });

  it('is one: a list that two files lock is an error', () => {
    const lock = lockText(commonLists([listOf(SHOP, 'RayID')]));
    const { problems } = parseFiles([
      { path: 'm/jobs.yaml', text: MANIFEST },
      { path: 'm/fields.lock.yaml', text: lock },
      { path: 'm/zones/fields.lock.yaml', text: lock },
    ]);
    expect(problems).toMatchObject([
      { code: 'bad-lock', origin: { file: 'm/zones/fields.lock.yaml', line: 8 } },
    ]);
  });
});
