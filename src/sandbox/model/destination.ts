import type { Switches } from '../switches.ts';
import { ApiFailure, CODES } from './envelope.ts';

/**
 * `destination_conf` as the sandbox reads it (`cloudflare-api.md` §6.1): enough to know what is missing, which
 * schemes want a challenge, and where a challenge file goes. Written apart from logpushd's own reader on purpose,
 * so that a mistake there is not repeated here.
 */

export interface ParsedDestination {
  readonly text: string;
  readonly scheme: string;
  /** Bucket, container, stream or host. */
  readonly authority: string;
  /** Without a leading slash. */
  readonly path: string;
  readonly params: ReadonlyMap<string, string>;
}

interface SchemeRule {
  /** Each inner list is satisfied by any one of its names. */
  readonly required: readonly (readonly string[])[];
  readonly challenge: 'never' | 'always' | 'without-keys';
}

const NO_CHALLENGE: SchemeRule = { required: [], challenge: 'never' };

const SCHEMES: ReadonlyMap<string, SchemeRule> = new Map(
  Object.entries<SchemeRule>({
    // §6.1: S3-compatible storage brings its own keys and endpoint, plain S3 proves ownership instead.
    s3: { required: [['region']], challenge: 'without-keys' },
    r2: { required: [['account-id'], ['access-key-id'], ['secret-access-key']], challenge: 'never' },
    gs: { required: [], challenge: 'always' },
    azure: { required: [['sig']], challenge: 'always' },
    sumo: { required: [], challenge: 'always' },
    // SEED spells it API_KEY, current docs API-KEY.
    datadog: { required: [['header_DD-API-KEY', 'header_DD-API_KEY']], challenge: 'never' },
    splunk: {
      required: [['channel'], ['insecure-skip-verify'], ['sourcetype'], ['header_Authorization']],
      challenge: 'never',
    },
    https: NO_CHALLENGE,
    ibmcl: { required: [['ibm_api_key']], challenge: 'never' },
    cos: NO_CHALLENGE,
    sentinelone: NO_CHALLENGE,
    bq: { required: [['credentials']], challenge: 'never' },
    kinesis: { required: [['region'], ['sts-assume-role-arn', 'access-key-id']], challenge: 'never' },
  }),
);

const S3_COMPATIBLE = ['access-key-id', 'secret-access-key', 'endpoint'] as const;

/** Null for a string that is no URI. */
export function readDestination(text: string): ParsedDestination | null {
  const match = /^([a-z0-9]+):\/\/([^/?#]*)\/?([^?]*)(?:\?(.*))?$/s.exec(text);
  if (match === null) return null;
  const [, scheme = '', authority = '', path = '', query = ''] = match;
  const params = new Map<string, string>();
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    params.set(decoded(name), at < 0 ? '' : decoded(pair.slice(at + 1)));
  }
  return { text, scheme, authority, path, params };
}

/**
 * Refuses what Cloudflare would refuse before it writes a test object.
 *
 * @throws ApiFailure 400 with code 1002.
 */
export function checkDestination(
  text: unknown,
  { switches }: { readonly switches: Pick<Switches, 'unknown_schemes'> },
): ParsedDestination {
  if (typeof text !== 'string' || text === '') throw refuse('destination_conf is required');
  // §7: 4096 characters.
  if (text.length > 4096) throw refuse('destination_conf is longer than 4096 characters');
  const parsed = readDestination(text);
  if (parsed === null)
    throw refuse('destination_conf is not a URI of the form scheme://authority/path?query');
  const rule =
    SCHEMES.get(parsed.scheme) ?? (switches.unknown_schemes === 'accept' ? NO_CHALLENGE : undefined);
  if (rule === undefined) throw refuse(`destination_conf has the unsupported scheme "${parsed.scheme}"`);
  if (parsed.authority === '') throw refuse('destination_conf names no bucket or host');
  for (const choices of rule.required) {
    if (!choices.some((name) => (parsed.params.get(name) ?? '') !== '')) {
      throw refuse(`destination_conf lacks the parameter "${choices[0] ?? ''}"`);
    }
  }
  checkKeys(parsed);
  return parsed;
}

/** §6.1: an S3-compatible destination gives all of endpoint and keys, and Sumo keeps its code in the path. */
function checkKeys(parsed: ParsedDestination): void {
  const given = S3_COMPATIBLE.filter((name) => parsed.params.has(name));
  if (parsed.scheme === 's3' && given.length > 0 && given.length < S3_COMPATIBLE.length) {
    const lacking = S3_COMPATIBLE.find((name) => !parsed.params.has(name));
    throw refuse(`destination_conf lacks the parameter "${lacking ?? ''}"`);
  }
  if (parsed.scheme === 'sumo' && !parsed.path.startsWith('receiver/v1/http/')) {
    throw refuse('destination_conf of a sumo destination needs the path /receiver/v1/http/<code>');
  }
}

/** §6.3: s3 without keys, gs, azure and sumo. */
export function needsChallenge(parsed: ParsedDestination): boolean {
  const rule = SCHEMES.get(parsed.scheme);
  if (rule?.challenge === 'without-keys') return !parsed.params.has('access-key-id');
  return rule?.challenge === 'always';
}

/** What "the same destination" means: for buckets bucket and path (SEED), else the whole string. */
export function identityOf(text: string): string {
  const parsed = readDestination(text);
  const isBucket = parsed !== null && ['s3', 'r2', 'gs', 'azure', 'cos'].includes(parsed.scheme);
  return isBucket ? `${parsed.scheme}://${parsed.authority}/${parsed.path}` : text;
}

// §2.5: the secret parameters.
const SECRET_PARAM =
  /^(secret-access-key|access-key-id|sts-external-id|Api-Key|ibm_api_key|credentials|header_.*)$/;

/** The string with its secrets as `***`, everything else byte for byte. */
export function maskSecrets(text: string): string {
  const at = text.indexOf('?');
  const query = at < 0 ? '' : text.slice(at + 1);
  const start = at < 0 ? text : text.slice(0, at);
  // §2.5: a SAS is secret as a whole, and Sumo's secret is in the path.
  const place = start.replace(/(\/receiver\/v1\/http\/).+$/, '$1***');
  const isSas = text.startsWith('azure://');
  const masked = query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const isSecret = isSas || SECRET_PARAM.test(decoded(pair.slice(0, Math.max(equals, 0))));
      return isSecret && equals >= 0 ? `${pair.slice(0, equals)}=***` : pair;
    })
    .join('&');
  return at < 0 ? place : `${place}?${masked}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuse(what: string): ApiFailure {
  return new ApiFailure(400, CODES.destination, `error parsing input: ${what}`);
}
