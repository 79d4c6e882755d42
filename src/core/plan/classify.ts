import { assumedEqual, differencesOf, managedValues } from '../job/diff.ts';
import type { DesiredJob, LiveJob } from '../job/job.ts';
import type { DifferenceClass, FieldDiff } from './change.ts';
import type { Fingerprint, LedgerEntry } from './ledger-entry.ts';

/** One field in which live and desired differ, or may differ, and why. */
export interface Finding {
  readonly field: FieldDiff;
  /** Only a new job can have the desired value. */
  readonly immutable: boolean;
}

/**
 * Says of every differing field who moved, by comparing three sides: what the manifest wants, what was last
 * applied (a fingerprint in the ledger) and what is live.
 *
 * | applied        | live       | class |
 * |----------------|------------|-------|
 * | no entry       | differs    | pending: nothing of ours was ever there |
 * | as desired     | differs    | drift |
 * | not as desired | as applied | pending |
 * | not as desired | otherwise  | conflict |
 * | as desired     | not shown  | unverifiable if it is masked or known never to be shown, else drift |
 * | not as desired | not shown  | pending |
 *
 * A value that is merely absent is written once: the answer decides whether it was gone or is never shown.
 */
export function classifyJob(
  desired: DesiredJob,
  live: LiveJob,
  entry: LedgerEntry | undefined,
  fingerprint: Fingerprint,
): readonly Finding[] {
  const managed = managedValues(desired.fields, desired.ignore);
  const differing = differencesOf(desired.fields, live.fields, desired.ignore).map((difference) => {
    const { path, secret, before, after, liveText, immutable } = difference;
    const sides = {
      applied: entry?.applied[path],
      desired: managed.has(path) ? fingerprint(difference.desiredText) : undefined,
      live: liveText === undefined ? undefined : fingerprint(liveText),
    };
    const whose = liveText === undefined ? classOfUnshown(path, entry, sides) : classOfShown(entry, sides);
    return { field: { path, class: whose, secret, before, after }, immutable };
  });
  return [...differing, ...goneUnseen(desired, live, entry, fingerprint)];
}

/** What was applied once, is wanted no more, and is never shown: its absence from the answer proves nothing. */
function goneUnseen(
  desired: DesiredJob,
  live: LiveJob,
  entry: LedgerEntry | undefined,
  fingerprint: Fingerprint,
): readonly Finding[] {
  return assumedEqual(desired.fields, live.fields, desired.ignore)
    .filter(({ path }) => entry?.unverifiable.includes(path))
    .filter(({ path, desiredText }) => entry?.applied[path] !== fingerprint(desiredText))
    .map(({ path, secret, before, after, immutable }) => ({
      field: { path, class: 'pending', secret, before, after },
      immutable,
    }));
}

/** The class of a change: conflict if any field is, drift if all are, else pending. */
export function classOf(fields: readonly FieldDiff[]): DifferenceClass {
  if (fields.some((field) => field.class === 'conflict')) return 'conflict';
  if (fields.length > 0 && fields.every((field) => field.class === 'drift')) return 'drift';
  return 'pending';
}

/** Whether the API hides this value on purpose, as opposed to not having it. */
export function isMaskable(path: string): boolean {
  return path === 'destination_conf' || path.startsWith('destination_conf.');
}

/** Fingerprints of one field; undefined: not managed then, not managed now, not shown. */
interface Sides {
  readonly applied: string | undefined;
  readonly desired: string | undefined;
  readonly live: string | undefined;
}

function classOfShown(entry: LedgerEntry | undefined, { applied, desired, live }: Sides): DifferenceClass {
  if (entry === undefined) return 'pending';
  if (applied === desired) return 'drift';
  if (applied === undefined || applied === live) return 'pending';
  return 'conflict';
}

function classOfUnshown(
  path: string,
  entry: LedgerEntry | undefined,
  { applied, desired }: Sides,
): DifferenceClass {
  if (entry === undefined) return isMaskable(path) ? 'unverifiable' : 'pending';
  if (applied !== desired) return 'pending';
  return isMaskable(path) || entry.unverifiable.includes(path) ? 'unverifiable' : 'drift';
}
