import type { Problem } from '../../problem.ts';
import { suffixFault } from '../../job/name-suffix.ts';
import type { ProblemCode } from '../finding.ts';
import { finding } from '../finding.ts';
import { parseReferences } from '../reference.ts';
import { hasUnsafeCharacter, quoted, unsafeCharacterIn } from '../showing.ts';
import { targetKey, targetName } from '../target.ts';
import type { Entry, Named, Written, WrittenJob } from '../written.ts';
import { placeIn, placeOf, textOf } from '../written.ts';
import { everyJob, fileLine } from './rule.ts';

/** Names identify jobs within a scope, wherever in the files the scope is written. */
export function* duplicateName(written: Written): Iterable<Problem> {
  const seen = new Map<string, WrittenJob>();
  for (const entry of written.entries) {
    for (const job of entry.jobs) {
      const name = textOf(job.body, 'name');
      if (name === undefined) continue;
      const key = `${targetKey(entry)} ${name}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, job);
      else yield finding('duplicate-name', placeIn(job, 'name'), duplicateText(name, entry, first));
    }
  }
}

function duplicateText(name: string, entry: Entry, first: WrittenJob): string {
  const { origin, path } = placeIn(first, 'name');
  return `${quoted(name)} is already the name of a job of ${targetName(entry)}: ${path} at ${fileLine(origin)}. Rename or remove one of the two.`;
}

export function* duplicateId(written: Written): Iterable<Problem> {
  const seen = new Map<string, WrittenJob>();
  for (const entry of written.entries) {
    for (const job of entry.jobs) {
      const { id } = job.body;
      if (typeof id !== 'number') continue;
      const key = `${targetKey(entry)} ${id}`;
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, job);
        continue;
      }
      const { origin, path } = placeIn(first, 'id');
      const message = `Live job ${id} is already pinned by ${path} at ${fileLine(origin)}. One live job is one job of the manifest.`;
      yield finding('duplicate-id', placeIn(job, 'id'), message);
    }
  }
}

/** A live job lives in one zone. */
export function* idInSelector(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    if (!Object.hasOwn(job.body, 'id') || !Object.hasOwn(job.entry.body, 'select')) continue;
    const message =
      'A selector stands for many zones, and an id for one job of one zone. Write that zone with "zone:".';
    yield finding('id-in-selector', placeIn(job, 'id', 'key'), message);
  }
}

export function* duplicateDestination({ destinations }: Written): Iterable<Problem> {
  yield* duplicates('duplicate-destination', 'destination', destinations);
}

export function* duplicatePreset({ presets }: Written): Iterable<Problem> {
  yield* duplicates('duplicate-preset', 'preset', presets);
}

function* duplicates(code: ProblemCode, what: string, pieces: readonly Named[]): Iterable<Problem> {
  const seen = new Map<string, Named>();
  for (const piece of pieces) {
    const first = seen.get(piece.name);
    if (first === undefined) {
      seen.set(piece.name, piece);
      continue;
    }
    const { origin } = first.document.placeOf(first.path, 'key');
    const message = `There is a ${what} of this name already, at ${fileLine(origin)}. Names are shared by all files: rename or remove one of the two.`;
    yield finding(code, piece.document.placeOf(piece.path, 'key'), message);
  }
}

export function* duplicateDefaults({ defaults }: Written): Iterable<Problem> {
  const seen = new Map<string, (typeof defaults)[number]>();
  for (const piece of defaults) {
    const { file } = piece.document;
    const first = seen.get(file);
    if (first === undefined) {
      seen.set(file, piece);
      continue;
    }
    const message = `This file has defaults already, at line ${placeOf(first).origin.line}. Write them in one place.`;
    yield finding('duplicate-defaults', piece.document.placeOf(piece.path, 'key'), message);
  }
}

export function* unsafeName(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const name = textOf(job.body, 'name');
    if (name === undefined || !hasUnsafeCharacter(name)) continue;
    const message = `The name ${quoted(name)} holds ${unsafeCharacterIn(name)}, a control, direction or invisible character. Type it anew.`;
    yield finding('unsafe-character', placeIn(job, 'name'), message);
  }
}

/** A name with references is looked at when they are put in. */
export function* nameSuffixFault(written: Written, suffix: string): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const name = textOf(job.body, 'name');
    const fault = name === undefined ? null : suffixFault(name, suffix);
    if (fault !== null) yield finding('bad-name-suffix', placeIn(job, 'name'), fault);
  }
}

/** Cloudflare's own client code refuses other characters, though its API seems not to. */
export function* unusualName(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const name = textOf(job.body, 'name');
    if (name === undefined || hasUnsafeCharacter(name)) continue;
    const literal = parseReferences(name).parts.filter((part) => typeof part === 'string');
    if (literal.every((text) => /^[A-Za-z0-9.-]*$/.test(text))) continue;
    const message = `Some Cloudflare tools refuse the name ${quoted(name)}. Letters, digits, "-" and "." work everywhere.`;
    yield finding('unusual-name', placeIn(job, 'name'), message);
  }
}
