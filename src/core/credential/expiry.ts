import { needsChallenge, parseDestination } from '../destination/destination.ts';
import type { DesiredJob, DesiredScope } from '../job/job.ts';
import { proofOf, expiryOf } from '../plan/challenge.ts';
import { isOfDestination, type Plan, type Withheld } from '../plan/change.ts';
import { destinationSite, destinationText } from '../plan/desired-text.ts';
import { plural } from '../render/summary.ts';

/**
 * What ends by itself: `sas`, a shared access signature of Azure, which says its end in `se`; `api_token`, the token
 * of logpushd, of which Cloudflare says it; `challenge`, a proof of ownership in the manifest that is still to be shown.
 */
export type CredentialKind = 'sas' | 'api_token' | 'challenge';

/** A credential with an end. Holds nothing of its secret. */
export interface Credential {
  readonly kind: CredentialKind;
  /** Without secrets, as in `azure://logs`; empty for the API token. */
  readonly destination: string;
  /** RFC 3339, or a date. */
  readonly expiresAt: string;
  /** Names of the jobs that use it. */
  readonly jobs: readonly string[];
}

/** People are told this many days before the end; the last of them is urgent. */
const WARNING_DAYS = [30, 7, 1] as const;
/** A proof lives for seven days (`cloudflare-api.md` §6.3). */
const CHALLENGE_WARNING_DAYS = [1] as const;
const URGENT_DAYS = 1;

/** A credential as it was at some time. */
export interface SeenCredential extends Credential {
  /** The smallest number of days to warn at that it has come to, 0 when it has ended, null while its end is far. */
  readonly withinDays: number | null;
}

const DAY_MS = 86_400_000;

/** @param now milliseconds since the epoch */
export function seenAt(credential: Credential, now: number): SeenCredential {
  const leftMs = Date.parse(credential.expiresAt) - now;
  if (leftMs <= 0) return { ...credential, withinDays: 0 };
  const warned: readonly number[] = credential.kind === 'challenge' ? CHALLENGE_WARNING_DAYS : WARNING_DAYS;
  const passed = warned.filter((days) => leftMs <= days * DAY_MS);
  return { ...credential, withinDays: passed.length === 0 ? null : Math.min(...passed) };
}

/** Whether nothing is left of the time in which it can be renewed at leisure. Without a proof nothing stops that goes on now. */
export function isUrgent({ kind, withinDays }: SeenCredential): boolean {
  return kind !== 'challenge' && withinDays !== null && withinDays <= URGENT_DAYS;
}

/** As in `the shared access signature of azure://logs`. */
export function credentialText({ kind, destination }: Credential): string {
  return TEXTS[kind](destination);
}

const TEXTS: { readonly [kind in CredentialKind]: (destination: string) => string } = {
  sas: (destination) => `the shared access signature of ${destination}`,
  api_token: () => 'the API token of logpushd',
  challenge: (destination) => `the ownership_challenge of ${destination}`,
};

/** As in `ends on 2027-01-31, in 7 days or less`. */
export function endText({ expiresAt, withinDays }: SeenCredential): string {
  if (withinDays === 0) return `ended on ${expiresAt}`;
  return `ends on ${expiresAt}${withinDays === null ? '' : `, in ${plural(withinDays, 'day')} or less`}`;
}

/** What has no end that can be read is left out, and so is what only a job uses that delivers nothing. */
export function signaturesIn({ jobs }: Pick<DesiredScope, 'jobs'>): readonly Credential[] {
  const used = jobs.filter(({ fields }) => fields['enabled'] !== false);
  return credentialsOf('sas', used, signatureEndOf);
}

/**
 * The proofs of ownership that jobs have to show and cannot yet, as something holds them back. A job that is at its destination needs
 * its proof no more; one whose proof has ended already waits for another, and is told of as such.
 */
export function challengesIn({
  desired,
  withheld,
}: Pick<Plan, 'desired' | 'withheld'>): readonly Credential[] {
  const held = new Set(withheld.filter(isToBeProven).map(({ name }) => name));
  return credentialsOf(
    'challenge',
    desired.jobs.filter(({ name }) => held.has(name)),
    challengeEndOf,
  );
}

function isToBeProven({ action, fields, waitsFor }: Withheld): boolean {
  if (waitsFor !== undefined || action === 'delete') return false;
  return action === 'create' || action === 'replace' || fields.some(isOfDestination);
}

function challengeEndOf(job: DesiredJob): string | null {
  const proof = needsChallenge(destinationText(job)) ? proofOf(job) : null;
  const end = proof && new Date(expiryOf(proof) ?? Number.NaN);
  return end === null || Number.isNaN(end.getTime()) ? null : end.toISOString();
}

/** Told once for each place and end. */
function credentialsOf(
  kind: CredentialKind,
  jobs: readonly DesiredJob[],
  endOf: (job: DesiredJob) => string | null,
): readonly Credential[] {
  const used = jobs.flatMap((job) => {
    const expiresAt = endOf(job);
    return expiresAt === null || Number.isNaN(Date.parse(expiresAt))
      ? []
      : [{ name: job.name, destination: destinationSite(job), expiresAt }];
  });
  const same = Map.groupBy(used, ({ destination, expiresAt }) => `${destination} ${expiresAt}`);
  return [...same.values()].flatMap((users) =>
    users.slice(0, 1).map(({ destination, expiresAt }): Credential => {
      return { kind, destination, expiresAt, jobs: users.map(({ name }) => name) };
    }),
  );
}

/** As it is written in the signature; null where there is none that looks like a time. */
export function signatureEndOf(job: Pick<DesiredScope['jobs'][number], 'fields'>): string | null {
  const { scheme, params } = parseDestination(destinationText(job));
  const end = scheme === 'azure' ? params.find(({ name }) => name === 'se')?.value.reveal() : undefined;
  return end !== undefined && /^[\dTZ:.+-]{8,40}$/.test(end) ? end : null;
}
