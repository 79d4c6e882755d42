import {
  type CredentialKind,
  credentialText,
  endText,
  isUrgent,
  type SeenCredential,
} from '../../core/credential/expiry.ts';
import type { Reason } from '../../core/alert/reasons.ts';
import { faultKey, type Report } from '../../core/alert/standing.ts';
import { type Scope, scopeKey } from '../../core/job/job.ts';
import { plural } from '../../core/render/summary.ts';
import { reportOf, type Rows, type SightTerms } from './report.ts';

const REASONS_OF_EXPIRY: readonly Reason[] = ['CredentialExpiring', 'CredentialExpired'];
const TOKEN_KEY = 'api_token';

/** Rows of `table.ts` about what ends by itself. */
export const CREDENTIAL_ROWS = {
  'scope.credentials': ({ scope, credentials }, terms) => ({
    reports: credentials.flatMap((credential) => expiryOf(credential, scope, terms)),
  }),
  // A pass learns nothing of the token's end.
  'pass.started': () => ({ keeps: REASONS_OF_EXPIRY.map((reason) => faultKey(reason, TOKEN_KEY)) }),
  'token.examined': ({ credential }, terms) => {
    const reports = credential === null ? [] : expiryOf(credential, null, terms);
    const standing = new Set(reports.map(({ reason }) => reason));
    return {
      reports,
      ends: ({ reason, subject: { key } }) => key === TOKEN_KEY && !standing.has(reason),
    };
  },
} satisfies Rows;

/** The first warning stands until it is renewed, and so does the urgent one that follows. */
function expiryOf(credential: SeenCredential, scope: Scope | null, terms: SightTerms): readonly Report[] {
  const { kind, destination, expiresAt, withinDays, jobs } = credential;
  if (withinDays === null) return [];
  const text = credentialText(credential);
  const what = `${text.charAt(0).toUpperCase()}${text.slice(1)} ${endText(credential)}`;
  const subject = {
    ...(scope !== null && { scope }),
    key: scope === null ? TOKEN_KEY : `${scopeKey(scope)}#${destination} ${expiresAt}`,
    what,
    detail: usersText(kind, jobs, scope),
    labels: { credential: kind, ...(destination !== '' && { destination }) },
  };
  const cause = scope === null ? null : `${text} ends on ${expiresAt}`;
  return reasonsOf(credential).map((reason) => reportOf(reason, subject, terms, { cause }));
}

function reasonsOf(credential: SeenCredential): readonly Reason[] {
  if (credential.kind === 'challenge') return ['ChallengeExpiring'];
  return isUrgent(credential) ? REASONS_OF_EXPIRY : REASONS_OF_EXPIRY.slice(0, 1);
}

const MOST_JOBS = 5;

function usersText(kind: CredentialKind, jobs: readonly string[], scope: Scope | null): string {
  if (scope === null) return 'Without it nothing is read or written at Cloudflare; jobs go on delivering.';
  const rest = jobs.length - MOST_JOBS;
  const more = rest > 0 ? ` and ${plural(rest, 'other')}` : '';
  const users = `${jobs.slice(0, MOST_JOBS).join(', ')}${more}`;
  return kind === 'challenge'
    ? `In ${scope.name} it is to be shown by ${users}, held back for now; Cloudflare refuses that without it.`
    : `Used in ${scope.name} by ${users}; without it they cannot deliver.`;
}
