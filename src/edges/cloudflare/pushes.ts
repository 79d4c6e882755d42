import type { PushGroup } from '../../core/health/pushes.ts';
import type { JsonValue, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { RejectedError } from '../../reconcile/errors.ts';
import type { PushReader } from '../../reconcile/health/push-reader.ts';
import type { ScopeRef } from '../../reconcile/ports.ts';
import type { Caller, Success } from './call.ts';
import { unusable } from './reader.ts';
import { isArray, isObject } from './wire.ts';

export const GRAPHQL_PATH = '/graphql';

/** Of one scope: 24 hours have 96 quarters, so that it is enough for a hundred outcomes of jobs. */
const MOST_GROUPS = 9_999;

/**
 * What was pushed, of `logpushHealthAdaptiveGroups` (`cloudflare-api.md` §10). Only the dimensions and sums are asked for whose
 * type is known from what others read; values stand in the query itself, as in Cloudflare's own example.
 */
export function createPushReader(call: Caller): PushReader {
  return {
    async readPushes(scopes, { since, before }, options) {
      const action = `read what was pushed in ${scopes.map(({ name }) => name).join(', ')}`;
      const query = queryFor(scopes, { since, before }, action);
      const answer = await call(
        {
          action,
          nature: 'read',
          method: 'POST',
          path: GRAPHQL_PATH,
          endpoint: GRAPHQL_PATH,
          isGraphql: true,
          isOfItsMoment: true,
          body: { query },
        },
        options,
      );
      return groupsOf(scopes, answer, action);
    },
  };
}

function queryFor(
  scopes: readonly ScopeRef[],
  { since, before }: { readonly since: number; readonly before: number },
  action: string,
): string {
  const ids = scopes.map(({ id }) => {
    if (/^\w{1,64}$/.test(id)) return JSON.stringify(id);
    throw new RejectedError({ action, cause: 'the id of a scope is not one' });
  });
  const node = isOfZones(scopes)
    ? `zones(filter: { zoneTag_in: [${ids.join(', ')}] }) { zoneTag`
    : `accounts(filter: { accountTag: ${ids.join('')} }) {`;
  const window = `datetime_geq: "${timeOf(since)}", datetime_lt: "${timeOf(before)}"`;
  return (
    `query { viewer { ${node} logpushHealthAdaptiveGroups(filter: { ${window} }, limit: ${MOST_GROUPS}) ` +
    '{ count sum { bytes records } dimensions { jobId status final datetimeFifteenMinutes } } } } }'
  );
}

/** To the second, as Cloudflare's examples have it. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function isOfZones(scopes: readonly ScopeRef[]): boolean {
  return scopes.every(({ kind }) => kind === 'zone');
}

function groupsOf(
  scopes: readonly ScopeRef[],
  answer: Success,
  action: string,
): ReadonlyMap<ScopeKey, readonly PushGroup[]> {
  const viewer = isObject(answer.result) ? answer.result['viewer'] : undefined;
  const nodes = isObject(viewer) ? viewer[isOfZones(scopes) ? 'zones' : 'accounts'] : undefined;
  if (!isArray(nodes)) throw unusable(action, 'it has no list of zones or accounts', answer);
  const groups = new Map<ScopeKey, readonly PushGroup[]>();
  for (const scope of scopes) {
    const node = nodes.find(
      (one) => isObject(one) && (scope.kind === 'account' || one['zoneTag'] === scope.id),
    );
    const rows = isObject(node) ? node['logpushHealthAdaptiveGroups'] : [];
    if (!isArray(rows)) throw unusable(action, 'it has no list of groups', answer);
    if (rows.length >= MOST_GROUPS)
      throw unusable(action, 'it has more groups than one answer holds', answer);
    const read = rows.map(groupOf);
    if (read.includes(null)) throw unusable(action, 'a group of it is not as documented', answer);
    groups.set(
      scopeKey(scope),
      read.filter((group) => group !== null),
    );
  }
  return groups;
}

function groupOf(row: JsonValue): PushGroup | null {
  if (!isObject(row) || !isObject(row['dimensions']) || !isObject(row['sum'])) return null;
  const { jobId, status, final, datetimeFifteenMinutes: quarter } = row['dimensions'];
  const { bytes, records } = row['sum'];
  const { count } = row;
  const from = typeof quarter === 'string' ? Date.parse(quarter) : Number.NaN;
  const isKnown =
    typeof jobId === 'number' &&
    typeof status === 'number' &&
    (final === 0 || final === 1) &&
    typeof count === 'number' &&
    typeof bytes === 'number' &&
    typeof records === 'number' &&
    !Number.isNaN(from);
  return isKnown ? { jobId, status, isFinal: final === 1, from, count, bytes, records } : null;
}
