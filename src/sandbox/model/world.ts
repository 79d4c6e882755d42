import type { Switches } from '../switches.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { DestinationHealth } from './destination-health.ts';
import { ApiFailure, CODES } from './envelope.ts';
import type { Ids } from './ids.ts';
import type { JobStore } from './job-store.ts';
import { isRecord, type JsonRecord } from './json.ts';
import type { Session } from './edge-jobs.ts';
import type { Transformer } from './transformers.ts';

/** All that the imitated Cloudflare knows. Handlers read and change it; nothing else does. */
export interface World {
  readonly now: () => number;
  readonly ids: Ids;
  readonly switches: Switches;
  readonly accounts: Map<string, AccountRecord>;
  /** In the order in which they were added. */
  readonly zones: Map<string, ZoneRecord>;
  readonly jobs: JobStore;
  readonly destinations: DestinationHealth;
  readonly audit: AuditTrail;
  /** Instant Logs sessions by zone id. */
  readonly sessions: Map<string, Session>;
  readonly transformers: Map<number, Transformer>;
  /** Signs ownership tokens. */
  readonly signingKey: string;
}

export interface AccountRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
}

export const ZONE_STATUSES = ['active', 'pending', 'initializing', 'moved'] as const;
export const ZONE_TYPES = ['full', 'partial', 'secondary', 'internal'] as const;

export interface ZoneRecord {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly status: (typeof ZONE_STATUSES)[number];
  readonly type: (typeof ZONE_TYPES)[number];
  readonly createdAt: number;
}

/** Where jobs live. */
export interface Scope {
  readonly kind: 'zone' | 'account';
  readonly id: string;
  readonly name: string;
  /** The account that owns the zone, or the account itself. */
  readonly accountId: string;
}

/** Who calls, as the audit log will show it. */
export interface Actor {
  readonly credential: string;
  readonly context: 'api_token' | 'api_key' | 'dash';
  readonly email: string;
  readonly tokenId: string;
  readonly tokenName: string;
  readonly ip: string;
  readonly userAgent: string;
}

/** One authenticated request to a known route. */
export interface Call {
  readonly method: string;
  /** Path below `/client/v4`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly rawBody: string;
  readonly actor: Actor;
  /** Null on routes that name no zone or account. */
  readonly scope: Scope | null;
  /** Listings show the jobs of this time instead of now. */
  readonly asOf: number | null;
}

/** @throws ApiFailure 404 when the route has no scope, which is a mistake in the route table. */
export function scopeOf(call: Call): Scope {
  if (call.scope === null) throw new ApiFailure(404, CODES.noRoute, `Could not route to ${call.path}`);
  return call.scope;
}

/** The JSON object in the body. @throws ApiFailure 400. */
export function bodyOf(call: Call): JsonRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.rawBody);
  } catch {
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: invalid json');
  }
  if (!isRecord(parsed)) throw new ApiFailure(400, CODES.badInput, 'error parsing input: not a JSON object');
  return parsed;
}
