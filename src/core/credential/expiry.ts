import { parseDestination } from '../destination/destination.ts';
import type { DesiredScope } from '../job/job.ts';
import { destinationSite, destinationText } from '../plan/desired-text.ts';
import { plural } from '../render/summary.ts';

/**
 * What ends by itself: `sas`, a shared access signature of Azure, which says its end in `se`; `api_token`, the token
 * of logpushd, of which Cloudflare says it.
 */
export type CredentialKind = 'sas' | 'api_token';

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
export const WARNING_DAYS = [30, 7, 1] as const;
const URGENT_DAYS = 1;

/** A credential as it was at some time. */
export interface SeenCredential extends Credential {
  /** The smallest of {@link WARNING_DAYS} that it has come to, 0 when it has ended, null while its end is far. */
  readonly withinDays: number | null;
}

const DAY_MS = 86_400_000;

/** @param now milliseconds since the epoch */
export function seenAt(credential: Credential, now: number): SeenCredential {
  const leftMs = Date.parse(credential.expiresAt) - now;
  if (leftMs <= 0) return { ...credential, withinDays: 0 };
  const passed = WARNING_DAYS.filter((days) => leftMs <= days * DAY_MS);
  return { ...credential, withinDays: passed.length === 0 ? null : Math.min(...passed) };
}

/** Whether nothing is left of the time in which it can be renewed at leisure. */
export function isUrgent({ withinDays }: SeenCredential): boolean {
  return withinDays !== null && withinDays <= URGENT_DAYS;
}

/** As in `the shared access signature of azure://logs`. */
export function credentialText({ kind, destination }: Credential): string {
  return kind === 'sas' ? `the shared access signature of ${destination}` : 'the API token of logpushd';
}

/** As in `ends on 2027-01-31, in 7 days or less`. */
export function endText({ expiresAt, withinDays }: SeenCredential): string {
  if (withinDays === 0) return `ended on ${expiresAt}`;
  return `ends on ${expiresAt}${withinDays === null ? '' : `, in ${plural(withinDays, 'day')} or less`}`;
}

/** What has no end that can be read is left out, and so is what only a job uses that delivers nothing. */
export function signaturesIn({ jobs }: Pick<DesiredScope, 'jobs'>): readonly Credential[] {
  const used = jobs
    .filter(({ fields }) => fields['enabled'] !== false)
    .flatMap((job) => {
      const expiresAt = signatureEndOf(job);
      return expiresAt === null || Number.isNaN(Date.parse(expiresAt))
        ? []
        : [{ name: job.name, destination: destinationSite(job), expiresAt }];
    });
  const same = Map.groupBy(used, ({ destination, expiresAt }) => `${destination} ${expiresAt}`);
  return [...same.values()].flatMap((users) =>
    users.slice(0, 1).map(({ destination, expiresAt }): Credential => {
      return { kind: 'sas', destination, expiresAt, jobs: users.map(({ name }) => name) };
    }),
  );
}

/** As it is written in the signature; null where there is none that looks like a time. */
export function signatureEndOf(job: Pick<DesiredScope['jobs'][number], 'fields'>): string | null {
  const { scheme, params } = parseDestination(destinationText(job));
  const end = scheme === 'azure' ? params.find(({ name }) => name === 'se')?.value.reveal() : undefined;
  return end !== undefined && /^[\dTZ:.+-]{8,40}$/.test(end) ? end : null;
}
