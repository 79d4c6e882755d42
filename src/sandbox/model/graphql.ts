import type { Delivery } from './delivery.ts';
import type { Reply } from './envelope.ts';
import type { JobRecord } from './job-store.ts';
import type { Json } from './json.ts';
import { findScope } from './new-world.ts';
import { bodyOf, type Call, type Scope, type World } from './world.ts';

/**
 * GraphQL for one dataset, `logpushHealthAdaptiveGroups` (`cloudflare-api.md` §10): no engine, but the parts of a query that it
 * knows, wherever they stand. Any other query is refused, as Cloudflare refuses one that it cannot read.
 */
const NODE =
  /\b(zones|accounts)\s*\(\s*filter:\s*\{\s*(?:zoneTag|zoneTag_in|accountTag):\s*\[?([^\]}]*)\]?\s*\}\s*\)/;
const SINCE = /\bdatetime_geq:\s*"([^"]+)"/;
const BEFORE = /\bdatetime_lt:\s*"([^"]+)"/;
const LIMIT = /\blimit:\s*(\d+)/;
const QUARTER_MS = 900_000;
/** Limits of the GraphQL Analytics API. */
const MOST_ZONES = 10;

/** What each push holds: nobody sends logs through a sandbox. */
const RECORDS_OF_A_PUSH = 100;
const BYTES_OF_A_RECORD = 400;

export function queryPushes(call: Call, world: World): Reply {
  const { query } = bodyOf(call);
  const asked = typeof query === 'string' ? askedIn(query) : null;
  if (asked === null) return refused('query contains error, please review it and retry', ['viewer']);
  const { node, ids, window, limit } = asked;
  const scopes = ids.map((id) => findScope(world, id));
  for (const [index, scope] of scopes.entries()) {
    const path = ['viewer', node, String(index), 'logpushHealthAdaptiveGroups'];
    const isForbidden = scope === null || world.switches.graphql_permission === 'missing';
    const what = node === 'zones' ? 'zone' : 'account';
    if (isForbidden || world.switches.forbidden_scopes.includes(scope.name)) {
      return refused(`${what} '${ids[index]}' does not have access to the path`, path, 'authz');
    }
  }
  const nodes = scopes.flatMap((scope) => {
    if (scope === null) return [];
    const groups = groupsOf(scope, window, world).slice(0, limit);
    const tag = node === 'zones' ? { zoneTag: scope.id } : {};
    return [{ ...tag, logpushHealthAdaptiveGroups: groups }];
  });
  return { result: null, bare: { data: { viewer: { [node]: nodes } }, errors: null } };
}

interface Window {
  readonly since: number;
  readonly before: number;
}

interface Asked {
  readonly node: 'zones' | 'accounts';
  readonly ids: readonly string[];
  readonly window: Window;
  readonly limit: number;
}

function askedIn(query: string): Asked | null {
  const [, node, tags = ''] = NODE.exec(query) ?? [];
  const window = {
    since: Date.parse(SINCE.exec(query)?.[1] ?? ''),
    before: Date.parse(BEFORE.exec(query)?.[1] ?? ''),
  };
  const limit = Number(LIMIT.exec(query)?.[1] ?? Number.NaN);
  const ids = [...tags.matchAll(/"([^"]+)"/g)].map(([, id = '']) => id);
  const isWhole = !Number.isNaN(window.since + window.before + limit) && ids.length > 0;
  if (!isWhole || !query.includes('logpushHealthAdaptiveGroups') || ids.length > MOST_ZONES) return null;
  if (node !== 'zones' && node !== 'accounts') return null;
  return { node, ids, window, limit };
}

/** Error responses of the GraphQL Analytics API: with status 200. */
function refused(message: string, path: readonly string[], code?: string): Reply {
  const extensions = code === undefined ? {} : { code };
  return { result: null, bare: { data: null, errors: [{ message, path: [...path], extensions }] } };
}

function groupsOf(scope: Scope, window: Window, world: World): readonly Json[] {
  const intervalMs = world.switches.delivery_interval_seconds * 1000;
  return world.jobs.living(scope.id).flatMap((job) => [
    ...counted(job, deliveredTimes(job.delivery, window, intervalMs), 200),
    // As long as Cloudflare tries again, no attempt is the last.
    ...counted(job, failedTimes(job.delivery, window, intervalMs), job.delivery.failure?.code ?? 0),
  ]);
}

function deliveredTimes({ ranges }: Delivery, window: Window, intervalMs: number): readonly number[] {
  return ranges.flatMap(({ from, to }) => timesIn({ from: from + intervalMs, to }, window, intervalMs));
}

function failedTimes(delivery: Delivery, window: Window, intervalMs: number): readonly number[] {
  const { failingSince, lastError } = delivery;
  if (failingSince === null || lastError === null) return [];
  return timesIn({ from: failingSince, to: lastError }, window, intervalMs);
}

/** Every push of a range that is in the window, and no others: a range may be months long. */
function timesIn(
  { from, to }: { readonly from: number; readonly to: number },
  { since, before }: Window,
  intervalMs: number,
): readonly number[] {
  const skipped = Math.max(0, Math.ceil((since - from) / intervalMs));
  const first = from + skipped * intervalMs;
  const count = Math.max(0, Math.floor((Math.min(to, before - 1) - first) / intervalMs) + 1);
  return Array.from({ length: count }, (_, index) => first + index * intervalMs);
}

function counted(job: JobRecord, times: readonly number[], status: number): readonly Json[] {
  const quarters = Map.groupBy(times, (time) => Math.floor(time / QUARTER_MS) * QUARTER_MS);
  return [...quarters].map(([quarter, { length: count }]) => {
    const records = count * RECORDS_OF_A_PUSH;
    return {
      count,
      sum: { bytes: records * BYTES_OF_A_RECORD, records },
      dimensions: {
        jobId: job.id,
        status,
        final: status < 300 ? 1 : 0,
        datetimeFifteenMinutes: new Date(quarter).toISOString().replace('.000Z', 'Z'),
      },
    };
  });
}
