import type { JsonObject, JsonValue } from '../../core/job/job.ts';
import type { AuditReader } from '../../reconcile/ports.ts';
import type { Caller, Success } from './call.ts';
import { unusable } from './reader.ts';
import { isArray, isObject } from './wire.ts';

/** Entries of a page: of up to 1,000 that Cloudflare gives at once, so that a page with long bodies still fits. */
const PAGE = 500;
/** What is left waits for the next time. */
const MAX_PAGES = 10;

/**
 * Account audit logs v2 (`cloudflare-api.md` §9). Only the parameters that Cloudflare's own SDK types are sent: of the
 * filters, the forms with `.not`. The oldest come first, so that what was read has no hole when there is more of it.
 */
export function createAuditReader(call: Caller): AuditReader {
  return {
    async readAuditLog(account, { since, before }, options) {
      const action = `read the audit log of account ${account}`;
      const spec = {
        action,
        nature: 'read',
        method: 'GET',
        endpoint: '/accounts/{id}/logs/audit',
      } as const;
      const query = {
        since: new Date(since).toISOString(),
        before: new Date(before).toISOString(),
        direction: 'asc',
        'action_type.not': 'view',
        limit: String(PAGE),
      };
      const entries: JsonObject[] = [];
      let cursor: string | null = null;
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const asked = new URLSearchParams({ ...query, ...(cursor !== null && { cursor }) });
        const path = `/accounts/${encodeURIComponent(account)}/logs/audit?${asked.toString()}`;
        const answer = await call({ ...spec, path }, options);
        const here = entriesOf(answer, action);
        entries.push(...here.filter(isObject));
        const next = here.length < PAGE ? null : cursorOf(answer);
        if (next === null) return { entries, isWhole: true, calls: page };
        if (next === cursor) throw unusable(action, 'it continues where it began', answer);
        cursor = next;
      }
      return { entries, isWhole: false, calls: MAX_PAGES };
    },
  };
}

/** With no entry it may be null. */
function entriesOf(answer: Success, action: string): readonly JsonValue[] {
  const { result } = answer;
  if (!answer.labelled) throw unusable(action, 'its content type is not JSON', answer);
  if (result === null) return [];
  if (result === undefined || !isArray(result)) throw unusable(action, 'its "result" is not a list', answer);
  return result;
}

/** The docs read `cursor`, the SDK reads `cursors.after`. */
function cursorOf({ resultInfo: info = {} }: Success): string | null {
  const { cursor, cursors } = info;
  const next = isObject(cursors) && isCursor(cursors['after']) ? cursors['after'] : cursor;
  return isCursor(next) ? next : null;
}

function isCursor(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
