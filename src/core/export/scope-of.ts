import type { JsonObject, JsonValue, Scope } from '../job/job.ts';

/** What a manifest takes for the name of a zone. */
const ZONE_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/;
const LIKE_AN_ID = /^[0-9a-f]{20,}$/i;

/**
 * One item of `zones` or `accounts`. A zone goes by its name, which people read, where nothing else has it; an
 * account by its id, which never changes and needs no right to list accounts.
 */
export function scopeEntry(scope: Scope, all: readonly Scope[], jobs: readonly JsonValue[]): JsonObject {
  return scope.kind === 'zone' ? { zone: zoneText(scope, all), jobs } : { account: scope.id, jobs };
}

function zoneText({ id, name }: Scope, all: readonly Scope[]): string {
  const isAlone = all.filter((one) => one.kind === 'zone' && one.name === name).length === 1;
  return isAlone && ZONE_NAME.test(name) && !LIKE_AN_ID.test(name) ? name : id;
}
