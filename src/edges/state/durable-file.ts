import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files of this name are left-overs of a process that was killed; nobody reads them. */
export const TEMPORARY = /^\.tmp-/u;

/**
 * Replaces the file whole: after a crash at any moment it is the old one or the new one. On disk when it
 * resolves. Rejects with Node's error, with nothing left behind.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await viaTemporary(path, text, (temporary) => rename(temporary, path));
}

/** The same for a file that must not be there yet; false when it is. */
export async function createFile(path: string, text: string): Promise<boolean> {
  return viaTemporary(path, text, async (temporary) => {
    const isNew = await link(temporary, path).then(() => true, alreadyThere);
    await unlink(temporary);
    return isNew;
  });
}

function alreadyThere(error: unknown): false {
  if (codeOf(error) === 'EEXIST') return false;
  throw error;
}

async function viaTemporary<T>(
  path: string,
  text: string,
  put: (temporary: string) => Promise<T>,
): Promise<T> {
  const folder = dirname(path);
  const temporary = join(folder, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    const result = await put(temporary);
    await syncFolder(folder);
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
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
