import type { DesiredScope, Scope } from '../job/job.ts';
import { scopeKey } from '../job/job.ts';
import type { Problem } from '../problem.ts';
import { byPlace, compareText } from '../problem.ts';
import type { Unresolved } from './find-scopes.ts';
import { findScopes } from './find-scopes.ts';
import { endedRules, type IgnoreRule } from './ignore.ts';
import type { JobTemplate, Manifest, ScopeEntry } from './manifest.ts';
import type { Reference } from './reference.ts';
import { referencesIn } from './reference.ts';
import { settleScope } from './settle-scope.ts';
import { textsIn } from './texts.ts';
import type { World } from './world.ts';

export type { Unresolved } from './find-scopes.ts';

export interface Resolved {
  /** Sorted by kind, name and id; jobs by name. */
  readonly scopes: readonly DesiredScope[];
  readonly unresolved: readonly Unresolved[];
  readonly problems: readonly Problem[];
  /** How many jobs it wants, also those that are blocked, and those of scopes that are unresolved. */
  readonly jobs: number;
}

/**
 * What the manifest wants in each scope that exists: names become ids, selectors become zones, references become
 * values. What cannot be had is left out, never guessed: a job goes to `blocked`, a scope to `unresolved`.
 */
export function resolveManifest(manifest: Manifest, world: World): Resolved {
  const found = findScopes(manifest, world);
  const groups = Map.groupBy(found.claims, ({ scope }) => scopeKey(scope));
  const settled = [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [settleScope([first, ...others], world)],
  );
  const scopes = settled.flatMap(({ desired }) => desired ?? []);
  const unresolved = [...found.unresolved, ...settled.flatMap((one) => one.unresolved ?? [])];
  const origins = new Set(unresolved.map(({ origin }) => origin));
  const unplaced = manifest.scopes.filter(({ place }) => origins.has(place.origin));
  return {
    scopes: scopes.toSorted((a, b) => byScope(a.scope, b.scope)),
    unresolved,
    problems: [
      ...found.problems,
      ...settled.flatMap(({ problems }) => problems),
      ...endedRules(ignoreRulesIn(manifest), world.now),
    ].toSorted(byPlace),
    jobs:
      scopes.reduce((sum, { jobs, blocked }) => sum + jobs.length + blocked.length, 0) +
      jobCount({ scopes: unplaced }),
  };
}

/** What is left to others, wherever that stands. */
export function ignoreRulesIn({ scopes }: Manifest): readonly IgnoreRule[] {
  return scopes.flatMap(({ ignore, jobs }) => [...ignore, ...jobs.flatMap((job) => job.ignore)]);
}

/** How many jobs are written, each once, however many zones a selector finds for it. */
export function jobCount({ scopes }: Pick<Manifest, 'scopes'>): number {
  return scopes.reduce((sum, { jobs }) => sum + jobs.length, 0);
}

/** Which variables and secrets the manifest asks for. */
export function referencesOf(manifest: Manifest): {
  readonly env: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
} {
  const env = new Set<string>();
  const secrets = new Set<string>();
  for (const { jobs } of manifest.scopes) {
    for (const reference of jobs.flatMap(referencesOfJob)) {
      if (reference.kind === 'env') env.add(reference.name);
      if (reference.kind === 'secret') secrets.add(reference.name);
    }
  }
  return { env, secrets };
}

/** Whether the list of zones is needed: for a name, a selector, or what a zone given by its id is called. */
export function needsZones({ scopes }: Manifest): boolean {
  return scopes.some((entry) => {
    if (entry.target.kind !== 'zone') return false;
    const ofItsAccount = entry.jobs.some(({ fields }) => typeof fields['transformer_id'] === 'string');
    return (
      entry.target.by !== 'id' || ofItsAccount || asksFor(entry, ['zone.name', 'account.id', 'account.name'])
    );
  });
}

/** Whether the list of accounts is needed: for a name, or what an account given by its id is called. */
export function needsAccounts({ scopes }: Manifest): boolean {
  return scopes.some((entry) => {
    if (entry.target.kind !== 'account') return false;
    return entry.target.by === 'name' || asksFor(entry, ['account.name']);
  });
}

function asksFor({ jobs }: ScopeEntry, kinds: readonly Reference['kind'][]): boolean {
  return jobs.some((job) => referencesOfJob(job).some(({ kind }) => kinds.includes(kind)));
}

function referencesOfJob({ name, fields, destination }: JobTemplate): readonly Reference[] {
  const target = destination.form === 'conf' ? destination.text : destination.spec;
  return [name, fields, target]
    .flatMap((value) => [...textsIn(value, [])])
    .flatMap(({ text }) => referencesIn(text));
}

function byScope(a: Scope, b: Scope): number {
  return -compareText(a.kind, b.kind) || compareText(a.name, b.name) || compareText(a.id, b.id);
}
