import { Command } from 'commander';

import { listenTrouble } from './listening.ts';
import { type CommonFlags, examples, withSettings } from './options.ts';
import { mayColorLog, settingsFor } from './settings-step.ts';
import type { Shell } from './shell.ts';

interface RunFlags extends CommonFlags {
  readonly sandbox?: boolean;
}

const RUN_SETTINGS = [
  'manifest',
  'mode',
  'prune',
  'adopt',
  'guard.max_removals',
  'guard.max_removal_share',
  'schedule',
  'timezone',
  'secrets_dir',
  'state',
  'http',
  'cloudflare.base_url',
];

/** Resolves to the exit code of the daemon. */
export function runCommand(shell: Shell, finish: (exitCode: number) => void): Command {
  const command = new Command('run')
    .summary('keep it so: the daemon')
    .description('Keep the jobs as the manifest says, until stopped: the daemon.')
    .option(
      '--sandbox',
      'against a Cloudflare API of its own, in this process: no token, no account, state in memory',
    );
  return withSettings(command, RUN_SETTINGS)
    .addHelpText(
      'after',
      examples([
        ['logpushd run --sandbox', 'try it out'],
        ['logpushd run --settings /etc/logpushd/logpushd.yaml', 'in production'],
        ['logpushd run --mode observe', 'watch and report, write nothing'],
      ]) +
        '\nSIGHUP starts a pass. The first Ctrl-C or SIGTERM ends after the write in flight, the second at once.\n',
    )
    .action(async (flags: RunFlags) => {
      finish(await run(flags, shell));
    });
}

async function run(flags: RunFlags, shell: Shell): Promise<number> {
  const sandbox = flags.sandbox === true;
  // A ledger kept over restarts would not fit a sandbox that forgets its jobs at the end.
  const typed: { readonly [path: string]: string } = sandbox ? { state: 'memory' } : {};
  const loaded = settingsFor(flags, shell, sandbox ? 'unused' : 'needed', { servesHttp: true, typed });
  if (loaded === null) return 3;
  const color = mayColorLog(flags, shell);
  try {
    return await shell.parts.runDaemon(loaded.settings, { sandbox, color, warnings: loaded.warnings });
  } catch (error) {
    const trouble = listenTrouble(error);
    const { http } = loaded.settings;
    if (trouble === null || http === null) throw error;
    shell.err(
      `error: logpushd cannot listen on ${http.host}:${http.port}: ${trouble}. Choose another with --http (or LOGPUSHD_HTTP), or "off".\n`,
    );
    return 3;
  }
}
