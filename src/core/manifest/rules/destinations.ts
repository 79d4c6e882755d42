import { hasOneOf } from '../../destination/destination-type.ts';
import { destinationTypeNamed } from '../../destination/known-types.ts';
import type { Problem } from '../../problem.ts';
import {
  hasUserInfo,
  isCredentialHeader,
  isCredentialParam,
  isWrittenOut,
  writtenOutIn,
} from '../credential.ts';
import { writtenDestinationFault } from '../destination-faults.ts';
import { finding } from '../finding.ts';
import { unsafeCharacterIn } from '../showing.ts';
import { textsIn } from '../texts.ts';
import type { Piece, Written } from '../written.ts';
import { placeIn, placeOf, textOf } from '../written.ts';
import { everyDestination, everyLayer, pieceAt } from './rule.ts';

const REMEDY = 'Put it into a secret and write ${secret:NAME} here.';

/** Faults that references cannot mend are found here, the others when their values are known. */
export function* badDestinationConf(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const conf = textOf(layer.body, 'destination_conf');
    if (conf === undefined || conf === '') continue;
    const fault = writtenDestinationFault(conf);
    if (fault !== undefined) yield finding('bad-destination', placeIn(layer, 'destination_conf'), fault);
  }
}

export function* badUrl(written: Written): Iterable<Problem> {
  for (const destination of everyDestination(written)) {
    const url = textOf(destination.body, 'url');
    if (url === undefined || url.startsWith('${')) continue;
    if (!/^https:\/\/[^/?#]/i.test(url) || /\s/.test(url)) {
      const message = 'The address of a receiver starts with https:// and a host, and holds no space.';
      yield finding('bad-destination', placeIn(destination, 'url'), message);
    }
  }
}

const ACCOUNT_ID = /^[0-9a-f]{32}$/i;
const BARE_HOST = /^[^/?#@\s]+$/;
const BUCKET = /^[^/?#:@\s]+$/;
const CONTAINER = /^[^/?#:@\s]+(?:\/[^/?#:@\s]+)?$/;
/** Keys mean the same in every type that has them. */
const USUAL = [
  {
    key: 'bucket',
    pattern: BUCKET,
    message: 'A bucket is a name alone, without scheme, folder and host. A folder goes into "path".',
  },
  {
    key: 'endpoint',
    pattern: BARE_HOST,
    message:
      'An endpoint is a host alone, as in s3.example.com, without scheme and path. A path that is not the documented one needs destination_conf.',
  },
  {
    key: 'account_id',
    pattern: ACCOUNT_ID,
    message: 'The id of an account has 32 hexadecimal characters.',
  },
  {
    key: 'container',
    pattern: CONTAINER,
    message: 'A container is written as account.blob.core.windows.net/container, without scheme and folder.',
  },
] as const;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * Likely mistakes that would send the logs nowhere. Warnings, because a live job may be so and is exported so. A value
 * with references is not judged.
 */
export function* unusualDestination(written: Written): Iterable<Problem> {
  for (const destination of everyDestination(written)) {
    for (const { key, pattern, message } of USUAL) yield* unfit(destination, key, pattern, message);
    const headers = pieceAt(destination, 'headers');
    for (const name of Object.keys(headers?.body ?? {}).filter((one) => !HEADER_NAME.test(one))) {
      const message =
        'This cannot be the name of a header: it has a space, colon or other character that no header has.';
      if (headers !== undefined) yield finding('unusual-destination', placeIn(headers, name, 'key'), message);
    }
  }
}

function* unfit(destination: Piece, key: string, pattern: RegExp, message: string): Iterable<Problem> {
  const value = textOf(destination.body, key);
  if (value === undefined || value === '' || value.includes('$') || pattern.test(value)) return;
  yield finding('unusual-destination', placeIn(destination, key), message);
}

export function* unsafeDestination(written: Written): Iterable<Problem> {
  for (const { document, path, body } of everyDestination(written)) {
    for (const found of textsIn(body, path)) {
      const unsafe = unsafeCharacterIn(found.text);
      if (unsafe === undefined) continue;
      const message = `This value holds ${unsafe}, a control, direction or invisible character. Type it anew.`;
      yield finding('unsafe-character', document.placeOf(found.path), message);
    }
  }
}

/** As a role or with keys, say (`cloudflare-api.md` §6.1). */
export function* incompleteDestination(written: Written): Iterable<Problem> {
  for (const destination of everyDestination(written)) {
    const type = destinationTypeNamed(textOf(destination.body, 'type') ?? '');
    if (type === undefined || hasOneOf(type.alternatives, (key) => Object.hasOwn(destination.body, key)))
      continue;
    const groups = type.alternatives.map((keys) => keys.join(' and ')).join(', or ');
    const message = `A ${type.type} destination needs either ${groups}; not both, and no part of one.`;
    yield finding('incomplete-destination', placeOf(destination), message);
  }
}

export function* inlineSecretInConf(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const conf = textOf(layer.body, 'destination_conf');
    if (conf === undefined) continue;
    for (const what of writtenOutIn(conf)) {
      const message = `This destination holds a credential, written out: ${what}. ${REMEDY}`;
      yield finding('inline-secret', placeIn(layer, 'destination_conf'), message);
    }
  }
}

export function* inlineSecretInDestination(written: Written): Iterable<Problem> {
  for (const destination of everyDestination(written)) {
    const type = destinationTypeNamed(textOf(destination.body, 'type') ?? '');
    for (const key of type?.secretKeys ?? []) {
      yield* writtenOut(destination, key, `"${key}" is a credential, written out.`);
    }
    yield* inlineInMap(pieceAt(destination, 'headers'), isCredentialHeader);
    yield* inlineInMap(pieceAt(destination, 'params'), isCredentialParam);
    yield* inlineInUrl(destination);
  }
}

function* inlineInMap(map: Piece | undefined, isCredential: (name: string) => boolean): Iterable<Problem> {
  if (map === undefined) return;
  for (const name of Object.keys(map.body).filter(isCredential)) {
    yield* writtenOut(map, name, 'This value may be a credential, and it is written out.');
  }
}

function* writtenOut(piece: Piece, key: string, message: string): Iterable<Problem> {
  const value = textOf(piece.body, key);
  if (value === undefined || !isWrittenOut(value)) return;
  yield finding('inline-secret', placeIn(piece, key), `${message} ${REMEDY}`);
}

function* inlineInUrl(destination: Piece): Iterable<Problem> {
  const url = textOf(destination.body, 'url');
  if (url === undefined) return;
  if (hasUserInfo(url)) {
    const message =
      'The address holds a user name or password, written out. Use the header Authorization with ${secret:NAME}.';
    yield finding('inline-secret', placeIn(destination, 'url'), message);
  }
  for (const what of writtenOutIn(url).filter((one) => one.includes('parameter'))) {
    const message = `The address holds a credential, written out: ${what}. ${REMEDY}`;
    yield finding('inline-secret', placeIn(destination, 'url'), message);
  }
}

/** Not a key, but a proof that is good for a week; and without a reference it is soon a stale one. */
export function* inlineChallenge(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const challenge = textOf(layer.body, 'ownership_challenge');
    if (challenge === undefined || !isWrittenOut(challenge)) continue;
    const message = `The challenge is written out. ${REMEDY}`;
    yield finding('inline-challenge', placeIn(layer, 'ownership_challenge'), message);
  }
}
