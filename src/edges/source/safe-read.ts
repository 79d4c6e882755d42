import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { sep } from 'node:path';
import { cleanText } from '../../core/render/foreign-text.ts';
import { whyUnreadable } from '../../core/unreadable.ts';

/** Why a file is not read. The text is a clause that goes after the file's name. */
export class FileRefusal extends Error {
  /** Node's code, as in `ENOENT`, or one of ours. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'FileRefusal';
    this.code = code;
  }
}

export interface FileBytes {
  readonly bytes: Buffer;
  /** Milliseconds since the epoch of the last change of content or attributes. */
  readonly changedMs: number;
  /** Differs between two states of a file that have the same bytes. */
  readonly stamp: string;
}

/**
 * Reads a plain file that really is in `root`, wherever the links on the way lead.
 *
 * Everything but a plain file is refused before it is opened: opening a FIFO waits for its writer for ever. The
 * link check is repeated on the open file, because a path can be swapped between check and use.
 *
 * @param root a resolved folder, or null when the person who runs the program named this very file.
 * @throws FileRefusal
 */
export async function readPlainFile(path: string, root: string | null, maxBytes: number): Promise<FileBytes> {
  try {
    const real = await realpath(path);
    if (root !== null && !isWithin(real, root)) throw outside();
    refuseUnlessFile(await lstat(real));
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await readOpenFile(file, root, maxBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw refusalFrom(error);
  }
}

async function readOpenFile(file: FileHandle, root: string | null, maxBytes: number): Promise<FileBytes> {
  const stats = await file.stat({ bigint: true });
  refuseUnlessFile(stats);
  const opened = await openedPath(file);
  if (root !== null && opened !== null && !isWithin(opened, root)) throw outside();
  if (stats.size > BigInt(maxBytes)) throw tooLarge(maxBytes);
  const bytes = await readAtMost(file, Number(stats.size), maxBytes);
  return {
    bytes,
    changedMs: Number(stats.ctimeNs / 1_000_000n),
    stamp: `${stats.dev}.${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`,
  };
}

/** A file may grow while it is read, or say 0 bytes as those of /proc do. */
async function readAtMost(file: FileHandle, size: number, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const chunk = Buffer.allocUnsafe(Math.max(size + 1 - length, SMALLEST_CHUNK));
    const { bytesRead } = await file.read(chunk, 0, chunk.length);
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    chunks.push(chunk.subarray(0, bytesRead));
    length += bytesRead;
  }
  throw tooLarge(maxBytes);
}

const SMALLEST_CHUNK = 4_096;

/** Null where the system does not tell, or the file is already deleted. */
async function openedPath(file: FileHandle): Promise<string | null> {
  try {
    const path = await readlink(`/proc/self/fd/${file.fd}`);
    return path.endsWith(' (deleted)') ? null : path;
  } catch {
    return null;
  }
}

export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Null for a plain file. */
export function kindOf(stats: Kinds): string | null {
  if (stats.isFile()) return null;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function refuseUnlessFile(stats: Kinds): void {
  const kind = kindOf(stats);
  if (kind !== null) throw new FileRefusal('ENOTFILE', `is ${kind}, not a plain file`);
}

function outside(): FileRefusal {
  return new FileRefusal('EOUTSIDE', 'is a link that leads out of its folder');
}

function tooLarge(maxBytes: number): FileRefusal {
  return new FileRefusal('EFBIG', `is larger than ${maxBytes} bytes`);
}

/** Null for what is not UTF-8. */
export function utf8Text(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The refusal of a path; of a link that leads nowhere it says where it leads. */
export async function refusalAt(path: string, error: unknown): Promise<FileRefusal> {
  const refusal = refusalFrom(error);
  const target = refusal.code === 'ENOENT' ? await readlink(path).catch(() => null) : null;
  if (target === null) return refusal;
  return new FileRefusal('EDANGLING', `is a link to ${cleanText(target)}, which does not exist`);
}

/** Only the code of a foreign error is used; a bug passes through. */
export function refusalFrom(error: unknown): FileRefusal {
  if (error instanceof FileRefusal) return error;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  return new FileRefusal(error.code, whyUnreadable(error));
}
