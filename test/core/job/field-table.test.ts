import { describe, expect, it } from 'vitest';
import { fieldOf, FIELDS } from '../../../src/core/job/field-table.ts';
import { OUTPUT_OPTIONS, optionOf } from '../../../src/core/job/option-table.ts';

const names = (of: (typeof FIELDS)[number][]) => of.map(({ name }) => name).toSorted();

describe('the field table', () => {
  it('has each field once, with a description', () => {
    expect(new Set(FIELDS.map(({ name }) => name)).size).toBe(FIELDS.length);
    expect(FIELDS.every(({ description }) => description.endsWith('.'))).toBe(true);
    expect(fieldOf('no_such_field')).toBeUndefined();
  });

  it('knows what only Cloudflare writes, and never compares it', () => {
    const theirs = FIELDS.filter(({ managedBy }) => managedBy === 'cloudflare');
    expect(names(theirs)).toEqual([
      'error_message',
      'id',
      'last_complete',
      'last_error',
      'logstream',
      'time_created',
    ]);
    expect(theirs.every(({ compare }) => compare === 'never')).toBe(true);
  });

  it('knows what cannot be updated, what is secret and what is deprecated', () => {
    expect(names(FIELDS.filter(({ immutable }) => immutable))).toEqual(['dataset', 'kind']);
    expect(names(FIELDS.filter(({ secret }) => secret))).toEqual(['destination_conf', 'ownership_challenge']);
    expect(names(FIELDS.filter(({ deprecated }) => deprecated))).toEqual(['frequency', 'logpull_options']);
  });
});

describe('the table of output options', () => {
  it('has each option once, with a description', () => {
    expect(new Set(OUTPUT_OPTIONS.map(({ name }) => name)).size).toBe(OUTPUT_OPTIONS.length);
    expect(OUTPUT_OPTIONS.every(({ description }) => description.endsWith('.'))).toBe(true);
    expect(optionOf('no_such_option')).toBeUndefined();
  });
});
