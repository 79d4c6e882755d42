import type { Scope } from '../job/job.ts';
import type { Origin, Problem } from '../problem.ts';
import { finding } from './finding.ts';
import { matches } from './glob.ts';
import type { ScopeNames } from './lookup.ts';
import type { Manifest, ScopeEntry, Selector } from './manifest.ts';
import { suggestion } from './nearest.ts';
import { quoted } from './showing.ts';
import { isId } from './target.ts';
import type { Account, World, Zone } from './world.ts';

/** A zone or account that the manifest names and the token does not see, or sees twice. */
export interface Unresolved {
  readonly name: string;
  readonly reason: string;
  readonly origin: Origin;
}

/** One scope that one entry of the manifest speaks of. */
export interface Claim {
  readonly scope: Scope;
  readonly names: ScopeNames;
  readonly entry: ScopeEntry;
  /** Named by the entry itself, not found by a selector. */
  readonly explicit: boolean;
}

interface Found {
  readonly claims: readonly Claim[];
  readonly unresolved: readonly Unresolved[];
  readonly problems: readonly Problem[];
}

/** Which scopes each entry of the manifest means. */
export function findScopes(manifest: Manifest, world: World): Found {
  const directory = directoryOf(world);
  const found = manifest.scopes.map((entry) => claimsOf(entry, directory));
  return {
    claims: found.flatMap(({ claims }) => claims),
    unresolved: found.flatMap(({ unresolved }) => unresolved),
    problems: found.flatMap(({ problems }) => problems),
  };
}

interface Directory {
  readonly zones: readonly Zone[];
  readonly zoneOf: ReadonlyMap<string, Zone>;
  readonly zonesNamed: ReadonlyMap<string, readonly Zone[]>;
  readonly accountOf: ReadonlyMap<string, Account>;
  readonly accountsNamed: ReadonlyMap<string, readonly Account[]>;
}

function directoryOf({ zones, accounts }: World): Directory {
  return {
    zones,
    zoneOf: new Map(zones.map((zone) => [zone.id, zone])),
    zonesNamed: Map.groupBy(zones, ({ name }) => name.toLowerCase()),
    accountOf: new Map(accounts.map((account) => [account.id, account])),
    accountsNamed: Map.groupBy(accounts, ({ name }) => name),
  };
}

function claimsOf(entry: ScopeEntry, directory: Directory): Found {
  const { target } = entry;
  if (target.by === 'select') return selected(entry, target.select, directory);
  if (target.by === 'id') {
    const claim =
      target.kind === 'zone'
        ? zoneClaim(entry, target.id, directory.zoneOf.get(target.id))
        : accountClaim(entry, target.id, directory.accountOf.get(target.id));
    return { claims: [claim], unresolved: [], problems: [] };
  }
  if (target.kind === 'zone') {
    const zones = directory.zonesNamed.get(target.name.toLowerCase()) ?? [];
    const [zone] = zones;
    if (zone !== undefined && zones.length === 1) return one(zoneClaim(entry, zone.id, zone));
    return none(entry, target.name, notOne('zone', target.name, zones, directory.zonesNamed.keys()));
  }
  const accounts = directory.accountsNamed.get(target.name) ?? [];
  const [account] = accounts;
  if (account !== undefined && accounts.length === 1) return one(accountClaim(entry, account.id, account));
  return none(entry, target.name, notOne('account', target.name, accounts, directory.accountsNamed.keys()));
}

function one(claim: Claim): Found {
  return { claims: [claim], unresolved: [], problems: [] };
}

function none({ place }: ScopeEntry, name: string, reason: string): Found {
  return { claims: [], unresolved: [{ name, reason, origin: place.origin }], problems: [] };
}

function notOne(
  kind: string,
  name: string,
  found: readonly { readonly id: string }[],
  known: Iterable<string>,
): string {
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(' and ');
    return `The token sees this name ${found.length} times (${ids}). Write the id in place of the name.`;
  }
  return `The token does not see the ${kind} ${quoted(name)}.${suggestion(name, known)} Check the name, and that the token may read it.`;
}

function zoneClaim(entry: ScopeEntry, id: string, zone: Zone | undefined): Claim {
  return {
    scope: { kind: 'zone', id, name: zone?.name ?? id },
    names:
      zone === undefined
        ? {}
        : { zoneName: zone.name, accountId: zone.account.id, accountName: zone.account.name },
    entry,
    explicit: entry.target.by !== 'select',
  };
}

function accountClaim(entry: ScopeEntry, id: string, account: Account | undefined): Claim {
  return {
    scope: { kind: 'account', id, name: account?.name ?? id },
    names: { accountId: id, ...(account === undefined ? {} : { accountName: account.name }) },
    entry,
    explicit: true,
  };
}

function selected(entry: ScopeEntry, select: Selector, directory: Directory): Found {
  const zones = directory.zones.filter((zone) => isSelected(zone, select));
  const message = `No zone that the token sees matches ${select.name.map(quoted).join(', ')}. The jobs of this entry go nowhere.`;
  return {
    claims: zones.map((zone) => zoneClaim(entry, zone.id, zone)),
    unresolved: [],
    problems: zones.length === 0 ? [finding('selects-nothing', entry.place, message)] : [],
  };
}

function isSelected(zone: Zone, { name, except, status, account }: Selector): boolean {
  return (
    name.some((pattern) => matches(pattern, zone.name)) &&
    !except.some((pattern) => matches(pattern, zone.name)) &&
    (status === undefined || zone.status === status) &&
    (account === undefined || isOfAccount(zone.account, account))
  );
}

function isOfAccount({ id, name }: Account, wanted: string): boolean {
  return isId(wanted) ? id === wanted.toLowerCase() : matches(wanted, name);
}
