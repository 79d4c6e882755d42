/**
 * Where the tools of Prometheus are: on the path, or taken out of Debian's package and kept below `node_modules/.cache`.
 * `node tools/promtool.ts ARGUMENT…` runs promtool.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const CACHE = resolve(import.meta.dirname, '../node_modules/.cache/prometheus');

/** Null where it is neither there nor to be had; `why` then says what was tried. */
export function prometheusTool(name: 'promtool' | 'prometheus'): {
  readonly path: string | null;
  readonly why: string;
} {
  if (works(name)) return { path: name, why: 'on the path' };
  const cached = join(CACHE, 'usr/bin', name);
  if (works(cached)) return { path: cached, why: 'kept' };
  const why = unpack();
  return works(cached) ? { path: cached, why: 'unpacked' } : { path: null, why };
}

function works(path: string): boolean {
  return spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Into a folder of its own first, so that two at a time do not meet. */
function unpack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'logpushd-prometheus-'));
  try {
    const download = spawnSync('apt-get', ['download', '-qq', 'prometheus'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (download.error)
      return 'promtool is not on the path, and there is no apt-get to take it from the package "prometheus"';
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
    if (archive === undefined)
      return `"apt-get download prometheus" failed: ${download.stderr.trim().split('\n').at(-1) ?? ''}`;
    const whole = join(folder, 'whole');
    mkdirSync(whole);
    const unpacked = spawnSync('dpkg-deb', ['-x', archive, whole], { cwd: folder });
    if (unpacked.status !== 0) return 'the package "prometheus" could not be unpacked with dpkg-deb';
    mkdirSync(resolve(CACHE, '..'), { recursive: true });
    if (!existsSync(CACHE)) moveTo(whole);
    return 'unpacked';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The temporary folder may be on another disk. */
function moveTo(whole: string): void {
  const beside = `${CACHE}.${process.pid}`;
  spawnSync('cp', ['-r', whole, beside]);
  try {
    renameSync(beside, CACHE);
  } catch {
    rmSync(beside, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { path, why } = prometheusTool('promtool');
  if (path === null) {
    process.stderr.write(`SKIPPED: ${why}\n`);
  } else {
    process.exitCode = spawnSync(path, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1;
  }
}
