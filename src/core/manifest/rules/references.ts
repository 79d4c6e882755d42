import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import type { Path } from '../path.ts';
import type { Reference } from '../reference.ts';
import { isForbidden, parseReferences, referencesIn, showReference } from '../reference.ts';
import { textsIn } from '../texts.ts';
import type { Piece, Written } from '../written.ts';
import { placeOf, textOf } from '../written.ts';
import { everyJob, everyLayer } from './rule.ts';

/** Keys whose text is a word of ours, not a value. */
const NOT_VALUES: ReadonlySet<string> = new Set(['preset', 'ignore', 'mode']);
/** Keys that end in a `Secret`, so that a secret may go in. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['destination', 'destination_conf', 'ownership_challenge']);

interface Text {
  readonly text: string;
  readonly path: Path;
  readonly piece: Piece;
  /** The key of the job that it belongs to, or `destination` for a named one. */
  readonly key: string;
}

const found = new WeakMap<Written, readonly Text[]>();

/** Every text that may hold a reference. Four rules ask for them, and there are a hundred thousand other texts. */
function everyText(written: Written): readonly Text[] {
  const known = found.get(written) ?? [...textsWithDollar(written)];
  found.set(written, known);
  return known;
}

function* textsWithDollar(written: Written): Iterable<Text> {
  const pieces = [
    ...[...everyLayer(written)].map((piece) => ({ piece, key: undefined })),
    ...written.destinations.map((piece) => ({ piece, key: 'destination' })),
  ];
  for (const { piece, key: fixed } of pieces) {
    for (const [key, value] of Object.entries(piece.body)) {
      if (NOT_VALUES.has(key) || (key === 'destination' && typeof value === 'string')) continue;
      for (const { text, path } of textsIn(value, [...piece.path, key])) {
        if (text.includes('$')) yield { text, path, piece, key: fixed ?? key };
      }
    }
  }
}

export function* badReference(written: Written): Iterable<Problem> {
  for (const { text, path, piece } of everyText(written)) {
    for (const fault of parseReferences(text).faults) {
      yield finding('bad-reference', piece.document.placeOf(path), fault);
    }
  }
}

/** A manifest must not be able to send our own credentials to a destination (`reliability.md` H56). */
export function* forbiddenReference(written: Written): Iterable<Problem> {
  for (const { text, path, piece } of everyText(written)) {
    for (const reference of referencesIn(text).filter(isForbidden)) {
      const message = `${showReference(reference)} is a credential or setting of logpushd itself and is never given to a job. Use another variable or a secret.`;
      yield finding('forbidden-reference', piece.document.placeOf(path), message);
    }
  }
}

/** Other fields are shown in plans and logs. */
export function* secretInPlainField(written: Written): Iterable<Problem> {
  for (const { text, path, piece, key } of everyText(written)) {
    if (SECRET_KEYS.has(key)) continue;
    for (const reference of referencesIn(text).filter(({ kind }) => kind === 'secret')) {
      const message = `${showReference(reference)} cannot be used here: "${key}" is shown in plans. Secrets go into destination, destination_conf and ownership_challenge.`;
      yield finding('secret-in-plain-field', piece.document.placeOf(path), message);
    }
  }
}

const IN_NAME: ReadonlySet<string> = new Set(['zone.name', 'zone.id', 'account.id', 'account.name']);

/** A name is what a job is found by, so it must not depend on what may be missing today. */
export function* unavailableReference(written: Written): Iterable<Problem> {
  for (const { text, path, piece, key } of everyText(written)) {
    const wrong = referencesIn(text).find((reference) => !isAvailable(reference, key));
    if (wrong === undefined) continue;
    const where =
      key === 'name'
        ? 'A name takes references to its zone and account only: jobs are found by their name.'
        : 'A dataset cannot be made of itself.';
    yield finding(
      'unavailable-reference',
      piece.document.placeOf(path),
      `${showReference(wrong)} is not known here. ${where}`,
    );
  }
}

function isAvailable({ kind }: Reference, key: string): boolean {
  if (key === 'name') return IN_NAME.has(kind) || kind === 'secret';
  return key !== 'dataset' || kind !== 'job.dataset';
}

/** Legal, because one destination may serve zones and accounts alike, but worth a look. */
export function* zoneInAccount(written: Written): Iterable<Problem> {
  const destinations = new Map(written.destinations.map(({ name, body }) => [name, body]));
  for (const job of everyJob(written)) {
    if (job.entry.kind !== 'account') continue;
    const merged = job.merged;
    const named = destinations.get(textOf(merged, 'destination') ?? '');
    const texts = [...textsIn(merged, []), ...textsIn(named, [])];
    const found = texts
      .flatMap(({ text }) => referencesIn(text))
      .find(({ kind }) => kind === 'zone.name' || kind === 'zone.id');
    if (found === undefined) continue;
    const message = `This job is in an account, where ${showReference(found)} stands for the id of the account.`;
    yield finding('zone-in-account', placeOf(job), message);
  }
}
