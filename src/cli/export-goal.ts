import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where an export goes. */
export interface Goal {
  /** Null: standard output. */
  readonly path: string | null;
  readonly isFolder: boolean;
  /** Whether what is there may be replaced. */
  readonly force: boolean;
}

export function goalOf(
  flags: { readonly outputFile?: string; readonly out?: string; readonly force?: boolean },
  cwd: string,
): Goal {
  const given = flags.out ?? flags.outputFile;
  return {
    path: given === undefined ? null : path.resolve(cwd, given),
    isFolder: flags.out !== undefined,
    force: flags.force === true,
  };
}

/** A sentence and what to do; null when nothing is. Files that stay from before would be a part of the manifest. */
export function whatIsInTheWay({ path: goal, isFolder, force }: Goal): string | null {
  if (goal === null || force) return null;
  if (!isFolder) {
    return existsSync(goal) ? `${goal} exists. Choose another file, or pass --force to replace it.` : null;
  }
  const file = manifestFileIn(goal);
  if (file === undefined) return null;
  return `${path.join(goal, file)} exists. Choose an empty folder, or pass --force to write beside it and over it.`;
}

function manifestFileIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => /\.ya?ml$/i.test(name));
  } catch {
    // Whatever is wrong with it shows when a file is written.
    return undefined;
  }
}

/** Null when it is written, else Node's code of what kept it from being. */
export function writeNew(file: string, text: string, { isFolder, force }: Goal): string | null {
  try {
    if (isFolder) mkdirSync(path.dirname(file), { recursive: true });
    // Also what appeared since the first look, and a link that leads to nothing yet, is not written through.
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
