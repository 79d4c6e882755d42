/** Proof that a manifest means the same after it was rewritten. */
import { canonicalJson, isObject } from '../job/canonical-json.ts';
import { differencesOf } from '../job/diff.ts';
import { type JobFields, scopeKey } from '../job/job.ts';
import { isLogpullParameter, logpullParameters } from '../job/output-options.ts';
import type { JobTemplate, Manifest, ScopeEntry } from '../manifest/manifest.ts';
import type { Plan } from '../plan/change.ts';
import { compareText } from '../problem.ts';
import { NEW_KEY, OLD_KEY } from './option-moves.ts';

/**
 * Jobs that no longer mean the same, each by its number among all jobs; null when more than jobs has changed.
 *
 * The options are the same when each side is in sync with the job that the other would create. Everything else is the
 * same value, and so it is for every zone, account and reference.
 */
export function changedJobs(before: Manifest, after: Manifest): readonly number[] | null {
  if (JSON.stringify(before.scopes.map(frameOf)) !== JSON.stringify(after.scopes.map(frameOf))) return null;
  const [old, now] = [before, after].map(({ scopes }) => scopes.flatMap(({ jobs }) => jobs));
  return (old ?? []).flatMap((job, index) => {
    const other = now?.[index];
    return other !== undefined && isSame(job, other) ? [] : [index];
  });
}

function frameOf({ target, mode, prune, ignore, jobs }: ScopeEntry): object {
  return { target, mode, prune, ignore: rulesOf(ignore), jobs: jobs.length };
}

function isSame(before: JobTemplate, after: JobTemplate): boolean {
  if (restOf(before) !== restOf(after)) return false;
  if (unknownIn(before) !== unknownIn(after)) return false;
  const [old, now] = [optionsIn(before), optionsIn(after)];
  return (
    differencesOf(now, asLive(old), fieldsIn(after)).length === 0 &&
    differencesOf(old, asLive(now), fieldsIn(before)).length === 0
  );
}

const OPTION_KEYS: readonly string[] = [OLD_KEY, NEW_KEY];

/** Also what is ignored for a while only: the rules are the same on both sides. */
function fieldsIn({ ignore }: JobTemplate): readonly string[] {
  return ignore.map(({ field }) => field);
}

function rulesOf(ignore: JobTemplate['ignore']): object {
  return ignore.map(({ field, job, reason, until }) => ({ field, job, reason, until }));
}

function restOf({ name, fields, destination, id, protect, ignore, mode }: JobTemplate): string {
  const kept = Object.entries(fields).filter(([key]) => !OPTION_KEYS.includes(key));
  const managing = { name, destination, id, protect, ignore: rulesOf(ignore), mode };
  return JSON.stringify([managing, canonicalJson(Object.fromEntries(kept))]);
}

function optionsIn({ fields }: JobTemplate): JobFields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => OPTION_KEYS.includes(key)));
}

/** What is sent of a `logpull_options` that no output option is the equal of; nothing where `output_options` win. */
function unknownIn({ fields }: JobTemplate): string {
  const { [OLD_KEY]: old, [NEW_KEY]: now } = fields;
  if (typeof old !== 'string' || (isObject(now) && Object.keys(now).length > 0)) return '[]';
  return JSON.stringify(logpullParameters(old).filter(([name]) => name !== '' && !isLogpullParameter(name)));
}

/** What Cloudflare would hold: it keeps no key that means none. */
function asLive(fields: JobFields): JobFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ''));
}

/**
 * What a plan says, apart from which of the two keys says it. Two plans of one account with equal outlines write the
 * same, withhold the same and leave the same alone.
 */
export function outlineOf(plans: readonly Plan[]): string {
  return canonicalJson(
    plans
      .toSorted((a, b) => compareText(scopeKey(a.scope), scopeKey(b.scope)))
      .map(({ scope, changes, withheld, unmanaged, unverifiable }) => ({
        scope: scopeKey(scope),
        changes: changes.map(({ action, name, fields }) => ({ action, name, paths: pathsOf(fields) })),
        withheld: withheld.map(({ action, name, fields }) => ({ action, name, paths: pathsOf(fields) })),
        unmanaged: unmanaged.map(({ id }) => id),
        unverifiable: unverifiable.map(({ id, fields }) => ({ id, paths: pathsOf(fields) })),
      })),
  );
}

function pathsOf(fields: readonly { readonly path: string }[]): readonly string[] {
  const paths = fields.map(({ path }) =>
    OPTION_KEYS.includes(path.split('.', 1)[0] ?? '') ? 'options' : path,
  );
  return [...new Set(paths)].toSorted(compareText);
}
