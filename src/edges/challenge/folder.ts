import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { codeOf, whyUnreadable } from '../../core/unreadable.ts';
import { boundedText } from './bounded-text.ts';
import { ReadFailure } from './read-failure.ts';
import type { ReadFile } from './reader.ts';
import type { FolderSpec } from './reader-spec.ts';

/** Reads where a bucket is mounted. No link leads out of that folder. */
export const readFromFolder: ReadFile<FolderSpec> = async ({ path }, { bucket, filename }) => {
  if (bucket === '.' || bucket === '..' || /[/\\]/.test(bucket)) {
    throw new ReadFailure('the bucket of the destination has no name that a folder can have');
  }
  try {
    const root = await rootAt(path.replaceAll('{bucket}', bucket));
    const real = await realpath(join(root, filename));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw new ReadFailure('the file is a link that leads out of the folder of the reader');
    }
    // Opening a FIFO would wait for its writer.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) throw new ReadFailure('it is not a plain file');
      return await boundedText(file.createReadStream({ autoClose: false }));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ReadFailure) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new ReadFailure(`the file ${whyUnreadable(error)}`);
  }
};

async function rootAt(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    throw new ReadFailure(`the folder of the reader ${whyUnreadable(error)}`);
  }
}
