/** Jobs as people write them and as Cloudflare may echo them. Shares no code with what is tested. */
import * as fc from 'fast-check';
import type { JobFields, JsonObject, JsonValue } from '../../../src/core/job/job.ts';
import { Secret } from '../../../src/core/secret.ts';

type Raw = { [key: string]: JsonValue };

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const secretWord = fc.stringMatching(/^[A-Za-z0-9]{4,12}$/);
const spicy = fc.constantFrom('a b', 'x/y=', 'é', 'a+b', '100%', 'a&b', '{DATE}', '~_-.');

const parameter = fc.oneof(secretWord, spicy).map(encodeURIComponent);
const path = fc.array(fc.oneof(word, spicy.map(encodeURI)), { maxLength: 3 }).map((names) => names.join('/'));

export const destination: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(word, path, word).map(([bucket, path, region]) => `s3://${bucket}/${path}?region=${region}`),
  fc
    .tuple(word, path, parameter, parameter)
    .map(([b, p, id, key]) => `r2://${b}/${p}?account-id=abc&access-key-id=${id}&secret-access-key=${key}`),
  fc
    .tuple(word, path, parameter, parameter)
    .map(
      ([host, p, a, b]) => `https://${host}.example/${p}?header_Authorization=${a}&header_X=${b}&tag=${b}`,
    ),
  fc
    .tuple(word, parameter)
    .map(([host, key]) => `datadog://${host}/api/v2/logs?header_DD-API-KEY=${key}&ddtags=a%20b`),
  fc.tuple(word, secretWord).map(([host, code]) => `sumo://${host}/receiver/v1/http/${code}`),
  fc.tuple(word, secretWord).map(([host, key]) => `newthing://${host}/${key}?key=${key}`),
);

const filterNode = fc.letrec<{ node: JsonObject }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2 },
    fc.record({
      key: word,
      operator: fc.constantFrom('eq', '!eq', 'in'),
      value: fc.oneof(word, fc.nat(999), fc.boolean(), fc.array(word, { maxLength: 3 })),
    }),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
  ),
})).node;

const filter: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(null, '', { where: {} }),
  filterNode.map((where) => ({ where })),
  filterNode.map((where) => JSON.stringify({ where }, null, 1)),
);

/** Two or more values each, so that there always is another one. */
export const OPTION_VALUES: { readonly [name: string]: readonly JsonValue[] } = {
  output_type: ['ndjson', 'csv'],
  field_names: [['a'], ['b', 'a', 'c'], ['RayID', 'ClientIP']],
  timestamp_format: ['unixnano', 'rfc3339', 'unix'],
  sample_rate: [1, 0.5, 0.1],
  batch_prefix: ['', '['],
  batch_suffix: ['', ']'],
  record_prefix: ['', '{', '<'],
  record_suffix: ['', '}\n', '\n', '>'],
  record_delimiter: ['', ','],
  field_delimiter: [',', '\t', ''],
  record_template: ['', '{{.a}}'],
  'CVE-2021-44228': [true, false],
  merge_subrequests: [true, false],
  stringify_object: [true, false],
};

const outputOptions = fc.record(
  Object.fromEntries(
    Object.entries(OPTION_VALUES).map(([name, values]) => [
      name,
      fc.constantFrom<JsonValue>(...values, null),
    ]),
  ),
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

export const LOGPULL_VALUES = [
  'fields=a,b',
  'sample=0.5&fields=b,a',
  'timestamps=rfc3339&fields=a',
  'CVE-2021-44228=true',
];

const FIELD_VALUES: { readonly [name: string]: readonly JsonValue[] } = {
  dataset: ['http_requests', 'dns_logs'],
  kind: ['', 'edge'],
  enabled: [true, false],
  max_upload_bytes: [0, 5_000_000, 6_000_000],
  max_upload_interval_seconds: [0, 30, 60],
  max_upload_records: [0, 1000, 2000],
  filter_attack_traffic: [true, false],
  frequency: ['high', 'low'],
  name: ['http', 'dns'],
  future_field: [{ a: [1, 2] }, { a: [2, 1] }, 7],
};

const simpleFields = fc.record(
  Object.fromEntries(
    Object.entries(FIELD_VALUES).map(([name, values]) => {
      const isNullable = !['dataset', 'name', 'kind'].includes(name);
      return [name, fc.constantFrom<JsonValue>(...values, ...(isNullable ? [null] : []))];
    }),
  ),
  { requiredKeys: ['dataset', 'name'] },
) as fc.Arbitrary<JsonObject>;

/** With either form of options, both, or none. */
export const desiredFields: fc.Arbitrary<JobFields> = fc
  .tuple(
    simpleFields,
    destination,
    fc.option(filter, { nil: undefined }),
    fc.oneof(
      outputOptions.map((output_options) => ({ output_options })),
      fc.constantFrom(...LOGPULL_VALUES, '').map((logpull_options) => ({ logpull_options })),
      fc.constantFrom<Raw>(
        {},
        { output_options: null },
        { output_options: null, logpull_options: 'fields=a' },
      ),
      outputOptions.map((output_options) => ({ output_options, logpull_options: '' })),
    ),
  )
  .map(([simple, conf, filter, options]): JobFields => ({
    ...simple,
    ...options,
    ...(filter === undefined ? {} : { filter }),
    destination_conf: new Secret(conf),
  }));

/** A value of this field that means something else than the given one. */
export function otherValue(name: string, value: JsonValue | undefined, defaults: JsonObject): JsonValue {
  const isOption = name.startsWith('output_options.');
  const key = isOption ? name.slice('output_options.'.length) : name;
  const values = isOption ? OPTION_VALUES[key] : FIELD_VALUES[key];
  const meant = JSON.stringify(value ?? defaults[key] ?? null);
  const other = (values ?? []).find(
    (candidate) => JSON.stringify(candidate) !== meant && !bothZero(candidate, meant),
  );
  if (other === undefined) throw new Error(`no other value for ${name}`);
  return other;
}

function bothZero(candidate: JsonValue, meant: string): boolean {
  return [false, 0].includes(candidate as never) && ['null', 'false', '0'].includes(meant);
}

/** How Cloudflare may answer (`cloudflare-api.md` Appendix A); every one of them means what was stored. */
export interface Echo {
  readonly zeros: 'absent' | 'null' | 'kept';
  readonly options: 'as-sent' | 'filled';
  readonly reformatFilter: boolean;
  readonly reencode: boolean;
  readonly plusForSpace: boolean;
  readonly backwards: boolean;
  readonly injected: boolean;
}

export const echo: fc.Arbitrary<Echo> = fc.record({
  zeros: fc.constantFrom('absent', 'null', 'kept'),
  options: fc.constantFrom('as-sent', 'filled'),
  reformatFilter: fc.boolean(),
  reencode: fc.boolean(),
  plusForSpace: fc.boolean(),
  backwards: fc.boolean(),
  injected: fc.boolean(),
});

const CHURN: Raw = {
  id: 7,
  last_complete: '2026-01-01T00:00:00Z',
  last_error: null,
  error_message: 'broken',
  time_created: '2025-01-01T00:00:00Z',
  unknown_field: { a: 1 },
};

const DEFAULTS: Raw = {
  output_type: 'ndjson',
  timestamp_format: 'unixnano',
  sample_rate: 1,
  batch_prefix: '',
  batch_suffix: '',
  record_delimiter: '',
  field_delimiter: ',',
  record_template: '',
  'CVE-2021-44228': false,
  merge_subrequests: false,
};

export function defaultOptions(type: JsonValue | undefined): JsonObject {
  const isCsv = type === 'csv';
  return { ...DEFAULTS, record_prefix: isCsv ? '' : '{', record_suffix: isCsv ? '\n' : '}\n' };
}

/** What Cloudflare stores of a body: `PUT` merges at the top level and replaces `output_options` (§2.3). */
export function stored(before: JsonObject, body: JobFields): JsonObject {
  const plain: Raw = {};
  for (const [name, value] of Object.entries(body)) {
    if (name !== 'ownership_challenge') plain[name] = value instanceof Secret ? value.reveal() : value;
  }
  return { ...before, ...plain };
}

export function echoed(job: JsonObject, mode: Echo): JsonObject {
  const raw: Raw = { ...(mode.injected ? { ...CHURN, frequency: 'high', kind: '' } : { id: 7 }), ...job };
  if (mode.options === 'filled' && isFilled(raw['output_options'])) {
    const options = raw['output_options'] as JsonObject;
    raw['output_options'] = { ...defaultOptions(options['output_type']), ...options };
  }
  const { filter: text, destination_conf: conf } = raw;
  if (mode.reformatFilter && typeof text === 'string' && text !== '') {
    raw['filter'] = JSON.stringify(backwards(JSON.parse(text) as JsonValue), null, 2);
  }
  if (typeof conf === 'string') raw['destination_conf'] = respelled(conf, mode);
  for (const [name, value] of Object.entries(raw)) {
    const isZero = value === null || value === '' || value === 0 || value === false;
    if (!isZero || name === 'enabled' || name === 'id') continue;
    if (mode.zeros === 'absent') delete raw[name];
    if (mode.zeros === 'null') raw[name] = null;
  }
  return (mode.backwards ? backwards(raw) : raw) as JsonObject;
}

function isFilled(options: JsonValue | undefined): boolean {
  return typeof options === 'object' && options !== null && Object.keys(options).length > 0;
}

/** Keys in the other order, at every depth. */
function backwards(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(backwards);
  const members = Object.entries(value).map(([key, member]) => [key, backwards(member)] as const);
  return Object.fromEntries(members.toReversed());
}

/** The same destination: letters and digits encoded that need not be, percent digits in lower case, other order. */
export function respelled(conf: string, mode: Pick<Echo, 'reencode' | 'plusForSpace' | 'backwards'>): string {
  const [start = '', query] = conf.split('?');
  const [, scheme = '', host = '', path = ''] = /^(.*?):\/\/([^/]*)(.*)$/.exec(start) ?? [];
  const recode = (text: string): string =>
    mode.reencode
      ? text.replaceAll(/%..|[a-m{}]/g, (it) =>
          it.startsWith('%') ? it.toLowerCase() : `%${it.codePointAt(0)?.toString(16) ?? ''}`,
        )
      : text;
  const place = mode.reencode ? `${scheme.toUpperCase()}://${host.toUpperCase()}` : `${scheme}://${host}`;
  // The known part of Sumo Logic's path is left alone: encoded, it would be an unknown one.
  const isSumo = scheme === 'sumo';
  const pairs = (query ?? '').split('&').filter((pair) => pair !== '');
  const params = (mode.backwards ? pairs.toReversed() : pairs).map((pair) => {
    const [name = '', value = ''] = pair.split('=');
    const isHeader = name.startsWith('header_') || name === 'ddtags';
    return `${name}=${mode.plusForSpace && isHeader ? recode(value).replaceAll('%20', '+') : recode(value)}`;
  });
  return `${place}${isSumo ? path : recode(path)}${params.length > 0 ? `?${params.join('&')}` : ''}`;
}
