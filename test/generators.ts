/** fast-check arbitraries that the laws share: jobs as people write them, and jobs as Cloudflare stores them. */

import * as fc from 'fast-check';
import { aCanary, type Canary, canaryDestinations } from './canaries.ts';

export type Plain = { readonly [key: string]: unknown };

/** One job of a manifest, in the manifest's own keys. */
export type WrittenJob = Plain & { readonly name: string };

export interface WrittenScope {
  readonly kind: 'zone' | 'account';
  readonly id: string;
  readonly name: string;
  readonly jobs: readonly WrittenJob[];
}

export const ZONES = [
  { id: '023e105f4ecef8ad9ca31a8372d0c353', name: 'example.com' },
  { id: '1a2b3c4d5e6f708192a3b4c5d6e7f809', name: 'shop.example' },
] as const;

export const ACCOUNT = { id: '01a7362d577a6c3019a474fd6f485823', name: 'Acme' } as const;

/** Values of every `${secret:…}` that a generated manifest refers to; all of them canaries. */
export const SECRETS: ReadonlyMap<string, Canary> = new Map(
  ['key-id', 'key', 'token', 'spare', 'path-code'].map((name) => [name, aCanary(`secret ${name}`)]),
);

/** A path takes nothing that would need an encoding, so its secret is the core alone. */
export function secretValue(name: string): string | undefined {
  const canary = SECRETS.get(name);
  return name === 'path-code' ? canary?.core : canary?.value;
}

const NAMES = ['http', 'http-archive', 'firewall', 'dns', 'audit.v2', 'siem'] as const;
const DATASETS = ['http_requests', 'firewall_events', 'dns_logs', 'audit_logs'] as const;
const FIELDS = [
  'ClientIP',
  'RayID',
  'EdgeStartTimestamp',
  'EdgeResponseStatus',
  'ClientRequestHost',
] as const;

const segment = fc.constantFrom('logs', 'http', 'a b', 'é', '{DATE}', 'dt={DATE}', '100%', 'x+y');
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const bucket = fc.constantFrom('acme-logs', 'acme-siem', 'other.bucket');
const secretRef = fc.constantFrom('key-id', 'key', 'token', 'spare').map((name) => `\${secret:${name}}`);

/** A destination as it is written under `destination:`. */
const structured: fc.Arbitrary<Plain> = fc.oneof(
  fc.record(
    {
      type: fc.constant('s3'),
      bucket,
      path,
      region: fc.constantFrom('us-west-2', 'eu-west-1'),
      sse: fc.constant('AES256'),
    },
    { requiredKeys: ['type', 'bucket', 'region'] },
  ),
  fc.record({
    type: fc.constant('s3-compatible'),
    bucket,
    path,
    region: fc.constant('auto'),
    endpoint: fc.constantFrom('storage.example.com', 'minio.example.org:9000'),
    access_key_id: secretRef,
    secret_access_key: secretRef,
  }),
  fc.record({
    type: fc.constant('splunk'),
    endpoint: fc.constant('hec.example.com:8088'),
    channel: fc.constantFrom('c-1', 'c 2'),
    sourcetype: fc.constantFrom('cloudflare:json', 'a/b'),
    token: secretRef,
  }),
  fc.record({
    type: fc.constant('r2'),
    bucket,
    path,
    account_id: fc.constant(ACCOUNT.id),
    access_key_id: secretRef,
    secret_access_key: secretRef,
  }),
  fc.record(
    {
      type: fc.constant('https'),
      url: fc.constantFrom(
        'https://logs.example.com/in',
        'https://logs.example.com:8443/a/b',
        'https://siem.example.org',
      ),
      headers: fc.dictionary(
        fc.constantFrom('Authorization', 'X-Token'),
        fc.oneof(
          secretRef,
          secretRef.map((ref) => `Bearer ${ref}`),
        ),
        { maxKeys: 2 },
      ),
      params: fc.dictionary(fc.constantFrom('tags', 'ddsource'), fc.constantFrom('a', 'b c', 'x&y', ''), {
        maxKeys: 2,
      }),
    },
    { requiredKeys: ['type', 'url'] },
  ),
);

/** A destination as Cloudflare's own string, credentials as references. */
const plainDestination = fc.oneof(
  path.map((dir) => `s3://acme-logs/${encodeURI(dir)}?region=us-west-2`),
  fc.constantFrom('gs://acme-logs/http/{DATE}', 's3://acme-logs?sse=AES256&region=us-west-2'),
  secretRef.map(
    (ref) =>
      `datadog://http-intake.logs.datadoghq.com/api/v2/logs?ddsource=cloudflare&header_DD-API-KEY=${ref}`,
  ),
  secretRef.map(
    (ref) =>
      `splunk://splunk.example.com:8088/services/collector/raw?channel=c&insecure-skip-verify=false&sourcetype=s&header_Authorization=Splunk%20${ref}`,
  ),
  fc.constant('sumo://collectors.sumologic.com/receiver/v1/http/${secret:path-code}'),
  secretRef.map((ref) => `azure://container/dir?sv=2022-11-02&ss=b&srt=o&sp=w&sig=${ref}`),
  secretRef.map((ref) => `newthing://host/dir?token=${ref}`),
);

const comparison = fc.oneof(
  fc.record({
    key: fc.constantFrom('EdgeResponseStatus', 'OriginResponseStatus'),
    operator: fc.constantFrom('eq', '!eq', 'lt', 'geq'),
    value: fc.integer({ min: 100, max: 599 }),
  }),
  fc.record({
    key: fc.constantFrom('ClientRequestHost', 'ClientRequestPath'),
    operator: fc.constantFrom('startsWith', '!contains', 'eq'),
    value: fc.constantFrom('/api', 'example.com', 'a "quoted" ${thing}', 'x{y}', 'é'),
  }),
  fc.record({
    key: fc.constant('ClientCountry'),
    operator: fc.constantFrom('in', '!in'),
    value: fc.uniqueArray(fc.constantFrom('de', 'fr', 'us'), { minLength: 1 }),
  }),
);

const conditions = fc.array(comparison, { minLength: 1, maxLength: 3 });

export const filterObject: fc.Arbitrary<Plain> = fc.oneof(
  comparison.map((where) => ({ where })),
  conditions.map((and) => ({ where: { and } })),
  fc.tuple(comparison, conditions).map(([first, or]) => ({ where: { and: [first, { or }] } })),
);

/** `${` in a text of the manifest is a reference, so a plain one is written `$${`. */
const filterText = filterObject.map((filter) => JSON.stringify(filter));

export function escaped<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('${', '$$${')) as T;
}

const outputOptions: fc.Arbitrary<Plain> = fc.record(
  {
    output_type: fc.constantFrom('ndjson', 'csv'),
    field_names: fc.uniqueArray(fc.constantFrom(...FIELDS), { minLength: 1 }),
    timestamp_format: fc.constantFrom('unixnano', 'unix', 'rfc3339', 'rfc3339ms'),
    sample_rate: fc.constantFrom(1, 0.1, 0.5),
    batch_prefix: fc.constantFrom('', '['),
    batch_suffix: fc.constantFrom('', ']'),
    record_prefix: fc.constantFrom('', '{', '{"a":1,'),
    record_suffix: fc.constantFrom('}\n', '\n', ''),
    record_delimiter: fc.constantFrom('', ','),
    field_delimiter: fc.constantFrom(',', '\t'),
    'CVE-2021-44228': fc.boolean(),
    merge_subrequests: fc.boolean(),
  },
  { requiredKeys: [] },
);

const logpullOptions = fc.constantFrom(
  'fields=ClientIP,RayID&timestamps=rfc3339',
  'fields=RayID&sample=0.1&CVE-2021-44228=true',
  'timestamps=unix',
);

/** Absent half of the time, else as given: only what is written is managed. */
const limits = {
  max_upload_bytes: fc.constantFrom(0, 5_000_000, 1_000_000_000),
  max_upload_interval_seconds: fc.constantFrom(0, 30, 300),
  max_upload_records: fc.constantFrom(0, 1_000, 1_000_000),
};

const destinationKeys: fc.Arbitrary<Plain> = fc.oneof(
  structured.map((destination) => ({ destination })),
  plainDestination.map((destination_conf) => ({ destination_conf })),
);

const optionKeys: fc.Arbitrary<Plain> = fc.oneof(
  { weight: 4, arbitrary: outputOptions.map((output_options) => ({ output_options })) },
  { weight: 1, arbitrary: logpullOptions.map((logpull_options) => ({ logpull_options })) },
  { weight: 2, arbitrary: fc.constant({}) },
);

const openKeys = fc.record(
  {
    enabled: fc.boolean(),
    filter: fc.oneof(filterObject.map(escaped), filterText.map(escaped), fc.constantFrom(null, '')),
    ...limits,
    frequency: fc.constantFrom('high', 'low'),
  },
  { requiredKeys: [] },
);

/** Everything of a job but its name. */
export const writtenJobBody: fc.Arbitrary<Plain> = fc
  .tuple(fc.record({ dataset: fc.constantFrom(...DATASETS) }), destinationKeys, optionKeys, openKeys)
  .map((parts) => Object.assign({}, ...parts) as Plain);

function jobsUpTo(maxLength: number): fc.Arbitrary<readonly WrittenJob[]> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), writtenJobBody), {
      selector: ([name]) => name,
      maxLength,
    })
    .map((jobs) => jobs.map(([name, body]) => ({ name, ...body })));
}

/** Both zones and the account, each with up to `most` jobs, at least one job in all. */
export function writtenScopes(most = 3): fc.Arbitrary<readonly WrittenScope[]> {
  return fc
    .tuple(jobsUpTo(most), jobsUpTo(most), jobsUpTo(most))
    .filter((lists) => lists.some((jobs) => jobs.length > 0))
    .map(([first, second, account]) => [
      { kind: 'zone', ...ZONES[0], jobs: first },
      { kind: 'zone', ...ZONES[1], jobs: second },
      { kind: 'account', ...ACCOUNT, jobs: account },
    ]);
}

/** Jobs of one zone, for laws about a single scope. */
export const writtenZone: fc.Arbitrary<WrittenScope> = jobsUpTo(4)
  .filter((jobs) => jobs.length > 0)
  .map((jobs) => ({ kind: 'zone', ...ZONES[0], jobs }));

const storedFilter = fc
  .tuple(filterObject, fc.constantFrom(0, 2))
  .map(([filter, indent]) => JSON.stringify(filter, null, indent));

/** What only people, the dashboard or a newer Cloudflare put into a job. */
const strangeKeys = fc.record(
  {
    transformer_id: fc.integer({ min: 1, max: 99 }),
    filter_attack_traffic: fc.boolean(),
    merge_subrequests: fc.boolean(),
    future_option: fc.constantFrom('a', 7, true),
    output_options: fc.record(
      {
        stringify_object: fc.boolean(),
        future_sub_option: fc.constantFrom('x', 3),
        sample_rate: fc.constant(0.5),
      },
      { requiredKeys: [] },
    ),
    logpull_options: logpullOptions,
    name: fc.constantFrom(
      '',
      'http',
      'a name with spaces',
      'under_score',
      '${not-a-reference}',
      "it's: #odd",
      '0x1f',
      'null',
    ),
    kind: fc.constantFrom('', 'edge'),
    max_upload_bytes: fc.constant(2_000_000),
  },
  { requiredKeys: [] },
);

/** A job as Cloudflare stores it, with credentials in the clear. Names may be missing, odd or not unique. */
export const storedJob: fc.Arbitrary<{ readonly raw: Plain; readonly canaries: readonly Canary[] }> = fc
  .tuple(
    storedDestination(),
    fc.record({
      name: fc.constantFrom(...NAMES),
      dataset: fc.constantFrom(...DATASETS),
      enabled: fc.boolean(),
    }),
    fc.record({ filter: storedFilter, output_options: outputOptions, ...limits }, { requiredKeys: [] }),
    fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: strangeKeys }),
  )
  .map(([{ text, canaries }, base, options, strange]) => ({
    raw: { ...base, ...options, ...strange, destination_conf: text },
    canaries,
  }));

function storedDestination(): fc.Arbitrary<{ readonly text: string; readonly canaries: readonly Canary[] }> {
  const secretOnes = ['', ' 2', ' 3'].flatMap((salt) => canaryDestinations(salt));
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(...secretOnes).map(({ text, canary }) => ({ text, canaries: [canary] })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          's3://acme-logs/http/{DATE}?region=us-west-2',
          'gs://acme/x',
          's3://b?region=eu-west-1&sse=AES256',
        )
        .map((text) => ({ text, canaries: [] })),
    },
  );
}

/** Every canary that a generated manifest or live state may hold. */
export const ALL_CANARIES: readonly Canary[] = [
  ...SECRETS.values(),
  ...['', ' 2', ' 3'].flatMap((salt) => canaryDestinations(salt).map(({ canary }) => canary)),
];
