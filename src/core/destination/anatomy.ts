/**
 * Takes a `destination_conf` apart on its raw text and never puts one together: the pieces, joined, are the text.
 */
import { MASK } from './mask.ts';
import { canonicalPercent, decodePercent, plusOf, readablePath } from './percent.ts';
import type { DestinationRules } from './rules.ts';
import { destinationRules, none } from './rules.ts';
import { rulesOf } from './known-types.ts';

export interface Piece {
  readonly raw: string;
  /** The name of the secret part, or null when the piece may be shown. */
  readonly secret: string | null;
}

export interface RawParam {
  /** Decoded. */
  readonly name: string;
  readonly rawName: string;
  readonly rawValue: string;
  readonly hasEquals: boolean;
  /** What differences call it. Not the name where the name itself might be a token. */
  readonly label: string;
  readonly secret: boolean;
}

export interface Anatomy {
  /** In lower case; empty when the text is no URI. */
  readonly scheme: string;
  readonly rules: DestinationRules;
  readonly userinfo: string | null;
  /** In its one spelling. */
  readonly authority: string;
  readonly path: string;
  /** How much of the path may be shown. */
  readonly openPath: number;
  readonly params: readonly RawParam[];
  readonly pieces: readonly Piece[];
}

const NO_URI = destinationRules({ openPath: none, opaque: true });
const DEFAULT_PORTS: { readonly [scheme: string]: string } = { https: ':443', http: ':80' };

export function anatomyOf(text: string): Anatomy {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?]*)(\?.*)?$/is.exec(text);
  if (match === null) return notUri(text);
  const [, rawScheme = '', rawAuthority = '', path = '', query = ''] = match;
  const scheme = rawScheme.toLowerCase();
  const at = rawAuthority.lastIndexOf('@');
  const host = rawAuthority.slice(at + 1);
  const userinfo = at < 0 ? null : rawAuthority.slice(0, at);
  const rules = rulesOf(scheme, host);
  const openPath = openPathOf(path, rules);
  const params = paramsOf(query.slice(1), rules);
  const start: Piece[] = [
    open(`${rawScheme}://`),
    ...(userinfo === null ? [] : [secret(userinfo, 'userinfo'), open('@')]),
    open(host),
  ];
  const pieces = rules.opaque
    ? [...start, ...opaquePieces(path + query)]
    : [
        ...start,
        open(path.slice(0, openPath)),
        secret(path.slice(openPath), 'path'),
        ...queryPieces(query, params),
      ];
  return {
    scheme,
    rules,
    userinfo,
    authority: canonicalAuthority(scheme, host, rules),
    path,
    openPath,
    params,
    pieces: pieces.filter(({ raw }) => raw !== ''),
  };
}

/** A `/` alone says nothing; it shows as written. */
function openPathOf(path: string, rules: DestinationRules): number {
  if (path === '/') return 1;
  const open = rules.openPath(path);
  // Behind `&` or `#` stands what should have been the query, keys included.
  const misplaced = path.search(/[&#]/);
  const shown = misplaced < 0 ? open : Math.min(open, misplaced);
  return shown === 0 && path.startsWith('/') ? 1 : shown;
}

function notUri(text: string): Anatomy {
  return {
    scheme: '',
    rules: NO_URI,
    userinfo: null,
    authority: '',
    path: text,
    openPath: 0,
    params: [],
    pieces: text === '' ? [] : [secret(text, 'rest')],
  };
}

function canonicalAuthority(scheme: string, host: string, rules: DestinationRules): string {
  if (rules.authority === 'name') return host;
  const lower = host.toLowerCase();
  const port = DEFAULT_PORTS[scheme];
  return port !== undefined && lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

function paramsOf(query: string, rules: DestinationRules): readonly RawParam[] {
  return query
    .split('&')
    .filter((segment) => segment !== '')
    .map((segment) => {
      const equals = segment.indexOf('=');
      const rawName = equals < 0 ? segment : segment.slice(0, equals);
      const rawValue = equals < 0 ? '' : segment.slice(equals + 1);
      const name = decodePercent(rawName, 'space');
      const isOpen = rules.openParams.has(name) && !holdsParameters(decodePercent(rawValue, 'space'));
      const label = !isOpen && (equals < 0 || mayBeToken(name, rawValue)) ? 'query' : name;
      return { name, rawName, rawValue, hasEquals: equals >= 0, label, secret: !isOpen };
    });
}

/** A query that was encoded as a whole hides its keys in the value of its first parameter. */
function holdsParameters(value: string): boolean {
  return /[&=?;]/.test(value);
}

/** As in `?dG9rZW4tdG9rZW4=`. */
function mayBeToken(name: string, rawValue: string): boolean {
  return !/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name) || (/^=*$/.test(rawValue) && name.length > 20);
}

function queryPieces(query: string, params: readonly RawParam[]): readonly Piece[] {
  if (query === '') return [];
  const pieces: Piece[] = [];
  let index = 0;
  for (const segment of query.slice(1).split('&')) {
    pieces.push(open(pieces.length === 0 ? '?' : '&'));
    const param = segment === '' ? undefined : params[index++];
    if (param !== undefined) pieces.push(...paramPieces(param));
  }
  return pieces;
}

function paramPieces(param: RawParam): readonly Piece[] {
  const { rawName, rawValue, hasEquals, label } = param;
  if (!param.secret) return [open(hasEquals ? `${rawName}=${rawValue}` : rawName)];
  if (label === 'query') return [secret(hasEquals ? `${rawName}=${rawValue}` : rawName, label)];
  return [open(`${rawName}=`), secret(rawValue, label)];
}

function opaquePieces(rest: string): readonly Piece[] {
  const border = /^[/?#]+/.exec(rest)?.[0] ?? '';
  return [open(border), secret(rest.slice(border.length), 'rest')];
}

function open(raw: string): Piece {
  return { raw, secret: null };
}

function secret(raw: string, name: string): Piece {
  return { raw, secret: name };
}

export function shownText(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => (piece.secret === null ? piece.raw : MASK))
    .join('')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, encodeURIComponent);
}

export function canonicalParam({ rawName, rawValue, name }: RawParam): string {
  return `${canonicalPercent(rawName, 'space')}=${canonicalPercent(rawValue, plusOf(name))}`;
}

/** Scheme, host and path: where the logs go, whoever writes them. Behind the host stands each parameter that has a say in it. */
export function identityOf(anatomy: Anatomy): string {
  const { scheme, path } = anatomy;
  return scheme === '' ? path : `${siteOf(anatomy)}${readablePath(path === '' ? '/' : path)}`;
}

/** The same without the path. Its parameters may hold a secret where somebody encoded the query as a whole. */
export function siteOf(anatomy: Anatomy): string {
  return `${anatomy.scheme}://${anatomy.authority}${placeParamsOf(anatomy)}`;
}

/** As in `@storage.example.com`. Each of them, for nobody knows which one of two counts. */
function placeParamsOf({ params, rules: { placeParams } }: Anatomy): string {
  return placeParams
    .flatMap((place) => params.filter(({ name }) => name.toLowerCase() === place))
    .map(
      ({ rawValue }) =>
        `@${decodePercent(rawValue, 'space')
          .toWellFormed()
          .replaceAll(/[^\w.:-]/gu, encodeURIComponent)}`,
    )
    .join('');
}
