import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isManifestFile } from '../../core/manifest/revision.ts';
import { compareText } from '../../core/problem.ts';
import { FileRefusal, isWithin, kindOf, refusalAt, refusalFrom } from './safe-read.ts';

export interface FoundFile {
  readonly path: string;
  /** Where the links on the way to it lead. */
  readonly real: string;
  /** The resolved folder it may not leave; null when a person named this very file. */
  readonly root: string | null;
  /** Below the path that was given, with forward slashes. */
  readonly name: string;
}

const MAX_DEPTH = 16;
const UNPRINTABLE = /\p{Cc}|\p{Cf}/u;

/**
 * The manifest files in a folder and below, in order of their names.
 *
 * Hidden entries are left out; so a ConfigMap mount, whose keys are links into the hidden `..data`, gives each
 * key once, under its own name. A link to a folder is followed as long as it stays inside.
 *
 * @returns null when there are too many entries to be a manifest.
 * @throws FileRefusal for a folder, or an entry with a manifest's name, that cannot be read.
 */
export async function manifestFilesIn(
  folder: string,
  root: string,
  maxEntries: number,
): Promise<readonly FoundFile[] | null> {
  const found: FoundFile[] = [];
  const seen = new Set<string>();
  let entries = 0;

  async function visit(path: string, real: string, name: string, depth: number): Promise<boolean> {
    if (seen.has(real)) return true;
    // What is left out unnoticed is missing from the manifest, and its jobs would be deleted.
    if (depth > MAX_DEPTH) throw new FileRefusal('EDEPTH', `is more than ${MAX_DEPTH} folders deep`);
    seen.add(real);
    const listed = (await entriesOf(real, name)).filter((entry) => isShown(entry.name));
    entries += listed.length;
    if (entries > maxEntries) return false;
    for (const entry of listed.toSorted((one, other) => compareText(one.name, other.name))) {
      const below = name === '' ? entry.name : `${name}/${entry.name}`;
      const place = await placeOf(entry, join(real, entry.name), below);
      if (place && !(await visitPlace(join(path, entry.name), place, below, depth))) return false;
    }
    return true;
  }

  async function visitPlace(
    path: string,
    { real, kind }: Place,
    name: string,
    depth: number,
  ): Promise<boolean> {
    if (kind === 'a folder') return isWithin(real, root) ? visit(path, real, name, depth + 1) : true;
    if (!isManifestFile(name)) return true;
    refuseUnlessManifest(real, kind, name, root);
    found.push({ path, real, root, name });
    return true;
  }

  return (await visit(folder, root, '', 0)) ? found : null;
}

function isShown(entry: string): boolean {
  return !entry.startsWith('.') && entry !== 'node_modules';
}

function refuseUnlessManifest(real: string, kind: string | null, name: string, root: string): void {
  const shown = JSON.stringify(name);
  if (UNPRINTABLE.test(name)) throw new FileRefusal('ENAME', `has ${shown}, a name that cannot be shown`);
  if (kind !== null) throw new FileRefusal('ENOTFILE', `has ${shown}, which is ${kind}`);
  if (!isWithin(real, root)) {
    throw new FileRefusal('EOUTSIDE', `has ${shown}, a link that leads out of the folder`);
  }
}

async function entriesOf(path: string, name: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw named(error, name);
  }
}

/** Where an entry really is, and what; a kind of null is a plain file. */
interface Place {
  readonly real: string;
  readonly kind: string | null;
}

/** Null for a broken link, which is only an error where a manifest should be. */
async function placeOf(entry: Dirent, path: string, name: string): Promise<Place | null> {
  if (!entry.isSymbolicLink()) return { real: path, kind: kindOf(entry) };
  try {
    const real = await realpath(path);
    return { real, kind: kindOf(await stat(real)) };
  } catch (error) {
    if (isManifestFile(name)) throw named(await refusalAt(path, error), name);
    return null;
  }
}

function named(error: unknown, name: string): FileRefusal {
  const { code, message } = refusalFrom(error);
  return name === ''
    ? new FileRefusal(code, message)
    : new FileRefusal(code, `has ${JSON.stringify(name)}, which ${message}`);
}
