/** Jobs, scopes and zones that are valid by default: a test overrides only what it is about. */

import type { DesiredJob, DesiredScope, JobFields, JsonValue, LiveJob, Scope } from '../src/core/job/job.ts';
import { Secret } from '../src/core/secret.ts';
import type { Zone } from '../src/reconcile/ports.ts';

/** Field overrides: a plain text is wrapped where the field is a secret, `undefined` takes the field away. */
type FieldOverrides = { readonly [field: string]: JsonValue | Secret | undefined };

const SECRET_FIELDS: ReadonlySet<string> = new Set(['destination_conf', 'ownership_challenge']);

const ZONE_ID = '023e105f4ecef8ad9ca31a8372d0c353';
const ACCOUNT_ID = '01a7362d577a6c3019a474fd6f485823';

export function aScope(overrides: Partial<Scope> = {}): Scope {
  const kind = overrides.kind ?? 'zone';
  return kind === 'zone'
    ? { kind, id: ZONE_ID, name: 'example.com', ...overrides }
    : { kind, id: ACCOUNT_ID, name: 'Acme', ...overrides };
}

export function aZone(overrides: Partial<Zone> = {}): Zone {
  return {
    id: ZONE_ID,
    name: 'example.com',
    status: 'active',
    account: { id: ACCOUNT_ID, name: 'Acme' },
    ...overrides,
  };
}

export function aDesiredJob(
  overrides: Partial<Omit<DesiredJob, 'fields'>> & { readonly fields?: FieldOverrides } = {},
): DesiredJob {
  const { fields, ...rest } = overrides;
  const name = overrides.name ?? 'http';
  return {
    name,
    protect: false,
    ignore: [],
    origin: { file: 'manifest.yaml', line: 1, column: 1 },
    ...rest,
    fields: jobFields({ name, ...DEFAULT_FIELDS }, fields),
  };
}

export function aDesiredScope(overrides: Partial<DesiredScope> = {}): DesiredScope {
  return { scope: aScope(), jobs: [], blocked: [], ...overrides };
}

/** As Cloudflare answers by default: what is zero or unset is absent. */
export function aLiveJob(
  overrides: Partial<Omit<LiveJob, 'fields'>> & { readonly fields?: FieldOverrides } = {},
): LiveJob {
  const { fields, ...rest } = overrides;
  const name = overrides.name ?? 'http';
  return {
    id: 101,
    name,
    delivery: { lastComplete: null, lastError: null, errorMessage: null },
    ...rest,
    fields: jobFields({ ...(name === '' ? {} : { name }), ...DEFAULT_FIELDS }, fields),
  };
}

const DEFAULT_FIELDS = {
  dataset: 'http_requests',
  destination_conf: 's3://acme-logs/http/{DATE}?region=us-west-2',
  enabled: true,
} as const;

export function jobFields(base: FieldOverrides, overrides: FieldOverrides = {}): JobFields {
  const fields: Record<string, JsonValue | Secret> = {};
  for (const [field, value] of Object.entries({ ...base, ...overrides })) {
    if (value === undefined) continue;
    fields[field] = SECRET_FIELDS.has(field) && typeof value === 'string' ? new Secret(value) : value;
  }
  return fields;
}
