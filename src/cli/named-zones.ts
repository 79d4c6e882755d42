import type { Scope } from '../core/job/job.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import type { ExitCode, Shell } from './shell.ts';

interface LookedAt extends Pick<PassResult, 'known' | 'unresolved'> {
  readonly scopes: readonly Scope[];
}

/**
 * Says which zones were named and are not in the manifest: a slip of the hand must not look like "no changes".
 * Answers 3 when none of them is, 1 when some are, 0 when all are.
 */
export function reportUnknownZones(
  zones: readonly string[],
  { scopes, known = [], unresolved }: LookedAt,
  shell: Shell,
): ExitCode {
  const found = new Set([
    ...scopes.flatMap(({ id, name }) => [id, name.toLowerCase()]),
    ...unresolved.map(({ name }) => name.toLowerCase()),
  ]);
  const unknown = zones.filter((zone) => !found.has(zone.toLowerCase()));
  const names = [...known, ...unresolved].map(({ name }) => name);
  for (const zone of unknown) {
    shell.err(
      `error: --zone ${cleanText(zone)}: the manifest says nothing about it.${cleanText(suggestion(zone, names))} Check the spelling, or add it to the manifest.\n`,
    );
  }
  if (unknown.length === 0) return 0;
  return unknown.length === zones.length ? 3 : 1;
}

/** The same for what a pass has looked at. */
export function reportUnlookedZones(zones: readonly string[], result: PassResult, shell: Shell): ExitCode {
  return reportUnknownZones(zones, { ...result, scopes: scopesOf(result) }, shell);
}

/** Every scope that a pass looked at, whether it could be read or not. */
export function scopesOf({ plans, unreadable }: Pick<PassResult, 'plans' | 'unreadable'>): readonly Scope[] {
  return [...plans, ...unreadable].map(({ scope }) => scope);
}
