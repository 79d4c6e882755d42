import { isObject } from '../job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../job/job.ts';

/**
 * One entry of the account audit log v2, flat, with the texts as they came. Every one of them may be missing: it is
 * then empty. Bodies of requests and answers are left out, because they may hold secrets.
 */
export interface AuditEntry {
  readonly id: string;
  /** Milliseconds since the epoch; NaN where it does not say. */
  readonly at: number;
  /** `create`, `delete`, `update`, `view`. */
  readonly type: string;
  /** `success` or `failure`. */
  readonly result: string;
  readonly actorType: string;
  /** `api`, `api_key`, `api_token`, `dash`, `oauth` or `origin_ca_key`. */
  readonly context: string;
  readonly email: string;
  readonly address: string;
  readonly tokenId: string;
  readonly tokenName: string;
  readonly ray: string;
  readonly method: string;
  /** NaN where it does not say. */
  readonly status: number;
  readonly uri: string;
  readonly agent: string;
  readonly resourceId: string;
  readonly product: string;
  readonly resourceType: string;
  /** The `id` of what Cloudflare answered: of a create it is the new job's. */
  readonly answeredId: string;
  readonly zoneId: string;
  readonly accountId: string;
}

/**
 * Reads an entry as `GET /accounts/{id}/logs/audit` lists it (`cloudflare-api.md` §9), or as a row of the Logpush
 * dataset `audit_logs_v2`. The docs do not say what is inside the objects `Raw` and `ActorTokenDetails` of a row, so
 * there the names of the API are looked for, however they are cased.
 */
export function entryOf(value: JsonObject): AuditEntry {
  return 'AuditLogID' in value || 'ActionTimestamp' in value ? entryOfRow(value) : entryOfListed(value);
}

function entryOfListed(value: JsonObject): AuditEntry {
  const [action, actor, raw] = [partOf(value['action']), partOf(value['actor']), partOf(value['raw'])];
  const resource = partOf(value['resource']);
  return {
    id: textOf(value['id']),
    at: timeOf(action['time']),
    type: textOf(action['type']),
    result: textOf(action['result']),
    actorType: textOf(actor['type']),
    context: textOf(actor['context']),
    email: textOf(actor['email']),
    address: textOf(actor['ip_address']),
    tokenId: textOf(actor['token_id']),
    tokenName: textOf(actor['token_name']),
    ...callOf(raw),
    resourceId: textOf(resource['id']),
    product: textOf(resource['product']),
    resourceType: textOf(resource['type']),
    answeredId: textOf(partOf(resource['response'])['id']),
    zoneId: textOf(partOf(value['zone'])['id']),
    accountId: textOf(partOf(value['account'])['id']),
  };
}

function entryOfRow(value: JsonObject): AuditEntry {
  const token = looselyNamed(partOf(value['ActorTokenDetails']));
  return {
    id: textOf(value['AuditLogID']),
    at: timeOf(value['ActionTimestamp']),
    type: textOf(value['ActionType']),
    result: textOf(value['ActionResult']),
    actorType: textOf(value['ActorType']),
    context: textOf(value['ActorContext']),
    email: textOf(value['ActorEmail']),
    address: textOf(value['ActorIPAddress']),
    tokenId: textOf(token['tokenid'] ?? token['id']),
    tokenName: textOf(token['tokenname'] ?? token['name']),
    ...callOf(looselyNamed(partOf(value['Raw']))),
    resourceId: textOf(value['ResourceID']),
    product: textOf(value['ResourceProduct']),
    resourceType: textOf(value['ResourceType']),
    answeredId: textOf(partOf(value['ResourceResponse'])['id']),
    zoneId: textOf(value['ZoneID']),
    accountId: textOf(value['AccountID']),
  };
}

function callOf(raw: JsonObject): Pick<AuditEntry, 'ray' | 'method' | 'status' | 'uri' | 'agent'> {
  const loose = looselyNamed(raw);
  const status = loose['statuscode'];
  return {
    ray: textOf(loose['cfrayid']),
    method: textOf(loose['method']).toUpperCase(),
    status: typeof status === 'number' ? status : Number(textOf(status) || Number.NaN),
    uri: textOf(loose['uri']),
    agent: textOf(loose['useragent']),
  };
}

/** `cf_ray_id` and `CfRayID` alike as `cfrayid`. */
function looselyNamed(part: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name.toLowerCase().replaceAll('_', ''), value]),
  );
}

function partOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' ? value : '';
}

const [NANOSECONDS, MILLISECONDS] = [1e16, 1e11];

/** RFC 3339, or Unix time: Logpush writes seconds, milliseconds or nanoseconds, as the job's `timestamp_format` says. */
function timeOf(value: JsonValue | undefined): number {
  const number = typeof value === 'number' ? value : /^\d{9,20}$/.test(textOf(value)) ? Number(value) : null;
  if (number === null) return Date.parse(textOf(value));
  if (number >= NANOSECONDS) return Math.floor(number / 1e6);
  return number >= MILLISECONDS ? number : number * 1000;
}
