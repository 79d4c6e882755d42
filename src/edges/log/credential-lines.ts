import { credentialText, endText, isUrgent } from '../../core/credential/expiry.ts';
import type { CredentialEvent } from '../../reconcile/event/credential-events.ts';
import { type Lines, scopeField } from './line.ts';

/** The lines of `event-log.ts` about what ends by itself. */
export const CREDENTIAL_LINES: Pick<Lines, CredentialEvent['type']> = {
  'scope.credentials': ({ passId, scope, credentials }) => ({
    level: 'debug',
    message: 'credentials seen',
    fields: { passId, ...scopeField(scope), expires: credentials.map((one) => saying(one)) },
  }),
  'token.examined': ({ credential }) => ({
    level: 'debug',
    message: 'API token examined',
    fields: { expires: credential === null ? [] : [saying(credential)] },
  }),
  'credential.expiring': ({ scope, credential }) => ({
    level: isUrgent(credential) ? 'error' : 'warn',
    message: credential.withinDays === 0 ? 'credential has ended' : 'credential ends soon',
    fields: {
      ...(scope !== null && scopeField(scope)),
      expires: [saying(credential)],
      jobs: credential.jobs,
      next: 'Make a new one and put it in place of this.',
    },
  }),
};

function saying(credential: Parameters<typeof endText>[0]): string {
  return `${credentialText(credential)} ${endText(credential)}`;
}
