/**
 * `node tools/image/seal.ts FOLDER SECONDS`: nobody may write to what is in the folder, and everything in it has one time, so
 * that two builds of a commit are the same bytes.
 */
import { chmod, lstat, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';

async function seal(path: string, seconds: number): Promise<void> {
  const { mode } = await lstat(path);
  const isFolder = (await lstat(path)).isDirectory();
  if (isFolder) for (const name of await readdir(path)) await seal(join(path, name), seconds);
  await chmod(path, isFolder || (mode & 0o100) !== 0 ? 0o555 : 0o444);
  await utimes(path, seconds, seconds);
}

const [folder, seconds] = process.argv.slice(2);
if (folder === undefined || !/^\d+$/.test(seconds ?? ''))
  throw new Error('Name the folder and the time: node tools/image/seal.ts FOLDER SECONDS');
await seal(folder, Number(seconds));
