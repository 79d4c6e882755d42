/**
 * Every behaviour of the Cloudflare API that is disputed, undocumented or rare, as a switch: `cloudflare-api.md`
 * Appendix A row by row, and what its §12 leaves open. The defaults are what the evidence favours. The table is
 * the only list: the control endpoint, the check of values and docs/sandbox.md follow it.
 */

interface Described {
  /** What it decides, for docs/sandbox.md and `GET /sandbox/switches`. */
  readonly about: string;
  /** Where the fact it imitates is written down: a section of `cloudflare-api.md`. */
  readonly source: string;
}

interface Choice<T extends string> extends Described {
  readonly kind: 'choice';
  readonly values: readonly T[];
  readonly default: T;
}

interface Count extends Described {
  readonly kind: 'count';
  readonly default: number;
}

/** A count, or null for "no limit". */
interface Limit extends Described {
  readonly kind: 'limit';
  readonly default: number | null;
}

interface Names extends Described {
  readonly kind: 'names';
  readonly default: readonly string[];
}

export type AnySwitch = Choice<string> | Count | Limit | Names;

/** The first value is the default. */
function choice<const T extends string>(
  values: readonly [T, ...T[]],
  source: string,
  about: string,
): Choice<T> {
  return { kind: 'choice', values, default: values[0], source, about };
}

function count(byDefault: number, source: string, about: string): Count {
  return { kind: 'count', default: byDefault, source, about };
}

function limit(byDefault: number | null, source: string, about: string): Limit {
  return { kind: 'limit', default: byDefault, source, about };
}

function names(source: string, about: string): Names {
  return { kind: 'names', default: [], source, about };
}

export const SWITCHES = {
  zero_values: choice(['omit', 'return'], '§2.1', 'Whether unset and zero-valued options vanish from a job.'),
  output_options_echo: choice(
    ['sent', 'filled'],
    '§3.3',
    'Whether `output_options` comes back with the keys that were sent or filled with defaults.',
  ),
  filter_reads: choice(
    ['both', 'get', 'none'],
    '§2.4',
    'Where `filter` is returned: list and get, get only, nowhere.',
  ),
  secrets: choice(
    ['clear', 'masked'],
    '§2.5',
    'Whether secrets in `destination_conf` come back as sent or as `***`.',
  ),
  delete_result: choice(
    ['empty', 'id', 'null'],
    '§1.2',
    'The `result` of a DELETE: `{}`, `{"id": …}` or `null`.',
  ),
  success_lists: choice(
    ['array', 'null'],
    '§1.1',
    'Whether `errors` and `messages` of a success are `[]` or `null`.',
  ),
  output_options_put: choice(
    ['replace', 'merge'],
    '§2.3',
    'Whether PUT replaces `output_options` as a whole or merges its keys.',
  ),
  put_revalidation: choice(
    ['https', 'off'],
    '§2.3',
    'Whether a PUT tests an unchanged HTTPS destination again, and fails with it.',
  ),
  dns_failures: names('§2.3', 'Hosts whose destinations fail validation with 400 and a DNSError.'),
  immutable_fields: choice(
    ['reject', 'ignore'],
    '§2.3',
    'What a PUT that changes `kind` or `dataset` gets: 400, or nothing.',
  ),
  jobs_per_zone: limit(4, '§7', 'Jobs a zone may have; one more is 403 with code 1004.'),
  jobs_per_account: limit(null, '§7', 'Jobs an account may have; Cloudflare documents no number.'),
  duplicate_destination: choice(
    ['allow', 'reject'],
    '§6.4',
    'Whether two jobs of a scope may share a destination; else 400 with code 1007.',
  ),
  ownership: choice(
    ['required', 'off'],
    '§6.3',
    'Whether s3 (without keys), gs, azure and sumo need an ownership challenge.',
  ),
  ownership_failure: choice(
    ['valid-false', 'error'],
    '§1.1',
    'How `POST /ownership` fails: 200 with `valid: false`, or 400.',
  ),
  lost_response: choice(
    ['off', 'create'],
    '§8.3',
    'Whether a job is created and the connection then dropped.',
  ),
  rate_limit: choice(
    ['off', 'headers', 'window', 'block', 'bucket'],
    '§7',
    'Rate limiter: none, headers only, fixed window, window that then blocks every call, token bucket.',
  ),
  rate_limit_requests: count(1200, '§7', 'Requests a token may make in one window.'),
  rate_limit_window_seconds: count(300, '§7', 'Length of the window.'),
  rate_limit_block_seconds: count(300, '§7', 'How long `block` refuses every call.'),
  auto_disable: choice(['on', 'off'], '§8.1', 'Whether a job that cannot deliver for long is disabled.'),
  auto_disable_after_seconds: count(
    86_400,
    '§8.1',
    'How long delivery must fail before the job is disabled.',
  ),
  delivery_interval_seconds: count(60, '§2.1', 'How often an enabled job delivers.'),
  delete_lag_ms: count(0, '§8.3', 'How long GET and the listings still show a deleted job.'),
  zero_trust_reads: choice(
    ['allowed', 'refused', 'hidden'],
    '§1.1',
    'What a listing with a Zero Trust job does without the PII right: works, 403 with code 1004, leaves it out.',
  ),
  create_504: choice(
    ['off', 'splunk', 'all'],
    '§8.2',
    'Which creates answer 504 with an HTML page and do nothing.',
  ),
  extra_keys: choice(
    ['known', 'none', 'future'],
    '§2.1',
    'Undocumented keys of a job: `time_created` and `transformer_id`, none, or also keys nobody knows yet.',
  ),
  unknown_keys: choice(
    ['keep', 'drop', 'reject'],
    '§11',
    'What happens to keys in a request that this imitation does not know.',
  ),
  zone_totals: choice(
    ['present', 'absent'],
    '§1.4',
    'Whether zone pages carry `total_count` and `total_pages`.',
  ),
  zone_vanishes: choice(
    ['off', 'on'],
    '§1.4',
    'Whether the first zone is gone from page 2 on, so that the items shift.',
  ),
  name_rules: choice(['open', 'strict'], '§2.1', 'Whether `name` must match the documented pattern.'),
  empty_filter: choice(['accept', 'reject'], '§5', 'Whether a create may send an empty or null `filter`.'),
  firewall_filter: choice(
    ['accept', 'reject'],
    '§5',
    'Whether a firewall_events filter may use the fields that the docs exclude, Action among them.',
  ),
  upload_interval: choice(
    ['range', 'zero-only'],
    '§11',
    'Whether `max_upload_interval_seconds` may be other than 0.',
  ),
  field_names: choice(['unchecked', 'checked'], '§2.2', 'Whether `field_names` must exist in the dataset.'),
  unknown_datasets: choice(['reject', 'accept'], '§4', 'What a dataset that is not in the catalogue gets.'),
  unknown_schemes: choice(
    ['reject', 'accept'],
    '§6.1',
    'What a destination gets whose scheme is in no documentation that was read, as that of CrowdStrike.',
  ),
  unavailable_datasets: names('§7', 'Datasets without entitlement: a create is 403 with code 1004.'),
  bot_management: choice(
    ['available', 'missing'],
    '§8.2',
    'Whether Bot Management fields may be used; else 403 with code 1004.',
  ),
  transformers: choice(
    ['available', 'missing'],
    '§1.3',
    'Whether accounts have the transformers feature; else 403.',
  ),
  forbidden_scopes: names(
    '§1.1',
    'Names or ids of zones and accounts that the token may not use for Logpush.',
  ),
  fields_default: choice(['served', 'missing'], '§12', 'Whether `fields/default` still answers.'),
  create_status: choice(['200', '201'], '§12', 'HTTP status of a successful create.'),
  job_ids: choice(['global', 'per-scope'], '§12', 'Whether job ids are unique over all scopes.'),
  audit_permission: choice(
    ['granted', 'missing'],
    '§9',
    'Whether the token may read audit logs (Account Settings: Read); else 403.',
  ),
  audit_lag_ms: count(0, '§9', 'How long an audit log entry takes to appear, at the most.'),
  audit_lag: choice(
    ['constant', 'spread', 'batched'],
    '§9',
    'Which entries take so long: each; each another part of it, so that later ones overtake; or all together, whenever that time is over.',
  ),
  audit_cursor: choice(
    ['both', 'cursor', 'after'],
    '§9',
    'Where the next cursor is: `cursor`, `cursors.after`, or both.',
  ),
  audit_auto_disable: choice(
    ['off', 'on'],
    '§9',
    'Whether disabling a failing job writes an audit log entry.',
  ),
  graphql_permission: choice(
    ['granted', 'missing'],
    '§10',
    'Whether the token may read analytics of zones and accounts (Analytics: Read); else GraphQL refuses.',
  ),
} as const;

export type SwitchName = keyof typeof SWITCHES;

type ValueOf<S> =
  S extends Choice<infer T>
    ? T
    : S extends Names
      ? readonly string[]
      : S extends Limit
        ? number | null
        : number;

export type Switches = { readonly [K in SwitchName]: ValueOf<(typeof SWITCHES)[K]> };
