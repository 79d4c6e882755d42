import Cloudflare from 'cloudflare';
import type {
  InstantLogpushJob,
  LogpushJob,
  OutputOptions,
  OwnershipCreateResponse,
  OwnershipValidation,
  ValidateDestinationExistsResponse,
  ValidateDestinationResponse,
  ValidateOriginResponse,
} from 'cloudflare/resources/logpush';
import type {
  ContentGetResponse,
  TransformerDeleteResponse,
  TransformerGetResponse,
  VersionListResponse,
} from 'cloudflare/resources/logpush/transformers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveJobOf } from '../../src/core/job/live.ts';
import type { JobFields, JsonObject } from '../../src/core/job/job.ts';
import { fieldOf } from '../../src/core/job/field-table.ts';
import { optionOf } from '../../src/core/job/option-table.ts';
import { DATASETS } from '../../src/core/manifest/datasets.ts';
import { Secret } from '../../src/core/secret.ts';
import { planned } from '../../src/reconcile/errors.ts';
import { storedJob } from '../generators.ts';
import { sandboxApi } from '../laws/sandbox-api.ts';
import { openSandbox } from './open-sandbox.ts';

/** Every Logpush method of the official SDK, and every key of the types that it promises. */

type Check<T> = (value: unknown) => value is T;
/** The compiler refuses a shape that lacks a key of the type, or takes a value that the type does not have. */
type Shape<T> = { readonly [K in keyof Required<T>]: Check<Exclude<T[K], undefined>> };

const isText: Check<string> = (value) => typeof value === 'string';
const isNumber: Check<number> = (value) => typeof value === 'number';
const isFlag: Check<boolean> = (value) => typeof value === 'boolean';
const isMoment: Check<string> = (value): value is string => isText(value) && !Number.isNaN(Date.parse(value));
const isTexts: Check<string[]> = (value): value is string[] => Array.isArray(value) && value.every(isText);
const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value): value is T | null =>
    value === null || check(value);
const oneOf =
  <T extends string>(...words: readonly T[]): Check<T> =>
  (value): value is T =>
    words.some((word) => word === value);
const listOf =
  <T>(shape: Shape<T>): Check<T[]> =>
  (value): value is T[] =>
    Array.isArray(value) && value.every((item: object) => faultsOf(item, shape).length === 0);

/** Keys of the type that the answer lacks or has with another value; keys beyond the type. */
function faultsOf<T>(answer: object, shape: Shape<T>): readonly string[] {
  const checks: [key: string, check: Check<unknown>][] = Object.entries(shape);
  const wrong = checks.filter(([key, check]) => !check(Reflect.get(answer, key))).map(([key]) => key);
  return [
    ...wrong,
    ...Object.keys(answer)
      .filter((key) => !(key in shape))
      .map((key) => `beyond: ${key}`),
  ];
}

type Dataset = NonNullable<LogpushJob['dataset']>;
/** Complete, or the compiler refuses it. */
const SDK_DATASETS: { readonly [K in Dataset]: true } = {
  access_requests: true,
  account_abuse_protection_events: true,
  audit_logs: true,
  audit_logs_v2: true,
  biso_user_actions: true,
  casb_findings: true,
  device_posture_results: true,
  dex_application_tests: true,
  dex_device_state_events: true,
  dlp_forensic_copies: true,
  dns_firewall_logs: true,
  dns_logs: true,
  email_security_alerts: true,
  email_security_post_delivery_events: true,
  firewall_events: true,
  gateway_dns: true,
  gateway_http: true,
  gateway_network: true,
  http_requests: true,
  ipsec_logs: true,
  magic_bgp_logs: true,
  magic_ids_detections: true,
  mcp_portal_logs: true,
  mnm_flow_logs: true,
  nel_reports: true,
  network_analytics_logs: true,
  page_shield_events: true,
  sinkhole_http_logs: true,
  spectrum_events: true,
  ssh_logs: true,
  turnstile_events: true,
  warp_config_changes: true,
  warp_toggle_changes: true,
  websocket_analytics: true,
  workers_trace_events: true,
  zaraz_events: true,
  zero_trust_network_sessions: true,
};

const OUTPUT_OPTIONS: Shape<OutputOptions> = {
  batch_prefix: isText,
  batch_suffix: isText,
  'CVE-2021-44228': isFlag,
  field_delimiter: isText,
  field_names: isTexts,
  merge_subrequests: isFlag,
  output_type: oneOf('ndjson', 'csv'),
  record_delimiter: isText,
  record_prefix: isText,
  record_suffix: isText,
  record_template: isText,
  sample_rate: isNumber,
  timestamp_format: oneOf('unixnano', 'unix', 'rfc3339', 'rfc3339ms', 'rfc3339ns'),
};

const JOB: Shape<LogpushJob> = {
  id: isNumber,
  dataset: (value): value is Dataset => isText(value) && value in SDK_DATASETS,
  destination_conf: isText,
  enabled: isFlag,
  error_message: orNull(isText),
  filter_attack_traffic: isFlag,
  frequency: oneOf('high', 'low'),
  kind: oneOf('', 'edge'),
  last_complete: orNull(isMoment),
  last_error: orNull(isMoment),
  logpull_options: isText,
  max_upload_bytes: isNumber,
  max_upload_interval_seconds: isNumber,
  max_upload_records: isNumber,
  name: isText,
  output_options: (value): value is OutputOptions =>
    typeof value === 'object' && value !== null && faultsOf(value, OUTPUT_OPTIONS).length === 0,
};
/** Cloudflare returns more than its SDK knows: of jobs the first two, of sessions the others (`cloudflare-api.md` §1.2, §2.1). */
const BEYOND_THE_TYPE = ['filter', 'time_created', 'id', 'kind'].map((key) => `beyond: ${key}`);

const TRANSFORMER: Shape<TransformerGetResponse> = {
  id: isNumber,
  associated_jobs: listOf<TransformerGetResponse.AssociatedJob>({
    id: isNumber,
    name: isText,
    object_tag: isText,
    object_type: oneOf('zone', 'account'),
  }),
  created_at: isMoment,
  dataset: isText,
  description: isText,
  name: isText,
  updated_at: isMoment,
};

const CONF = 'https://logs.example.net/in?header_Authorization=Bearer%20x';
const CODE = 'SELECT RayID FROM http_requests';

/** Sets every key that a job can have. */
const WHOLE_JOB = {
  destination_conf: CONF,
  dataset: 'http_requests',
  name: 'sdk',
  enabled: true,
  filter: '{"where":{"key":"RayID","operator":"eq","value":"x"}}',
  filter_attack_traffic: true,
  frequency: 'low',
  kind: '',
  logpull_options: 'fields=RayID',
  max_upload_bytes: 5_000_000,
  max_upload_interval_seconds: 60,
  max_upload_records: 1_000,
  output_options: {
    batch_prefix: '[',
    batch_suffix: ']',
    'CVE-2021-44228': true,
    field_delimiter: ';',
    field_names: ['RayID'],
    merge_subrequests: true,
    output_type: 'ndjson',
    record_delimiter: ',',
    record_prefix: '{',
    record_suffix: '}',
    record_template: '{{.RayID}}',
    sample_rate: 0.5,
    timestamp_format: 'rfc3339ms',
  },
} as const satisfies Cloudflare.Logpush.JobCreateParams;

type Scope = { readonly zone_id: string } | { readonly account_id: string };

async function world() {
  const sandbox = await openSandbox();
  const client = new Cloudflare({ apiToken: 'any', baseURL: sandbox.url, maxRetries: 0 });
  const account = { account_id: sandbox.account };
  const made = await client.logpush.transformers.create({
    ...account,
    name: 't',
    code: CODE,
    description: 'd',
  });
  return { sandbox, client, account, transformer: made.id ?? 0, logpush: client.logpush };
}
type World = Awaited<ReturnType<typeof world>>;

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function aJob({ logpush }: World, scope: Scope): Promise<number> {
  const { logpull_options: _, ...body } = WHOLE_JOB;
  return (await logpush.jobs.create({ ...scope, ...body }))?.id ?? 0;
}

/** By its name in the SDK: calls the method, and says what is wrong with the answer. */
const METHODS: {
  readonly [method: string]: (world: World, scope: Scope) => Promise<readonly string[]>;
} = {
  'jobs.create': async ({ logpush }, scope) =>
    faultsOf(
      (await logpush.jobs.create({
        ...scope,
        ...WHOLE_JOB,
        destination_conf: 'datadog://x/api/v2/logs?header_DD-API-KEY=k',
      })) ?? {},
      JOB,
    ),
  'jobs.update': async (it, scope) =>
    faultsOf(
      (await it.logpush.jobs.update(await aJob(it, scope), {
        ...scope,
        logpull_options: 'fields=RayID',
        destination_conf: 's3://b/p?region=auto&endpoint=h.example&access-key-id=a&secret-access-key=b',
      })) ?? {},
      JOB,
    ),
  'jobs.list': async (it, scope) => {
    await METHODS['jobs.create']?.(it, scope);
    return (await all(it.logpush.jobs.list(scope))).flatMap((job) => faultsOf(job ?? {}, JOB));
  },
  'jobs.get': async (it, scope) => {
    await METHODS['jobs.create']?.(it, scope);
    const [job] = await all(it.logpush.jobs.list(scope));
    return faultsOf((await it.logpush.jobs.get(job?.id ?? 0, scope)) ?? {}, JOB);
  },
  'jobs.delete': async (it, scope) => {
    const id = await aJob(it, scope);
    await it.sandbox.control('PUT', '/switches', { delete_result: 'id' });
    return faultsOf(await it.logpush.jobs.delete(id, scope), { id: isNumber });
  },
  'datasets.jobs.get': async (it, scope) => {
    await METHODS['jobs.create']?.(it, scope);
    const jobs = await all(it.logpush.datasets.jobs.get('http_requests', scope));
    return jobs.flatMap((job) => faultsOf(job ?? {}, JOB));
  },
  'datasets.fields.get': async ({ logpush }, scope) => {
    const fields = await logpush.datasets.fields.get('http_requests', scope);
    return Object.entries(fields)
      .filter(([, value]) => !isText(value))
      .map(([name]) => name);
  },
  'edge.create': async (it) => faultsOf((await session(it)) ?? {}, SESSION),
  'edge.get': async (it) => {
    await session(it);
    const sessions = await all(it.logpush.edge.get({ zone_id: it.sandbox.zone }));
    return sessions.flatMap((one) => faultsOf(one ?? {}, SESSION));
  },
  'ownership.create': async ({ logpush }, scope) =>
    faultsOf<OwnershipCreateResponse>(
      (await logpush.ownership.create({ ...scope, destination_conf: 's3://b?region=x' })) ?? {},
      {
        filename: isText,
        message: isText,
        valid: isFlag,
      },
    ),
  'ownership.validate': async ({ logpush }, scope) =>
    faultsOf<OwnershipValidation>(
      (await logpush.ownership.validate({
        ...scope,
        destination_conf: 's3://b?region=x',
        ownership_challenge: 'no',
      })) ?? {},
      { valid: isFlag },
    ),
  'validate.destination': async ({ logpush }, scope) =>
    faultsOf<ValidateDestinationResponse>(
      (await logpush.validate.destination({ ...scope, destination_conf: CONF })) ?? {},
      {
        message: isText,
        valid: isFlag,
      },
    ),
  'validate.destinationExists': async ({ logpush }, scope) =>
    faultsOf<ValidateDestinationExistsResponse>(
      (await logpush.validate.destinationExists({ ...scope, destination_conf: CONF })) ?? {},
      { exists: isFlag },
    ),
  'validate.origin': async ({ logpush }, scope) =>
    faultsOf<ValidateOriginResponse>(
      (await logpush.validate.origin({ ...scope, logpull_options: 'fields=RayID' })) ?? {},
      {
        message: isText,
        valid: isFlag,
      },
    ),
  'transformers.create': async ({ logpush, account }) =>
    faultsOf(
      await logpush.transformers.create({ ...account, name: 'n', code: CODE, description: 'd' }),
      TRANSFORMER,
    ),
  'transformers.update': async ({ logpush, account, transformer }) =>
    faultsOf(
      await logpush.transformers.update(transformer, { ...account, name: 'u', description: 'e' }),
      TRANSFORMER,
    ),
  'transformers.list': async ({ logpush, account }) =>
    (await all(logpush.transformers.list(account))).flatMap((one) => faultsOf(one, TRANSFORMER)),
  'transformers.get': async (it) => {
    const { logpush, account, transformer, sandbox } = it;
    await sandbox.create({ dataset: 'http_requests', name: 'uses', transformer_id: transformer });
    const found = await logpush.transformers.get(transformer, account);
    return [
      ...faultsOf(found, TRANSFORMER),
      ...(found.associated_jobs?.length === 1 ? [] : ['associated_jobs']),
    ];
  },
  'transformers.delete': async ({ logpush, account, transformer }) =>
    faultsOf<TransformerDeleteResponse>(await logpush.transformers.delete(transformer, account), {
      id: isNumber,
    }),
  'transformers.preview': async ({ logpush, account }) => {
    const rows = await all(logpush.transformers.preview({ ...account, input: { RayID: 'r' }, sql: CODE }));
    return rows.flatMap((row) => Object.keys(row).filter((key) => key !== 'RayID'));
  },
  'transformers.content.get': async ({ logpush, account, transformer }) =>
    faultsOf<ContentGetResponse>(await logpush.transformers.content.get(transformer, account), {
      content: isText,
    }),
  'transformers.versions.list': async ({ logpush, account, transformer }) =>
    (await all(logpush.transformers.versions.list(transformer, account))).flatMap((one) =>
      faultsOf<VersionListResponse>(one, { id: isNumber, created_at: isMoment, version: isNumber }),
    ),
};

const SESSION: Shape<InstantLogpushJob> = {
  destination_conf: isText,
  fields: isText,
  filter: isText,
  sample: isNumber,
  session_id: isText,
};

function session({ logpush, sandbox }: World) {
  const filter = '{"where":{"key":"RayID","operator":"eq","value":"x"}}';
  return logpush.edge.create({ zone_id: sandbox.zone, fields: 'RayID', sample: 1, filter });
}

/** Methods of a resource of the SDK and of those below it, as in `jobs.create`. */
function methodsOf(resource: object, path: readonly string[] = []): readonly string[] {
  const below = Object.entries(resource).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && '_client' in value
      ? methodsOf(value, [...path, name])
      : [],
  );
  const own: string[] = [];
  for (
    let level = Object.getPrototypeOf(resource) as object;
    level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object
  )
    own.push(...Object.getOwnPropertyNames(level).filter((name) => name !== 'constructor'));
  return [...own.map((name) => [...path, name].join('.')), ...below];
}

describe('the sandbox', () => {
  it('is driven through every Logpush method of the SDK', async () => {
    const { logpush } = await world();
    expect(Object.keys(METHODS).toSorted()).toEqual(methodsOf(logpush).toSorted());
  });

  it.each(Object.keys(METHODS))(
    'answers %s with every key of its type, in zones and accounts',
    async (method) => {
      for (const kind of ['zone', 'account'] as const) {
        const it = await world();
        const scope = kind === 'zone' ? { zone_id: it.sandbox.zone } : it.account;
        const faults = await METHODS[method]?.(it, scope);
        expect(faults?.filter((fault) => !BEYOND_THE_TYPE.includes(fault))).toEqual([]);
      }
    },
  );
});

describe('the SDK and this release', () => {
  it('know the same datasets', () => {
    expect([...DATASETS.keys()].toSorted()).toEqual(Object.keys(SDK_DATASETS).toSorted());
  });

  it('know the same keys of a job and of its options', () => {
    expect(Object.keys(JOB).filter((key) => key !== 'id' && fieldOf(key) === undefined)).toEqual([]);
    expect(Object.keys(OUTPUT_OPTIONS).filter((key) => optionOf(key) === undefined)).toEqual([]);
  });
});

/** As Cloudflare holds it, without what no two jobs share. */
function bare(job: JsonObject): JsonObject {
  const { id: _id, time_created: _created, ...others } = job;
  return others;
}

describe('our client', () => {
  const call = { signal: new AbortController().signal, priority: 'change' } as const;

  async function sides() {
    const { sandbox, client } = await world();
    sandbox.model.changeSwitches({ ownership: 'off', jobs_per_zone: null });
    const [first, second] = sandbox.model.zones();
    const { api } = sandboxApi(sandbox.model);
    const ours = { kind: 'zone', id: second?.id ?? '', name: second?.name ?? '' } as const;
    const heldIn = async (zone: string): Promise<readonly JsonObject[]> =>
      (await sandbox.call('GET', `/zones/${zone}/logpush/jobs`)).json.result.map(bare);
    return { sandbox, client, theirs: { zone_id: first?.id ?? '' }, api, ours, heldIn };
  }

  function fieldsOf(raw: JsonObject): JobFields {
    return liveJobOf({ id: 1, ...raw }).fields;
  }

  /** Null when it was done, else the status of the refusal. */
  async function refusalOf(write: Promise<unknown>): Promise<number | null> {
    try {
      await write;
      return null;
    } catch (error) {
      return error instanceof Cloudflare.APIError ? (error.status ?? 0) : (planned(error).status ?? 0);
    }
  }

  it('makes, changes and deletes the same jobs as the SDK, and is refused what it is refused', async () => {
    const { client, theirs, api, ours, heldIn } = await sides();
    const raws = fc.sample(storedJob, { numRuns: 40, seed: 7 }).map(({ raw }) => raw as JsonObject);
    for (const raw of raws) {
      // Keys that the SDK does not type go along all the same.
      const body = { ...raw, destination_conf: String(raw['destination_conf']) };
      const typed: Cloudflare.Logpush.JobCreateParams = { ...theirs, ...body };
      const refused = await refusalOf(client.logpush.jobs.create(typed));
      expect(await refusalOf(api.createJob(ours, fieldsOf(raw), call))).toBe(refused);
    }
    const made = await heldIn(theirs.zone_id);
    expect(made.length).toBeGreaterThan(20);
    expect(await heldIn(ours.id)).toEqual(made);

    const [listed, own] = [await all(client.logpush.jobs.list(theirs)), await api.listJobs(ours, call)];
    expect(own.map(({ fields }) => shown(fields))).toEqual(
      listed.map((job) => shown(fieldsOf(bare({ ...job } as JsonObject)))),
    );
    const changes = {
      enabled: true,
      name: 'renamed',
      max_upload_records: 5_000,
      filter: '',
      output_options: { sample_rate: 0.25 },
    };
    for (const [index, job] of listed.entries()) {
      const refused = await refusalOf(client.logpush.jobs.update(job?.id ?? 0, { ...theirs, ...changes }));
      expect(await refusalOf(api.updateJob(ours, own[index]?.id ?? 0, changes, call))).toBe(refused);
    }
    expect(await heldIn(ours.id)).toEqual(await heldIn(theirs.zone_id));
    expect(await heldIn(ours.id)).not.toEqual(made);

    for (const job of listed) await client.logpush.jobs.delete(job?.id ?? 0, theirs);
    for (const { id } of own) await api.deleteJob(ours, id, call);
    expect(await heldIn(ours.id)).toEqual([]);
    expect(await heldIn(theirs.zone_id)).toEqual([]);
  });

  it('reads the same fields, and gets the same verdicts', async () => {
    const { client, theirs, api, ours } = await sides();
    const destination = 's3://bucket/path?region=us-west-2';
    const { logpush } = client;
    expect(Object.fromEntries(await api.listFields(ours, 'dns_logs', call))).toEqual(
      await logpush.datasets.fields.get('dns_logs', theirs),
    );
    for (const destination_conf of [CONF, destination]) {
      const secret = new Secret(destination_conf);
      expect(await api.validateDestination(ours, secret, call)).toMatchObject({
        ...(await logpush.validate.destination({ ...theirs, destination_conf })),
      });
      expect({ exists: await api.destinationExists(ours, secret, call) }).toEqual(
        await logpush.validate.destinationExists({ ...theirs, destination_conf }),
      );
      expect(await api.validateOwnership(ours, secret, new Secret('none'), call)).toMatchObject({
        ...(await logpush.ownership.validate({ ...theirs, destination_conf, ownership_challenge: 'none' })),
      });
    }
    for (const logpull_options of ['fields=RayID', 'fields=Nothing&sample=7'])
      expect(await api.validateOrigin(ours, logpull_options, 'http_requests', call)).toMatchObject({
        ...(await logpush.validate.origin({ ...theirs, logpull_options })),
      });
    expect(await api.requestOwnership(ours, new Secret(destination), call)).toMatchObject({
      valid: true,
      message: '',
    });
  });

  function shown(fields: JobFields): string {
    return JSON.stringify(
      Object.entries(fields).map(([key, value]) => [key, value instanceof Secret ? value.reveal() : value]),
    );
  }
});
