import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { SEVERITIES } from '../../../src/core/manifest/finding.ts';
import { DEFAULT_LIMITS } from '../../../src/core/manifest/limits.ts';
import { isError } from '../../../src/core/problem.ts';
import { asText, parseFiles, parseText, readFile, SCHEMA } from './fixtures.ts';

const MANIFEST = readFile('docs/manifest.md');
const PROBLEMS = readFile('docs/problems.md');
const ID = '0'.repeat(32);
const CONF = 's3://acme-logs/{DATE}?region=us-west-2';

/** First cell, or all cells, of the rows of the table below a heading. */
function rows(text: string, heading: string): readonly (readonly string[])[] {
  const [, section] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`There is no heading ${heading}.`);
  const [own = ''] = section.split(/^#+ /m);
  return own
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function code(cell: string | undefined): string {
  return /^`(.*)`$/.exec(cell ?? '')?.[1] ?? '';
}

const job = (keys: object): object => ({
  name: 'a',
  dataset: 'http_requests',
  enabled: true,
  destination_conf: CONF,
  ...keys,
});
const withJob = (keys: object): object => ({
  presets: { http: { dataset: 'http_requests' } },
  destinations: { archive: { type: 's3', bucket: 'b', region: 'r' } },
  zones: [{ zone: 'example.com', jobs: [job(keys)] }],
});
const withDestination = (keys: object): object => ({ destinations: { a: keys } });

const DESTINATIONS: readonly string[] = SCHEMA['definitions'].destination_object.oneOf.map(
  ({ $ref }: { $ref: string }) => $ref.replace('#/definitions/', ''),
);

/** With an example of each required key, and of those that stand for a missing one. */
function sectionOf(definition: string): readonly [string, string, (example: any) => object] {
  const { required, properties } = SCHEMA['definitions'][definition];
  const exampleOf = (key: string) =>
    [properties[key], SCHEMA['definitions'][key]].find((one) => one?.examples)?.examples[0];
  const least = Object.fromEntries(required.map((key: string) => [key, exampleOf(key)]));
  const { const: type } = properties.type;
  const article = /^(?:[aeiou]|s3|r2|https)/.test(type) ? 'an' : 'a';
  const missing = type === 'kinesis' ? { role_arn: 'arn:aws:iam::1:role/x' } : {};
  return [
    `Keys of ${article} ${type} destination`,
    definition,
    (keys) =>
      withDestination({
        ...least,
        ...('access_key_id' in keys || 'secret_access_key' in keys
          ? { access_key_id: '${secret:a}', secret_access_key: '${secret:b}' }
          : missing),
        ...keys,
      }),
  ];
}

/** Heading, the definition whose keys it documents, and the smallest manifest around an example. */
const SECTIONS: readonly (readonly [
  heading: string,
  definition: string | null,
  around: (example: any) => object,
])[] = [
  ['Keys of a document', null, (keys) => keys],
  [
    'Keys of a zone',
    'zone_entry',
    (keys) => ({ zones: [{ ...('select' in keys ? {} : { zone: 'example.com' }), jobs: [], ...keys }] }),
  ],
  ['Keys of an account', 'account_entry', (keys) => ({ accounts: [{ account: ID, jobs: [], ...keys }] })],
  [
    'Keys of a transformer',
    'transformer_entry',
    (keys) => {
      const sql = 'file' in keys || 'sql' in keys ? {} : { sql: 'SELECT RayID FROM http_requests' };
      return { accounts: [{ account: ID, jobs: [], transformers: [{ name: 'a', ...sql, ...keys }] }] };
    },
  ],
  ['Keys of select', 'select', (keys) => ({ zones: [{ select: { name: '*', ...keys }, jobs: [] }] })],
  [
    'Keys of a job',
    'job',
    ({ destination, ...keys }) =>
      withJob(destination === undefined ? keys : { destination, destination_conf: undefined, ...keys }),
  ],
  [
    'Keys of output_options',
    'output_options',
    (keys) => withJob({ output_options: { field_names: ['ClientIP'], ...keys } }),
  ],
  ['Keys of a filter', 'filter_condition', (keys) => withJob({ filter: keys })],
  ...DESTINATIONS.map(sectionOf),
];
/** Documented beside the keys of the object that they are or stand in. */
const BESIDE: { readonly [heading: string]: readonly string[] } = {
  'Keys of output_options': ['all_except'],
  'Keys of a filter': ['where'],
};

describe('docs/manifest.md', () => {
  it.each(SECTIONS)('documents every key under "%s"', (heading, definition) => {
    const { properties } = definition === null ? SCHEMA : SCHEMA['definitions'][definition];
    const known = [...Object.keys(properties), ...(BESIDE[heading] ?? [])];
    expect(
      rows(MANIFEST, heading)
        .map(([key]) => code(key))
        .toSorted(),
    ).toEqual(known.toSorted());
  });

  it.each(
    SECTIONS.flatMap(([heading, , around]) =>
      rows(MANIFEST, heading).map((row) => [code(row[0]), code(row[2]), around] as const),
    ),
  )('has an example for %s that is right: %s', (key, example, around) => {
    const keys: object = parse(example, { merge: true });
    expect(JSON.stringify(keys)).toContain(key);
    const manifest = { path: 'm.yaml', text: stringify({ version: 1, ...around(keys) }) };
    const sql = { path: 'sql/redact-pii.sql', text: 'SELECT RayID FROM http_requests' };
    const { problems } = parseFiles([manifest, sql]);
    const isDeprecated = ['merge_subrequests', 'frequency', 'logpull_options'].includes(key);
    expect(asText(problems.filter((problem) => isError(problem) || !isDeprecated))).toBe('');
  });

  it('has YAML examples without any finding', () => {
    const examples = [...MANIFEST.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
    expect(examples.length).toBeGreaterThan(3);
    expect(examples.map((text) => asText(parseText(text).problems)).join('')).toBe('');
  });

  it('names the limits that hold', () => {
    expect(DEFAULT_LIMITS).toMatchObject({ files: 5_000, nodes: 500_000, depth: 48 });
    expect(MANIFEST).toContain('at most 16 MiB and 500,000 values');
    expect(MANIFEST).toContain('at most 48 deep');
    expect(MANIFEST).toContain('at most 5,000 files and 64 MiB');
    expect([DEFAULT_LIMITS.fileBytes, DEFAULT_LIMITS.totalBytes]).toEqual([16 * 2 ** 20, 64 * 2 ** 20]);
  });
});

describe('docs/problems.md', () => {
  it('lists every code with its severity, a meaning and a remedy', () => {
    const listed = rows(PROBLEMS, 'Findings about a manifest');
    expect(listed.map(([name, severity]) => [code(name), severity])).toEqual(
      Object.entries(SEVERITIES).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    for (const [, , meaning, remedy] of listed) {
      expect(meaning).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });
});
