import type { Scope } from '../job/job.ts';
import { scopeKey } from '../job/job.ts';
import type { Action } from '../plan/change.ts';
import type { AuditedAction, Author, Way } from './action.ts';

/** Who is known to have caused a drift. */
export interface Attribution extends Author {
  /** RFC 3339, by Cloudflare's clock. */
  readonly at: string;
  readonly action: AuditedAction['action'];
  /** How many further writes by others there were since the job was last seen as wanted. */
  readonly others: number;
}

/** A drift whose author is known. */
export interface DriftAuthor {
  readonly scope: Scope;
  readonly job: string;
  /** What puts the drift right. */
  readonly action: Action;
  readonly attribution: Attribution;
}

export function authorOf(
  authors: readonly DriftAuthor[] | undefined,
  scope: Scope,
  { name, action }: { readonly name: string; readonly action: Action },
): Attribution | undefined {
  const isIt = (one: DriftAuthor): boolean =>
    one.job === name && one.action === action && scopeKey(one.scope) === scopeKey(scope);
  return authors?.find(isIt)?.attribution;
}

/** As the JSON documents of logpushd show an author. */
export interface AuthorDocument {
  readonly email: string | null;
  readonly way: Way;
  readonly token_name: string | null;
  readonly address: string | null;
  readonly agent: string | null;
  readonly ray: string | null;
  readonly at: string;
  readonly others: number;
}

export function authorDocument(attribution: Attribution): AuthorDocument {
  const { email, way, tokenName, address, agent, ray, at, others } = attribution;
  return { email, way, token_name: tokenName, address, agent, ray, at, others };
}

/** A job that was changed behind our back, and when that can have happened. */
export interface DriftWindow {
  /** What puts it right. */
  readonly action: Action;
  /** The live job, or the one that is gone. */
  readonly job: number;
  /** When it was last known to be as wanted, milliseconds since the epoch; null: not within memory. */
  readonly after: number | null;
  /** When it was found. */
  readonly found: number;
}

/** Cloudflare's clock and ours are compared, and differ by so much at the most where both are right. */
export const CLOCKS_DIFFER_MS = 5_000;

/**
 * The last write within the window, and how many others there were; null where nothing is known, or where the last one
 * cannot have caused the drift.
 */
export function attributionOf(drift: DriftWindow, actions: readonly AuditedAction[]): Attribution | null {
  const causes = causesOf(drift, actions);
  const last = causes.at(-1);
  if (last === undefined) return null;
  const at = new Date(last.at).toISOString();
  return { ...last.by, at, action: last.action, others: causes.length - 1 };
}

/** The writes that have led to it, the oldest first. */
export function causesOf(drift: DriftWindow, actions: readonly AuditedAction[]): readonly AuditedAction[] {
  const about = actions.filter((one) => isWithin(one, drift)).toSorted((a, b) => a.at - b.at);
  const last = about.at(-1);
  return last !== undefined && CAUSES[drift.action].includes(last.action) ? about : [];
}

/** What is made anew was deleted, what is deleted was made; anything else was changed, or made as it is. */
const CAUSES: { readonly [A in Action]: readonly AuditedAction['action'][] } = {
  create: ['delete'],
  delete: ['create', 'update'],
  update: ['update', 'create'],
  replace: ['update', 'create'],
  adopt: ['update', 'create'],
};

function isWithin({ job, at }: AuditedAction, drift: DriftWindow): boolean {
  if (job !== drift.job || at > drift.found + CLOCKS_DIFFER_MS) return false;
  return drift.after === null || at > drift.after - CLOCKS_DIFFER_MS;
}

/** As in `ada@example.com in the dashboard at 2026-11-23 10:41:02 UTC from 203.0.113.7 (ray 8f00c0ffee)`. */
export function attributionText({ at, address, ray, others, ...author }: Attribution): string {
  const from = address === null ? '' : ` from ${address}`;
  const under = ray === null ? '' : ` (ray ${ray})`;
  const more = others === 0 ? '' : `, after ${others} other ${others === 1 ? 'write' : 'writes'}`;
  return `${authorText(author)} at ${at.slice(0, 19).replace('T', ' ')} UTC${from}${under}${more}`;
}

function authorText({ email, way, tokenName, agent }: Omit<Author, 'address' | 'ray'>): string {
  if (way === 'cloudflare') return 'Cloudflare itself';
  const token = tokenName === null ? 'an API token' : `the API token "${tokenName}"`;
  const through = WAY_TEXTS[way].replace('TOKEN', () => token);
  const program = way === 'dashboard' || agent === null ? '' : `, program ${agent}`;
  return `${email ?? 'somebody'} ${through}${program}`.replace(/ +/g, ' ');
}

const WAY_TEXTS: { readonly [W in Way]: string } = {
  dashboard: 'in the dashboard',
  api_token: 'with TOKEN',
  api_key: 'with a global API key',
  oauth: 'with an OAuth token',
  origin_ca_key: 'with an Origin CA key',
  api: 'through the API',
  cloudflare: '',
  unknown: 'in a way the log does not tell',
};
