import { loadFile } from './loader.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { hasUnsafeCharacter } from './showing.ts';
import { collect, listAt, textOf } from './written.ts';

/** SQL of transformers stands in files of its own beside the manifest, which name them. */

export function isSqlFile(path: string): boolean {
  return path.endsWith('.sql');
}

/**
 * Why a manifest must not name a file like this, or undefined. What it names is read by whoever runs logpushd, so it cannot lead
 * out of the folder; where links lead is checked when it is read.
 */
export function sqlFileFault(name: string): string | undefined {
  if (name.includes('${')) return 'References are not put in here. Write the path of a file.';
  if (hasUnsafeCharacter(name)) return 'It holds a control, direction or invisible character. Type it anew.';
  if (name.includes('\\')) return 'Write the path with "/".';
  if (name.startsWith('/') || name.startsWith('~'))
    return 'It has to be seen from the folder of this manifest file, as in sql/redact.sql.';
  const parts = name.replace(/^\.\//, '').split('/');
  if (parts.includes('..'))
    return 'It leads out of the folder of this manifest file. Put the file beside the manifest or below it.';
  if (parts.some((part) => part === '' || part.startsWith('.') || part === 'node_modules'))
    return 'Hidden files and folders, empty parts and node_modules are not read. Write it as in sql/redact.sql.';
  return isSqlFile(name) ? undefined : 'Only files that end with ".sql" are read. Rename it.';
}

/** The path under which a file is read that the manifest file at `manifest` names. */
export function sqlPath(manifest: string, name: string): string {
  const folder = manifest.slice(0, manifest.lastIndexOf('/') + 1);
  return folder + name.replace(/^\.\//, '');
}

/** The SQL files that a manifest file names and that may be read, each once. */
export function sqlFilesIn(path: string, text: string): readonly string[] {
  if (!text.includes('transformers')) return [];
  const { documents } = loadFile(path, text, DEFAULT_LIMITS);
  const named = collect(documents)
    .entries.flatMap((entry) => listAt(entry, 'transformers'))
    .flatMap(({ body }) => textOf(body, 'file') ?? []);
  return [...new Set(named)].filter((name) => sqlFileFault(name) === undefined);
}
