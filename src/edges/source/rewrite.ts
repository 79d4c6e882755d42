import { readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { cleanText } from '../../core/render/foreign-text.ts';
import { codeOf, dropTemporary, putInPlace, replaceFile, writeTemporary } from '../../durable-file.ts';
import { SourceError } from '../../reconcile/errors.ts';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface Rewrite {
  readonly path: string;
  /** What it said when it was read. */
  readonly before: string;
  readonly after: string;
}

export interface ManifestFiles {
  /** Asked before the work whose result is to be written. @throws SourceError that says where to edit it */
  refuseUnlessEditable(): void;
  /** See {@link rewriteFiles}. */
  rewrite(files: readonly Rewrite[]): Promise<void>;
  /** Makes a file that must not be there yet. Rejects with a SourceError. */
  create(path: string, text: string): Promise<void>;
}

export const manifestFiles: ManifestFiles = {
  refuseUnlessEditable: () => undefined,
  rewrite: rewriteFiles,
  create: (path, text) => explained(path, () => writeFile(path, text, { flag: 'wx' })),
};

/** A file whose next content is on disk beside it. */
interface Ready {
  readonly path: string;
  /** Where the link leads. */
  readonly real: string;
  readonly mode: number;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly temporary: string;
}

/**
 * Replaces manifest files, all of them or none: half of a rewrite can mean something else. Each file is the old one or
 * the new one after a crash. A link is followed, and a file keeps its mode and its byte order mark. Where one of them
 * says something else by now, none is touched.
 *
 * @throws SourceError; its message names every file that could not be put back
 */
export async function rewriteFiles(files: readonly Rewrite[]): Promise<void> {
  const ready: Ready[] = [];
  const begun: Ready[] = [];
  try {
    for (const file of files) ready.push(await explained(file.path, () => prepared(file)));
    for (const one of ready) await explained(one.path, () => put(one, begun));
  } catch (error) {
    for (const { temporary } of ready) await dropTemporary(temporary);
    if (!(error instanceof SourceError)) throw error;
    const left = await notRestored(begun);
    const state =
      left.length === 0
        ? 'Nothing was rewritten.'
        : `These are rewritten and could not be put back: ${left.map(cleanText).join(', ')}.`;
    throw new SourceError(`${error.message} ${state}`);
  }
}

async function prepared(file: Rewrite): Promise<Ready> {
  const { path, before } = file;
  const real = await realpath(path);
  const bytes = await readFile(real);
  const mark = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? BYTE_ORDER_MARK
    : Buffer.alloc(0);
  const one = { path, real, before: Buffer.concat([mark, Buffer.from(before)]) };
  refuseChanged(one, bytes);
  const mode = (await stat(real)).mode & 0o7777;
  const next = Buffer.concat([mark, Buffer.from(file.after)]);
  return { ...one, mode, after: next, temporary: await writeTemporary(real, next, mode) };
}

/** The look before is as old as the writing of all others. */
async function put(one: Ready, begun: Ready[]): Promise<void> {
  refuseChanged(one, await readFile(one.real));
  begun.push(one);
  await putInPlace(one.temporary, one.real);
}

function refuseChanged({ path, before }: Pick<Ready, 'path' | 'before'>, found: Buffer): void {
  if (!found.equals(before)) {
    throw new SourceError(`${cleanText(path)} has changed since it was read. Run the command again.`);
  }
}

/** Puts back what was replaced; the paths where that failed. What somebody else has written since is theirs. */
async function notRestored(files: readonly Ready[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { path, real, mode, before, after } of files) {
    try {
      if ((await readFile(real)).equals(after)) await replaceFile(real, before, mode);
    } catch (error) {
      codeOf(error);
      left.push(path);
    }
  }
  return left;
}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(
      `${cleanText(path)} cannot be written (${codeOf(error)}). Let this user write the file and its folder.`,
    );
  }
}
