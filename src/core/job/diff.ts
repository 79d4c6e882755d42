import type { Shown } from '../plan/change.ts';
import { compareText } from '../problem.ts';
import type { Compared } from './compared.ts';
import { compareField } from './comparison.ts';
import { fieldOf, FIELDS } from './field-table.ts';
import type { JobFields } from './job.ts';

/** One managed value in which live and desired differ in meaning, or may differ because the API does not show it. */
export interface Difference {
  /** As in `enabled`, `output_options.sample_rate`, `destination_conf` or `destination_conf.secret-access-key`. */
  readonly path: string;
  readonly secret: boolean;
  /** The live side as it may be shown; null when there is none, and always for a secret. */
  readonly before: Shown;
  readonly after: Shown;
  /** The same for every spelling of the same value, and for every live job. May hold a secret: never shown. */
  readonly desiredText: string;
  /** Undefined: the API did not show the value (an absent key, a masked secret). May hold a secret: never shown. */
  readonly liveText: string | undefined;
  /** Cloudflare refuses to change it: the job must be replaced. */
  readonly immutable: boolean;
}

/**
 * The values of the manifest that a live job does not have, in table order; empty when Cloudflare would deliver the
 * same logs for both.
 *
 * Spelling is not meaning (`cloudflare-api.md` §11): absent, null, 0 and `""` are one value, output options count
 * with their defaults, `filter` as JSON, `destination_conf` by its parts. What the manifest does not hold, what only
 * Cloudflare writes, and what `ignore` names (a field, or one of its parts) is never compared.
 */
export function differencesOf(
  desired: JobFields,
  live: JobFields,
  ignore: readonly string[],
): readonly Difference[] {
  return compareAll(desired, live, ignore)
    .filter(({ equal }) => !equal)
    .map(differenceFrom);
}

/** Whether the manifest holds something that Cloudflare cannot change in this job: see {@link Difference.immutable}. */
export function differsForGood(desired: JobFields, live: JobFields, ignore: readonly string[]): boolean {
  return IMMUTABLE.some(
    (name) =>
      name in desired &&
      !ignore.includes(name) &&
      compareField(name, desired, live).some(({ equal }) => !equal),
  );
}

const IMMUTABLE: readonly string[] = FIELDS.filter(({ immutable }) => immutable).map(({ name }) => name);

/**
 * The values that are equal only by assumption: the manifest wants none, and the API shows none, which it also does
 * where it never shows the field (`cloudflare-api.md` §2.4). Whoever knows that there was a value knows better.
 */
export function assumedEqual(
  desired: JobFields,
  live: JobFields,
  ignore: readonly string[],
): readonly Difference[] {
  return compareAll(desired, live, ignore)
    .filter(({ equal, liveText }) => equal && liveText === undefined)
    .map(differenceFrom);
}

function differenceFrom({ path, secret, before, after, desiredText, liveText }: Compared): Difference {
  const immutable = fieldOf(path)?.immutable ?? false;
  return { path, secret, before, after, desiredText, liveText, immutable };
}

/** Every value that the manifest manages, by path, in the text that is fingerprinted. May hold secrets. */
export function managedValues(desired: JobFields, ignore: readonly string[]): ReadonlyMap<string, string> {
  return new Map(compareAll(desired, NOTHING, ignore).map(({ path, desiredText }) => [path, desiredText]));
}

/** The paths that Cloudflare may or may not have as wanted: its answer leaves them out, or masks them. */
export function unshownPaths(
  desired: JobFields,
  live: JobFields,
  ignore: readonly string[],
): readonly string[] {
  return differencesOf(desired, live, ignore)
    .filter(({ liveText }) => liveText === undefined)
    .map(({ path }) => path);
}

const NOTHING: JobFields = {};

function compareAll(desired: JobFields, live: JobFields, ignore: readonly string[]): readonly Compared[] {
  const all = comparisonOf(desired, live);
  if (ignore.length === 0) return all;
  return all.filter(
    ({ path }) => !ignore.some((ignored) => path === ignored || path.startsWith(`${ignored}.`)),
  );
}

/** A plan asks for the same comparison many times over; comparing is most of its work. */
const comparisons = new WeakMap<JobFields, WeakMap<JobFields, readonly Compared[]>>();

function comparisonOf(desired: JobFields, live: JobFields): readonly Compared[] {
  const known = comparisons.get(desired) ?? new WeakMap<JobFields, readonly Compared[]>();
  const compared =
    known.get(live) ?? managedFields(desired).flatMap((name) => compareField(name, desired, live));
  comparisons.set(desired, known.set(live, compared));
  return compared;
}

/** In table order, then what is newer than this release. */
function managedFields(desired: JobFields): readonly string[] {
  const known = FIELDS.map(({ name }) => name).filter((name) => name in desired);
  const extra = Object.keys(desired).filter((name) => fieldOf(name) === undefined);
  return [...known, ...extra.toSorted(compareText)];
}
