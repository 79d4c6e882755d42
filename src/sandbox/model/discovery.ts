import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { idOf } from './ids.ts';
import { type JsonRecord, rfc3339 } from './json.ts';
import {
  type AccountRecord,
  type Call,
  scopeOf,
  type World,
  type ZoneRecord,
  ZONE_STATUSES,
  ZONE_TYPES,
} from './world.ts';

/** Zones, accounts and the token itself: rows 20 and 21 of `cloudflare-api.md` §1.2, and §1.4. */

export function listZones(call: Call, world: World): Reply {
  const { query } = call;
  const tests = zoneTests(query, world);
  const isAny = query.get('match') === 'any';
  const types = (query.get('type') ?? 'full,partial,secondary')
    .split(',')
    .concat(query.getAll('type').slice(1));
  const found = [...world.zones.values()]
    .filter((zone) => types.includes(zone.type)) // §1.4: internal zones are left out by default
    .filter(
      (zone) => tests.length === 0 || (isAny ? tests.some((t) => t(zone)) : tests.every((t) => t(zone))),
    );
  const sorted = ordered(found, query, world);
  // §1.4: a zone that vanishes between pages shifts the items.
  const isShifted = world.switches.zone_vanishes === 'on' && pageOf(query) > 1;
  const zones = isShifted ? sorted.slice(1) : sorted;
  return paged(zones, query, world.switches.zone_totals === 'present', (zone) => showZone(zone, world));
}

export function getZone(call: Call, world: World): Reply {
  const zone = world.zones.get(scopeOf(call).id);
  return { result: zone === undefined ? null : showZone(zone, world) };
}

export function listAccounts(call: Call, world: World): Reply {
  const { query } = call;
  const name = query.get('name');
  const found = [...world.accounts.values()]
    .filter((account) => name === null || nameTest(name)(account.name))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const accounts = query.get('direction') === 'desc' ? found.toReversed() : found;
  return paged(accounts, query, true, showAccount);
}

export function getAccount(call: Call, world: World): Reply {
  const account = world.accounts.get(scopeOf(call).id);
  return { result: account === undefined ? null : showAccount(account) };
}

/** `/user/tokens/verify` and `/accounts/{id}/tokens/verify`. */
export function verifyToken(call: Call): Reply {
  if (call.actor.context !== 'api_token') {
    throw new ApiFailure(400, CODES.badToken, 'Invalid API Token: send it as Authorization: Bearer');
  }
  return { result: { id: call.actor.tokenId, status: 'active' } };
}

type ZoneTest = (zone: ZoneRecord) => boolean;

function zoneTests(query: URLSearchParams, world: World): ZoneTest[] {
  const tests: ZoneTest[] = [];
  const name = query.get('name');
  if (name !== null) tests.push((zone) => nameTest(name)(zone.name));
  const status = query.get('status');
  if (status !== null) {
    if (!ZONE_STATUSES.some((known) => known === status)) throw bad(`unknown status "${status}"`);
    tests.push((zone) => zone.status === status);
  }
  const account = query.get('account.id');
  if (account !== null) tests.push((zone) => zone.accountId === account);
  const accountName = query.get('account.name');
  if (accountName !== null) {
    tests.push((zone) => nameTest(accountName)(world.accounts.get(zone.accountId)?.name ?? ''));
  }
  const unknown = query.getAll('type').find((text) => !text.split(',').every((type) => isZoneType(type)));
  if (unknown !== undefined) throw bad(`unknown type "${unknown}"`);
  return tests;
}

function isZoneType(type: string): boolean {
  return ZONE_TYPES.some((known) => known === type);
}

/** §1.4: `name` may begin with an operator. */
function nameTest(text: string): (name: string) => boolean {
  const at = text.indexOf(':');
  const operator = at < 0 ? 'equal' : text.slice(0, at);
  const wanted = text.slice(at + 1).toLowerCase();
  const tests: Readonly<Record<string, (name: string) => boolean>> = {
    equal: (name) => name === wanted,
    not_equal: (name) => name !== wanted,
    contains: (name) => name.includes(wanted),
    starts_with: (name) => name.startsWith(wanted),
    ends_with: (name) => name.endsWith(wanted),
  };
  const test = Object.hasOwn(tests, operator) ? tests[operator] : undefined;
  if (test === undefined) throw bad(`unknown operator "${operator}" in name`);
  return (name) => test(name.toLowerCase());
}

function ordered(zones: readonly ZoneRecord[], query: URLSearchParams, world: World): readonly ZoneRecord[] {
  const order = query.get('order') ?? 'name';
  const keys: Readonly<Record<string, (zone: ZoneRecord) => string>> = {
    name: (zone) => zone.name,
    status: (zone) => zone.status,
    'account.id': (zone) => zone.accountId,
    'account.name': (zone) => world.accounts.get(zone.accountId)?.name ?? '',
    'plan.id': (zone) => zone.id,
  };
  const key = Object.hasOwn(keys, order) ? keys[order] : undefined;
  if (key === undefined) throw bad(`unknown order "${order}"`);
  const sorted = zones.toSorted((a, b) => key(a).localeCompare(key(b)) || a.name.localeCompare(b.name));
  return query.get('direction') === 'desc' ? sorted.toReversed() : sorted;
}

function paged<T>(
  items: readonly T[],
  query: URLSearchParams,
  hasTotals: boolean,
  show: (item: T) => JsonRecord,
): Reply {
  const page = pageOf(query);
  const perPage = Number(query.get('per_page') ?? 20);
  // §1.4: 5 to 50, 20 by default.
  if (!Number.isInteger(perPage) || perPage < 5 || perPage > 50)
    throw bad('per_page must be between 5 and 50');
  const shown = items.slice((page - 1) * perPage, page * perPage).map(show);
  const totals = { total_count: items.length, total_pages: Math.ceil(items.length / perPage) };
  return {
    result: shown,
    resultInfo: { page, per_page: perPage, count: shown.length, ...(hasTotals ? totals : {}) },
  };
}

function pageOf(query: URLSearchParams): number {
  const page = Number(query.get('page') ?? 1);
  if (!Number.isInteger(page) || page < 1) throw bad('page must be 1 or more');
  return page;
}

function showZone(zone: ZoneRecord, world: World): JsonRecord {
  const created = rfc3339(zone.createdAt);
  const account = { id: zone.accountId, name: world.accounts.get(zone.accountId)?.name ?? '' };
  return {
    id: zone.id,
    account,
    activated_on: zone.status === 'active' ? created : null,
    created_on: created,
    development_mode: 0,
    meta: { custom_certificate_quota: 1, page_rule_quota: 100, phishing_detected: false, step: 4 },
    modified_on: created,
    name: zone.name,
    name_servers: ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'],
    original_dnshost: null,
    original_name_servers: null,
    original_registrar: null,
    owner: { ...account, type: 'organization' },
    paused: false,
    permissions: ['#logs:edit', '#logs:read', '#zone:read'],
    plan: { id: idOf('zone', 'plan'), name: 'Enterprise Website', currency: 'USD', frequency: '', price: 0 },
    status: zone.status,
    type: zone.type,
  };
}

function showAccount(account: AccountRecord): JsonRecord {
  return {
    id: account.id,
    created_on: rfc3339(account.createdAt),
    name: account.name,
    settings: { abuse_contact_email: null, enforce_twofactor: false },
    type: 'enterprise',
  };
}

function bad(what: string): ApiFailure {
  return new ApiFailure(400, CODES.badInput, `Invalid request parameters: ${what}`);
}
