import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';

/**
 * What has to be watched so that no change of a path goes unseen.
 *
 * Watching the path itself is not enough: a folder that is reached through a link does not change when the link
 * is turned (`libraries.md` §8). So every link on the way is watched where it lies, and what is missing is
 * waited for in the nearest folder that exists.
 */
export interface Layout {
  /** Entries to watch in their folders: links on the way, plain files, parts that are missing. */
  readonly entries: ReadonlySet<string>;
  /** Folders to watch whole. */
  readonly trees: ReadonlySet<string>;
  /** Changes when the watches have to be set anew: other paths, a link leads elsewhere, a folder is new or another one. */
  readonly signature: string;
}

const MAX_LINKS = 40;

export async function layoutOf(paths: readonly string[]): Promise<Layout> {
  const entries = new Set<string>();
  const trees = new Set<string>();
  const marks: string[] = [];

  async function walk(path: string, links: number): Promise<void> {
    const { root } = parse(path);
    const parts = path.slice(root.length).split(sep).filter(Boolean);
    let at = root;
    for (const [index, part] of parts.entries()) {
      at = join(at, part);
      const stats = await statsOf(at);
      // Node's permission model may show what lies in a folder and not the folders around it.
      if (stats === null && index < parts.length - 1 && (await isOutOfBounds(at))) continue;
      if (stats === null) {
        entries.add(at);
        marks.push(`missing ${at}`);
        return;
      }
      if (stats.isSymbolicLink()) {
        const target = await targetOf(at);
        entries.add(at);
        marks.push(`link ${at} ${target}`);
        if (target === null || links >= MAX_LINKS) return;
        return walk(resolve(dirname(at), target, ...parts.slice(index + 1)), links + 1);
      }
    }
    await end(at);
  }

  async function end(path: string): Promise<void> {
    entries.add(path);
    const stats = await statsOf(path);
    if (!stats?.isDirectory()) return;
    trees.add(path);
    await markFolders(path, stats, 0, marks);
  }

  for (const path of paths) {
    marks.push(`path ${resolve(path)}`);
    await walk(resolve(path), 0);
  }
  return { entries, trees, signature: marks.join('\n') };
}

/** Every folder in a tree: chokidar does not notice when a file or a link becomes a folder. */
async function markFolders(path: string, stats: BigIntStats, depth: number, marks: string[]): Promise<void> {
  marks.push(`folder ${path} ${stats.dev}.${stats.ino}`);
  if (depth >= MAX_DEPTH) return;
  const below = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const { name } of below.filter((one) => one.isDirectory() && isWatched(one.name))) {
    const folder = join(path, name);
    const found = await statsOf(folder);
    if (found) await markFolders(folder, found, depth + 1, marks);
  }
}

/** Deeper folders are not watched, and not read either. */
export const MAX_DEPTH = 16;

/**
 * Changes with every write below the paths, also one that keeps size and time of modification: the time of the
 * last change of the inode cannot be set back.
 */
export async function digestOf({ entries, trees, signature }: Layout): Promise<string> {
  const marks = [signature];
  for (const path of entries) if (!trees.has(path)) marks.push(await markOf(path));
  for (const path of trees) await markTree(path, 0, marks);
  return marks.join('\n');
}

async function markTree(path: string, depth: number, marks: string[]): Promise<void> {
  if (depth > MAX_DEPTH) return;
  const names = await readdir(path).catch(() => []);
  for (const name of names.filter((one) => isWatched(one)).toSorted()) {
    const below = join(path, name);
    const stats = await statsOf(below);
    marks.push(stats?.isDirectory() ? below : markFrom(below, stats));
    if (stats?.isDirectory()) await markTree(below, depth + 1, marks);
  }
}

async function markOf(path: string): Promise<string> {
  return markFrom(path, await statsOf(path));
}

function markFrom(path: string, stats: BigIntStats | null): string {
  return stats === null
    ? `${path} -`
    : `${path} ${stats.dev}.${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`;
}

/** Hidden entries hold no manifest, except that a ConfigMap's `..data` says where all of them are. */
export function isWatched(name: string): boolean {
  return name !== 'node_modules' && (!name.startsWith('.') || name.startsWith('..'));
}

async function statsOf(path: string): Promise<BigIntStats | null> {
  return lstat(path, { bigint: true }).catch(() => null);
}

async function isOutOfBounds(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ERR_ACCESS_DENIED',
  );
}

async function targetOf(link: string): Promise<string | null> {
  return readlink(link).catch(() => null);
}
