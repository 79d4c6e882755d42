/**
 * A small imitation of Cloudflare's job store, for the laws only. It shares no code with what it judges.
 *
 * Every behaviour is from `cloudflare-api.md`; where its sources disagree there is a switch (Appendix A), and
 * the laws run with all of them.
 */

export type Raw = { readonly [key: string]: unknown };

export interface StoreModes {
  /** How a zero or unset top-level option is read back (§0.3). */
  readonly unset: 'absent' | 'zero' | 'null';
  /** Whether `output_options` comes back as sent, or filled with defaults (§3.3). */
  readonly outputOptions: 'as-sent' | 'filled';
  /** Who shows `filter` (§2.4). */
  readonly filter: 'list-and-get' | 'get' | 'nobody';
  /** What stands for a credential on reads (§2.5). */
  readonly secrets: 'clear' | '***' | 'REDACTED' | '';
  /** What a PUT does to the keys of `output_options` that it leaves out (§2.3). */
  readonly putOutputOptions: 'replace' | 'merge';
  /** What a PUT that changes `kind` or `dataset` does (§2.3). */
  readonly immutable: 'refuse' | 'ignore';
  /** Whether answers hold keys that nobody knows yet (§11 quirk 24). */
  readonly futureKeys: boolean;
  /** Null: no limit. Else creating one more gives 1004 (§7). */
  readonly jobsPerScope: number | null;
}

export const USUAL_MODES: StoreModes = {
  unset: 'absent',
  outputOptions: 'as-sent',
  filter: 'list-and-get',
  secrets: 'clear',
  putOutputOptions: 'replace',
  immutable: 'refuse',
  futureKeys: false,
  jobsPerScope: 4,
};

/** What the store refuses, with the status Cloudflare answers. A law that sees one has found a bug. */
export class StoreRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const UNSET_VALUES: Raw = {
  name: '',
  filter: '',
  logpull_options: '',
  output_options: null,
  kind: '',
  max_upload_bytes: 0,
  max_upload_interval_seconds: 0,
  max_upload_records: 0,
  filter_attack_traffic: false,
};

/** Shown although null or empty, as in the one real capture (§2.4). */
const ALWAYS_SHOWN: Raw = {
  kind: '',
  enabled: false,
  last_complete: null,
  last_error: null,
  error_message: null,
};

const OPTION_DEFAULTS: Record<string, Raw> = {
  ndjson: { record_prefix: '{', record_suffix: '}\n' },
  csv: { record_prefix: '', record_suffix: '\n' },
};

const COMMON_OPTION_DEFAULTS: Raw = {
  output_type: 'ndjson',
  timestamp_format: 'unixnano',
  sample_rate: 1,
  batch_prefix: '',
  batch_suffix: '',
  record_delimiter: '',
  field_delimiter: ',',
};

const READ_ONLY = ['id', 'last_complete', 'last_error', 'error_message', 'time_created'];

export class JobStore {
  readonly modes: StoreModes;
  readonly #scopes = new Map<string, Map<number, Raw>>();
  #nextId = 1000;
  /** Every write that was carried out, as in `PUT zone.0123… 1001`. */
  readonly writes: string[] = [];
  /** Names of jobs of which a delete took the last one, in order. */
  readonly lastOnesDeleted: string[] = [];

  constructor(modes: StoreModes) {
    this.modes = modes;
  }

  list(scope: string): readonly Raw[] {
    return [...this.#jobs(scope).values()].map((job) => this.#shown(job, 'list'));
  }

  get(scope: string, id: number): Raw | null {
    const job = this.#jobs(scope).get(id);
    return job === undefined ? null : this.#shown(job, 'get');
  }

  /** What is stored, unmasked and whole: for asserting, not an API. */
  stored(scope: string): readonly Raw[] {
    return [...this.#jobs(scope).values()];
  }

  create(scope: string, body: Raw): Raw {
    const jobs = this.#jobs(scope);
    const limit = this.modes.jobsPerScope;
    if (limit !== null && jobs.size >= limit) throw new StoreRefusal(403, 'exceeded max jobs allowed');
    checkBody(body);
    if (typeof body['destination_conf'] !== 'string')
      throw new StoreRefusal(400, 'destination_conf is required');
    if (body['filter'] === null || body['filter'] === '')
      throw new StoreRefusal(400, 'unexpected end of JSON input');
    const job = this.#stamp({
      dataset: 'http_requests',
      enabled: false,
      kind: '',
      frequency: 'high',
      ...body,
    });
    jobs.set(Number(job['id']), job);
    this.writes.push(`POST ${scope} ${String(job['id'])}`);
    return this.#shown(job, 'get');
  }

  /** Puts a job there as somebody else would have: no checks, no trace in `writes`. An `id` below 1000 may be given. */
  plant(scope: string, fields: Raw): number {
    const job = this.#stamp({
      dataset: 'http_requests',
      enabled: false,
      kind: '',
      frequency: 'high',
      ...fields,
    });
    this.#jobs(scope).set(Number(job['id']), job);
    return Number(job['id']);
  }

  /** Changes a job behind our back. A value of `undefined` takes the key away. */
  tamper(scope: string, id: number, fields: Raw): void {
    const job = this.#jobs(scope).get(id);
    if (job === undefined) throw new Error(`no job ${id} in ${scope}`);
    this.#jobs(scope).set(id, withoutUndefined({ ...job, ...fields }));
  }

  update(scope: string, id: number, body: Raw): Raw {
    const jobs = this.#jobs(scope);
    const job = jobs.get(id);
    if (job === undefined) throw new StoreRefusal(404, 'no such job');
    checkBody(body);
    for (const key of READ_ONLY) if (key in body) throw new StoreRefusal(400, `${key} cannot be written`);
    const changed = this.#merged(job, this.#withoutImmutable(job, body));
    jobs.set(id, changed);
    this.writes.push(`PUT ${scope} ${id}`);
    return this.#shown(changed, 'get');
  }

  remove(scope: string, id: number): void {
    const jobs = this.#jobs(scope);
    const name = jobs.get(id)?.['name'];
    if (!jobs.delete(id)) throw new StoreRefusal(404, 'no such job');
    const isLast = [...jobs.values()].every((job) => job['name'] !== name);
    if (isLast && typeof name === 'string') this.lastOnesDeleted.push(name);
    this.writes.push(`DELETE ${scope} ${id}`);
  }

  #withoutImmutable(job: Raw, body: Raw): Raw {
    const { dataset = job['dataset'], kind = job['kind'], ...rest } = body;
    const moved = dataset !== job['dataset'] || kind !== job['kind'];
    if (moved && this.modes.immutable === 'refuse')
      throw new StoreRefusal(400, 'kind and dataset cannot change');
    return rest;
  }

  #merged(job: Raw, body: Raw): Raw {
    const before = job['output_options'];
    const after = body['output_options'];
    if (this.modes.putOutputOptions === 'merge' && isObject(before) && isObject(after)) {
      return storable({ ...job, ...body, output_options: { ...before, ...after } });
    }
    return storable({ ...job, ...body });
  }

  #stamp(fields: Raw): Raw {
    const id = this.#nextId;
    this.#nextId += 1;
    return storable({ id, ...fields });
  }

  #jobs(scope: string): Map<number, Raw> {
    const jobs = this.#scopes.get(scope) ?? new Map<number, Raw>();
    this.#scopes.set(scope, jobs);
    return jobs;
  }

  #shown(job: Raw, on: 'list' | 'get'): Raw {
    const shown: Record<string, unknown> = {};
    const { unset } = this.modes;
    for (const [key, value] of Object.entries({ ...UNSET_VALUES, ...ALWAYS_SHOWN, ...job })) {
      if (!isZero(value) || key in ALWAYS_SHOWN || !(key in UNSET_VALUES)) shown[key] = value;
      else if (unset !== 'absent') shown[key] = unset === 'null' ? null : UNSET_VALUES[key];
    }
    if (!this.#showsFilter(on)) delete shown['filter'];
    if (isObject(shown['output_options']))
      shown['output_options'] = this.#shownOptions(shown['output_options']);
    shown['destination_conf'] = maskedDestination(String(job['destination_conf']), this.modes.secrets);
    delete shown['ownership_challenge'];
    if (this.modes.futureKeys)
      Object.assign(shown, { time_created: '2025-02-21T00:00:00Z', logstream: true });
    return shown;
  }

  #showsFilter(on: 'list' | 'get'): boolean {
    const { filter } = this.modes;
    return filter === 'list-and-get' || (filter === 'get' && on === 'get');
  }

  #shownOptions(sent: Raw): Raw {
    const { 'CVE-2021-44228': cve, ...rest } = sent;
    const echoed = cve === true ? sent : rest;
    if (this.modes.outputOptions === 'as-sent') return echoed;
    const byType = OPTION_DEFAULTS[sent['output_type'] === 'csv' ? 'csv' : 'ndjson'];
    return { ...COMMON_OPTION_DEFAULTS, ...byType, ...echoed };
  }
}

/** What Cloudflare answers 400 to, whoever sends it. */
function checkBody(body: Raw): void {
  for (const [key, value] of Object.entries(body)) {
    if (value === undefined) throw new StoreRefusal(400, `${key} is undefined`);
  }
  const { filter, output_options: options } = body;
  if (filter !== undefined && filter !== null && typeof filter !== 'string') {
    throw new StoreRefusal(400, 'filter must be a string');
  }
  if (typeof filter === 'string' && filter !== '') JSON.parse(filter);
  if (options !== undefined && options !== null && !isObject(options)) {
    throw new StoreRefusal(400, 'output_options must be an object');
  }
  if (
    isObject(options) &&
    'field_names' in options &&
    options['field_names'] !== null &&
    !isTexts(options['field_names'])
  ) {
    throw new StoreRefusal(400, 'field_names must be a list of names');
  }
}

function storable(job: Raw): Raw {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null));
}

function withoutUndefined(job: Raw): Raw {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined));
}

function isZero(value: unknown): boolean {
  return value === null || value === '' || value === 0 || value === false;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parameters that §2.5 calls secret, and the two places that are not parameters. */
const SECRET_PARAMETERS =
  /^(secret-access-key|access-key-id|sts-external-id|header_.*|api-key|ibm_api_key|credentials)$/i;

function maskedDestination(text: string, mask: StoreModes['secrets']): string {
  if (mask === 'clear') return text;
  if (text.startsWith('sumo://')) return text.replace(/(\/receiver\/v1\/http\/).*/, `$1${mask}`);
  const [before = '', ...query] = text.split('?');
  if (query.length === 0) return text;
  const pieces = query.join('?').split('&');
  return `${before}?${pieces.map((piece) => maskedParameter(piece, mask, text.startsWith('azure://'))).join('&')}`;
}

function maskedParameter(piece: string, mask: string, all: boolean): string {
  const at = piece.indexOf('=');
  const name = at < 0 ? piece : piece.slice(0, at);
  return all || SECRET_PARAMETERS.test(name) ? `${name}=${mask}` : piece;
}
