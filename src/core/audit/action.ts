import type { Scope } from '../job/job.ts';
import { cleanText, shorten } from '../render/foreign-text.ts';
import type { AuditEntry } from './entry.ts';

/** How somebody reached Cloudflare; `cloudflare` is Cloudflare itself, `unknown` what the log does not tell. */
export const WAYS = [
  'dashboard',
  'api_token',
  'api_key',
  'oauth',
  'origin_ca_key',
  'api',
  'cloudflare',
  'unknown',
] as const;
export type Way = (typeof WAYS)[number];

/** Who did something. Somebody else's texts, bounded and printable; null is what the log does not tell. */
export interface Author {
  readonly email: string | null;
  readonly way: Way;
  readonly tokenId: string | null;
  readonly tokenName: string | null;
  readonly address: string | null;
  /** The program, as it calls itself. */
  readonly agent: string | null;
  readonly ray: string | null;
}

/** One write to a Logpush job that was carried out. */
export interface AuditedAction {
  /** Of the entry: the same write is told under the same one, however often. */
  readonly event: string;
  /** Milliseconds since the epoch, by Cloudflare's clock. */
  readonly at: number;
  readonly scope: Pick<Scope, 'kind' | 'id'>;
  /** Null where the log does not say which one. */
  readonly job: number | null;
  readonly action: 'create' | 'update' | 'delete';
  readonly by: Author;
}

/**
 * What an entry says about a Logpush job, or null: it is about something else, was refused, or only looked. The address
 * of the request tells; where there is none, as for what Cloudflare does by itself, the names of the resource do.
 */
export function actionOf(entry: AuditEntry): AuditedAction | null {
  const { id: event, at } = entry;
  const action = kindOf(entry);
  const place = entry.uri === '' ? placeOfResource(entry) : placeOfAddress(entry);
  if (action === null || place === null || event === '' || Number.isNaN(at)) return null;
  if (entry.result === 'failure' || entry.status >= 400) return null;
  return { event: bounded(event, MOST.event), at, ...place, action, by: authorOf(entry) };
}

type Place = Pick<AuditedAction, 'scope' | 'job'>;

const ADDRESS =
  /\/(?<root>zones|accounts)\/(?<id>[0-9a-f]{32})\/logpush\/jobs(?:\/(?<job>[1-9]\d{0,15}))?\/?(?:[?#]|$)/;

function placeOfAddress(entry: AuditEntry): Place | null {
  const found = ADDRESS.exec(entry.uri)?.groups;
  if (found?.['id'] === undefined) return null;
  const kind = found['root'] === 'zones' ? 'zone' : 'account';
  return { scope: { kind, id: found['id'] }, job: jobOf(found['job'] ?? '') ?? jobOfResource(entry) };
}

/** No entry about Logpush was ever published, so its names are not known: they only have to speak of it. */
function placeOfResource(entry: AuditEntry): Place | null {
  if (!/logpush/i.test(`${entry.product} ${entry.resourceType}`)) return null;
  const [kind, id] =
    entry.zoneId === '' ? (['account', entry.accountId] as const) : (['zone', entry.zoneId] as const);
  if (!/^[0-9a-f]{32}$/.test(id)) return null;
  const isJob = /job/i.test(entry.resourceType);
  return { scope: { kind, id }, job: isJob ? jobOfResource(entry) : null };
}

function jobOfResource({ resourceId, answeredId }: AuditEntry): number | null {
  return jobOf(resourceId) ?? jobOf(answeredId);
}

function jobOf(text: string): number | null {
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

const BY_METHOD: { readonly [method: string]: AuditedAction['action'] | undefined } = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

function kindOf({ method, type }: AuditEntry): AuditedAction['action'] | null {
  if (method !== '') return BY_METHOD[method] ?? null;
  return type === 'create' || type === 'update' || type === 'delete' ? type : null;
}

const BY_CONTEXT: { readonly [context: string]: Way | undefined } = {
  dash: 'dashboard',
  api: 'api',
  api_key: 'api_key',
  api_token: 'api_token',
  oauth: 'oauth',
  origin_ca_key: 'origin_ca_key',
};

function authorOf({ actorType, context, ...entry }: AuditEntry): Author {
  const isCloudflare = actorType === 'system' || actorType === 'cloudflare_admin';
  return {
    email: told(entry.email, MOST.email),
    way: isCloudflare ? 'cloudflare' : (BY_CONTEXT[context] ?? 'unknown'),
    tokenId: told(entry.tokenId, MOST.tokenId),
    tokenName: told(entry.tokenName, MOST.tokenName),
    address: /^[0-9a-f.:]{2,45}$/i.test(entry.address) ? entry.address : null,
    agent: told(entry.agent, MOST.agent),
    ray: rayKey(entry.ray),
  };
}

/** The id of a request, without the data centre that the header `cf-ray` adds to it; null for what is none. */
export function rayKey(ray: string): string | null {
  const id = ray.split('-')[0] ?? '';
  return /^[0-9a-zA-Z]{1,64}$/.test(id) ? id : null;
}

/** The longest address has 254 characters, the longest name of a token 120. */
const MOST = { event: 100, email: 254, tokenId: 64, tokenName: 120, agent: 200 } as const;

function told(text: string, longest: number): string | null {
  return text.trim() === '' ? null : bounded(text, longest);
}

function bounded(text: string, longest: number): string {
  return shorten(cleanText(shorten(text, longest)), longest);
}
