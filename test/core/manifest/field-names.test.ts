import { describe, expect, it } from 'vitest';
import type { DesiredJob, JsonValue } from '../../../src/core/job/job.ts';
import { resolveFieldNames, symbolicFields } from '../../../src/core/manifest/field-names.ts';

const CATALOGUE = { all: ['RayID', 'ClientIP', 'Cookies'], default: ['RayID', 'ClientIP'] };

function aJob(options: JsonValue | undefined): DesiredJob {
  const fields = options === undefined ? {} : { output_options: options };
  return { name: 'a', fields, protect: false, ignore: [], origin: { file: 'm.yaml', line: 1, column: 1 } };
}

describe('field_names', () => {
  it.each<[names: JsonValue, resolved: readonly string[]]>([
    ['all', ['ClientIP', 'Cookies', 'RayID']],
    ['default', ['ClientIP', 'RayID']],
    [{ all_except: ['Cookies', 'Unknown'] }, ['ClientIP', 'RayID']],
    [{ all_except: [] }, ['ClientIP', 'Cookies', 'RayID']],
  ])('%j becomes a list in alphabetical order', (names, resolved) => {
    const job = aJob({ field_names: names, sample_rate: 0.5 });
    expect(symbolicFields(job)).toBe(names === 'default' ? 'default' : 'all');
    const done = resolveFieldNames(job, names === 'default' ? CATALOGUE.default : CATALOGUE.all);
    expect(done.fields).toEqual({ output_options: { field_names: resolved, sample_rate: 0.5 } });
    expect(symbolicFields(done)).toBeNull();
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    {},
    { field_names: null },
    { field_names: [] },
    { field_names: ['RayID', 'ClientIP'] },
  ])('%j stays as it is', (options) => {
    const job = aJob(options);
    expect(symbolicFields(job)).toBeNull();
    expect(resolveFieldNames(job, CATALOGUE.all)).toBe(job);
  });
});
