import type { Scope } from '../core/job/job.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import type { ExitCode, Shell } from './shell.ts';

/**
 * Says which zones were named and are not in the manifest: a slip of the hand must not look like "no changes".
 * Answers 3 when none of them is, 1 when some are, 0 when all are.
 */
export function reportUnknownZones(
  zones: readonly string[],
  scopes: readonly Scope[],
  unresolved: PassResult['unresolved'],
  shell: Shell,
): ExitCode {
  const known = new Set([
    ...scopes.flatMap(({ id, name }) => [id, name.toLowerCase()]),
    ...unresolved.map(({ name }) => name.toLowerCase()),
  ]);
  const unknown = zones.filter((zone) => !known.has(zone.toLowerCase()));
  for (const zone of unknown) {
    shell.err(
      `error: --zone ${cleanText(zone)}: the manifest says nothing about it. Check the spelling, or add it to the manifest.\n`,
    );
  }
  if (unknown.length === 0) return 0;
  return unknown.length === zones.length ? 3 : 1;
}

/** Every scope that a pass looked at, whether it could be read or not. */
export function scopesOf({ plans, unreadable }: Pick<PassResult, 'plans' | 'unreadable'>): readonly Scope[] {
  return [...plans, ...unreadable].map(({ scope }) => scope);
}
