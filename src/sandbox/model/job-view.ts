import type { Switches } from '../switches.ts';
import { maskSecrets } from './destination.ts';
import type { JobRecord } from './job-store.ts';
import { isRecord, type Json, type JsonRecord, rfc3339 } from './json.ts';
import { shownOptions } from './output-options.ts';

/** §2.1: Go's `omitempty` makes these vanish when they are unset or zero. */
const ZEROES: JsonRecord = {
  name: '',
  filter: '',
  filter_attack_traffic: false,
  logpull_options: '',
  max_upload_bytes: 0,
  max_upload_interval_seconds: 0,
  max_upload_records: 0,
  merge_subrequests: false,
  transformer_id: 0,
};

/** Keys that no release knows yet, for the switch `extra_keys`. */
const FUTURE_KEYS: JsonRecord = { delivery_class: 'standard', future_option: { level: 1 } };

/** A job as the API answers with it (`cloudflare-api.md` §2.1, §2.4). */
export function showJob(job: JobRecord, switches: Switches, where: 'list' | 'get' | 'write'): JsonRecord {
  const omitZero = switches.zero_values === 'omit';
  const { config, delivery } = job;
  const options = config['output_options'];
  const shown: Record<string, Json> = omitZero ? {} : { ...ZEROES, output_options: null };
  for (const [key, value] of Object.entries(config)) {
    if (!(omitZero && key in ZEROES && isZero(value))) shown[key] = value;
  }
  if (isRecord(options))
    shown['output_options'] = shownOptions(options, switches.output_options_echo, omitZero);
  const conf = config['destination_conf'];
  if (switches.secrets === 'masked' && typeof conf === 'string')
    shown['destination_conf'] = maskSecrets(conf);
  const showsFilter =
    switches.filter_reads === 'both' || (switches.filter_reads === 'get' && where !== 'list');
  if (!showsFilter) delete shown['filter'];
  if (switches.extra_keys === 'none') delete shown['transformer_id'];
  return {
    ...shown,
    id: job.id,
    // §2.1: always returned, also when false, "" or never sent.
    enabled: config['enabled'] === true,
    frequency: config['frequency'] ?? 'high',
    kind: config['kind'] ?? '',
    // §2.4: null until the first push, and null again after a success.
    last_complete: timeOrNull(delivery.lastComplete),
    last_error: timeOrNull(delivery.lastError),
    error_message: delivery.errorMessage,
    // §2.1: undocumented, and in the only real capture.
    ...(switches.extra_keys === 'none' ? {} : { time_created: rfc3339(job.createdAt) }),
    ...(switches.extra_keys === 'future' ? FUTURE_KEYS : {}),
  };
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
