/**
 * The one table of a job's fields (`cloudflare-api.md` §2.1, in the order of its Appendix B) and the one of
 * `output_options` (§3.1, §3.2). Comparing, redacting, sending, exporting and the docs derive from them: a new
 * Cloudflare field is one row here and one entry in the manifest's schema.
 */
import type { JsonValue } from './job.ts';

/** `value` as JSON, with all zero values as one; `never` is neither compared nor remembered. */
export type Comparison = 'value' | 'filter' | 'destination' | 'options' | 'logpull' | 'never';

export interface JobField {
  readonly name: string;
  readonly managedBy: 'us' | 'cloudflare';
  /** A difference means a new job: Cloudflare refuses to update it. */
  readonly immutable: boolean;
  readonly secret: boolean;
  readonly deprecated: boolean;
  /** What an absent field means; what is sent for "none". Null: nothing else is known to clear it. */
  readonly zero: JsonValue;
  /** Further values that mean the same as none. */
  readonly likeZero: readonly JsonValue[];
  readonly compare: Comparison;
  /** One sentence, for docs and schema. */
  readonly description: string;
}

const OURS = {
  managedBy: 'us',
  immutable: false,
  secret: false,
  deprecated: false,
  likeZero: [],
  compare: 'value',
} as const;
const THEIRS = { ...OURS, managedBy: 'cloudflare', zero: null, compare: 'never' } as const;

export const FIELDS: readonly JobField[] = [
  {
    ...OURS,
    name: 'dataset',
    zero: '',
    immutable: true,
    description: 'Which logs: the name of a Cloudflare dataset.',
  },
  {
    ...OURS,
    name: 'kind',
    zero: '',
    // Old jobs say so; Cloudflare treats them as ordinary ones.
    likeZero: ['instant-logs'],
    immutable: true,
    description: 'Empty for an ordinary job, `edge` for Edge Log Delivery of http_requests.',
  },
  {
    ...OURS,
    name: 'enabled',
    zero: false,
    description: 'Whether the job delivers. Cloudflare switches it off after 24 hours of failures.',
  },
  {
    ...OURS,
    name: 'destination_conf',
    zero: '',
    secret: true,
    compare: 'destination',
    description: 'Where the logs go: a URI with parameters, credentials included.',
  },
  {
    ...OURS,
    name: 'filter',
    zero: '',
    compare: 'filter',
    description: 'Which events are delivered: `{"where": …}` as JSON in a string. Empty: all.',
  },
  {
    ...OURS,
    name: 'output_options',
    zero: null,
    compare: 'options',
    description: 'Which fields are delivered, and how they are written.',
  },
  {
    ...OURS,
    name: 'max_upload_bytes',
    zero: 0,
    description:
      'Largest upload in bytes before compression, 5000000 to 1000000000; 0 for no limit of your own.',
  },
  {
    ...OURS,
    name: 'max_upload_interval_seconds',
    zero: 0,
    description: 'Longest time between uploads, 30 to 300 seconds; 0 for no limit of your own.',
  },
  {
    ...OURS,
    name: 'max_upload_records',
    zero: 0,
    description: 'Most log lines in an upload, 1000 to 1000000; 0 for no limit of your own.',
  },
  {
    ...OURS,
    name: 'filter_attack_traffic',
    zero: false,
    description: 'Whether traffic of DDoS attacks is left out.',
  },
  {
    ...OURS,
    name: 'transformer_id',
    zero: null,
    description: 'The transformer that rewrites events before delivery.',
  },
  {
    ...OURS,
    name: 'merge_subrequests',
    zero: false,
    description: 'Older place of `output_options.merge_subrequests`.',
  },
  {
    ...OURS,
    name: 'name',
    zero: '',
    description: 'The name of the job. Cloudflare does not keep it unique; logpushd does, within a scope.',
  },
  {
    ...OURS,
    name: 'frequency',
    zero: 'high',
    deprecated: true,
    description: 'How often Cloudflare uploads: `high` or `low`. Use `max_upload_*`.',
  },
  {
    ...OURS,
    name: 'logpull_options',
    zero: '',
    deprecated: true,
    compare: 'logpull',
    description: 'Fields and time format as a query string. Use `output_options`.',
  },
  {
    ...OURS,
    name: 'ownership_challenge',
    zero: '',
    secret: true,
    compare: 'never',
    description: 'The token that proves that the destination is yours; sent with it and never returned.',
  },
  { ...THEIRS, name: 'id', description: 'The number of the job.' },
  { ...THEIRS, name: 'last_complete', description: 'End of the last time range pushed (RFC 3339).' },
  {
    ...THEIRS,
    name: 'last_error',
    description: 'Time of the last failure, null after a success (RFC 3339).',
  },
  { ...THEIRS, name: 'error_message', description: 'Why the last delivery failed, null after a success.' },
  { ...THEIRS, name: 'time_created', description: 'When the job was created (RFC 3339). Undocumented.' },
  { ...THEIRS, name: 'logstream', description: 'Left from 2022.' },
];

const BY_NAME: ReadonlyMap<string, JobField> = new Map(FIELDS.map((field) => [field.name, field]));

/** Undefined for a field newer than this release. */
export function fieldOf(name: string): JobField | undefined {
  return BY_NAME.get(name);
}

/** Absent, null, false, 0 and `""` come back from Cloudflare as one (`cloudflare-api.md` §0.3). */
export function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === 0 || value === '';
}
