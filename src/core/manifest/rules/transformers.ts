import type { Problem } from '../../problem.ts';
import { TRANSFORMER_LIMITS } from '../../transformer/transformer.ts';
import { finding } from '../finding.ts';
import { byteLength, quoted, unsafeCharacterIn } from '../showing.ts';
import { sqlFileFault, sqlPath } from '../sql-file.ts';
import { targetKey, targetName } from '../target.ts';
import { layerWith, listAt, type Piece, placeIn, placeOf, textOf, type Written } from '../written.ts';
import { everyJob, fileLine } from './rule.ts';

function* everyTransformer({ entries }: Written): Iterable<Piece> {
  for (const entry of entries) yield* listAt(entry, 'transformers');
}

/** Jobs refer to transformers by name, so a name means one of an account. */
export function* duplicateTransformer({ entries }: Written): Iterable<Problem> {
  const seen = new Map<string, Piece>();
  for (const entry of entries) {
    for (const one of listAt(entry, 'transformers')) {
      const name = textOf(one.body, 'name');
      if (name === undefined) continue;
      const key = `${targetKey(entry)} ${name}`;
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, one);
        continue;
      }
      const { origin, path } = placeIn(first, 'name');
      const message = `${quoted(name)} is already the name of a transformer of ${targetName(entry)}: ${path} at ${fileLine(origin)}. Rename or remove one of the two.`;
      yield finding('duplicate-name', placeIn(one, 'name'), message);
    }
  }
}

export function* unfitTransformerText(written: Written): Iterable<Problem> {
  for (const one of everyTransformer(written)) {
    const unsafe = unsafeCharacterIn(textOf(one.body, 'name') ?? '');
    if (unsafe !== undefined) {
      const message = `The name holds the character ${unsafe}, which cannot be seen. Type it anew.`;
      yield finding('unsafe-character', placeIn(one, 'name'), message);
    }
    for (const key of ['name', 'description'] as const) {
      const bytes = byteLength(textOf(one.body, key) ?? '');
      if (bytes <= TRANSFORMER_LIMITS[key]) continue;
      const message = `This has ${bytes} bytes; Cloudflare takes at most ${TRANSFORMER_LIMITS[key]}. Shorten it.`;
      yield finding('too-long', placeIn(one, key), message);
    }
  }
}

/** Exactly one of the two holds the SQL. */
export function* fileOrSql(written: Written): Iterable<Problem> {
  for (const one of everyTransformer(written)) {
    const [file, sql] = ['file', 'sql'].map((key) => Object.hasOwn(one.body, key));
    if (file && sql) {
      const message = 'Write the SQL either in a "file" or here as "sql", not both.';
      yield finding('conflicting-keys', placeIn(one, 'sql', 'key'), message);
    }
    if (!file && !sql) {
      const message =
        'The key "file" is missing. Add it, as in "file: sql/redact.sql", or write the SQL here as "sql".';
      yield finding('missing-key', placeOf(one), message);
    }
  }
}

/** The file is there, may be read, and holds SQL of a size that Cloudflare takes. */
export function* badSql(written: Written): Iterable<Problem> {
  for (const one of everyTransformer(written)) {
    const file = textOf(one.body, 'file');
    if (file === undefined) {
      yield* sqlFindings(textOf(one.body, 'sql'), one, 'sql');
      continue;
    }
    const fault = sqlFileFault(file);
    const found = written.sqlFiles.get(sqlPath(one.document.file, file));
    const refusal = found === undefined ? 'does not exist' : found.refusal;
    if (fault !== undefined) {
      yield finding('bad-file', placeIn(one, 'file'), `${quoted(file)} cannot be named here. ${fault}`);
    } else if (refusal !== undefined) {
      const message = `${quoted(file)} ${refusal}. It is looked for in the folder of this manifest file.`;
      yield finding('unreadable-file', placeIn(one, 'file'), message);
    } else {
      yield* sqlFindings(found?.text, one, 'file');
    }
  }
}

function* sqlFindings(sql: string | undefined, one: Piece, key: 'file' | 'sql'): Iterable<Problem> {
  if (sql === undefined) return;
  const bytes = byteLength(sql);
  const { sql: most, mostSql } = TRANSFORMER_LIMITS;
  if (sql.trim() === '') {
    yield finding('too-short', placeIn(one, key), 'There is no SQL in it. Write one SELECT.');
  } else if (bytes > mostSql) {
    const message = `The SQL has ${bytes} bytes; Cloudflare takes at most ${mostSql}. Shorten it.`;
    yield finding('too-long', placeIn(one, key), message);
  } else if (bytes > most) {
    const message = `The SQL has ${bytes} bytes; Cloudflare documents ${most} as the limit in one place and ${mostSql} in another, and may refuse it.`;
    yield finding('unusual-transformer', placeIn(one, key), message);
  }
}

/** A job has one transformer, by name or by id, in whichever layer that is written. */
export function* bothTransformers(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const [name, id] = [layerWith(job, 'transformer'), layerWith(job, 'transformer_id')];
    if (name === undefined || id === undefined) continue;
    const message =
      'This job has "transformer" and "transformer_id", which say the same thing. Keep one of the two.';
    yield finding('conflicting-keys', placeIn(name.piece, 'transformer', 'key'), message);
  }
}
