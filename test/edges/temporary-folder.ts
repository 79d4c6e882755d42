import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for one test, gone when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'logpushd-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their path below a folder, with the folders on the way. */
export function fill(folder: string, files: { readonly [path: string]: string | Uint8Array }): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Programs of the system, not of a package. */
const SYSTEM = { mkfifo: 'mkfifo', mount: 'mount', umount: 'umount' };

/** A named pipe: opening it waits for ever, as nobody writes. */
export function makePipe(path: string): void {
  execFileSync(SYSTEM.mkfifo, [path]);
}

/** A small file system of its own for one test; null where this may not be, as only root mounts. */
export function mountedDisk(options: string): string | null {
  const folder = temporaryFolder();
  try {
    execFileSync(SYSTEM.mount, ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync(SYSTEM.umount, [folder]));
  return folder;
}

let generations = 0;

/**
 * Fills or swaps a mounted ConfigMap or Secret the way the kubelet does: a new hidden folder, then the link
 * `..data` turned to it in one step, then the old folder removed.
 */
export function swapMount(mount: string, files: { readonly [path: string]: string }, old?: string): string {
  generations += 1;
  const generation = `..2026_11_23_${generations}`;
  fill(join(mount, generation), files);
  symlinkSync(generation, join(mount, '..data_tmp'));
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
  if (old === undefined) {
    const keys = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path));
    for (const key of keys) symlinkSync(join('..data', key), join(mount, key));
  } else {
    rmSync(join(mount, old), { recursive: true });
  }
  return generation;
}
