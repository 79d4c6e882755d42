import { AZURE } from './azure.ts';
import { BIGQUERY } from './bigquery.ts';
import { DATADOG } from './datadog.ts';
import type { DestinationType } from './destination-type.ts';
import { COS } from './cos.ts';
import { GCS } from './gcs.ts';
import { ELASTIC } from './elastic.ts';
import { HTTPS } from './https.ts';
import { QRADAR } from './qradar.ts';
import { IBM_CLOUD_LOGS } from './ibm-cloud-logs.ts';
import { KINESIS } from './kinesis.ts';
import { isNewRelic, NEW_RELIC } from './new-relic.ts';
import { R2 } from './r2.ts';
import { type DestinationRules, destinationRules, none } from './rules.ts';
import { S3 } from './s3.ts';
import { S3_COMPATIBLE } from './s3-compatible.ts';
import { SENTINELONE } from './sentinelone.ts';
import { SPLUNK } from './splunk.ts';
import { SUMO } from './sumo.ts';

/** Every type that a manifest writes with keys; of several for one URI the first that reads it is meant. */
export const DESTINATION_TYPES: readonly DestinationType[] = [
  S3,
  S3_COMPATIBLE,
  R2,
  GCS,
  AZURE,
  DATADOG,
  SPLUNK,
  SUMO,
  NEW_RELIC,
  HTTPS,
  IBM_CLOUD_LOGS,
  SENTINELONE,
  BIGQUERY,
  KINESIS,
  ELASTIC,
  QRADAR,
];

const BY_NAME = new Map(DESTINATION_TYPES.map((one) => [one.type, one]));

export function destinationTypeNamed(type: string): DestinationType | undefined {
  return BY_NAME.get(type);
}

export function destinationTypesOf(scheme: string): readonly DestinationType[] {
  return DESTINATION_TYPES.filter((one) => one.scheme === scheme);
}

/** A scheme this release does not know: everything after the host may be a secret. */
const UNKNOWN = destinationRules({ openPath: none, opaque: true });

const BY_SCHEME: ReadonlyMap<string, DestinationRules> = new Map([
  ...DESTINATION_TYPES.map(({ scheme, rules }) => [scheme, rules] as const),
  // The rules of one scheme have to know the parameters of all of its types.
  ['s3', S3_COMPATIBLE.rules],
  ['https', HTTPS.rules],
  ['http', HTTPS.rules],
  ['cos', COS.rules],
]);

/** What may be shown of a URI, and how it is compared. */
export function rulesOf(scheme: string, host: string): DestinationRules {
  if (scheme === 'https' && isNewRelic(host)) return NEW_RELIC.rules;
  return BY_SCHEME.get(scheme) ?? UNKNOWN;
}

/** What a URI can be whose parameters are all documented; of several the first is the most usual. None: it takes any. */
export function typesWithParameters(scheme: string, host: string): readonly DestinationType[] {
  if (scheme === COS.scheme) return [COS];
  return destinationTypesOf(scheme).filter(
    (one) => one.params !== null && (one !== NEW_RELIC || isNewRelic(host)),
  );
}

const USUAL_LEAST_BYTES = 5_000_000;

/** The least that `max_upload_bytes` may be (`cloudflare-api.md` §2.1): some receivers are documented with less than is usual. */
export function leastUploadBytes(scheme: string): number {
  return Math.min(USUAL_LEAST_BYTES, destinationTypesOf(scheme)[0]?.batch?.bytes ?? USUAL_LEAST_BYTES);
}

/** Where the destination is not known yet. */
export function leastUploadBytesAnywhere(): number {
  return Math.min(...DESTINATION_TYPES.map(({ scheme }) => leastUploadBytes(scheme)));
}
