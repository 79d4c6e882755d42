import { describe, expect, it } from 'vitest';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import { type Migration, migrateManifest } from '../../../src/core/migrate/migrate.ts';
import { hunksOf } from '../../../src/core/migrate/text-edit.ts';
import { loadSchema } from '../../../src/schemas.ts';

const parse = createManifestParser(loadSchema('manifest'));

function migrated(text: string): Migration {
  const result = migrateManifest([{ path: 'm.yaml', text }], parse);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems, null, 2));
  return result;
}

function textOf(result: Migration): string {
  return result.files[0]!.text;
}

const HEAD = `version: 1
defaults: { enabled: true, dataset: http_requests, destination_conf: gs://acme-logs }
`;

/** A manifest of one job with these lines. */
function job(...lines: readonly string[]): string {
  return [`${HEAD}zones:`, '  - zone: example.com', '    jobs:', '      - name: http', ...lines, ''].join(
    '\n',
  );
}

function line(text: string): string {
  return `        ${text}`;
}

describe('logpull_options', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'in a block',
      ['logpull_options: fields=ClientIP,RayID&sample=0.1&timestamps=rfc3339&CVE-2021-44228=true'],
      [
        'output_options:',
        '  field_names: [ClientIP, RayID]',
        '  sample_rate: 0.1',
        '  timestamp_format: rfc3339',
        '  CVE-2021-44228: true',
      ],
    ],
    [
      'with comments above, behind and below',
      ['# above', "logpull_options: 'fields=ClientIP' # behind", '# below', 'enabled: false # other'],
      [
        '# above',
        'output_options: # behind',
        '  field_names: [ClientIP]',
        '# below',
        'enabled: false # other',
      ],
    ],
    [
      'on the line after their key',
      ['logpull_options: # behind', '  fields=ClientIP # value', 'enabled: false'],
      ['output_options: # behind # value', '  field_names: [ClientIP]', 'enabled: false'],
    ],
    [
      'as a block scalar',
      ['logpull_options: >- # behind', '  fields=ClientIP', '', 'enabled: false'],
      ['output_options: # behind', '  field_names: [ClientIP]', '', 'enabled: false'],
    ],
    [
      'over several lines',
      ['logpull_options: "fields=ClientIP,\\', '  RayID" # behind'],
      ['output_options: # behind', '  field_names: [ClientIP, RayID]'],
    ],
    [
      'under a key in quotes',
      ['"logpull_options": fields=ClientIP'],
      ['"output_options":', '  field_names: [ClientIP]'],
    ],
    [
      'percent-encoded, as a whole URL',
      ['logpull_options: https://api.cloudflare.com/x?fields%3DClientIP%26sample%3D0.5'],
      ['output_options:', '  field_names: [ClientIP]', '  sample_rate: 0.5'],
    ],
    [
      'that output_options win over: they go',
      ['logpull_options: fields=ClientIP', 'output_options: { sample_rate: 0.5 }'],
      ['output_options: { sample_rate: 0.5 }'],
    ],
    [
      'that output_options win over, with a comment: the comment stays',
      ['logpull_options: fields=ClientIP # behind', 'output_options: { sample_rate: 0.5 }'],
      ['# behind', 'output_options: { sample_rate: 0.5 }'],
    ],
    [
      'with a field that YAML would read as something else',
      ['logpull_options: fields=No,ClientIP'],
      ['output_options:', '  field_names: ["No", ClientIP]'],
    ],
  ])('%s become the equal output_options, and the rest of the text stays', (_, before, after) => {
    const result = migrated(job(...before.map(line)));
    expect(textOf(result)).toBe(job(...after.map(line)));
    expect(result.left).toEqual([]);
  });

  it('in a flow mapping become a flow mapping', () => {
    const text = `${HEAD}zones: [ { zone: example.com, jobs: [ { name: http, 'logpull_options': 'fields=ClientIP' , protect: true } ] } ] # end\n`;
    expect(textOf(migrated(text))).toBe(
      text.replace(
        `'logpull_options': 'fields=ClientIP' ,`,
        `'output_options': { field_names: [ClientIP] } ,`,
      ),
    );
  });

  it('keep the line ends of the file', () => {
    const text = job(line('logpull_options: fields=ClientIP # c')).replaceAll('\n', '\r\n');
    const after = textOf(migrated(text));
    expect(after).toContain('        output_options: # c\r\n          field_names: [ClientIP]\r\n');
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('with many fields are a list below each other', () => {
    const fields = Array.from({ length: 20 }, (_, index) => `Field${index}`);
    const after = textOf(migrated(job(line(`logpull_options: fields=${fields.join(',')}`))));
    expect(after).toContain('          field_names:\n            - Field0\n            - Field1\n');
  });

  it('of defaults, preset and job take back what lies below them', () => {
    const text = `version: 1
defaults: { enabled: true, destination_conf: gs://acme-logs, logpull_options: sample=0.5 }
presets:
  http:
    dataset: http_requests
    logpull_options: fields=ClientIP
zones:
  - zone: example.com
    jobs:
      - { name: a, preset: http }
      - { name: b, preset: http, logpull_options: timestamps=rfc3339 }
      - { name: c, preset: http, logpull_options: null }
`;
    expect(textOf(migrated(text))).toBe(`version: 1
defaults: { enabled: true, destination_conf: gs://acme-logs, output_options: { sample_rate: 0.5 } }
presets:
  http:
    dataset: http_requests
    output_options:
      field_names: [ClientIP]
      sample_rate: null
zones:
  - zone: example.com
    jobs:
      - { name: a, preset: http }
      - { name: b, preset: http, output_options: { timestamp_format: rfc3339, sample_rate: null, field_names: null } }
      - { name: c, preset: http, output_options: null }
`);
  });

  it('that several jobs share by anchor and merge are rewritten once', () => {
    const text = `${HEAD}zones:
  - zone: example.com
    jobs:
      - &base
        name: a
        logpull_options: &options fields=ClientIP
      - { <<: *base, name: b }
      - { name: c, logpull_options: *options }
`;
    expect(textOf(migrated(text))).toBe(`${HEAD}zones:
  - zone: example.com
    jobs:
      - &base
        name: a
        output_options: &options
          field_names: [ClientIP]
      - { <<: *base, name: b }
      - { name: c, output_options: { field_names: [ClientIP] } }
`);
  });

  it.each<[string, string, string]>([
    ['a reference', 'logpull_options: fields=${env:FIELDS}', 'it holds a reference'],
    ['an unknown parameter', 'logpull_options: fields=ClientIP&start=5', 'its parameter "start"'],
    ['a share of zero', 'logpull_options: sample=0', '"sample_rate"'],
    ['a share that is no number', 'logpull_options: sample=most', '"sample_rate"'],
    ['a field twice', 'logpull_options: fields=A,A', '"field_names"'],
    ['nothing that is known', 'logpull_options: fields=', 'it says nothing'],
    ['a question mark', '? logpull_options\n        : fields=ClientIP', 'a question mark'],
  ])('with %s stay, and are told', (_, lines, reason) => {
    const text = job(line(lines));
    const result = migrated(text);
    expect(textOf(result)).toBe(text);
    expect(result.rewritten).toEqual([]);
    expect(result.left).toMatchObject([
      { place: { origin: { line: 7 } }, reason: expect.stringContaining(reason) },
    ]);
  });

  it('of a preset stay where some of its jobs have output_options that win, and others have not', () => {
    const text = `${HEAD}presets: { http: { logpull_options: fields=ClientIP } }
zones:
  - zone: example.com
    jobs:
      - { name: a, preset: http }
      - { name: b, preset: http, output_options: { sample_rate: 0.5 } }
`;
    expect(migrated(text)).toMatchObject({
      rewritten: [],
      left: [{ reason: expect.stringContaining('others have not') }],
    });
  });

  it('of a preset stay where they would win over those of a job that stay, each with its reason', () => {
    const text = `${HEAD}presets: { http: { logpull_options: fields=ClientIP } }
zones:
  - zone: example.com
    jobs:
      - { name: a, preset: http }
      - { name: b, preset: http, logpull_options: 'fields=\${env:FIELDS}' }
`;
    expect(migrated(text)).toMatchObject({
      rewritten: [],
      left: [
        { reason: expect.stringContaining('would mean something else') },
        { reason: expect.stringContaining('it holds a reference') },
      ],
    });
  });

  it('of defaults stay where a preset takes output_options back', () => {
    const text = `version: 1
defaults: { enabled: true, dataset: http_requests, destination_conf: gs://acme-logs, logpull_options: fields=ClientIP }
presets: { plain: { output_options: null } }
zones: [{ zone: example.com, jobs: [{ name: a, preset: plain }, { name: b }] }]
`;
    expect(migrated(text)).toMatchObject({
      rewritten: [],
      left: [{ reason: expect.stringContaining('would mean something else') }],
    });
  });

  it('stay where a job leaves its options to others', () => {
    const text = job(line('logpull_options: fields=ClientIP'), line('ignore: [output_options.sample_rate]'));
    expect(migrated(text)).toMatchObject({
      rewritten: [],
      left: [{ reason: expect.stringContaining('"ignore"') }],
    });
  });

  it('of a job that would mean something else stay, and the others do not', () => {
    const text = `${HEAD}presets: { plain: { output_options: null } }
zones:
  - zone: example.com
    jobs:
      - { name: a, logpull_options: fields=ClientIP }
      - { name: b, preset: plain, logpull_options: fields=ClientIP }
  - zone: shop.example
    jobs:
      - { name: c, logpull_options: fields=ClientIP, output_options: {} }
`;
    const result = migrated(text);
    expect(textOf(result)).toContain('{ name: a, output_options: { field_names: [ClientIP] } }');
    expect(textOf(result)).toContain(
      '{ name: b, preset: plain, output_options: { field_names: [ClientIP] } }',
    );
    expect(result.left).toMatchObject([{ reason: expect.stringContaining('stands beside it') }]);
  });

  it('say nothing new when nothing is old', () => {
    const text = job(line('output_options: { sample_rate: 0.5 }'));
    expect(migrated(text)).toMatchObject({ rewritten: [], done: [], left: [], jobs: 1 });
  });
});

describe('an operator', () => {
  it.each<[string, string]>([
    [
      'filter: { where: { key: A, operator: neq, value: neq } }',
      "filter: { where: { key: A, operator: '!eq', value: neq } }",
    ],
    [
      "filter: { where: { or: [{ key: A, operator: '>=', value: 5 }] } }",
      'filter: { where: { or: [{ key: A, operator: geq, value: 5 }] } }',
    ],
    [
      `filter: '{"where":{"key":"A","operator":"neq","value":"operator"}}'`,
      `filter: '{"where":{"key":"A","operator":"!eq","value":"operator"}}'`,
    ],
    [
      'filter: "{\\"where\\":{\\"key\\":\\"A\\",\\"operator\\": \\"neq\\",\\"value\\":1}}"',
      'filter: "{\\"where\\":{\\"key\\":\\"A\\",\\"operator\\": \\"!eq\\",\\"value\\":1}}"',
    ],
  ])('in %s gets the name that it has', (before, after) => {
    expect(textOf(migrated(job(line(before))))).toBe(job(line(after)));
  });

  it('and logpull_options of one line are both rewritten', () => {
    const text = `${HEAD}zones: [{ zone: example.com, jobs: [{ name: a, filter: { where: { key: A, operator: neq, value: 1 } }, logpull_options: sample=0.5 }] }]\n`;
    const { rewritten } = migrated(text);
    expect(hunksOf(text, rewritten[0]!.edits)).toEqual([
      { line: 3, before: [text.split('\n')[2]], after: [rewritten[0]!.after.split('\n')[2]] },
    ]);
    expect(rewritten[0]!.after).toContain("operator: '!eq'");
    expect(rewritten[0]!.after).toContain('output_options: { sample_rate: 0.5 }');
  });
});

it('an old spelling that decides where logs go is pointed out and left', () => {
  const text = job(line('destination_conf: datadog://x/api/v2/logs?header_DD-API_KEY=${secret:datadog}'));
  expect(migrated(text)).toMatchObject({
    rewritten: [],
    left: [{ reason: expect.stringContaining('header_DD-API-KEY') }],
  });
});

it('a manifest with another mistake is not touched, and all of its findings are told', () => {
  const text = job(line('logpull_options: fields=ClientIP'), line('colour: red'));
  expect(migrateManifest([{ path: 'm.yaml', text }], parse)).toMatchObject({
    problems: [{ code: 'deprecated' }, { code: 'unknown-key' }],
  });
});

describe('a job that merges a preset by its anchor and has options that no output option equals', () => {
  const text = `version: 1
presets:
  old: &old
    dataset: http_requests
    enabled: true
    destination_conf: gs://acme-logs
    logpull_options: fields=ClientIP
  other: { dataset: http_requests, enabled: true, destination_conf: gs://acme-logs, logpull_options: fields=RayID }
zones:
  - zone: example.com
    jobs:
      - { name: one, preset: old }
      - name: two
        dataset: dns_logs
        enabled: true
        destination_conf: gs://acme-logs
        logpull_options: fields=QueryName
      - <<: *old
        name: three
        logpull_options: fields=ClientIP&foo=bar
      - { name: four, preset: other }
`;

  it('keeps what it merges from being rewritten, and nothing else', () => {
    const after = textOf(migrated(text));
    expect(after).toContain('output_options:\n          field_names: [QueryName]');
    expect(after).toContain('output_options: { field_names: [RayID] }');
    expect(after).toContain('    logpull_options: fields=ClientIP\n');
    expect(after).toContain('        logpull_options: fields=ClientIP&foo=bar\n');
  });

  it('is named as the cause, with the parameter', () => {
    const reasons = migrated(text).left.map(({ place, reason }) => [place.origin.line, reason]);
    expect(reasons).toEqual([
      [7, expect.stringMatching(/job "three" .* at line 20 stay: .* its parameter "foo"/)],
      [20, expect.stringContaining('its parameter "foo"')],
    ]);
  });
});
