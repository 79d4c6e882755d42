/**
 * `destination_conf`: where a job delivers, with the credentials in the same string (`cloudflare-api.md` §2.5, §6).
 *
 * A text is only ever looked at. What is sent is the text a person wrote, byte for byte: Cloudflare binds ownership
 * tokens to it, and a text that was taken apart and put together again is another one.
 */
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { anatomyOf, identityOf, shownText, siteOf } from './anatomy.ts';
import type { DestinationSpec } from './destination-type.ts';
import { MASK } from './mask.ts';
import { differenceOfMeanings, meaningOf, type MeaningDifference } from './meaning.ts';
import { decodePercent } from './percent.ts';
import { destinationTypeNamed } from './known-types.ts';

export interface Param {
  /** Decoded. */
  readonly name: string;
  /** Decoded. */
  readonly value: Secret;
  readonly secret: boolean;
}

export interface Destination {
  /** In lower case; empty when the text is no URI. */
  readonly scheme: string;
  /** Host or bucket, without user name and password. */
  readonly authority: string;
  /** As written. May hold a secret, see `open` for what may be shown. */
  readonly path: string;
  readonly params: readonly Param[];
  /** Safe to show: secrets are `…`. */
  readonly open: string;
  /**
   * Scheme, host and path in one spelling: where the logs go. As in `s3://bucket@storage.example.com/path` where a
   * parameter says where the bucket is. May hold a secret (a token in the path of a hook), so it is for comparing,
   * never for showing.
   */
  readonly identity: string;
  /** Some secret came back as `***`, `REDACTED` or empty. */
  readonly masked: boolean;
}

/** Never throws: what cannot be read is one secret, with an empty scheme. */
export function parseDestination(text: string): Destination {
  const anatomy = anatomyOf(text);
  const meaning = meaningOf(text);
  return {
    scheme: anatomy.scheme,
    authority: anatomy.authority,
    path: anatomy.path,
    params: anatomy.params.map(({ name, rawValue, secret }) => ({
      name,
      value: new Secret(decodePercent(rawValue, 'space')),
      secret,
    })),
    open: shownText(anatomy.pieces),
    identity: identityOf(anatomy),
    masked: meaning.unseen || [...meaning.secrets.values()].some(({ masked }) => masked),
  };
}

/**
 * In what two destinations differ in meaning. Order and encoding of parameters, upper and lower case of scheme and
 * host are spelling; a parameter that occurs twice counts twice. A secret part that only one side has is an `open`
 * difference.
 */
export function differenceOfDestinations(desired: string, live: string): MeaningDifference {
  return differenceOfMeanings(meaningOf(desired), meaningOf(live));
}

/** Equal for destinations of one meaning, secrets included. For comparing, never for showing. */
export function wholeMeaningOf(text: string): string {
  const { open, secrets } = meaningOf(text);
  const hidden = [...secrets].map(([name, part]) => [name, part.text] as const);
  return JSON.stringify([open, hidden.toSorted(([a], [b]) => compareText(a, b))]);
}

/** A pattern for everything in this bucket or at this host, as in `s3://acme-logs/*`; null where it might show a secret. */
export function patternAround(text: string): string | null {
  const anatomy = anatomyOf(text);
  const { scheme, params, rules } = anatomy;
  const isHidden = params.some(
    ({ name, secret }) => secret && rules.placeParams.includes(name.toLowerCase()),
  );
  return scheme === '' || isHidden ? null : shownText([{ raw: `${siteOf(anatomy)}/*`, secret: null }]);
}

/** Whether two destinations are one place, whoever writes there; as far as both of them are shown. */
export function isSamePlace(one: string, other: string): boolean {
  const isHidden = [one, other].some((text) => meaningOf(text).queryUnseen);
  const [first, second] = [one, other].map((text) =>
    identityOf(anatomyOf(isHidden ? withoutQuery(text) : text)),
  );
  return first === second;
}

function withoutQuery(text: string): string {
  return text.replace(/\?.*$/s, '');
}

/** For people: the text as written, with `…` for each secret. */
export function showDestination(text: string): string {
  return shownText(anatomyOf(text).pieces);
}

/**
 * Reading the result back gives exactly what was written, `{DATE}` included.
 *
 * @throws RangeError for a type that there is not; the schema lets none through.
 */
export function buildDestination(written: DestinationSpec): string {
  const type = destinationTypeNamed(written.type);
  if (type === undefined) throw new RangeError(`There is no destination type "${written.type}".`);
  return type.build(written);
}

/**
 * The secret parts of a text by name, as they stand in it (encoded), in its order. Names are those of parameters, or
 * `userinfo`, `path`, `query` (a parameter without a name) and `rest` (all after the host of an unknown scheme); the
 * second of one name is `name-2`.
 */
export function secretPartsOf(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  replaceSecrets(text, (name, raw) => {
    parts.set(name, raw);
    return raw;
  });
  return parts;
}

/** The text with each secret part replaced, for an export: `replace` gets the name and raw value of {@link secretPartsOf}. */
export function replaceSecrets(text: string, replace: (name: string, raw: string) => string): string {
  const seen = new Map<string, number>();
  return anatomyOf(text)
    .pieces.map(({ raw, secret }) => {
      if (secret === null) return raw;
      const count = (seen.get(secret) ?? 0) + 1;
      seen.set(secret, count);
      return replace(count === 1 ? secret : `${secret}-${String(count)}`, raw);
    })
    .join('');
}

/**
 * A message of somebody else that may quote this destination, with its secrets replaced by `…`. Very short parts are
 * left: replacing them would hide the message rather than the secret.
 */
export function maskSecretsIn(message: string, destination: string): string {
  const parts = [...secretPartsOf(destination).values()];
  const spellings = parts.flatMap((raw) => [raw, decodePercent(raw, 'plus'), decodePercent(raw, 'space')]);
  const words = spellings.flatMap((spelling) => [
    ...spelling.split(/[\s/&=]+/),
    ...spelling.split(/[^A-Za-z0-9._~-]+/),
  ]);
  return [...spellings.filter(({ length }) => length >= 4), ...words.filter(({ length }) => length >= 8)]
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, word) => masked.replaceAll(word, MASK), message);
}

const LONGEST_MESSAGE = 4_000;
const DESTINATION = /[a-z][a-z0-9+.-]{0,20}:\/\/\S*[^\s:.,;!)\]}'"]/gi;

/** A message of somebody else with the secrets of every destination that it quotes replaced by `…`. Cut when very long. */
export function maskDestinationsIn(message: string): string {
  return message.slice(0, LONGEST_MESSAGE).replaceAll(DESTINATION, (quoted) => showDestination(quoted));
}

/**
 * Whether Cloudflare asks for a proof that the destination is one's own before a job may write to it
 * (`cloudflare-api.md` §6.1).
 */
export function needsChallenge(text: string): boolean {
  const { rules, params } = anatomyOf(text);
  return rules.needsChallenge(new Set(params.map(({ name }) => name)));
}
