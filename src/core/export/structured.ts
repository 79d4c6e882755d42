import type { Anatomy, RawParam } from '../destination/anatomy.ts';
import { anatomyOf } from '../destination/anatomy.ts';
import type { DestinationSpec } from '../destination/destination.ts';
import { buildDestination, differenceOfDestinations } from '../destination/destination.ts';
import { decodePercent } from '../destination/percent.ts';
import type { JsonObject } from '../job/job.ts';
import { hasUnsafeCharacter } from '../manifest/showing.ts';
import { textsIn } from '../manifest/texts.ts';
import type { Refer } from './secret-part.ts';
import { escaped, isStorable, isWord } from './secret-part.ts';

/** Decoded parameters by name. */
type Params = ReadonlyMap<string, string>;

/**
 * The keys under `destination:` that mean exactly the same as this text, or null where there are none: another
 * scheme, a parameter that has no key, or a value that no secret file can hold.
 */
export function structuredOf(text: string, refer: Refer): JsonObject | null {
  const anatomy = anatomyOf(text);
  const params = uniqueParams(anatomy.params);
  if (params === null || anatomy.userinfo !== null) return null;
  switch (anatomy.scheme) {
    case 's3':
      return writtenS3(text, anatomy, params, refer);
    case 'r2':
      return writtenR2(text, anatomy, params, refer);
    case 'https':
      return writtenHttps(text, anatomy, params, refer);
    default:
      return null;
  }
}

function uniqueParams(params: readonly RawParam[]): Params | null {
  const isPlain = params.every(({ name, label, hasEquals }) => hasEquals && label === name);
  const byName = new Map(params.map(({ name, rawValue }) => [name, decodePercent(rawValue, 'space')]));
  return isPlain && byName.size === params.length ? byName : null;
}

const S3_PARAMS = ['region', 'sse', 'endpoint', 'access-key-id', 'secret-access-key'];

function writtenS3(text: string, anatomy: Anatomy, params: Params, refer: Refer): JsonObject | null {
  const [region, sse, endpoint, id, key] = S3_PARAMS.map((name) => params.get(name));
  const compatible = [endpoint, id, key].filter((value) => value !== undefined);
  const isWhole = compatible.length === 0 || (compatible.length === 3 && endpoint !== '');
  if (region === undefined || region === '' || !isWhole) return null;
  const open = {
    type: 's3' as const,
    bucket: anatomy.authority,
    ...pathOf(anatomy),
    region,
    ...(sse === undefined ? {} : { sse }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  const keys = id === undefined || key === undefined ? {} : { access_key_id: id, secret_access_key: key };
  return written({ ...open, ...keys }, text, open, keys, refer);
}

function writtenR2(text: string, anatomy: Anatomy, params: Params, refer: Refer): JsonObject | null {
  const [account, id, key] = ['account-id', 'access-key-id', 'secret-access-key'].map((name) =>
    params.get(name),
  );
  if (account === undefined || account === '' || id === undefined || key === undefined) return null;
  const open = { type: 'r2' as const, bucket: anatomy.authority, ...pathOf(anatomy), account_id: account };
  const keys = { access_key_id: id, secret_access_key: key };
  return written({ ...open, ...keys }, text, open, keys, refer);
}

/** Where every key but the credentials is open. */
function written(
  spec: DestinationSpec,
  text: string,
  open: { readonly [key: string]: string },
  keys: { readonly [key: string]: string },
  refer: Refer,
): JsonObject | null {
  if (!meansTheSame(spec, text) || !Object.values(keys).every(isStorable)) return null;
  return {
    ...mapped(open, (_, value) => escaped(value)),
    ...mapped(keys, (key, value) => refer(key.replaceAll('_', '-'), value)),
  };
}

const HEADER = 'header_';
/** Names that need no quoting anywhere and mean nothing to JavaScript. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9-]*(_[A-Za-z0-9-]+)*$/;

function writtenHttps(text: string, anatomy: Anatomy, params: Params, refer: Refer): JsonObject | null {
  const { path, openPath, authority, rules } = anatomy;
  const host = `https://${authority}`;
  const all = [...params];
  const headers = all.flatMap(([name, value]) =>
    name.startsWith(HEADER) ? [[name.slice(HEADER.length), value] as const] : [],
  );
  const others = all.filter(([name]) => !name.startsWith(HEADER));
  const spec = { type: 'https' as const, url: host + path, ...maps(headers, others) };
  const isOpen = (name: string, value: string): boolean =>
    rules.openParams.has(name) || isWord(name, value, 'https');
  const hiddenPath = path.slice(openPath);
  const storable = [hiddenPath === '' || isWord('path', hiddenPath, 'https') || isStorable(hiddenPath)];
  storable.push(...all.map(([name, value]) => isOpen(name, value) || isStorable(value)));
  const names = [...headers, ...others].map(([name]) => name);
  if (!names.every((name) => PLAIN_NAME.test(name)) || storable.includes(false) || !meansTheSame(spec, text))
    return null;

  const show = (name: string, value: string): string =>
    isOpen(name, value) ? escaped(value) : refer(name, value);
  const isShownPath = hiddenPath === '' || isWord('path', hiddenPath, 'https');
  return {
    type: 'https',
    url:
      host +
      escaped(path.slice(0, openPath)) +
      (isShownPath ? escaped(hiddenPath) : refer('path', hiddenPath)),
    ...maps(
      headers.map(([name, value]) => [name, show(HEADER + name, value)] as const),
      others.map(([name, value]) => [name, show(name, value)] as const),
    ),
  };
}

type Entries = readonly (readonly [name: string, value: string])[];

function maps(
  headers: Entries,
  params: Entries,
): { readonly [key: string]: { readonly [name: string]: string } } {
  return {
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(params.length === 0 ? {} : { params: Object.fromEntries(params) }),
  };
}

function pathOf({ path }: Anatomy): { readonly path?: string } {
  const plain = decodePercent(path.replace(/^\//, ''), 'plus');
  return plain === '' ? {} : { path: plain };
}

function mapped(
  values: { readonly [key: string]: string },
  change: (key: string, value: string) => string,
): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(key, value)]));
}

function meansTheSame(spec: DestinationSpec, text: string): boolean {
  const { open, secrets, unseen } = differenceOfDestinations(buildDestination(spec), text);
  // Encoded in the text, but plain among the keys of a manifest, which refuses them.
  if ([...textsIn({ ...spec }, [])].some((part) => hasUnsafeCharacter(part.text))) return false;
  return !open && secrets.length === 0 && unseen.length === 0;
}
