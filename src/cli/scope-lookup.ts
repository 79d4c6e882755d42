import type { Scope } from '../core/job/job.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import type { CallOptions, LogpushReader } from '../reconcile/ports.ts';

export type Found = { readonly scope: Scope } | { readonly trouble: string };

const ID = /^[0-9a-f]{32}$/i;

/** Finds zones by name or id. Ids alone cost no call, so a token without "Zone: Read" will do for them. */
export async function findZones(
  names: readonly string[],
  reader: LogpushReader,
  options: CallOptions,
): Promise<readonly Found[]> {
  if (names.every((name) => ID.test(name))) return names.map((id) => byId('zone', id));
  const zones = await reader.listZones(options);
  return names.map((name) => pick('zone', name, zones));
}

/** Finds accounts by name or id, as {@link findZones} does. */
export async function findAccounts(
  names: readonly string[],
  reader: LogpushReader,
  options: CallOptions,
): Promise<readonly Found[]> {
  if (names.every((name) => ID.test(name))) return names.map((id) => byId('account', id));
  const accounts = await reader.listAccounts(options);
  return names.map((name) => pick('account', name, accounts));
}

function byId(kind: Scope['kind'], id: string): Found {
  return { scope: { kind, id: id.toLowerCase(), name: id.toLowerCase() } };
}

function pick(
  kind: Scope['kind'],
  wanted: string,
  items: readonly { readonly id: string; readonly name: string }[],
): Found {
  const name = wanted.toLowerCase();
  const matching = items.filter((item) => item.id === name || item.name.toLowerCase() === name);
  const [first] = matching;
  if (first !== undefined && matching.length === 1) {
    return { scope: { kind, id: first.id, name: first.name } };
  }
  if (matching.length > 1) {
    const ids = matching.map(({ id }) => id).join(', ');
    return { trouble: `${matching.length} ${kind}s are called "${wanted}". Name one by its id: ${ids}.` };
  }
  if (ID.test(wanted)) return byId(kind, wanted);
  const hint = suggestion(
    wanted,
    items.map((item) => item.name),
  );
  return {
    trouble: `The token sees no ${kind} "${wanted}" among ${items.length}.${hint} It may lack "Zone: Read" or "Account Settings: Read".`,
  };
}
