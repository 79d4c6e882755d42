import type { AuditEntry } from './audit-trail.ts';
import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { isRecord, type Json, type JsonRecord } from './json.ts';
import { type AnswerIds, BASE_PATH } from './response.ts';
import { type Actor, type Call, type Scope, scopeOf, type World } from './world.ts';

/** Audit logs v2 (`cloudflare-api.md` §9). The strings of `resource` were never captured; these are plausible. */

/** Query parameter to the place of its value in an entry. Each may be repeated, and has a `.not` form. */
const FILTERS: Readonly<Record<string, readonly string[]>> = {
  id: ['id'],
  audit_log_id: ['id'],
  account_name: ['account', 'name'],
  action_result: ['action', 'result'],
  action_type: ['action', 'type'],
  actor_context: ['actor', 'context'],
  actor_email: ['actor', 'email'],
  actor_id: ['actor', 'id'],
  actor_ip_address: ['actor', 'ip_address'],
  actor_token_id: ['actor', 'token_id'],
  actor_token_name: ['actor', 'token_name'],
  actor_type: ['actor', 'type'],
  raw_cf_ray_id: ['raw', 'cf_ray_id'],
  raw_method: ['raw', 'method'],
  raw_status_code: ['raw', 'status_code'],
  raw_uri: ['raw', 'uri'],
  resource_id: ['resource', 'id'],
  resource_product: ['resource', 'product'],
  resource_scope: ['resource', 'scope'],
  resource_type: ['resource', 'type'],
  zone_id: ['zone', 'id'],
  zone_name: ['zone', 'name'],
};

const CATEGORIES = [
  {
    label: 'Analytics & Logs',
    value: 'analytics_and_logs',
    products: [{ label: 'Logpush', value: 'logpush' }],
  },
];
const MAX_LIMIT = 1000;

export function listAudit(call: Call, world: World): Reply {
  const matching = entriesOf(call, world).filter((entry) => matches(entry.shown, call.query));
  return paged(matching, call.query, world);
}

/** From one entry to the others on the same resource. */
export function auditHistory(call: Call, world: World): Reply {
  const entries = entriesOf(call, world);
  const one = entries.find((entry) => entry.id === call.params['entry']);
  if (one === undefined) throw new ApiFailure(404, CODES.notFound, 'audit log not found');
  const resource = valueAt(one.shown, ['resource', 'id']);
  const same = entries.filter(
    (entry) => entry !== one && valueAt(entry.shown, ['resource', 'id']) === resource,
  );
  const page = paged(same, call.query, world);
  const info = isRecord(page.resultInfo) ? page.resultInfo : {};
  return { ...page, resultInfo: { ...info, history_status: 'exact' } };
}

export function auditCategories(): Reply {
  return { result: CATEGORIES };
}

/** What one write leaves in the audit log. */
interface AuditedWrite {
  readonly id: string;
  readonly ray: string;
  readonly scope: Scope;
  readonly actor: Actor | 'system';
  readonly action: 'create' | 'update' | 'delete';
  readonly method: string;
  readonly uri: string;
  readonly status: number;
  readonly jobId: string;
  /** As sent: nobody knows whether Cloudflare masks secrets here. */
  readonly request: Json;
  readonly response: Json;
  readonly at: number;
}

/** SEED and §9: creates, updates and deletes of jobs are recorded; nothing else of Logpush is known to be. */
export function auditCall(call: Call, outcome: Reply | ApiFailure, ids: AnswerIds, world: World): void {
  const actions = { POST: 'create', PUT: 'update', DELETE: 'delete' } as const;
  if (call.method !== 'POST' && call.method !== 'PUT' && call.method !== 'DELETE') return;
  if (call.scope === null || !/\/logpush\/jobs(\/|$)/.test(call.path)) return;
  const result = outcome instanceof ApiFailure ? null : outcome.result;
  const createdId = isRecord(result) ? (typeof result['id'] === 'number' ? String(result['id']) : '') : '';
  recordWrite(
    {
      id: ids.auditId,
      ray: ids.ray,
      scope: call.scope,
      actor: call.actor,
      action: actions[call.method],
      method: call.method,
      uri: `${BASE_PATH}${call.path}`,
      status: outcome.status ?? 200,
      jobId: call.params['job'] ?? createdId,
      request: sentBody(call.rawBody),
      response: result,
      at: world.now(),
    },
    world,
  );
}

export function recordWrite(write: AuditedWrite, world: World): void {
  const { scope, actor } = write;
  const account = world.accounts.get(scope.accountId);
  world.audit.add({
    id: write.id,
    at: write.at,
    accountId: scope.accountId,
    zoneId: scope.kind === 'zone' ? scope.id : null,
    shown: {
      id: write.id,
      account: { id: scope.accountId, name: account?.name ?? '' },
      action: {
        description: `${write.action} Logpush job`,
        result: write.status < 400 ? 'success' : 'failure',
        time: new Date(write.at).toISOString(),
        type: write.action,
      },
      actor: shownActor(actor),
      raw: {
        cf_ray_id: write.ray,
        method: write.method,
        status_code: write.status,
        uri: write.uri,
        user_agent: actor === 'system' ? '' : actor.userAgent,
      },
      resource: {
        id: write.jobId,
        product: 'logpush',
        scope: `${scope.kind}s`,
        type: 'logpush_job',
        request: write.request,
        response: write.response,
      },
      ...(scope.kind === 'zone' ? { zone: { id: scope.id, name: scope.name } } : {}),
    },
  });
}

function sentBody(text: string): JsonRecord | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function shownActor(actor: Actor | 'system'): JsonRecord {
  if (actor === 'system') return { type: 'system' };
  return {
    id: `user-${actor.email}`,
    context: actor.context,
    email: actor.email,
    ip_address: actor.ip,
    ...(actor.context === 'api_token' ? { token_id: actor.tokenId, token_name: actor.tokenName } : {}),
    type: 'user',
  };
}

/** §9: `since` and `before` are required, a date or RFC 3339. */
function entriesOf(call: Call, world: World): readonly AuditEntry[] {
  const since = timeOf(call.query, 'since');
  const before = timeOf(call.query, 'before');
  const { audit_lag: kind, audit_lag_ms: ms, audit_permission: permission } = world.switches;
  if (permission === 'missing') throw new ApiFailure(403, CODES.authentication, 'Authentication error');
  world.jobs.settle();
  const seen = world.audit.of(scopeOf(call).id, world.now(), { kind, ms });
  const inTime = seen.filter((entry) => entry.at >= since && entry.at < before);
  return call.query.get('direction') === 'asc' ? inTime : inTime.toReversed();
}

function timeOf(query: URLSearchParams, name: string): number {
  const time = Date.parse(query.get(name) ?? '');
  if (Number.isNaN(time)) throw bad(`${name} is required: a date or an RFC 3339 time`);
  return time;
}

function matches(shown: JsonRecord, query: URLSearchParams): boolean {
  for (const name of new Set(query.keys())) {
    if (name === 'product_category') checkCategories(query.getAll(name));
    const isNot = name.endsWith('.not');
    const path = FILTERS[isNot ? name.slice(0, -4) : name];
    if (path === undefined) continue;
    // mcp-server-cloudflare sends a comma list, the SDK repeats the parameter.
    const wanted = query.getAll(name).flatMap((value) => value.split(','));
    const actual = valueAt(shown, path);
    if (wanted.includes(typeof actual === 'object' ? '' : String(actual ?? '')) === isNot) return false;
  }
  return true;
}

function checkCategories(values: readonly string[]): void {
  const unknown = values.find((value) => !CATEGORIES.some((category) => category.value === value));
  if (unknown !== undefined) throw bad(`unknown product_category "${unknown}"`);
}

function paged(entries: readonly AuditEntry[], query: URLSearchParams, world: World): Reply {
  const limit = Number(query.get('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw bad(`limit must be between 1 and ${MAX_LIMIT}`);
  // The cursor names the last entry seen, so that new entries do not shift the pages.
  const cursor = query.get('cursor');
  const start = cursor === null ? 0 : entries.findIndex((entry) => entry.id === decodeCursor(cursor)) + 1;
  if (cursor !== null && start === 0) throw bad('cursor is not valid');
  const page = entries.slice(start, start + limit);
  const last = page.at(-1);
  const hasMore = last !== undefined && start + limit < entries.length;
  const next = hasMore ? Buffer.from(last.id).toString('base64url') : '';
  return {
    result: page.map((entry) => entry.shown),
    resultInfo: { count: page.length, ...cursorInfo(next, world) },
  };
}

/** §9: docs read `cursor`, the SDK reads `cursors.after`. */
function cursorInfo(next: string, world: World): JsonRecord {
  const { audit_cursor: where } = world.switches;
  return {
    ...(where === 'after' ? {} : { cursor: next }),
    ...(where === 'cursor' ? {} : { cursors: next === '' ? {} : { after: next } }),
  };
}

function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}

function valueAt(record: JsonRecord, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((value, key) => (isRecord(value) ? value[key] : undefined), record);
}

function bad(what: string): ApiFailure {
  return new ApiFailure(400, CODES.badInput, what);
}
