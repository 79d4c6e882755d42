import { isRecord, type Json, type JsonRecord } from './json.ts';

/** `output_options` (`cloudflare-api.md` §3): what the server checks, stores and shows. */

const TEXT_OPTIONS = [
  'batch_prefix',
  'batch_suffix',
  'record_prefix',
  'record_suffix',
  'record_delimiter',
  'record_template',
  'field_delimiter',
] as const;

const CVE_OPTION = 'CVE-2021-44228';
const FLAG_OPTIONS = [CVE_OPTION, 'merge_subrequests', 'stringify_object'] as const;
const TIMESTAMP_FORMATS = ['unixnano', 'unix', 'rfc3339', 'rfc3339ms', 'rfc3339ns'];

export const OUTPUT_OPTIONS: ReadonlySet<string> = new Set([
  ...TEXT_OPTIONS,
  ...FLAG_OPTIONS,
  'output_type',
  'field_names',
  'timestamp_format',
  'sample_rate',
]);

/** Why Cloudflare would refuse these options, or null. */
export function refusalOfOptions(options: JsonRecord): string | null {
  const checks: readonly (readonly [
    keys: readonly string[],
    what: string,
    test: (value: Json) => boolean,
  ])[] = [
    [TEXT_OPTIONS, 'a string', (value) => typeof value === 'string'],
    [FLAG_OPTIONS, 'true or false', (value) => typeof value === 'boolean'],
    [['output_type'], '"ndjson" or "csv"', (value) => value === 'ndjson' || value === 'csv'],
    [
      ['timestamp_format'],
      TIMESTAMP_FORMATS.join(', '),
      (value) => typeof value === 'string' && TIMESTAMP_FORMATS.includes(value),
    ],
    // §3.1: above 0 and at most 1; OA24 allowed 0, current docs do not.
    [
      ['sample_rate'],
      'above 0 and at most 1',
      (value) => typeof value === 'number' && value > 0 && value <= 1,
    ],
    [['field_names'], 'a list of field names', isNames],
  ];
  for (const [keys, what, test] of checks) {
    for (const key of keys) {
      const value = options[key];
      if (value !== undefined && value !== null && !test(value))
        return `output_options.${key} is not ${what}`;
    }
  }
  return null;
}

/** The options as a read shows them. */
export function shownOptions(options: JsonRecord, echo: 'sent' | 'filled', omitZero: boolean): JsonRecord {
  // §3.3: stored and returned with exactly the sent keys; only the CVE flag is dropped when false.
  const sent = Object.entries(options).filter(
    ([key, value]) => !(omitZero && key === CVE_OPTION && value === false),
  );
  const shown = Object.fromEntries(sent);
  return echo === 'filled' ? { ...defaultsOf(options['output_type']), ...shown } : shown;
}

/** §3.1 and §3.2: the defaults follow the output type. */
function defaultsOf(outputType: Json | undefined): JsonRecord {
  const isCsv = outputType === 'csv';
  return {
    output_type: isCsv ? 'csv' : 'ndjson',
    timestamp_format: 'unixnano',
    sample_rate: 1,
    batch_prefix: '',
    batch_suffix: '',
    record_prefix: isCsv ? '' : '{',
    record_suffix: isCsv ? '\n' : '}\n',
    record_delimiter: '',
    field_delimiter: ',',
    record_template: '',
    [CVE_OPTION]: false,
  };
}

/** §2.3: PUT replaces the object, so that omitted keys go back to their defaults; `merge` is the rejected theory. */
export function storedOptions(
  sent: Json,
  before: Json | undefined,
  how: 'replace' | 'merge',
): JsonRecord | undefined {
  if (!isRecord(sent)) return undefined;
  const base = how === 'merge' && isRecord(before) ? before : {};
  const given = Object.entries({ ...base, ...sent }).filter(([, value]) => value !== null);
  return Object.fromEntries(given);
}

export function fieldNamesOf(options: Json | undefined): readonly string[] {
  const names = isRecord(options) ? options['field_names'] : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

function isNames(value: Json): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}
