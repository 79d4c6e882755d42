import type { JsonObject } from '../../core/job/job.ts';
import { UnusableAnswerError } from '../../reconcile/errors.ts';
import type {
  Account,
  CallOptions,
  LogpushReader,
  ScopeRef,
  TokenCheck,
  Zone,
} from '../../reconcile/ports.ts';
import type { Caller, CallSpec, Success } from './call.ts';
import { below, jobSegment, segment, type Endpoint } from './endpoint.ts';
import { isMissing } from './failure.ts';
import { jobOf, readDiscovery, readJobs } from './listing.ts';
import { isArray, isObject } from './wire.ts';

export function createReader(call: Caller): LogpushReader & TokenCheck {
  return {
    listZones: (options) =>
      readDiscovery(call, get('list the zones', { path: '/zones', endpoint: '/zones' }), zoneOf, options),

    listAccounts: (options) =>
      readDiscovery(
        call,
        get('list the accounts', { path: '/accounts', endpoint: '/accounts' }),
        accountOf,
        options,
      ),

    listJobs: (scope, options) =>
      readJobs(call, get(`list the jobs of ${scope.name}`, below(scope, 'jobs')), options),

    async listDatasetJobs(scope, dataset, options) {
      const action = `list the ${dataset} jobs of ${scope.name}`;
      const tail = `datasets/${segment(dataset, action)}/jobs`;
      return readJobs(call, get(action, below(scope, tail, 'datasets/{dataset}/jobs')), options);
    },

    async getJob(scope, id, options) {
      const action = `read job ${id} in ${scope.name}`;
      const spec = get(action, below(scope, `jobs/${jobSegment(id)}`, 'jobs/{id}'));
      const answer = await orNotFound(call(spec, options));
      if (answer === null) return null;
      const job = jobOf(answer.result);
      if (job?.id !== id) throw unusable(action, 'it does not hold that job', answer);
      return job;
    },

    listFields: (scope, dataset, options) => readFields(call, { scope, dataset, tail: 'fields' }, options),

    listDefaultFields: (scope, dataset, options) =>
      readFields(call, { scope, dataset, tail: 'fields/default' }, options),

    async verifyToken(account, options) {
      const owner = account === undefined ? '/user' : `/accounts/${encodeURIComponent(account)}`;
      const template = account === undefined ? '/user' : '/accounts/{id}';
      const action = 'verify the API token';
      const endpoint = { path: `${owner}/tokens/verify`, endpoint: `${template}/tokens/verify` };
      const answer = await call(get(action, endpoint), options);
      const { result } = answer;
      if (!isObject(result) || typeof result['status'] !== 'string') {
        throw unusable(action, 'it does not hold the status of a token', answer);
      }
      const { id, status, expires_on: expiresOn } = result;
      return {
        id: typeof id === 'string' ? id : '',
        status,
        expiresOn: typeof expiresOn === 'string' ? expiresOn : undefined,
      };
    },
  };
}

export function get(action: string, endpoint: Endpoint): CallSpec {
  return { action, nature: 'read', method: 'GET', ...endpoint };
}

export function unusable(action: string, cause: string, { status, ray }: Success): UnusableAnswerError {
  return new UnusableAnswerError({ action, cause, status, ...(ray === undefined ? {} : { ray }) });
}

export async function orNotFound(answer: Promise<Success>): Promise<Success | null> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

interface FieldList {
  readonly scope: ScopeRef;
  readonly dataset: string;
  readonly tail: 'fields' | 'fields/default';
}

/** An object of names and descriptions; the shape of the default list is not documented, so names alone do. */
async function readFields(
  call: Caller,
  { scope, dataset, tail }: FieldList,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const action = `list the ${tail === 'fields' ? 'fields' : 'default fields'} of ${dataset} in ${scope.name}`;
  const path = `datasets/${segment(dataset, action)}/${tail}`;
  const answer = await call(get(action, below(scope, path, `datasets/{dataset}/${tail}`)), options);
  const { result } = answer;
  const entries = isObject(result)
    ? Object.entries(result)
    : isNameList(result)
      ? result.map((name) => [name, ''] as const)
      : undefined;
  if (entries === undefined || !answer.labelled) throw unusable(action, 'it is not a list of fields', answer);
  return new Map(entries.map(([name, text]) => [name, typeof text === 'string' ? text : '']));
}

function isNameList(value: Success['result']): value is readonly string[] {
  return value !== undefined && isArray(value) && value.every((name) => typeof name === 'string');
}

function zoneOf(value: JsonObject): Zone | null {
  const named = accountOf(value);
  if (named === null) return null;
  const { status, account } = value;
  const owner = isObject(account) ? account : {};
  const { id, name } = owner;
  return {
    ...named,
    status: typeof status === 'string' ? status : '',
    account: { id: typeof id === 'string' ? id : '', name: typeof name === 'string' ? name : '' },
  };
}

function accountOf({ id, name }: JsonObject): Account | null {
  if (typeof id !== 'string' || id === '' || typeof name !== 'string' || name === '') return null;
  return { id, name };
}
