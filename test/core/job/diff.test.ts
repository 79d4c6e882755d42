import { describe, expect, it } from 'vitest';
import { differencesOf, differsForGood, managedValues, unshownPaths } from '../../../src/core/job/diff.ts';
import type { JobFields, JsonValue } from '../../../src/core/job/job.ts';
import { Secret } from '../../../src/core/secret.ts';

type Fields = { readonly [field: string]: JsonValue };

function job(fields: Fields): JobFields {
  const { destination_conf: destination, ownership_challenge: challenge, ...others } = fields;
  return {
    ...others,
    ...(typeof destination === 'string' ? { destination_conf: new Secret(destination) } : {}),
    ...(typeof challenge === 'string' ? { ownership_challenge: new Secret(challenge) } : {}),
  };
}

function differences(desired: Fields, live: Fields, ignore: readonly string[] = []) {
  return differencesOf(job(desired), job(live), ignore);
}

function paths(desired: Fields, live: Fields, ignore: readonly string[] = []): readonly string[] {
  return differences(desired, live, ignore).map(({ path }) => path);
}

const R2 = 'r2://acme/{DATE}?account-id=abc&access-key-id=ID&secret-access-key=KEY';
const FILTER = '{"where":{"key":"Action","operator":"eq","value":"block"}}';
const options = (output_options: { readonly [name: string]: JsonValue }): Fields => ({ output_options });

describe('live means what the manifest means where', () => {
  it.each<[string, Fields, Fields]>([
    ['zero is absent', { max_upload_records: 0, max_upload_bytes: 0, filter_attack_traffic: false }, {}],
    ['null is absent', { max_upload_records: null, filter: null, logpull_options: null, name: null }, {}],
    ['"" is absent', { filter: '', logpull_options: '', name: '', kind: '' }, {}],
    ['zero is null', { max_upload_records: 0 }, { max_upload_records: null }],
    ['false is absent', { enabled: false }, {}],
    [
      'the filter is written differently',
      { filter: FILTER },
      { filter: JSON.stringify(JSON.parse(FILTER), null, 2) },
    ],
    ['the filter is an object', { filter: JSON.parse(FILTER) }, { filter: FILTER }],
    ['an empty filter is no filter', { filter: { where: {} } }, {}],
    ['kind is from an old job', { kind: '' }, { kind: 'instant-logs' }],
    ['frequency is the default', { frequency: 'high' }, {}],
    ['frequency is returned and not managed', {}, { frequency: 'low' }],
    [
      'only Cloudflare writes',
      {},
      { last_complete: 'x', last_error: 'x', error_message: 'x', time_created: 'x' },
    ],
    [
      'the token is never returned',
      { destination_conf: R2, ownership_challenge: 'token' },
      { destination_conf: R2 },
    ],
    [
      'the destination is spelled differently',
      { destination_conf: R2 },
      { destination_conf: R2.replace('{DATE}', '%7BDATE%7D') },
    ],
    ['live has more', { enabled: true }, { enabled: true, filter: FILTER, future: 1, ...options({ a: 1 }) }],
    ['an unknown field is equal', { future: { a: [1], b: 2 } }, { future: { b: 2, a: [1] } }],
    ['an unknown field is none', { future: false, other: [], another: {} }, {}],
    [
      'defaults are filled in',
      options({ timestamp_format: 'unixnano' }),
      options({ timestamp_format: 'unixnano', sample_rate: 1 }),
    ],
    [
      'defaults are left out',
      options({ timestamp_format: 'unixnano', sample_rate: 1, record_prefix: '{' }),
      options({}),
    ],
    ['options are absent, and only defaults wanted', options({ sample_rate: 1, batch_prefix: '' }), {}],
    ['options are null, and only defaults wanted', options({ sample_rate: 1 }), { output_options: null }],
    [
      'the defaults are those of csv',
      options({ output_type: 'csv', record_prefix: '' }),
      options({ output_type: 'csv' }),
    ],
    [
      'null is the default',
      options({ record_suffix: null, 'CVE-2021-44228': null }),
      options({ record_suffix: '}\n' }),
    ],
    [
      'null is the default of the live type',
      options({ record_suffix: null }),
      options({ output_type: 'csv', record_suffix: '\n' }),
    ],
    ['no options are wanted, and unset', { output_options: null }, {}],
    [
      'the CVE option is dropped when false',
      options({ 'CVE-2021-44228': false }),
      options({ sample_rate: 1 }),
    ],
    ['no options are managed', options({}), options({ sample_rate: 0.5 })],
    [
      'fields are in another order',
      options({ field_names: ['a', 'b'] }),
      options({ field_names: ['b', 'a', 'a'] }),
    ],
    ['no fields are the default fields', options({ field_names: [] }), options({})],
    [
      'no options are options at their default',
      { output_options: null },
      options({ sample_rate: 1, output_type: 'ndjson' }),
    ],
    [
      'subrequests are merged by the older field',
      options({ merge_subrequests: true }),
      { merge_subrequests: true },
    ],
    [
      'subrequests are merged by the newer field',
      { merge_subrequests: true },
      options({ merge_subrequests: true }),
    ],
    [
      'logpull_options say the same',
      options({ field_names: ['a'], timestamp_format: 'rfc3339' }),
      { logpull_options: 'timestamps=rfc3339&fields=a' },
    ],
    [
      'output_options say the same',
      { logpull_options: 'fields=a,b' },
      options({ field_names: ['b', 'a'], sample_rate: 1 }),
    ],
    [
      'logpull_options are spelled differently',
      { logpull_options: 'fields=a,b&sample=1' },
      { logpull_options: 'https://x/?fields=a%2Cb' },
    ],
    [
      'logpull_options linger',
      options({ field_names: ['a'] }),
      { ...options({ field_names: ['a'] }), logpull_options: 'fields=z' },
    ],
    [
      'logpull_options stand beside output_options',
      { ...options({ field_names: ['a'] }), logpull_options: 'fields=z' },
      options({ field_names: ['a'] }),
    ],
    [
      'output_options are none beside logpull_options',
      { output_options: null, logpull_options: 'fields=a' },
      options({ field_names: ['a'] }),
    ],
    [
      'merging subrequests is no business of logpull_options',
      { logpull_options: 'fields=a' },
      options({ field_names: ['a'], merge_subrequests: true }),
    ],
  ])('%s', (_, desired, live) => {
    expect(differences(desired, live)).toEqual([]);
  });
});

describe('live differs where', () => {
  it.each<[string, Fields, Fields, readonly string[]]>([
    ['the job is switched off', { enabled: true }, { enabled: false }, ['enabled']],
    [
      'a limit is another',
      { max_upload_records: 1000 },
      { max_upload_records: 2000 },
      ['max_upload_records'],
    ],
    [
      'a limit should be none',
      { max_upload_bytes: null },
      { max_upload_bytes: 5_000_000 },
      ['max_upload_bytes'],
    ],
    ['the filter is another', { filter: FILTER }, { filter: FILTER.replace('block', 'log') }, ['filter']],
    ['a filter should be none', { filter: '' }, { filter: FILTER }, ['filter']],
    [
      'a type is another',
      { max_upload_records: 1000 },
      { max_upload_records: '1000' },
      ['max_upload_records'],
    ],
    ['the frequency is managed', { frequency: 'high' }, { frequency: 'low' }, ['frequency']],
    ['the frequency should be the default', { frequency: null }, { frequency: 'low' }, ['frequency']],
    ['an unknown field is another', { future: [1, 2] }, { future: [2, 1] }, ['future']],
    [
      'the destination is elsewhere',
      { destination_conf: R2 },
      { destination_conf: R2.replace('acme', 'evil') },
      ['destination_conf'],
    ],
    [
      'a key is another',
      { destination_conf: R2 },
      { destination_conf: R2.replace('=KEY', '=OLD') },
      ['destination_conf.secret-access-key'],
    ],
    [
      'both are',
      { destination_conf: R2 },
      { destination_conf: R2.replace('acme', 'evil').replace('=KEY', '=OLD') },
      ['destination_conf', 'destination_conf.secret-access-key'],
    ],
    [
      'an unknown scheme delivers elsewhere',
      { destination_conf: 'new://h/a' },
      { destination_conf: 'new://h/b' },
      ['destination_conf'],
    ],
    [
      'an option is another',
      options({ sample_rate: 1 }),
      options({ sample_rate: 0.5 }),
      ['output_options.sample_rate'],
    ],
    [
      'an option should be the default',
      options({ sample_rate: null }),
      options({ sample_rate: 0.5 }),
      ['output_options.sample_rate'],
    ],
    [
      'an empty prefix is no default',
      options({ record_prefix: '' }),
      options({ record_prefix: '{' }),
      ['output_options.record_prefix'],
    ],
    [
      'the same prefix is the default of one type',
      options({ output_type: 'csv', record_prefix: null }),
      options({ output_type: 'csv', record_prefix: '{' }),
      ['output_options.record_prefix'],
    ],
    [
      'columns of csv are in another order',
      options({ output_type: 'csv', field_names: ['a', 'b'] }),
      options({ output_type: 'csv', field_names: ['b', 'a'] }),
      ['output_options.field_names'],
    ],
    [
      'columns are in another order, and live is csv',
      options({ field_names: ['a', 'b'] }),
      options({ output_type: 'csv', field_names: ['b', 'a'] }),
      ['output_options.field_names'],
    ],
    [
      'fields of a template are in another order',
      options({ record_template: '{{.a}}', field_names: ['a', 'b'] }),
      options({ record_template: '{{.a}}', field_names: ['b', 'a'] }),
      ['output_options.field_names'],
    ],
    [
      'there should be the default fields',
      options({ field_names: null }),
      options({ field_names: ['a'] }),
      ['output_options.field_names'],
    ],
    [
      'there should be no options',
      { output_options: null },
      options({ sample_rate: 0.5 }),
      ['output_options'],
    ],
    [
      'an unknown option is another',
      options({ future: 1 }),
      options({ future: 2 }),
      ['output_options.future'],
    ],
    [
      'logpull_options say something else',
      options({ field_names: ['a'] }),
      { logpull_options: 'fields=b' },
      ['output_options.field_names'],
    ],
    [
      'output_options say something else',
      { logpull_options: 'fields=a' },
      options({ field_names: ['a'], sample_rate: 0.5 }),
      ['logpull_options'],
    ],
    [
      'output_options win over equal logpull_options',
      { logpull_options: 'fields=a' },
      { ...options({ field_names: ['b'] }), logpull_options: 'fields=a' },
      ['logpull_options'],
    ],
    [
      'logpull_options should be none',
      { logpull_options: '' },
      { logpull_options: 'fields=a' },
      ['logpull_options'],
    ],
    [
      'output_options are csv',
      { logpull_options: 'fields=a' },
      options({ field_names: ['a'], output_type: 'csv' }),
      ['logpull_options'],
    ],
  ])('%s', (_, desired, live, expected) => {
    expect(paths(desired, live)).toEqual(expected);
  });
});

describe('another output type', () => {
  it.each<[string, Fields, Fields]>([
    ['unset prefixes', { record_prefix: null, record_suffix: '\n' }, {}],
    ['prefixes filled in by Cloudflare', { record_prefix: null }, { record_prefix: '{' }],
    ['prefixes that already are as wanted', { record_prefix: '{' }, { record_prefix: '{' }],
  ])('is one difference, with %s', (_, desired, live) => {
    const found = paths(
      options({ output_type: 'csv', ...desired }),
      options({ output_type: 'ndjson', ...live }),
    );
    expect(found).toEqual(['output_options.output_type']);
  });

  it('also differs in a prefix that would not follow', () => {
    const live = options({ output_type: 'ndjson', record_prefix: '<' });
    expect(paths(options({ output_type: 'csv', record_prefix: '' }), live)).toEqual([
      'output_options.output_type',
      'output_options.record_prefix',
    ]);
    expect(
      paths(options({ output_type: 'csv', record_prefix: '{' }), options({ output_type: 'ndjson' })),
    ).toEqual(['output_options.output_type', 'output_options.record_prefix']);
  });
});

describe('a difference', () => {
  it('comes in the order of the table, unknown fields last', () => {
    const desired = {
      zzz: 1,
      name: 'b',
      max_upload_records: 1000,
      'aaa.bbb': 1,
      ...options({ sample_rate: 0.5, field_names: ['a'] }),
      enabled: true,
      dataset: 'x',
      destination_conf: R2,
    };
    expect(paths(desired, {})).toEqual([
      'dataset',
      'enabled',
      'destination_conf',
      'destination_conf.access-key-id',
      'destination_conf.secret-access-key',
      'output_options.field_names',
      'output_options.sample_rate',
      'max_upload_records',
      'name',
      'aaa.bbb',
      'zzz',
    ]);
  });

  it('says whether the job must be replaced', () => {
    const found = differences(
      { dataset: 'a', kind: 'edge', name: 'n' },
      { dataset: 'b', kind: '', name: 'm' },
    );
    expect(found.map(({ path, immutable }) => [path, immutable])).toEqual([
      ['dataset', true],
      ['kind', true],
      ['name', false],
    ]);
  });

  it('shows both sides', () => {
    const desired = { enabled: true, filter: FILTER, ...options({ sample_rate: 0.5 }), name: 'a' };
    expect(differences(desired, { enabled: false, name: 'b', filter: '' })).toMatchObject([
      { path: 'enabled', before: false, after: true },
      { path: 'filter', before: null, after: JSON.parse(FILTER) },
      { path: 'output_options.sample_rate', before: null, after: 0.5 },
      { path: 'name', before: 'b', after: 'a' },
    ]);
  });

  it('shows neither side of a secret, and masks them beside it', () => {
    const live = R2.replace('acme', 'evil').replace('=KEY', '=OLD');
    expect(differences({ destination_conf: R2 }, { destination_conf: live })).toMatchObject([
      {
        path: 'destination_conf',
        secret: false,
        before: 'r2://evil/{DATE}?account-id=abc&access-key-id=…&secret-access-key=…',
        after: 'r2://acme/{DATE}?account-id=abc&access-key-id=…&secret-access-key=…',
      },
      { path: 'destination_conf.secret-access-key', secret: true, before: null, after: null },
    ]);
  });

  it('is one secret where nothing of the destination is understood', () => {
    expect(differences({ destination_conf: 'new://h/a' }, { destination_conf: 'new://h/b' })).toMatchObject([
      { path: 'destination_conf', secret: true, before: null, after: null },
    ]);
    expect(differences({ destination_conf: 'new://h/a' }, { destination_conf: 'new://i/a' })).toMatchObject([
      { path: 'destination_conf', secret: false, before: 'new://i/…', after: 'new://h/…' },
    ]);
  });

  it('is not reported for what is left to others', () => {
    const desired = {
      filter: FILTER,
      ...options({ sample_rate: 0.5, field_names: ['a'] }),
      destination_conf: R2,
    };
    const live = { ...options({ field_names: ['b'] }), destination_conf: R2.replace('=KEY', '=OLD') };
    expect(paths(desired, live, ['filter', 'output_options.sample_rate', 'destination_conf'])).toEqual([
      'output_options.field_names',
    ]);
    expect(paths(desired, live, ['output_options', 'destination_conf.secret-access-key'])).toEqual([
      'filter',
    ]);
  });
});

describe('what the API does not show', () => {
  const masked = R2.replace('=KEY', '=***');

  it('has no live text, and is listed', () => {
    const desired = {
      filter: FILTER,
      max_upload_records: 1000,
      max_upload_bytes: 0,
      enabled: true,
      destination_conf: R2,
      ...options({ sample_rate: 0.5, timestamp_format: 'unixnano' }),
    };
    const live = {
      enabled: false,
      filter: null,
      destination_conf: masked,
      ...options({ output_type: 'ndjson' }),
    };
    expect(differences(desired, live).map(({ path, liveText }) => [path, liveText !== undefined])).toEqual([
      ['enabled', true],
      ['destination_conf.secret-access-key', false],
      ['filter', true],
      ['output_options.sample_rate', false],
      ['max_upload_records', false],
    ]);
    expect(unshownPaths(job(desired), job(live), ['max_upload_records'])).toEqual([
      'destination_conf.secret-access-key',
      'output_options.sample_rate',
    ]);
  });

  it.each(['', '***', '[redacted]'])('is the whole destination where it reads %j', (text) => {
    const found = differences({ destination_conf: R2 }, { destination_conf: text });
    expect(found.map(({ path }) => path)).toEqual([
      'destination_conf',
      'destination_conf.access-key-id',
      'destination_conf.secret-access-key',
    ]);
    expect(found.every(({ liveText }) => liveText === undefined)).toBe(true);
  });

  it('is the destination of an unknown scheme as soon as part of it is masked', () => {
    expect(
      unshownPaths(job({ destination_conf: 'new://h/a' }), job({ destination_conf: 'new://h/***' }), []),
    ).toEqual(['destination_conf']);
  });

  it('does not hold what the other of output_options and logpull_options shows', () => {
    expect(
      unshownPaths(job({ logpull_options: 'fields=a' }), job(options({ field_names: ['a'] })), []),
    ).toEqual([]);
    expect(
      unshownPaths(job(options({ field_names: ['a'] })), job({ logpull_options: 'fields=a' }), []),
    ).toEqual([]);
    expect(unshownPaths(job({ logpull_options: 'fields=a' }), {}, [])).toEqual(['logpull_options']);
  });
});

describe('the text that is remembered', () => {
  const texts = (fields: Fields, ignore: readonly string[] = []) =>
    Object.fromEntries(managedValues(job(fields), ignore));

  it('has the paths of the differences', () => {
    expect(
      Object.keys(
        texts({ destination_conf: R2, enabled: true, ...options({ sample_rate: 1 }) }, ['enabled']),
      ),
    ).toEqual([
      'destination_conf',
      'destination_conf.access-key-id',
      'destination_conf.secret-access-key',
      'output_options.sample_rate',
    ]);
    expect(Object.keys(texts({ ownership_challenge: 'token', id: 1, ...options({}) }))).toEqual([]);
  });

  it.each<[string, Fields, Fields]>([
    ['zero and null', { max_upload_records: 0 }, { max_upload_records: null }],
    ['a filter', { filter: FILTER }, { filter: JSON.parse(FILTER) }],
    [
      'a destination',
      { destination_conf: 's3://a/x?region=b&sse=c' },
      { destination_conf: 'S3://A/%78?sse=c&region=b' },
    ],
    [
      'a destination nobody knows',
      { destination_conf: 'new://a/x?y=1' },
      { destination_conf: 'NEW://A/%78?y=%31' },
    ],
    ['a default', options({ sample_rate: 1 }), options({ sample_rate: null })],
    ['the order of fields', options({ field_names: ['a', 'b'] }), options({ field_names: ['b', 'a'] })],
    ['logpull_options', { logpull_options: 'fields=a,b' }, { logpull_options: 'sample=1&fields=b,a' }],
    ['kind', { kind: '' }, { kind: 'instant-logs' }],
  ])('is one for every spelling of %s', (_, one, other) => {
    expect(texts(one)).toEqual(texts(other));
  });

  it('is the same whatever is live', () => {
    const desired = {
      ...options({ field_names: ['b', 'a'], record_prefix: null }),
      filter: FILTER,
      destination_conf: R2,
    };
    const lives: readonly Fields[] = [
      {},
      { destination_conf: '***' },
      options({ output_type: 'csv', field_names: ['b'], record_prefix: 'x' }),
    ];
    for (const live of lives) {
      for (const { path, desiredText } of differences(desired, live))
        expect(desiredText).toBe(texts(desired)[path]);
    }
  });
});

describe('what differs for good', () => {
  it.each<[string, Fields, Fields, readonly string[], boolean]>([
    ['another dataset', { dataset: 'dns_logs' }, { dataset: 'http_requests' }, [], true],
    ['another kind', { kind: 'edge' }, {}, [], true],
    ['the same dataset', { dataset: 'dns_logs' }, { dataset: 'dns_logs' }, [], false],
    ['a dataset that is ignored', { dataset: 'dns_logs' }, { dataset: 'http_requests' }, ['dataset'], false],
    ['a dataset that is not managed', { enabled: true }, { dataset: 'http_requests' }, [], false],
    ['what can be updated', { enabled: true }, { enabled: false }, [], false],
    ['another spelling of no kind', { kind: 'instant-logs' }, { kind: '' }, [], false],
  ])('holds for %s', (_, desired, live, ignore, expected) => {
    const some = differencesOf(job(desired), job(live), ignore).some(({ immutable }) => immutable);
    expect([differsForGood(job(desired), job(live), ignore), some]).toEqual([expected, expected]);
  });
});
