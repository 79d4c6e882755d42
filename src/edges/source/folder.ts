import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '../../core/problem.ts';
import { FileRefusal, isWithin, kindOf, refusalFrom } from './safe-read.ts';

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
const MANIFEST_FILE = /\.ya?ml$/iu;
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
    if (seen.has(real) || depth > MAX_DEPTH) return true;
    seen.add(real);
    const names = (await entriesOf(path, name)).filter(
      (entry) => !entry.startsWith('.') && entry !== 'node_modules',
    );
    entries += names.length;
    if (entries > maxEntries) return false;
    for (const entry of names.toSorted(compareText)) {
      const below = name === '' ? entry : `${name}/${entry}`;
      if (!(await visitEntry(join(path, entry), below, depth))) return false;
    }
    return true;
  }

  async function visitEntry(path: string, name: string, depth: number): Promise<boolean> {
    const isManifest = MANIFEST_FILE.test(name);
    const real = await realOf(path, isManifest ? name : null);
    if (real === null) return true;
    const stats = await stat(real);
    if (stats.isDirectory()) return isWithin(real, root) ? visit(path, real, name, depth + 1) : true;
    if (!isManifest) return true;
    if (UNPRINTABLE.test(name))
      throw new FileRefusal('ENAME', `has ${JSON.stringify(name)}, a name that cannot be shown`);
    const kind = kindOf(stats);
    if (kind !== null) throw new FileRefusal('ENOTFILE', `has "${name}", which is ${kind}`);
    if (!isWithin(real, root))
      throw new FileRefusal('EOUTSIDE', `has "${name}", a link that leads out of the folder`);
    found.push({ path, real, root, name });
    return true;
  }

  return (await visit(folder, root, '', 0)) ? found : null;
}

async function entriesOf(path: string, name: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throw named(error, name);
  }
}

/** A broken link is only an error where a manifest should be. */
async function realOf(path: string, manifestName: string | null): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if (manifestName !== null) throw named(error, manifestName);
    return null;
  }
}

function named(error: unknown, name: string): FileRefusal {
  const { code, message } = refusalFrom(error);
  return name === ''
    ? new FileRefusal(code, message)
    : new FileRefusal(code, `has ${JSON.stringify(name)}, which ${message}`);
}
