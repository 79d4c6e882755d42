import type { Manifest } from './manifest.ts';
import { endedRules } from './ignore.ts';
import { ignoreRulesIn, type Resolved, resolveManifest } from './resolve.ts';
import type { ReferenceValues, World } from './world.ts';

/** What each manifest became in the world that it met last. */
const known = new WeakMap<Manifest, { readonly world: World; readonly resolved: Resolved }>();

/**
 * As {@link resolveManifest}. Most passes find manifest and world as they were, and then get the same objects, of which
 * everything that was worked out before is still known.
 */
export function resolvedIn(manifest: Manifest, world: World): Resolved {
  const last = known.get(manifest);
  if (last !== undefined && isSameWorld(last.world, world) && isSameTime(manifest, last.world, world))
    return last.resolved;
  const resolved = resolveManifest(manifest, world);
  known.set(manifest, { world, resolved });
  return resolved;
}

/** Of time only the rules know that end. */
function isSameTime(manifest: Manifest, a: World, b: World): boolean {
  const rules = ignoreRulesIn(manifest).filter(({ until }) => until !== undefined);
  return endedRules(rules, a.now).length === endedRules(rules, b.now).length;
}

function isSameWorld(a: World, b: World): boolean {
  return (
    isSameList(a.zones, b.zones) && isSameList(a.accounts, b.accounts) && hasSameValues(a.values, b.values)
  );
}

function isSameList(a: readonly object[], b: readonly object[]): boolean {
  if (a === b) return true;
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}

function hasSameValues(a: ReferenceValues, b: ReferenceValues): boolean {
  return (
    a.missingFolder === b.missingFolder &&
    isSameMap(a.env, b.env, isIdentical) &&
    isSameMap(a.unreadable, b.unreadable, isIdentical) &&
    isSameMap(a.secrets, b.secrets, (one, other) => one.equals(other))
  );
}

function isIdentical(one: string, other: string): boolean {
  return one === other;
}

function isSameMap<T>(
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
  isEqual: (one: T, other: T) => boolean,
): boolean {
  return (
    a.size === b.size &&
    [...a].every(([name, one]) => {
      const other = b.get(name);
      return other !== undefined && isEqual(one, other);
    })
  );
}
