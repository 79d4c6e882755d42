/**
 * A live `destination_conf` as a manifest writes it: structured where that means the same, else Cloudflare's own
 * string; every part that is or may be a credential as a `${secret:NAME}` reference.
 */

import type { Anatomy, Piece, RawParam } from '../destination/anatomy.ts';
import { anatomyOf } from '../destination/anatomy.ts';
import { parseDestination } from '../destination/destination.ts';
import { isMasked } from '../destination/mask.ts';
import { canonicalPercent, decodePercent, encodeParameter, plusOf } from '../destination/percent.ts';
import type { JsonObject } from '../job/job.ts';
import { destinationFault } from '../manifest/destination-faults.ts';
import { shownSecretFault } from '../manifest/render-job.ts';
import { nameOf } from './names.ts';
import { SecretBook, SHORTEST_SECRET } from './secret-book.ts';
import type { Refer } from './secret-part.ts';
import { escaped, isStorable, isWord, referIn } from './secret-part.ts';
import { structuredOf } from './structured.ts';

/** `destination` for a structured one, `destination_conf` for Cloudflare's string. */
export type WrittenDestination =
  | { readonly form: 'destination'; readonly spec: JsonObject; readonly wishedName: string }
  | { readonly form: 'destination_conf'; readonly text: string };

/**
 * A text that no manifest can hold is not written, with why: it is no URI at all, or a credential in it is too short for a secret.
 *
 * @param job as in `example.com/http`, for the list of secrets
 */
export function writtenDestination(
  text: string,
  job: string,
  book: SecretBook,
): WrittenDestination | { readonly form: 'none'; readonly why: string } {
  if (destinationFault(text) !== undefined)
    return { form: 'none', why: 'its destination is not one that a manifest can hold' };
  const trial = new SecretBook();
  written(text, job, trial);
  if (trial.holdsTooShort()) return { form: 'none', why: TOO_SHORT };
  const values = new Map(trial.list().map(({ name, value }) => [name, value?.reveal() ?? '']));
  return shownSecretFault(text, values) === undefined
    ? written(text, job, book)
    : { form: 'none', why: SHOWN_ELSEWHERE };
}

const SHOWN_ELSEWHERE = 'what may be a credential in its destination stands in the open part of it as well';

const TOO_SHORT =
  `its destination holds what may be a credential and is shorter than the ${SHORTEST_SECRET} characters that a secret must have. ` +
  'If it is one, replace it by a better one at its receiver; if not, write the job by hand, with its destination_conf';

function written(text: string, job: string, book: SecretBook): WrittenDestination {
  const anatomy = anatomyOf(text);
  const place = placeOf(anatomy);
  const refer = referIn(book, job, (part) => nameOf([anatomy.scheme, place, part]));
  const spec = structuredOf(text, refer);
  if (spec !== null) return { form: 'destination', spec, wishedName: nameOf([place]) };
  return { form: 'destination_conf', text: plainText(text, anatomy, refer) };
}

/** Host or bucket where the scheme is known: of an unknown one nothing is certain to be open. */
function placeOf({ rules, authority }: Anatomy): string {
  return rules.opaque ? '' : authority;
}

/** The text as it is, with a reference for each secret part. Resolving them gives the same text again. */
function plainText(text: string, anatomy: Anatomy, refer: Refer): string {
  const { pieces, params, scheme, rules } = anatomy;
  const mark = rules.opaque ? -1 : text.indexOf('?');
  const isMark = ({ raw, secret }: Piece): boolean => raw === '?' && secret === null;
  const start = mark < 0 ? pieces : pieces.slice(0, pieces.findIndex(isMark));
  if (!start.every((piece) => isShown(piece, scheme) || isStorable(piece.raw))) {
    const border = text.indexOf('://') + '://'.length;
    return (
      text.slice(0, border) + refer('all', text.slice(border), { masked: parseDestination(text).masked })
    );
  }
  const before = start.map((piece) => part(piece, scheme, refer)).join('');
  return mark < 0 ? before : `${before}?${queryText(text.slice(mark + 1), params, scheme, refer)}`;
}

function isShown({ raw, secret }: Piece, scheme: string): boolean {
  return secret === null || (secret === 'path' && isWord(secret, raw, scheme));
}

function queryText(query: string, params: readonly RawParam[], scheme: string, refer: Refer): string {
  const left = params.values();
  const segments = query
    .split('&')
    .map((segment) => ({ segment, param: segment === '' ? undefined : left.next().value }));
  const isTooShort = segments.some(
    ({ segment, param }) =>
      param?.secret === true &&
      !isWord(param.name, param.hasEquals ? param.rawValue : param.rawName, scheme) &&
      !isMasked(param.rawValue) &&
      segment.length < SHORTEST_SECRET,
  );
  // A shared access signature is one credential, and most of its parameters are too short for a secret each.
  if (scheme === 'azure' || isTooShort) return refer('query', query, { masked: params.some(isMaskedParam) });
  return segments.map(({ segment, param }) => parameter(segment, param, scheme, refer)).join('&');
}

function isMaskedParam({ rawName, rawValue, secret, hasEquals }: RawParam): boolean {
  return secret && isMasked(decodePercent(hasEquals ? rawValue : rawName, 'plus'));
}

/** What is not the value of a parameter is put into a URI as it stands. */
function part(piece: Piece, scheme: string, refer: Refer): string {
  const { raw, secret } = piece;
  if (secret === null || isShown(piece, scheme)) return escaped(raw);
  return refer(secret, raw, { masked: isMasked(decodePercent(raw, 'plus')) });
}

/**
 * A value is encoded when it is put in, so that its secret holds the plain text. Where that would not give the same
 * text again, or the value is too short, the secret holds the whole parameter.
 */
function parameter(segment: string, param: RawParam | undefined, scheme: string, refer: Refer): string {
  if (param === undefined || !param.secret) return escaped(segment);
  const { name, label, rawName, rawValue, hasEquals } = param;
  if (!hasEquals && isWord('query', rawName, scheme)) return escaped(segment);
  if (label === 'query' || !hasEquals)
    return refer('query', segment, { masked: isMasked(decodePercent(segment, 'plus')) });
  const plus = plusOf(name);
  const value = decodePercent(rawValue, plus === 'space' ? 'space' : 'plus');
  const start = `${escaped(rawName)}=`;
  if (isWord(name, value, scheme)) return start + escaped(rawValue);
  const isExact = canonicalPercent(encodeParameter(value), plus) === canonicalPercent(rawValue, plus);
  if (isMasked(value) || (isExact && isStorable(value))) return start + refer(label, value);
  return refer(label, segment, { masked: false, isWholeParameter: true });
}
