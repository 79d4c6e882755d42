import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cleanText } from '../../core/render/foreign-text.ts';
import { codeOf } from '../../core/unreadable.ts';
import { SourceError } from '../../reconcile/errors.ts';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface Rewrite {
  readonly path: string;
  /** What it said when it was read; null where there was no such file. */
  readonly before: string | null;
  readonly after: string;
}

/**
 * Replaces a manifest file whole: after a crash it is the old one or the new one. A link is followed, and the file
 * keeps its mode and its byte order mark. A file that says something else by now is not touched.
 *
 * @throws SourceError
 */
export async function rewriteFile({ path, before, after }: Rewrite): Promise<void> {
  try {
    if (before === null) return await writeFile(path, after, { flag: 'wx' });
    const real = await realpath(path);
    const bytes = await readFile(real);
    const mark = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
      ? BYTE_ORDER_MARK
      : Buffer.alloc(0);
    if (!bytes.subarray(mark.length).equals(Buffer.from(before))) {
      throw new SourceError(`${cleanText(path)} has changed since it was read. Run the command again.`);
    }
    const { mode } = await stat(real);
    await replace(real, Buffer.concat([mark, Buffer.from(after)]), mode & 0o7777);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(
      `${cleanText(path)} cannot be written (${codeOf(error)}). Let this user write the file and its folder.`,
    );
  }
}

async function replace(real: string, bytes: Buffer, mode: number): Promise<void> {
  const folder = dirname(real);
  // Hidden, so that nobody takes it for a part of the manifest.
  const temporary = join(folder, `.logpushd-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, real);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
