/** Single changes to a stored job, each one that Cloudflare would deliver differently for. */

import type { WrittenJob } from '../generators.ts';
import type { Raw } from './job-store.ts';

export interface Mutation {
  readonly label: string;
  /** The one field that it changes, where the manifest may leave that field to others. */
  readonly field?: string;
  /** What the plan has to say: class and path. */
  readonly path: RegExp;
  /** Whether the manifest manages what is changed, and the stored job can be changed so. */
  readonly applies: (written: WrittenJob, stored: Raw) => boolean;
  readonly change: (stored: Raw) => Raw;
}

export const MUTATIONS: readonly Mutation[] = [
  field('enabled', (value) => value !== true),
  field('max_upload_bytes', (value) => (value === 7_000_000 ? 8_000_000 : 7_000_000)),
  field('max_upload_interval_seconds', (value) => (value === 45 ? undefined : 45)),
  field('max_upload_records', (value) => (value === 5_000 ? 6_000 : 5_000)),
  field('frequency', (value) => (value === 'low' ? 'high' : 'low')),
  field('filter', () => '{"where":{"key":"RayID","operator":"eq","value":"changed"}}'),
  {
    label: 'filter removed',
    path: /^drift filter$/,
    applies: ({ filter }) => typeof filter === 'object' && filter !== null,
    change: () => ({ filter: undefined }),
  },
  {
    label: 'name',
    path: /^drift name$/,
    applies: () => true,
    change: ({ name }) => ({ name: `${String(name)}-renamed` }),
  },
  {
    label: 'dataset',
    path: /^drift dataset$/,
    applies: () => true,
    change: ({ dataset }) => ({ dataset: dataset === 'dns_logs' ? 'http_requests' : 'dns_logs' }),
  },
  option('output_type', (value) => (value === 'csv' ? 'ndjson' : 'csv')),
  option('field_names', (value) => [...(value as readonly string[]), 'ZoneName']),
  {
    label: 'output_options.field_names of csv in another order',
    path: /^drift output_options\.field_names$/,
    applies: ({ output_options: written }) => {
      const { output_type: type, field_names: names } = (written ?? {}) as Raw;
      return type === 'csv' && Array.isArray(names) && names.length > 1;
    },
    change: ({ output_options: stored }) => {
      const options = stored as Raw;
      return {
        output_options: { ...options, field_names: (options['field_names'] as string[]).toReversed() },
      };
    },
  },
  option('timestamp_format', (value) => (value === 'rfc3339ns' ? 'unix' : 'rfc3339ns')),
  option('sample_rate', (value) => (value === 0.25 ? 0.75 : 0.25)),
  option('batch_prefix', (value) => `${String(value)}!`),
  option('batch_suffix', (value) => `${String(value)}!`),
  option('record_prefix', (value) => `${String(value)}!`),
  option('record_suffix', (value) => `${String(value)}!`),
  option('record_delimiter', (value) => `${String(value)}!`),
  option('field_delimiter', (value) => `${String(value)}!`),
  option('CVE-2021-44228', (value) => value !== true),
  option('merge_subrequests', (value) => value !== true),
  {
    label: 'logpull_options',
    path: /^drift logpull_options$/,
    // For an HTTPS destination the equal output_options are sent, and win.
    applies: ({ logpull_options: written }, { output_options: stored }) =>
      written !== undefined && stored === undefined,
    change: () => ({ logpull_options: 'fields=ZoneName&timestamps=rfc3339' }),
  },
  {
    label: 'output_options beside logpull_options',
    path: /^drift logpull_options$/,
    applies: ({ logpull_options: written, output_options: options }) =>
      written !== undefined && options === undefined,
    change: () => ({ output_options: { timestamp_format: 'rfc3339ns' } }),
  },
  destination('another host or bucket', /^drift destination_conf/, (text) =>
    text.replace('://', '://moved-'),
  ),
  destination('another path', /^drift destination_conf/, (text) =>
    text.replace(/(:\/\/[^/?]*\/?)/, '$1moved/'),
  ),
  destination(
    'one more parameter',
    /^drift destination_conf/,
    (text) => `${text}${text.includes('?') ? '&' : '?'}more=1`,
  ),
  destination(
    'another credential',
    /^drift destination_conf/,
    (text) => text.replace(/(secret-access-key|header_[A-Za-z-]+|sig|token)=([^&]*)/, '$1=another-$2'),
    (text) => /(secret-access-key|header_[A-Za-z-]+|sig|token)=/.test(text),
  ),
  destination(
    'another region',
    /^drift destination_conf$/,
    (text) => text.replace(/region=[^&]*/, 'region=elsewhere'),
    (text) => text.includes('region='),
  ),
];

function field(name: string, change: (value: unknown) => unknown): Mutation {
  return {
    label: name,
    field: name,
    path: new RegExp(`^drift ${name}$`),
    applies: (written) => written[name] !== undefined,
    change: (stored) => ({ [name]: change(stored[name]) }),
  };
}

function option(name: string, change: (value: unknown) => unknown): Mutation {
  return {
    label: `output_options.${name}`,
    path: new RegExp(`^drift output_options\\.${name}$`),
    applies: ({ output_options: written }) =>
      typeof written === 'object' && written !== null && name in written,
    change: ({ output_options: stored }) => ({
      output_options: { ...(stored as Raw | undefined), [name]: change((stored as Raw | undefined)?.[name]) },
    }),
  };
}

function destination(
  label: string,
  path: RegExp,
  change: (text: string) => string,
  applies: (text: string) => boolean = () => true,
): Mutation {
  return {
    label: `destination: ${label}`,
    path,
    applies: (_, stored) => applies(String(stored['destination_conf'])),
    change: (stored) => ({ destination_conf: change(String(stored['destination_conf'])) }),
  };
}
