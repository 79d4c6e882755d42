import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SourceFile } from '../../core/manifest/revision.ts';
import { DEFAULT_LIMITS } from '../../core/manifest/limits.ts';
import { sqlFilesIn, sqlPath } from '../../core/manifest/sql-file.ts';
import type { FoundFile } from './folder.ts';
import { type FileBytes, readPlainFile, refusalFrom, utf8Text } from './safe-read.ts';

/**
 * The SQL files that manifest files name, each once. One that cannot be read is no failure of the whole: the manifest is
 * refused at the place that names it.
 *
 * @param places where each manifest file was found, by the path under which it is shown
 */
export async function readSqlOf(
  manifests: readonly SourceFile[],
  places: ReadonlyMap<string, FoundFile>,
  maxBytes: number,
): Promise<readonly (SourceFile & FileBytes)[]> {
  const named = manifests.flatMap(({ path: shown, name, text }) => {
    const { path = shown, root = null } = places.get(shown) ?? {};
    return sqlFilesIn(shown, text).map((file) => ({
      path: join(dirname(path), file),
      root,
      name: sqlPath(name, file),
      shown: sqlPath(shown, file),
    }));
  });
  const each = new Map(named.map((one) => [one.shown, one]));
  return Promise.all([...each.values()].map((one) => readSql(one, maxBytes)));
}

/** Where the SQL is that this manifest file names now. One that cannot be read names none. */
export async function sqlNamedBy(manifest: string): Promise<readonly string[]> {
  try {
    const { bytes } = await readPlainFile(manifest, null, DEFAULT_LIMITS.fileBytes);
    return sqlFilesIn(manifest, utf8Text(bytes) ?? '').map((file) => join(dirname(manifest), file));
  } catch (error) {
    refusalFrom(error);
    return [];
  }
}

interface SqlPlace extends Pick<FoundFile, 'path' | 'root' | 'name'> {
  readonly shown: string;
}

async function readSql(
  { path, root, name, shown }: SqlPlace,
  maxBytes: number,
): Promise<SourceFile & FileBytes> {
  try {
    const read = await readPlainFile(path, root ?? (await realpath(dirname(path))), maxBytes);
    const text = utf8Text(read.bytes);
    const refusal = text === null ? { refusal: 'is not UTF-8 text' } : {};
    return { ...read, path: shown, name, text: text ?? '', ...refusal };
  } catch (error) {
    const refusal = refusalFrom(error).message;
    return { bytes: Buffer.of(), changedMs: 0, stamp: refusal, path: shown, name, text: '', refusal };
  }
}
