import type { Account, World, Zone } from '../../../src/core/manifest/world.ts';
import { Secret } from '../../../src/core/secret.ts';

export const ACME: Account = { id: 'a'.repeat(32), name: 'Acme Inc.' };
export const OTHER: Account = { id: 'b'.repeat(32), name: 'Other' };

export function aZone(name: string, digit: number, changes: Partial<Zone> = {}): Zone {
  return { id: String(digit).repeat(32), name, status: 'active', account: ACME, ...changes };
}

export function aWorld(changes: {
  readonly zones?: readonly Zone[];
  readonly accounts?: readonly Account[];
  readonly env?: { readonly [name: string]: string };
  readonly secrets?: { readonly [name: string]: string };
  readonly unreadable?: { readonly [name: string]: string };
  readonly missingFolder?: string;
}): World {
  const secrets = Object.entries(changes.secrets ?? {});
  return {
    zones: changes.zones ?? [],
    accounts: changes.accounts ?? [],
    now: 0,
    values: {
      env: new Map(Object.entries(changes.env ?? {})),
      secrets: new Map(secrets.map(([name, value]) => [name, new Secret(value)])),
      unreadable: new Map(Object.entries(changes.unreadable ?? {})),
      ...(changes.missingFolder === undefined ? {} : { missingFolder: changes.missingFolder }),
    },
  };
}
