/** Single changes to a stored job that mean nothing: Cloudflare would deliver the same logs to the same place. */

import type { Raw } from './job-store.ts';

export interface Respelling {
  readonly label: string;
  /** Null where the stored job has nothing to spell differently. */
  readonly change: (stored: Raw) => Raw | null;
}

export const RESPELLINGS: readonly Respelling[] = [
  destination('parameters in another order', (text) => {
    const [before = '', query] = text.split('?');
    return query === undefined ? text : `${before}?${query.split('&').toReversed().join('&')}`;
  }),
  destination('an upper-case scheme', (text) => text.replace(/^[a-z0-9]+/, (scheme) => scheme.toUpperCase())),
  destination('a letter of a value encoded', (text) =>
    text.replace(/=([a-z])/, (_, letter: string) => `=%${hex(letter)}`),
  ),
  destination('lower-case percent digits', (text) =>
    text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  ),
  destination('encoded braces', (text) => text.replaceAll('{', '%7B').replaceAll('}', '%7D')),
  {
    label: 'filter, with white space',
    change: ({ filter }) =>
      isText(filter) ? { filter: ` ${JSON.stringify(JSON.parse(filter), null, 3)}\n` } : null,
  },
  {
    label: 'filter, keys in another order',
    change: ({ filter }) => (isText(filter) ? { filter: JSON.stringify(turned(JSON.parse(filter))) } : null),
  },
  {
    label: 'no filter, written out',
    change: ({ filter }) => (isText(filter) ? null : { filter: '{"where":{}}' }),
  },
  options('defaults written out', (options) => ({
    ...DEFAULTS[options['output_type'] === 'csv' ? 'csv' : 'ndjson'],
    ...options,
  })),
  options('null for what is not set', (options) => ({
    timestamp_format: null,
    batch_suffix: null,
    record_template: null,
    ...options,
  })),
  options('fields of ndjson in another order', (options) => {
    const { field_names: names, output_type: type, record_template: template } = options;
    return Array.isArray(names) && type !== 'csv' && !isText(template)
      ? { ...options, field_names: names.toReversed() }
      : null;
  }),
  options('logpull_options lingering beside', (options) => options, {
    logpull_options: 'fields=ZoneName&timestamps=unix',
  }),
  {
    label: 'output_options that say what logpull_options say',
    change: ({ logpull_options: text, output_options: options }) => {
      const equal = LOGPULL.find(([one]) => one === text);
      return equal === undefined || options !== undefined ? null : { output_options: equal[1] };
    },
  },
  {
    label: 'logpull_options in another order, encoded',
    change: ({ logpull_options: text, output_options: options }) =>
      isText(text) && options === undefined
        ? { logpull_options: `?${text.split('&').toReversed().join('&').replaceAll(',', '%2C')}` }
        : null,
  },
  fields('delivery went on', {
    last_complete: '2026-01-01T00:00:00Z',
    last_error: '2026-01-02T00:00:00Z',
    error_message: 'oops',
  }),
  fields('a time of creation', { time_created: '2025-02-21T00:00:00Z' }),
  fields('a key that nobody knows', { future_option: true }),
];

const DEFAULTS = {
  ndjson: {
    output_type: 'ndjson',
    timestamp_format: 'unixnano',
    sample_rate: 1,
    batch_prefix: '',
    batch_suffix: '',
    record_prefix: '{',
    record_suffix: '}\n',
    record_delimiter: '',
    field_delimiter: ',',
    record_template: '',
    'CVE-2021-44228': false,
    merge_subrequests: false,
  },
  csv: {
    timestamp_format: 'unixnano',
    sample_rate: 1,
    record_prefix: '',
    record_suffix: '\n',
    field_delimiter: ',',
  },
} as const;

/** The generators' texts and their equals, by hand. */
const LOGPULL: readonly (readonly [string, Raw])[] = [
  [
    'fields=ClientIP,RayID&timestamps=rfc3339',
    { field_names: ['ClientIP', 'RayID'], timestamp_format: 'rfc3339' },
  ],
  [
    'fields=RayID&sample=0.1&CVE-2021-44228=true',
    { field_names: ['RayID'], sample_rate: 0.1, 'CVE-2021-44228': true },
  ],
  ['timestamps=unix', { timestamp_format: 'unix' }],
];

function destination(label: string, change: (text: string) => string): Respelling {
  return {
    label: `destination: ${label}`,
    change: ({ destination_conf: text }) => {
      const changed = change(String(text));
      return changed === text ? null : { destination_conf: changed };
    },
  };
}

function options(label: string, change: (options: Raw) => Raw | null, beside: Raw = {}): Respelling {
  return {
    label: `output_options: ${label}`,
    change: ({ output_options: stored }) => {
      const isSet = typeof stored === 'object' && stored !== null && Object.keys(stored).length > 0;
      const changed = isSet ? change(stored as Raw) : null;
      return changed === null ? null : { output_options: changed, ...beside };
    },
  };
}

function fields(label: string, change: Raw): Respelling {
  return { label, change: () => change };
}

function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, turned(member)]),
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function hex(letter: string): string {
  return letter.charCodeAt(0).toString(16);
}
