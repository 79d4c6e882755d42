/** Prometheus' Alertmanager: on the path, or in Debian's package. */

import { spawnSync } from 'node:child_process';
import { isAbsolute, resolve } from 'node:path';
import { debianTool } from './debian-tool.ts';

const PACKAGE = 'prometheus-alertmanager';

/** What to put before the flags; null where it cannot be run, and `why` then says what was tried. */
export function alertmanagerCommand(): { readonly command: readonly string[] | null; readonly why: string } {
  const { path, why } = debianTool('prometheus-alertmanager', PACKAGE);
  if (path === null || !isAbsolute(path)) return { command: path === null ? null : [path], why };
  const command = [...withShare(resolve(path, '../../share')), path];
  const [first = '', ...rest] = command;
  const isRun = spawnSync(first, [...rest, '--version'], { stdio: 'ignore' }).status === 0;
  return isRun
    ? { command, why }
    : { command: null, why: 'it reads its templates from /usr/share, and "unshare" may not put them there' };
}

/** Debian's build knows only that place for its templates. Nobody but the process itself sees the mount. */
function withShare(folder: string): readonly string[] {
  const script = 'mount --bind "$1" /usr/share && shift && exec "$@"';
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder];
}
