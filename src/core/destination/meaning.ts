/**
 * What a `destination_conf` means, apart from how it is spelled: two strings with equal meaning deliver to the
 * same place with the same credentials.
 */
import { anatomyOf, canonicalParam, type Anatomy, type RawParam } from './anatomy.ts';
import { isMasked } from './mask.ts';
import { canonicalPath, canonicalPercent, decodePercent } from './percent.ts';

export interface SecretPart {
  /** In its one spelling. */
  readonly text: string;
  /** Cloudflare shows that it is there, and not what it is. */
  readonly masked: boolean;
}

export interface Meaning {
  /** Scheme, host and the part of the path that may be shown. */
  readonly where: string;
  /** Everything that is not secret: `where`, the open parameters, and which secret ones there are. */
  readonly open: string;
  /** By the names that differences use. */
  readonly secrets: ReadonlyMap<string, SecretPart>;
  /** Not a part of it is understood: all of it is one secret. */
  readonly opaque: boolean;
  /** Nothing of it can be seen. */
  readonly unseen: boolean;
  /** The query as a whole is masked, so that not even its names can be seen. */
  readonly queryUnseen: boolean;
}

export function meaningOf(text: string): Meaning {
  const anatomy = anatomyOf(text);
  return anatomy.rules.opaque ? opaqueMeaning(anatomy) : knownMeaning(anatomy);
}

function knownMeaning(anatomy: Anatomy): Meaning {
  const { params, rules } = anatomy;
  const secrets = new Map<string, SecretPart[]>();
  const add = (label: string, part: SecretPart): void => {
    const parts = secrets.get(label);
    if (parts === undefined) secrets.set(label, [part]);
    else parts.push(part);
  };
  const hiddenPath = anatomy.path.slice(anatomy.openPath);
  if (anatomy.userinfo !== null)
    add('userinfo', partOf(anatomy.userinfo, canonicalPercent(anatomy.userinfo, 'plus')));
  if (hiddenPath !== '') add('path', partOf(hiddenPath, canonicalPath(hiddenPath)));
  for (const param of params.filter(({ secret }) => secret)) add(param.label, paramPart(param));
  for (const name of rules.neverShown) if (!secrets.has(name)) add(name, { text: '', masked: true });

  const where = `${anatomy.scheme}://${anatomy.authority}${openPathText(anatomy)}`;
  const openParams = params.filter(({ secret }) => !secret).map(canonicalParam);
  const hiddenNames = [...secrets].flatMap(([label, parts]) => parts.map(() => `${label}=…`));
  return {
    where,
    open: `${where}?${[...openParams, ...hiddenNames].toSorted().join('&')}`,
    secrets: new Map([...secrets].map(([label, parts]) => [label, joined(parts)])),
    opaque: false,
    unseen: false,
    queryUnseen: params.some(
      ({ label, rawName }) => label === 'query' && isMasked(decodePercent(rawName, 'space')),
    ),
  };
}

function opaqueMeaning(anatomy: Anatomy): Meaning {
  const where = `${anatomy.scheme}://${anatomy.authority}`;
  const rest = `${canonicalPath(anatomy.path === '/' ? '' : anatomy.path)}?${canonicalQuery(anatomy.params)}`;
  const hidden = anatomy.pieces.filter(({ secret }) => secret !== null).map(({ raw }) => raw);
  const masked = hidden.some((raw) => isMasked(decodePercent(raw, 'plus')));
  const isEmpty = anatomy.scheme === '' && anatomy.path.trim() === '';
  return {
    where,
    open: where,
    secrets: new Map([['rest', { text: `${anatomy.userinfo ?? ''}@${rest}`, masked }]]),
    opaque: true,
    unseen: isEmpty || (anatomy.scheme === '' && masked),
    queryUnseen: false,
  };
}

/** An empty path and `/` are the same place (RFC 3986 §6.2.3). */
function openPathText({ path, openPath }: Anatomy): string {
  return path === '' ? '/' : canonicalPath(path.slice(0, openPath));
}

function canonicalQuery(params: readonly RawParam[]): string {
  return params.map(canonicalParam).toSorted().join('&');
}

function paramPart(param: RawParam): SecretPart {
  const raw = param.label === 'query' && param.rawValue === '' ? param.rawName : param.rawValue;
  return partOf(raw, canonicalParam(param));
}

function partOf(raw: string, text: string): SecretPart {
  return { text, masked: isMasked(decodePercent(raw, 'plus')) };
}

function joined(parts: readonly SecretPart[]): SecretPart {
  return {
    text: parts
      .map(({ text }) => text)
      .toSorted()
      .join('&'),
    masked: parts.some(({ masked }) => masked),
  };
}

export interface MeaningDifference {
  readonly open: boolean;
  /** Names of secret parts that both have, with different values. */
  readonly secrets: readonly string[];
  /** Names of secret parts whose live value is masked. */
  readonly unseen: readonly string[];
}

/** A secret part that only one side has is an open difference: it shows in the names. */
export function differenceOfMeanings(desired: Meaning, live: Meaning): MeaningDifference {
  if (live.unseen) return { open: false, secrets: [], unseen: [...desired.secrets.keys()] };
  const open = live.queryUnseen ? desired.where !== live.where : desired.open !== live.open;
  const secrets: string[] = [];
  const unseen: string[] = [];
  for (const [name, wanted] of desired.secrets) {
    const found = live.secrets.get(name) ?? (live.queryUnseen ? { text: '', masked: true } : undefined);
    if (found === undefined || found.text === wanted.text) continue;
    (found.masked ? unseen : secrets).push(name);
  }
  return { open, secrets, unseen };
}
