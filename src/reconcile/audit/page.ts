import { WAYS, type AuditedAction, type Author } from '../../core/audit/action.ts';
import type { KeptRay } from './own-rays.ts';

/** Under this key the state holds what the audit feed goes on with after a restart. */
export const AUDIT_KEY = 'audit.feed';

const FORMAT = 1;

export interface AuditPage {
  /** By the id of an account: up to when its log was read, milliseconds since the epoch. */
  readonly readUntil: { readonly [account: string]: number };
  /** Events that were taken in, so that none is twice; and when each happened. */
  readonly seen: readonly (readonly [event: string, at: number])[];
  /** Of answers to our writes. */
  readonly rays: readonly KeptRay[];
  /** Of others, where it is not known yet what they have caused. */
  readonly actions: readonly AuditedAction[];
}

export const EMPTY_AUDIT_PAGE: AuditPage = { readUntil: {}, seen: [], rays: [], actions: [] };

/** Of more of them the latest: so the page fits into any store. */
const MOST_ACTIONS = 1_000;

export function textOfAuditPage(page: AuditPage): string {
  return `${JSON.stringify({ version: FORMAT, ...page, actions: page.actions.slice(-MOST_ACTIONS) })}\n`;
}

/** Null for what logpushd does not write. */
export function parseAuditPage(text: string): AuditPage | null {
  const page = parseJson(text);
  return isPage(page) ? page : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isPage(value: unknown): value is AuditPage {
  if (!isRecord(value) || value['version'] !== FORMAT) return false;
  const { readUntil, seen, rays, actions } = value;
  return (
    isRecord(readUntil) &&
    Object.values(readUntil).every(isTime) &&
    [seen, rays].every((list) => Array.isArray(list) && list.every(isTimed)) &&
    Array.isArray(actions) &&
    actions.every(isAction)
  );
}

function isTimed(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isTime(value[1]);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isAction(value: unknown): value is AuditedAction {
  if (!isRecord(value)) return false;
  const { event, at, scope, job, action, by } = value;
  return (
    typeof event === 'string' &&
    isTime(at) &&
    isRecord(scope) &&
    (scope['kind'] === 'zone' || scope['kind'] === 'account') &&
    typeof scope['id'] === 'string' &&
    (job === null || Number.isSafeInteger(job)) &&
    (action === 'create' || action === 'update' || action === 'delete') &&
    isAuthor(by)
  );
}

/** Whether it is one as logpushd writes it. */
export function isAuthor(value: unknown): value is Author {
  if (!isRecord(value)) return false;
  const texts = ['email', 'tokenId', 'tokenName', 'address', 'agent', 'ray'].map((name) => value[name]);
  return (
    texts.every((one) => one === null || typeof one === 'string') && WAYS.some((way) => way === value['way'])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
