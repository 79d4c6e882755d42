import { anatomyOf } from '../destination/anatomy.ts';
import type { Anatomy } from '../destination/anatomy.ts';
import type { DestinationSpec, DestinationType } from '../destination/destination-type.ts';
import { plainIn, uriParts } from '../destination/destination-type.ts';
import { buildDestination, differenceOfDestinations } from '../destination/destination.ts';
import { HTTPS, textsIn as namedTextsIn } from '../destination/https.ts';
import { destinationTypesOf } from '../destination/known-types.ts';
import type { JsonObject, JsonValue } from '../job/job.ts';
import { isCredentialParam } from '../manifest/credential.ts';
import { destinationFault } from '../manifest/destination-faults.ts';
import { UNSAFE_KEYS } from '../manifest/node-reader.ts';
import { hasUnsafeCharacter } from '../manifest/showing.ts';
import { textsIn } from '../manifest/texts.ts';
import type { Refer } from './secret-part.ts';
import { escaped, escapedIn, isStorable, isWord } from './secret-part.ts';

/**
 * The keys under `destination:` that mean exactly the same as this text, or null where there are none: another
 * scheme, a parameter that has no key, or a value that no secret file can hold.
 */
export function structuredOf(text: string, refer: Refer): JsonObject | null {
  const anatomy = anatomyOf(text);
  if (anatomy.userinfo !== null) return null;
  const uri = uriParts(text);
  for (const type of destinationTypesOf(anatomy.scheme)) {
    const spec = type.read(uri);
    if (spec === null || !meansTheSame(spec, text)) continue;
    const written = type === HTTPS ? writtenHttps(spec, anatomy, refer) : writtenSpec(spec, type, refer);
    if (written !== null) return written;
  }
  return null;
}

function writtenSpec(
  spec: DestinationSpec,
  { secretKeys }: DestinationType,
  refer: Refer,
): JsonObject | null {
  const isSecret = (key: string): boolean => secretKeys.includes(key);
  const secrets = Object.entries(spec).filter(([key]) => isSecret(key));
  if (!secrets.every(([, value]) => typeof value === 'string' && isStorable(value))) return null;
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]): [string, JsonValue] => [
      key,
      isSecret(key) && typeof value === 'string' ? refer(key.replaceAll('_', '-'), value) : escapedIn(value),
    ]),
  );
}

const HEADER = 'header_';
/** Names that need no quoting anywhere and mean nothing to JavaScript. */
function isPlainName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]*(_[A-Za-z0-9-]+)*$/.test(name) && !UNSAFE_KEYS.has(name);
}

type Entries = readonly (readonly [name: string, value: string])[];

/** Which of its parts are secret is a matter of their values. */
function writtenHttps(
  spec: DestinationSpec,
  { path, openPath, rules }: Anatomy,
  refer: Refer,
): JsonObject | null {
  const headers = Object.entries(namedTextsIn(spec, 'headers'));
  const others = Object.entries(namedTextsIn(spec, 'params'));
  const all = [...headers.map(([name, value]) => [HEADER + name, value] as const), ...others];
  const isOpen = (name: string, value: string): boolean =>
    rules.openParams.has(name) || isWord(name, value, 'https') || isPlainHeader(name, value);
  const hiddenPath = path.slice(openPath);
  const isShownPath = hiddenPath === '' || isWord('path', hiddenPath, 'https');
  const isWhole = all.every(([name, value]) => isOpen(name, value) || isStorable(value));
  const names = [...headers, ...others].map(([name]) => name);
  if (!isWhole || !(isShownPath || isStorable(hiddenPath)) || !names.every(isPlainName)) return null;

  const show = (name: string, value: string): string =>
    isOpen(name, value) ? escaped(value) : refer(name, value);
  const url = String(plainIn(spec, 'url'));
  const shownUrl = escaped(url.slice(0, url.length - hiddenPath.length));
  return {
    type: spec.type,
    url: shownUrl + (isShownPath ? escaped(hiddenPath) : refer('path', hiddenPath)),
    ...mapOf(
      'headers',
      headers.map(([name, value]) => [name, show(HEADER + name, value)]),
    ),
    ...mapOf(
      'params',
      others.map(([name, value]) => [name, show(name, value)]),
    ),
  };
}

/** As `application/json`: nobody would keep it as a secret, and a manifest takes it written out. */
function isPlainHeader(name: string, value: string): boolean {
  return name.startsWith(HEADER) && !isCredentialParam(name) && /^[a-z]+\/[a-z0-9.+-]{1,40}$/.test(value);
}

function mapOf(key: string, entries: Entries): JsonObject {
  return entries.length === 0 ? {} : { [key]: Object.fromEntries(entries) };
}

function meansTheSame(spec: DestinationSpec, text: string): boolean {
  const built = buildDestination(spec);
  // What is encoded in the text may be plain in what is built, as a reference in a path.
  if (destinationFault(built) !== undefined) return false;
  const { open, secrets, unseen } = differenceOfDestinations(built, text);
  // Encoded in the text, but plain among the keys of a manifest, which refuses them.
  if ([...textsIn({ ...spec }, [])].some((part) => hasUnsafeCharacter(part.text))) return false;
  return !open && secrets.length === 0 && unseen.length === 0;
}
