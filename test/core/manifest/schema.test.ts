import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { FIELDS } from '../../../src/core/job/field-table.ts';
import { OUTPUT_OPTIONS } from '../../../src/core/job/option-table.ts';
import { parseText, SCHEMA } from './fixtures.ts';

interface Property {
  readonly at: string;
  readonly schema: any;
}

function resolved(schema: any): any {
  return typeof schema?.$ref === 'string'
    ? SCHEMA['definitions'][schema.$ref.replace('#/definitions/', '')]
    : schema;
}

/** Every property in every object of the schema. */
function properties(schema: any, at: string, found: Property[] = []): readonly Property[] {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    found.push({ at: `${at}.${key}`, schema: resolved(value) });
  }
  for (const [key, value] of Object.entries(schema)) {
    if (key !== 'examples' && key !== '$ref') properties(value, `${at}/${key}`, found);
  }
  return found;
}

const PROPERTIES = properties(SCHEMA, '#');

function keysOf(definition: string): readonly string[] {
  return Object.keys(SCHEMA['definitions'][definition].properties);
}

describe('the schema of the manifest', () => {
  it('is draft-07 and uses only what old editors understand', () => {
    const known =
      /^(\$schema|\$ref|\$comment|title|description|examples|type|const|enum|properties|required|additionalProperties|propertyNames|items|oneOf|allOf|definitions|discriminator|propertyName|minLength|maxLength|minItems|minimum|pattern|uniqueItems)$/;
    const keywords = new Set<string>();
    const walk = (schema: any, areNames: boolean): void => {
      if (Array.isArray(schema)) return schema.forEach((one) => walk(one, false));
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, value] of Object.entries(schema)) {
        if (!areNames) keywords.add(key);
        if (key !== 'examples' || areNames)
          walk(value, !areNames && (key === 'properties' || key === 'definitions'));
      }
    };
    walk(SCHEMA, false);
    expect([...keywords].filter((keyword) => !known.test(keyword))).toEqual([]);
    expect(SCHEMA['$schema']).toBe('http://json-schema.org/draft-07/schema#');
  });

  it.each(PROPERTIES.map(({ at, schema }) => [at, schema]))(
    'describes %s, with an example',
    (_at, schema) => {
      expect(schema.description).toMatch(/^[A-Z`].*\.$/s);
      expect(schema.examples?.length).toBeGreaterThan(0);
    },
  );

  it('has examples that are valid', () => {
    const ajv = new Ajv({ allowUnionTypes: true, discriminator: true, strictRequired: false });
    const validate = (schema: object) => ajv.compile({ ...schema, definitions: SCHEMA['definitions'] });
    for (const { at, schema } of PROPERTIES) {
      const wrong = schema.examples.filter((example: unknown) => !validate(schema)(example));
      expect({ at, wrong }).toEqual({ at, wrong: [] });
    }
  });

  it('gives each branch of a union its own JSON type, or a discriminator, so that findings are few', () => {
    const ambiguous: string[] = [];
    const walk = (schema: any, at: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if (schema.oneOf !== undefined && schema.discriminator === undefined) {
        const types = schema.oneOf.map((branch: any) => resolved(branch).type);
        if (new Set(types).size < types.length) ambiguous.push(at);
      }
      for (const [key, value] of Object.entries(schema)) if (key !== 'examples') walk(value, `${at}/${key}`);
    };
    walk(SCHEMA, '#');
    expect(ambiguous).toEqual([]);
  });

  it('closes every object but those that pass on what Cloudflare adds', () => {
    const open = PROPERTIES.filter(
      ({ schema }) =>
        schema.type?.includes('object') && schema.properties && schema.additionalProperties !== false,
    );
    expect(open.map(({ at }) => at.replace(/.*\./, ''))).toEqual(expect.arrayContaining(['output_options']));
    expect(new Set(open.map(({ at }) => at.replace(/.*\./, '')))).toEqual(
      new Set(['output_options', 'where']),
    );
  });

  it('has every field that the field table says is ours, and none that is Cloudflare’s', () => {
    const ours = FIELDS.filter(({ managedBy }) => managedBy === 'us').map(({ name }) => name);
    const theirs = FIELDS.filter(({ managedBy, name }) => managedBy === 'cloudflare' && name !== 'id').map(
      ({ name }) => name,
    );
    expect(keysOf('job')).toEqual(expect.arrayContaining(ours));
    expect(keysOf('job').filter((key) => theirs.includes(key))).toEqual([]);
  });

  it('has the output options of the option table', () => {
    expect(keysOf('output_options').toSorted()).toEqual(OUTPUT_OPTIONS.map(({ name }) => name).toSorted());
  });

  it('gives presets and defaults the keys of a job, but for those that belong to one job', () => {
    const own = ['name', 'preset', 'id'];
    expect(keysOf('partial_job')).toEqual(keysOf('job').filter((key) => !own.includes(key)));
  });
});

describe('a finding about the shape', () => {
  it('is one for each mistake, also within unions', () => {
    const text = `version: 1
zones:
  - zone: example.com
    jobs:
      - { name: a, dataset: dns_logs, enabled: true, destination: 5 }
      - { name: b, dataset: dns_logs, enabled: true, destination: { type: s3, bucket: 5, region: r } }
      - { name: c, dataset: dns_logs, enabled: true, destination: { type: s3, region: r } }
      - { name: d, dataset: dns_logs, enabled: true, destination: { typ: s3, bucket: b, region: r } }
      - { name: e, dataset: dns_logs, enabled: true, destination: { type: 5 } }
      - { name: f, dataset: dns_logs, enabled: true, destination_conf: "s3://b?region=r", filter: 5 }
      - { name: g, dataset: dns_logs, enabled: true, destination_conf: "s3://b?region=r", output_options: { field_names: 5 } }
      - { name: h, dataset: dns_logs, enabled: true, destination_conf: "s3://b?region=r", output_options: { field_names: [5] } }
      - { name: i, dataset: dns_logs, enabled: true, destination_conf: "s3://b?region=r", output_options: { field_names: none } }
      - { name: j, dataset: dns_logs, enabled: true, destination_conf: "s3://b?region=r", output_options: { field_names: { all_except: 5 } } }
`;
    const { problems } = parseText(text);
    expect(
      problems.map(
        ({ origin, code, path }) => `${origin.line} ${code} ${path.replace(/^.*jobs\[\d\]\./, '')}`,
      ),
    ).toEqual([
      '5 wrong-type destination',
      '6 wrong-type destination.bucket',
      '7 missing-key destination',
      '8 missing-key destination',
      '9 not-allowed-value destination.type',
      '10 wrong-type filter',
      '11 wrong-type output_options.field_names',
      '12 wrong-type output_options.field_names[0]',
      '13 not-allowed-value output_options.field_names',
      '14 wrong-type output_options.field_names.all_except',
    ]);
  });

  it('never holds back the findings of rules in other places', () => {
    const { problems } = parseText(`version: 1
zones:
  - zone: example.com
    jobs:
      - { name: a, dataset: dns_logs, enabled: yes, destination_conf: "s3://b?region=r", max_upload_bytes: 1 }
`);
    expect(problems.map(({ code }) => code)).toEqual(['wrong-type', 'out-of-range']);
  });
});
