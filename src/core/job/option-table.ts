/** The one table of `output_options` (`cloudflare-api.md` §3.1, §3.2). */
import type { JsonValue } from './job.ts';

/** Null where no default is known: Cloudflare decides. */
export interface OptionDefaults {
  readonly ndjson: JsonValue;
  readonly csv: JsonValue;
}

export interface OutputOption {
  readonly name: string;
  readonly defaults: OptionDefaults;
  /** Whether false, 0 and `""` are another way to say the default. For a prefix, `""` is a value of its own. */
  readonly zeroIsDefault: boolean;
  /** Whether a job with `logpull_options` has this at its default or says it (§3.4). */
  readonly impliedByLogpull: boolean;
  /** One sentence, for docs and schema. */
  readonly description: string;
}

export const OUTPUT_OPTIONS: readonly OutputOption[] = [
  option(
    'output_type',
    'ndjson',
    true,
    'Form of the files: `ndjson` or `csv`. Sets the defaults of the others.',
  ),
  option('field_names', null, true, 'Which fields are delivered. Absent: the default fields of the dataset.'),
  option(
    'timestamp_format',
    'unixnano',
    true,
    'How times are written: `unixnano`, `unix`, `rfc3339`, `rfc3339ms` or `rfc3339ns`.',
  ),
  option('sample_rate', 1, false, 'Share of events that are delivered, after the filter: above 0, up to 1.'),
  option('batch_prefix', '', false, 'Written before each file.'),
  option('batch_suffix', '', false, 'Written after each file.'),
  option('record_prefix', { ndjson: '{', csv: '' }, false, 'Written before each record.'),
  option('record_suffix', { ndjson: '}\n', csv: '\n' }, false, 'Written after each record.'),
  option('record_delimiter', '', false, 'Written between records.'),
  option('field_delimiter', ',', false, 'Written between fields.'),
  option(
    'record_template',
    '',
    false,
    'A Go template for each record, in place of prefix, fields and suffix.',
  ),
  option('CVE-2021-44228', false, true, 'Whether `${` is replaced by `x{` against Log4Shell.'),
  {
    ...option(
      'merge_subrequests',
      false,
      true,
      'Whether the subrequests of a request are part of its record.',
    ),
    impliedByLogpull: false,
  },
  {
    ...option('stringify_object', null, true, 'Whether nested objects are written as strings, for BigQuery.'),
    impliedByLogpull: false,
  },
];

const BY_NAME: ReadonlyMap<string, OutputOption> = new Map(OUTPUT_OPTIONS.map((row) => [row.name, row]));

/** Undefined for an option newer than this release. */
export function optionOf(name: string): OutputOption | undefined {
  return BY_NAME.get(name);
}

export function dependsOnOutputType({ defaults }: OutputOption): boolean {
  return defaults.ndjson !== defaults.csv;
}

function option(
  name: string,
  defaults: string | number | boolean | null | OptionDefaults,
  zeroIsDefault: boolean,
  description: string,
): OutputOption {
  const perType =
    typeof defaults === 'object' && defaults !== null ? defaults : { ndjson: defaults, csv: defaults };
  return { name, defaults: perType, zeroIsDefault, impliedByLogpull: true, description };
}
