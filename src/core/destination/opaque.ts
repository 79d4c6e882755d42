/** Destinations that are written as Cloudflare's own string: what may be shown of them (`cloudflare-api.md` §2.5). */
import { always, destinationRules, none, type DestinationRules } from './rules.ts';

const SUMO_PATH = '/receiver/v1/http/';

const SCHEMES: ReadonlyMap<string, DestinationRules> = new Map([
  ['gs', destinationRules({ needsChallenge: always })],
  ['azure', destinationRules({ needsChallenge: always })],
  [
    'sumo',
    destinationRules({
      openPath: (path) => (path.startsWith(SUMO_PATH) ? SUMO_PATH.length : 0),
      neverShown: ['path'],
      needsChallenge: always,
    }),
  ],
  ['datadog', destinationRules({ openParams: new Set(['ddsource', 'service', 'host', 'ddtags']) })],
  ['splunk', destinationRules({ openParams: new Set(['channel', 'insecure-skip-verify', 'sourcetype']) })],
  ['sentinelone', destinationRules({ openParams: new Set(['sourcetype']) })],
  ['ibmcl', destinationRules({})],
  ['cos', destinationRules({ openParams: new Set(['region', 'instance-id']) })],
  ['bq', destinationRules({ authority: 'name', neverShown: ['credentials'] })],
  // Names of Kinesis streams are case-sensitive.
  [
    'kinesis',
    destinationRules({ openParams: new Set(['region', 'sts-assume-role-arn']), authority: 'name' }),
  ],
]);

/** A scheme this release does not know: everything after the host may be a secret. */
const UNKNOWN = destinationRules({ openPath: none, opaque: true });

export function rulesOfScheme(scheme: string): DestinationRules {
  return SCHEMES.get(scheme) ?? UNKNOWN;
}
