import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files of this name are left-overs of a process that was killed; nobody reads them. */
export const TEMPORARY = /^\.tmp-/u;

/** Files are for the owner alone, unless somebody says otherwise. */
const OWNER_ONLY = 0o600;

/**
 * Replaces the file whole: after a crash at any moment it is the old one or the new one. A link is replaced, not
 * followed. On disk when it resolves. Rejects with Node's error, with nothing left behind.
 */
export async function replaceFile(path: string, content: string | Buffer, mode = OWNER_ONLY): Promise<void> {
  await viaTemporary(path, content, mode, (temporary) => putInPlace(temporary, path));
}

/** The same for a file that must not be there yet; false when it is. */
export async function createFile(path: string, text: string): Promise<boolean> {
  return viaTemporary(path, text, OWNER_ONLY, async (temporary) => {
    const isNew = await link(temporary, path).then(() => true, alreadyThere);
    await unlink(temporary);
    await syncFolder(dirname(path));
    return isNew;
  });
}

function alreadyThere(error: unknown): false {
  if (codeOf(error) === 'EEXIST') return false;
  throw error;
}

async function viaTemporary<T>(
  path: string,
  content: string | Buffer,
  mode: number,
  put: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = await writeTemporary(path, content, mode);
  try {
    return await put(temporary);
  } catch (error) {
    await dropTemporary(temporary);
    throw error;
  }
}

/**
 * The first half of {@link replaceFile}, for who replaces several files or none of them: what a file is to hold, on
 * disk beside it. Resolves to where that is; whoever asks ends with {@link putInPlace} or {@link dropTemporary}.
 */
export async function writeTemporary(
  path: string,
  content: string | Buffer,
  mode = OWNER_ONLY,
): Promise<string> {
  const temporary = join(dirname(path), `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(content, 'utf8');
      if (mode !== OWNER_ONLY) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  } catch (error) {
    await dropTemporary(temporary);
    throw error;
  }
}

export async function putInPlace(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Never fails: what cannot be removed is left, as after a crash. */
export async function dropTemporary(temporary: string): Promise<void> {
  await rm(temporary, { force: true }).catch(() => undefined);
}

/**
 * Makes a folder and those above it, for the owner alone; one that is there already is left as it is. Step by
 * step, because Node's own `recursive` never ends in a file system that takes no folders, such as /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory() !== true) throw error;
  }
}

/** A rename is only on disk when its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Node's code, as in `ENOENT`; a bug passes through. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
