import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/job/job.ts';
import { OUTPUT_OPTIONS } from '../../../src/core/job/option-table.ts';
import { canonicalLogpull, effectiveOptions, fromLogpull } from '../../../src/core/job/output-options.ts';

describe('effective options', () => {
  it('have the defaults of ndjson', () => {
    expect(effectiveOptions({})).toEqual({
      output_type: 'ndjson',
      field_names: null,
      timestamp_format: 'unixnano',
      sample_rate: 1,
      batch_prefix: '',
      batch_suffix: '',
      record_prefix: '{',
      record_suffix: '}\n',
      record_delimiter: '',
      field_delimiter: ',',
      record_template: '',
      'CVE-2021-44228': false,
      merge_subrequests: false,
      stringify_object: null,
    });
  });

  it('have the defaults of csv', () => {
    expect(effectiveOptions({ output_type: 'csv' })).toMatchObject({
      record_prefix: '',
      record_suffix: '\n',
    });
    expect(effectiveOptions({}, 'csv')).toMatchObject({ record_prefix: '', record_suffix: '\n' });
  });

  it('keep explicit values, an empty prefix among them, and unknown keys', () => {
    const options = { record_prefix: '', sample_rate: 0.5, future: [1] };
    expect(effectiveOptions(options)).toMatchObject(options);
  });

  it('know every option of the table', () => {
    expect(Object.keys(effectiveOptions({}))).toEqual(OUTPUT_OPTIONS.map(({ name }) => name));
  });
});

describe('logpull_options', () => {
  it.each<[string, JsonObject]>([
    ['', {}],
    ['fields=a,b,c', { field_names: ['a', 'b', 'c'] }],
    ['sample=0.1', { sample_rate: 0.1 }],
    ['timestamps=rfc3339', { timestamp_format: 'rfc3339' }],
    ['CVE-2021-44228=true', { 'CVE-2021-44228': true }],
    ['CVE-2021-44228=false', { 'CVE-2021-44228': false }],
    ['timestamps=rfc3339&fields=a', { timestamp_format: 'rfc3339', field_names: ['a'] }],
    ['fields=a%2Cb&timestamps=rfc3339', { field_names: ['a', 'b'], timestamp_format: 'rfc3339' }],
    ['fields%3Da%2Cb%26timestamps%3Drfc3339', { field_names: ['a', 'b'], timestamp_format: 'rfc3339' }],
    ['https://logpull.example/x?fields=a', { field_names: ['a'] }],
    ['?fields=a,', { field_names: ['a'] }],
    ['sample=', {}],
    ['sample=half', { sample_rate: 'half' }],
    ['count=3', {}],
  ])('%j means %j', (text, options) => {
    expect(fromLogpull(text)).toEqual(options);
  });

  it.each([
    ['fields=a,b', 'fields=b,a'],
    ['fields=a', 'fields=a&sample=1.0'],
    ['timestamps=unixnano', ''],
    ['CVE-2021-44228=false&fields=a', 'fields=a'],
  ])('%j means the same as %j', (one, other) => {
    expect(canonicalLogpull(fromLogpull(one))).toBe(canonicalLogpull(fromLogpull(other)));
  });
});
