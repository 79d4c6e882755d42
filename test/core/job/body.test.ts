import { describe, expect, it } from 'vitest';
import { createBody, updateBody, withAddedOptions } from '../../../src/core/job/body.ts';
import { Secret } from '../../../src/core/secret.ts';

const DESTINATION = new Secret('s3://acme/x?region=a');
const CHALLENGE = new Secret('token');
const FILTER = { where: { key: 'Action', operator: 'eq', value: 'block' } };
const BASE = { name: 'a', dataset: 'http_requests', destination_conf: DESTINATION };

describe('creating a job sends', () => {
  it('what the manifest says, and no default', () => {
    const desired = {
      ...BASE,
      enabled: false,
      max_upload_records: 0,
      output_options: { sample_rate: 1 },
      future: 0,
    };
    expect(createBody(desired)).toEqual(desired);
  });

  it('the ownership challenge', () => {
    expect(createBody({ ...BASE, ownership_challenge: CHALLENGE })).toEqual({
      ...BASE,
      ownership_challenge: CHALLENGE,
    });
  });

  it('a filter as text', () => {
    expect(createBody({ ...BASE, filter: FILTER })).toEqual({ ...BASE, filter: JSON.stringify(FILTER) });
    expect(createBody({ ...BASE, filter: '{ "where": 1 }' })).toEqual({ ...BASE, filter: '{ "where": 1 }' });
  });

  it('logpull_options, and to an HTTPS destination the equal output_options, which alone it takes', () => {
    const logpull_options = 'fields=RayID&timestamps=rfc3339';
    expect(createBody({ ...BASE, logpull_options })).toEqual({ ...BASE, logpull_options });
    const destination_conf = new Secret('https://logs.example.com/in');
    expect(createBody({ ...BASE, destination_conf, logpull_options })).toEqual({
      ...BASE,
      destination_conf,
      output_options: { field_names: ['RayID'], timestamp_format: 'rfc3339' },
    });
  });

  it.each([
    ['an empty filter', { filter: '' }],
    ['an empty condition', { filter: { where: {} } }],
    ['null', { filter: null, max_upload_records: null, output_options: null }],
    ['null options', { output_options: { sample_rate: null } }],
    ['what only Cloudflare writes', { id: 5, last_error: 'x' }],
  ])('nothing for %s', (_, fields) => {
    expect(createBody({ ...BASE, ...fields })).toEqual(BASE);
  });
});

describe('updating a job sends', () => {
  it('only the named fields', () => {
    const desired = { ...BASE, enabled: true, max_upload_records: 1000, 'a.b': 1 };
    expect(updateBody(desired, {}, ['enabled'])).toEqual({ enabled: true });
    expect(updateBody(desired, {}, ['max_upload_records', 'name'])).toEqual({
      max_upload_records: 1000,
      name: 'a',
    });
    expect(updateBody(desired, {}, ['a.b'])).toEqual({ 'a.b': 1 });
    expect(updateBody(desired, {}, [])).toEqual({});
  });

  it('never what Cloudflare refuses to change', () => {
    expect(updateBody({ ...BASE, kind: 'edge', id: 4 }, {}, ['dataset', 'kind', 'id', 'name'])).toEqual({
      name: 'a',
    });
  });

  it('the destination as it was written, with the challenge, for any part of it', () => {
    const desired = { ...BASE, ownership_challenge: CHALLENGE };
    const body = { destination_conf: DESTINATION, ownership_challenge: CHALLENGE };
    expect(updateBody(desired, {}, ['destination_conf'])).toEqual(body);
    expect(updateBody(desired, {}, ['destination_conf.secret-access-key'])).toEqual(body);
    expect(updateBody(desired, {}, ['name'])).toEqual({ name: 'a' });
  });

  it.each([
    ['filter', null, ''],
    ['filter', { where: {} }, ''],
    ['filter', FILTER, JSON.stringify(FILTER)],
    ['max_upload_bytes', null, 0],
    ['enabled', null, false],
    ['frequency', null, 'high'],
    ['logpull_options', null, ''],
    ['logpull_options', 'fields=a', 'fields=a'],
    ['output_options', null, null],
    ['future', null, null],
    ['max_upload_bytes', 0, 0],
  ])('%s %j as %j', (field, value, sent) => {
    expect(updateBody({ [field]: value }, {}, [field])).toEqual({ [field]: sent });
  });

  it('output_options whole: live keys, unknown ones too, and only the named ones of the manifest', () => {
    const live = {
      output_options: { sample_rate: 0.5, stringify: true, field_names: ['x'], batch_prefix: null },
    };
    const desired = { output_options: { field_names: ['a'], sample_rate: 1, timestamp_format: 'unix' } };
    expect(updateBody(desired, live, ['output_options.field_names'])).toEqual({
      output_options: { sample_rate: 0.5, stringify: true, field_names: ['a'] },
    });
  });

  it('with the options that only a later look shows, but none of those that the manifest has', () => {
    const desired = { output_options: { sample_rate: 1, record_prefix: null } };
    const before = { output_options: { sample_rate: 0.5, gone: true } };
    const now = { output_options: { sample_rate: 0.5, record_prefix: 'x', added: 'y', none: null } };
    const body = { output_options: { sample_rate: 1, gone: true } };
    expect(withAddedOptions(body, desired, before, now)).toEqual({
      output_options: { sample_rate: 1, gone: true, added: 'y' },
    });
    expect(withAddedOptions(body, desired, before, { output_options: null })).toEqual(body);
    expect(withAddedOptions({ output_options: null }, desired, before, now)).toEqual({
      output_options: null,
    });
    expect(withAddedOptions({ name: 'a' }, desired, before, now)).toEqual({ name: 'a' });
  });

  it('the default for a null option, where one is known', () => {
    const live = {
      output_options: { sample_rate: 0.5, field_names: ['x'], record_prefix: 'x', output_type: 'csv' },
    };
    const desired = { output_options: { sample_rate: null, field_names: null, record_prefix: null } };
    const paths = ['sample_rate', 'field_names', 'record_prefix'].map((name) => `output_options.${name}`);
    expect(updateBody(desired, live, paths)).toEqual({
      output_options: { output_type: 'csv', sample_rate: 1, record_prefix: '' },
    });
  });

  it('no default of the old type once the type changes', () => {
    const live = {
      output_options: {
        output_type: 'ndjson',
        record_prefix: '{',
        record_suffix: '};',
        field_delimiter: ',',
      },
    };
    expect(
      updateBody({ output_options: { output_type: 'csv' } }, live, ['output_options.output_type']),
    ).toEqual({
      output_options: { output_type: 'csv', record_suffix: '};', field_delimiter: ',' },
    });
  });

  it('at least the output type, so that logpull_options do not decide', () => {
    const desired = { output_options: { field_names: null } };
    expect(updateBody(desired, { logpull_options: 'fields=a' }, ['output_options.field_names'])).toEqual({
      output_options: { output_type: 'ndjson' },
    });
  });

  it('the default of the new type in place of the old one, where the manifest wants it', () => {
    const live = { output_options: { output_type: 'csv', record_prefix: '' } };
    const desired = { output_options: { output_type: 'ndjson', record_prefix: '{' } };
    expect(updateBody(desired, live, ['output_options.output_type'])).toEqual(desired);
  });

  it('what was the default of the old type, where the manifest wants just that', () => {
    const live = { output_options: { output_type: 'ndjson', record_prefix: '{' } };
    const desired = { output_options: { output_type: 'csv', record_prefix: '{' } };
    expect(updateBody(desired, live, ['output_options.output_type'])).toEqual(desired);
  });

  it('what lingering logpull_options say along with output_options, which will win over them', () => {
    const desired = { output_options: { timestamp_format: 'rfc3339' } };
    expect(
      updateBody(desired, { logpull_options: 'fields=a&timestamps=unix' }, [
        'output_options.timestamp_format',
      ]),
    ).toEqual({
      output_options: { field_names: ['a'], timestamp_format: 'rfc3339' },
    });
  });

  it('output_options along with the end of logpull_options that said the same', () => {
    const desired = { logpull_options: '', output_options: { sample_rate: 0.5 } };
    expect(updateBody(desired, { logpull_options: 'sample=0.5&fields=a' }, ['logpull_options'])).toEqual({
      logpull_options: '',
      output_options: { sample_rate: 0.5, field_names: ['a'] },
    });
  });

  it('output_options in place of logpull_options, once the job has them', () => {
    const live = {
      output_options: {
        sample_rate: 0.5,
        output_type: 'csv',
        merge_subrequests: true,
        future: 1,
        field_names: ['z'],
      },
    };
    expect(updateBody({ logpull_options: 'timestamps=unix' }, live, ['logpull_options'])).toEqual({
      output_options: {
        sample_rate: 1,
        output_type: 'ndjson',
        merge_subrequests: true,
        future: 1,
        timestamp_format: 'unix',
      },
    });
  });
});
