import { parseDestination } from '../destination/destination.ts';

/** Parameters that hold a credential, whatever the destination (`cloudflare-api.md` §2.5). */
const CREDENTIAL_PARAMS: ReadonlySet<string> = new Set([
  'access-key-id',
  'api-key',
  'credentials',
  'ibm_api_key',
  'secret-access-key',
  'sig',
  'sts-external-id',
]);
const LIKE_A_CREDENTIAL =
  /(^|[-_.])(api[-_]?key|apikey|access[-_]?key|key|token|secret|password|passwd|pwd|signature|auth)$/i;
/** Headers that say what is sent or who sends it. Any other may authorise. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'cache-control',
  'content-encoding',
  'content-type',
  'user-agent',
]);
const HEADER_PREFIX = 'header_';
const SUMO_CODE = /^\/receiver\/v1\/http\/(.+)$/s;

export function isCredentialHeader(name: string): boolean {
  return !HARMLESS_HEADERS.has(name.toLowerCase());
}

export function isCredentialParam(name: string): boolean {
  if (name.startsWith(HEADER_PREFIX)) return isCredentialHeader(name.slice(HEADER_PREFIX.length));
  return CREDENTIAL_PARAMS.has(name.toLowerCase()) || LIKE_A_CREDENTIAL.test(name);
}

/** What in a `destination_conf` is a credential that was written out: names only, as messages show them. */
export function writtenOutIn(conf: string): readonly string[] {
  const { scheme, path, params } = parseDestination(conf);
  const found = params
    .filter(({ name, value }) => isCredentialParam(name) && isWrittenOut(value.reveal()))
    .map(({ name }) => (/^[A-Za-z][\w.-]{0,40}$/.test(name) ? `the parameter ${name}` : 'a parameter'));
  if (hasUserInfo(conf)) found.push('a user name or password before "@"');
  const code = scheme === 'sumo' ? SUMO_CODE.exec(path)?.[1] : undefined;
  if (code !== undefined && isWrittenOut(code)) found.push('the code in the path');
  return found;
}

/** Whether text that should be a credential comes from nowhere but the manifest. */
export function isWrittenOut(text: string): boolean {
  return text !== '' && !text.includes('${');
}

export function hasUserInfo(url: string): boolean {
  const [, userInfo] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]*)@/i.exec(url) ?? [];
  return userInfo !== undefined && isWrittenOut(userInfo);
}
