import * as fc from 'fast-check';
import type { Plain } from './generators.ts';

/** Jobs as nobody should have them: of any tool, any age of the API, any mistake, each key with any value that JSON has. */

const ODD_TEXTS = [
  '',
  ' ',
  'a\nb',
  '\t',
  '\0',
  '\u2028',
  '\u202E',
  '\uD800',
  'x'.repeat(513),
  '${secret:x}',
  '$${',
  '${',
  '%',
  '"',
  "'",
  '*x',
  '&x',
  '!tag',
  '@a',
  '`',
  '<<',
  '- a',
  ': ',
  '#x',
  'null',
  'true',
  'yes',
  '~',
  '=',
  '0x1f',
  '0o17',
  '1e3',
  '1_000',
  '12:30',
  '2026-01-01',
  '__proto__',
  'constructor',
  'toString',
  'http',
];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(...ODD_TEXTS),
);
const value = fc.jsonValue({ maxDepth: 2 });

const part = fc.oneof(
  text.map((plain) => encodeURIComponent(plain.toWellFormed())),
  text,
  fc.constantFrom(
    '{DATE}',
    'dt={DATE}',
    'a+b',
    'a%20b',
    'a%2Fb',
    '%zz',
    'a b',
    'h.example',
    'logs',
    'constructor',
  ),
);

const SCHEMES = `s3 r2 gs azure sumo datadog splunk https ibmcl cos sentinelone bq kinesis http newthing
  pipelines S3 HTTPS`.split(/\s+/);

const PARAMS =
  `region access-key-id secret-access-key endpoint sse account-id instance-id header_Authorization
  header_DD-API-KEY header_DD-API_KEY header_Content-Type dd-api-key ddsource service channel
  insecure-skip-verify sourcetype format Api-Key constructor ibm_api_key credentials sig se sv sp
  sts-assume-role-arn`.split(/\s+/);

const VALUES = [
  'us-west-2',
  'false',
  'true',
  'application/json',
  'AES256',
  's3.example.com',
  'abcdefgh12345678',
  'Splunk%20abc-def-123456',
  'base64:eyJhIjoxfQ==',
  '',
  'short',
];

const parameter = fc
  .tuple(fc.oneof(fc.constantFrom(...PARAMS), part), fc.oneof(part, fc.constantFrom(...VALUES)), fc.boolean())
  .map(([name, given, hasEquals]) => (hasEquals ? `${name}=${given}` : name));

const destination = fc.oneof(
  { weight: 6, arbitrary: uri() },
  { weight: 2, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
  { weight: 1, arbitrary: text },
);

function uri(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(...SCHEMES),
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(parameter, { maxLength: 5 }),
    )
    .map(([scheme, path, params]) => {
      const query = params.length === 0 ? '' : `?${params.join('&')}`;
      return `${scheme}://${path.join('/')}${query}`;
    });
}

const comparison = fc.record({
  key: fc.oneof(fc.constantFrom('EdgeResponseStatus', 'ClientIP', 'NoSuchField', 'Cookies'), text),
  operator: fc.constantFrom('eq', '!eq', 'in', '!in', 'lt', 'geq', 'contains', 'startsWith', 'neq'),
  value: fc.oneof(value, fc.constantFrom(200, '200', [200, 201], ['a'], 1e21, 0.1, -0, '${x}', true)),
});

const { node } = fc.letrec<{ node: Plain }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    comparison,
    fc.array(tie('node'), { maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('node'), { maxLength: 3 }).map((or) => ({ or })),
  ),
}));

const filter = fc.oneof(
  fc.tuple(node, fc.constantFrom(0, 2)).map(([where, indent]) => JSON.stringify({ where }, null, indent)),
  fc.constantFrom(
    '',
    'not json',
    '{}',
    '{"where":{}}',
    '{"where":{"and":[]}}',
    '{"where":{"key":"ClientIP","operator":"eq","value":123456789012345678901234567890}}',
    '{"where":{"key":"a","key":"b","operator":"eq","value":1}}',
    String.raw`{"where":{"key":"ClientIP","operator":"eq","value":"\ud800"}}`,
  ),
  value.map((any) => JSON.stringify(any)),
);

const number = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, -1, 30, 300, 1_000, 1_000_000, 2_000_000, 5_000_000, 1e9, 1e21),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const options = fc.oneof(
  fc.record(
    {
      output_type: fc.constantFrom('ndjson', 'csv', 'xml', ''),
      field_names: fc.array(fc.oneof(fc.constantFrom('ClientIP', 'RayID', 'GoneField'), text), {
        maxLength: 4,
      }),
      timestamp_format: fc.constantFrom('unixnano', 'unix', 'rfc3339', 'rfc3339ms', 'rfc3339ns', 'odd', ''),
      sample_rate: fc.oneof(fc.constantFrom(0, 1, 0.1, 1e-7, 1.5), number),
      batch_prefix: text,
      batch_suffix: text,
      record_prefix: text,
      record_suffix: text,
      record_delimiter: text,
      field_delimiter: text,
      record_template: fc.oneof(text, fc.constantFrom('{{.ClientIP}}', '{{.Nope}}', '{{range .X}}')),
      'CVE-2021-44228': fc.boolean(),
      'CVE-2021-4428': fc.boolean(),
      merge_subrequests: fc.boolean(),
      stringify_object: fc.boolean(),
      newer: value,
    },
    { requiredKeys: [] },
  ),
  value,
);

/** As Cloudflare may hold it; the keys that are there always are, well or badly. */
export const wildJob: fc.Arbitrary<Plain> = fc.record(
  {
    dataset: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom('http_requests', 'dns_logs', 'audit_logs', 'brand_new', 'constructor'),
      },
      { weight: 1, arbitrary: text },
    ),
    destination_conf: destination,
    name: fc.oneof(text, fc.constantFrom('a', 'under_score', null)),
    enabled: fc.oneof(fc.boolean(), fc.constant(null)),
    filter,
    kind: fc.constantFrom('', 'edge', 'instant-logs', null),
    frequency: fc.constantFrom('high', 'low', '', null, 'odd'),
    logpull_options: fc.oneof(
      text,
      fc.constantFrom('?fields=a', 'fields=ClientIP%2CRayID&sample=2', 'https://x.example/?fields=ClientIP'),
    ),
    output_options: options,
    max_upload_bytes: number,
    max_upload_interval_seconds: number,
    max_upload_records: number,
    filter_attack_traffic: fc.boolean(),
    merge_subrequests: fc.boolean(),
    transformer_id: fc.constantFrom(0, 1, 7, null),
    logstream: fc.boolean(),
    newer_key: value,
    error_message: text,
  },
  { requiredKeys: ['dataset', 'destination_conf'] },
);
