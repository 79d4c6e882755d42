import type { Switches } from '../switches.ts';
import { recordWrite } from './audit.ts';
import { AuditTrail } from './audit-trail.ts';
import { DestinationHealth } from './destination-health.ts';
import { createIds, idOf } from './ids.ts';
import { type JobRecord, JobStore } from './job-store.ts';
import type { AccountRecord, Scope, World, ZoneRecord } from './world.ts';

export interface ZoneSeed {
  readonly name: string;
  /** 32 hexadecimal characters; made from the name when absent. */
  readonly id?: string;
  /** Name of its account; the first one when absent. */
  readonly account?: string;
  readonly status?: ZoneRecord['status'];
  readonly type?: ZoneRecord['type'];
}

export interface ModelOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The same seed gives the same ids. @default 'sandbox' */
  readonly seed?: string;
  /** @default example.com, shop.example.com and example.org */
  readonly zones?: readonly ZoneSeed[];
  /** Names. @default Example Inc */
  readonly accounts?: readonly string[];
  /** The only credential let in; absent or null: any. */
  readonly token?: string | null;
  readonly switches?: Partial<Switches>;
  /** Id of the first job. @default 1001 */
  readonly firstJobId?: number;
}

const DEFAULT_ACCOUNTS = ['Example Inc'];
const DEFAULT_ZONES: readonly ZoneSeed[] = [
  { name: 'example.com' },
  { name: 'shop.example.com' },
  { name: 'example.org' },
];

export function newWorld(options: ModelOptions, switches: () => Switches): World {
  const { now, seed = 'sandbox' } = options;
  const jobs = new JobStore({
    now,
    switches,
    firstId: options.firstJobId ?? 1001,
    onDisabled: (job, at) => recordDisabled(job, at, world),
  });
  const world: World = {
    now,
    ids: createIds(seed),
    get switches() {
      return switches();
    },
    accounts: new Map(),
    zones: new Map(),
    jobs,
    destinations: new DestinationHealth(),
    audit: new AuditTrail(),
    sessions: new Map(),
    transformers: new Map(),
    signingKey: seed,
  };
  for (const name of options.accounts ?? DEFAULT_ACCOUNTS) addAccount(world, name);
  for (const zone of options.zones ?? DEFAULT_ZONES) addZone(world, zone);
  return world;
}

export function addAccount(world: World, name: string): AccountRecord {
  const account = { id: idOf('account', name), name, createdAt: world.now() };
  world.accounts.set(account.id, account);
  return account;
}

export function addZone(world: World, seed: ZoneSeed): ZoneRecord {
  const first = [...world.accounts.values()][0]?.name ?? DEFAULT_ACCOUNTS[0] ?? '';
  const accountName = seed.account ?? first;
  const known = [...world.accounts.values()].find((account) => account.name === accountName);
  const zone: ZoneRecord = {
    id: seed.id ?? idOf('zone', seed.name),
    name: seed.name,
    accountId: (known ?? addAccount(world, accountName)).id,
    status: seed.status ?? 'active',
    type: seed.type ?? 'full',
    createdAt: world.now(),
  };
  world.zones.set(zone.id, zone);
  return zone;
}

/** The zone or account of this name or id. */
export function findScope(world: World, nameOrId: string): Scope | null {
  const is = ({ id, name }: { readonly id: string; readonly name: string }): boolean =>
    id === nameOrId || name === nameOrId;
  const zone = [...world.zones.values()].find(is);
  if (zone !== undefined) return { kind: 'zone', id: zone.id, name: zone.name, accountId: zone.accountId };
  const account = [...world.accounts.values()].find(is);
  return account === undefined
    ? null
    : { kind: 'account', id: account.id, name: account.name, accountId: account.id };
}

/** §9: whether an automatic disable writes an entry is unknown. */
function recordDisabled(job: JobRecord, at: number, world: World): void {
  const scope = findScope(world, job.scopeId);
  if (scope === null || world.switches.audit_auto_disable === 'off') return;
  recordWrite(
    {
      id: world.ids.uuid(at),
      ray: '',
      scope,
      actor: 'system',
      action: 'update',
      method: 'PUT',
      uri: `/client/v4/${scope.kind}s/${scope.id}/logpush/jobs/${job.id}`,
      status: 200,
      jobId: String(job.id),
      request: { enabled: false },
      response: null,
      at,
    },
    world,
  );
}
