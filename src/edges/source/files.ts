import { createHash } from 'node:crypto';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isLockFile, LOCK_FILE } from '../../core/manifest/field-lock.ts';
import { isManifestFile, revisedText, type SourceFile } from '../../core/manifest/revision.ts';
import { codeOf } from '../../core/unreadable.ts';
import { SourceError, StoppedError } from '../../reconcile/errors.ts';
import type { ManifestSource } from '../../reconcile/ports.ts';
import { type FoundFile, manifestFilesIn } from './folder.ts';
import { DEFAULT_LIMITS, type ManifestLimits } from '../../core/manifest/limits.ts';
import {
  type FileBytes,
  type FileRefusal,
  readPlainFile,
  refusalAt,
  refusalFrom,
  utf8Text,
} from './safe-read.ts';
import { type Look, settled } from './settle.ts';
import { readSqlOf, sqlNamedBy } from './sql-files.ts';

/** No more is read than the parser would take; it says so in its own words for what is only a little too much. */
export type FileLimits = Pick<ManifestLimits, 'files' | 'fileBytes' | 'totalBytes'>;

const AT_ONCE = 16;

type Attempt = { readonly files: readonly SourceFile[] } | { readonly failure: SourceError };

/**
 * What has to be watched now so that no change of the manifest at these paths goes unseen: beside a file may come to stand, or
 * go, the lock of its fields and the SQL that it names.
 */
export async function watchedPaths(paths: readonly string[]): Promise<readonly string[]> {
  const each = paths.map(async (path) =>
    isManifestFile(path) ? [path, lockBeside(path), ...(await sqlNamedBy(path))] : [path],
  );
  return [...new Set((await Promise.all(each)).flat())];
}

/**
 * The manifest in files and folders, with the lock of its fields, which stands in the folder or beside the file. A folder
 * gives its `*.yaml` and `*.yml`, also those of its sub-folders,
 * without hidden ones and `node_modules`. A file that is reached twice is read once. No file at all is a
 * failure, not an empty manifest. The SQL of transformers stands in files that manifest files name, in their folder or below.
 *
 * A read is all or nothing: it sees one state of all files, or rejects with `SourceError`.
 */
export function filesSource(
  paths: readonly string[],
  options: { readonly cwd?: string; readonly limits?: FileLimits } = {},
): ManifestSource {
  const cwd = options.cwd ?? process.cwd();
  const limits = options.limits ?? DEFAULT_LIMITS;
  return {
    async read(signal) {
      const attempt = await settled(() => lookAt(paths, cwd, limits), signal).catch((error: unknown) => {
        if (signal.aborted) throw new StoppedError('read the manifest');
        throw error;
      });
      if (attempt === null) {
        throw new SourceError(
          `The manifest in ${paths.join(', ')} keeps changing while it is read. It is read again with the next pass.`,
        );
      }
      if ('failure' in attempt) throw attempt.failure;
      return revisedText(attempt.files);
    },
  };
}

/** A failure is a look like any other: seen twice it stands, seen once it may be a folder that is being swapped. */
async function lookAt(paths: readonly string[], cwd: string, limits: FileLimits): Promise<Look<Attempt>> {
  try {
    return await readAll(paths, cwd, limits);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { value: { failure: error }, digest: `failed: ${error.message}`, changedMs: Date.now() };
  }
}

async function readAll(paths: readonly string[], cwd: string, limits: FileLimits): Promise<Look<Attempt>> {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    for (const file of await filesAt(resolve(cwd, path), cwd, limits)) {
      if (!found.has(file.real)) found.set(file.real, file);
    }
  }
  if ([...found.keys()].every(isLockFile)) throw nothingAt(paths);
  const files: (SourceFile & FileBytes)[] = [];
  const waiting = [...found.values()];
  let total = 0;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, AT_ONCE);
    const read = await allInOrder(batch.map((file) => readOne(file, cwd, limits)));
    total += read.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (total > limits.totalBytes) throw tooMuch(paths, `more than ${limits.totalBytes} bytes`);
    files.push(...read);
  }
  const places = new Map([...found.values()].map((file) => [shownPath(file.path, cwd), file]));
  for (const file of await readSqlOf(files, places, limits.fileBytes)) {
    total += file.bytes.length;
    if (total > limits.totalBytes) throw tooMuch(paths, `more than ${limits.totalBytes} bytes`);
    files.push(file);
  }
  const hash = createHash('sha256');
  for (const { path, stamp, bytes } of files) hash.update(JSON.stringify([path, stamp])).update(bytes);
  const changedMs = files.reduce((latest, file) => Math.max(latest, file.changedMs), 0);
  return { value: { files }, digest: hash.digest('hex'), changedMs };
}

/** Of several failures always the first one in order: two looks at the same trouble must be equal. */
async function allInOrder<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function readOne(
  { path, root, name }: FoundFile,
  cwd: string,
  { fileBytes }: FileLimits,
): Promise<SourceFile & FileBytes> {
  const shown = shownPath(path, cwd);
  try {
    const read = await readPlainFile(path, root, fileBytes);
    return { ...read, path: shown, name, text: decode(read.bytes, shown) };
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw sourceErrorFrom(refusalFrom(error), shown);
  }
}

async function filesAt(path: string, cwd: string, limits: FileLimits): Promise<readonly FoundFile[]> {
  const shown = shownPath(path, cwd);
  try {
    const real = await realpath(path);
    const isFolder = (await stat(real)).isDirectory();
    if (!isFolder) return [{ path, real, root: null, name: basename(path) }, ...(await lockOf(path))];
    const files = await manifestFilesIn(path, real, limits.files);
    if (files === null) throw tooMuch([shown], `more than ${limits.files} files and folders`);
    return files;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw sourceErrorFrom(await refusalAt(path, error), shown);
  }
}

/** The lock beside a file, if there is one. */
async function lockOf(path: string): Promise<readonly FoundFile[]> {
  const beside = lockBeside(path);
  try {
    const root = await realpath(dirname(beside));
    return [{ path: beside, real: await realpath(beside), root, name: LOCK_FILE }];
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !(await isThere(beside))) return [];
    throw sourceErrorFrom(await refusalAt(beside, error), beside);
  }
}

/** Also a link that leads nowhere, which is a lock that cannot be read. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function lockBeside(path: string): string {
  return join(dirname(path), LOCK_FILE);
}

/** As a person in this folder would type it. */
function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  const isBelow = near !== '' && !near.startsWith('..') && !isAbsolute(near);
  const shown = near === '' ? '.' : isBelow ? near : path;
  return sep === '/' ? shown : shown.replaceAll(sep, '/');
}

function decode(bytes: Buffer, shown: string): string {
  const text = utf8Text(bytes);
  if (text === null) throw new SourceError(`${shown} is not UTF-8 text. Save it with the encoding UTF-8.`);
  return text;
}

const REMEDIES: { readonly [code: string]: string } = {
  ENOENT: 'Create it, or name another with --manifest or the setting "manifest".',
  ENOTDIR: 'Correct the path in --manifest or the setting "manifest".',
  EACCES: 'Let the user of this process read the file and enter its folders.',
  EPERM: 'Let the user of this process read the file and enter its folders.',
  ENOTFILE: 'A manifest is a YAML file, or a folder of them.',
  EOUTSIDE: 'Copy the file into the folder, or name its own folder as one more manifest path.',
  EDANGLING: 'Create what the link leads to, or remove it.',
  ELOOP: 'Remove the link.',
  EFBIG: 'Split it into several files.',
  EDEPTH: 'Move its files up.',
  ENAME: 'Rename it.',
};

function sourceErrorFrom({ code, message }: FileRefusal, shown: string): SourceError {
  const remedy = REMEDIES[code] ?? 'It is read again with the next pass.';
  return new SourceError(`The manifest ${printable(shown)} ${message}. ${remedy}`);
}

/** A folder that was emptied by mistake must not read like a manifest that wants nothing. */
function nothingAt(paths: readonly string[]): SourceError {
  return new SourceError(
    `The manifest ${paths.map(printable).join(', ')} has no *.yaml or *.yml file. Put one there, or name ` +
      'another file or folder with --manifest or the setting "manifest"; hidden files do not count.',
  );
}

function tooMuch(paths: readonly string[], what: string): SourceError {
  return new SourceError(
    `The manifest ${paths.join(', ')} has ${what}. Name a smaller folder with --manifest or the setting "manifest".`,
  );
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
