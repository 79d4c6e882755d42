/** Programs that Debian packs and npm does not: taken out of their package, which is kept below `node_modules/.cache`. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const CACHE = resolve(import.meta.dirname, '../node_modules/.cache');

export interface Found {
  /** Null where it is neither on the path nor to be had; `why` then says what was tried. */
  readonly path: string | null;
  readonly why: string;
}

/** @param packed the name of Debian's package that has this program in `/usr/bin` */
export function debianTool(name: string, packed: string): Found {
  if (works(name)) return { path: name, why: 'on the path' };
  const cached = join(CACHE, packed, 'usr/bin', name);
  if (works(cached)) return { path: cached, why: 'kept' };
  const why = unpack(packed, name);
  return works(cached) ? { path: cached, why: 'unpacked' } : { path: null, why };
}

function works(path: string): boolean {
  return spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Into a folder of its own first, so that two at a time do not meet. */
function unpack(packed: string, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'logpushd-package-'));
  try {
    const download = spawnSync('apt-get', ['download', '-qq', packed], { cwd: folder, encoding: 'utf8' });
    if (download.error)
      return `${name} is not on the path, and there is no apt-get to take it from the package "${packed}"`;
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
    if (archive === undefined)
      return `"apt-get download ${packed}" failed: ${download.stderr.trim().split('\n').at(-1) ?? ''}`;
    const whole = join(folder, 'whole');
    mkdirSync(whole);
    const unpacked = spawnSync('dpkg-deb', ['-x', archive, whole], { cwd: folder });
    if (unpacked.status !== 0) return `the package "${packed}" could not be unpacked with dpkg-deb`;
    mkdirSync(CACHE, { recursive: true });
    const kept = join(CACHE, packed);
    if (!existsSync(kept)) moveTo(whole, kept);
    return 'unpacked';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The temporary folder may be on another disk. */
function moveTo(whole: string, kept: string): void {
  const beside = `${kept}.${process.pid}`;
  spawnSync('cp', ['-r', whole, beside]);
  try {
    renameSync(beside, kept);
  } catch {
    rmSync(beside, { recursive: true, force: true });
  }
}
