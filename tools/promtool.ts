/**
 * Where the tools of Prometheus are: on the path, or in Debian's package. `node tools/promtool.ts ARGUMENT…` runs promtool.
 */

import { spawnSync } from 'node:child_process';
import { debianTool, type Found } from './debian-tool.ts';

export function prometheusTool(name: 'promtool' | 'prometheus'): Found {
  return debianTool(name, 'prometheus');
}

if (import.meta.main) {
  const { path, why } = prometheusTool('promtool');
  if (path === null) {
    process.stderr.write(`SKIPPED: ${why}\n`);
  } else {
    process.exitCode = spawnSync(path, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1;
  }
}
