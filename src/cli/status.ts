import { Command } from 'commander';

import { printableJson } from '../core/render/foreign-text.ts';
import { statusText, verdictOn } from '../core/render/status-text.ts';
import { asked, daemonFor, type DaemonFlags, withDaemon } from './daemon-address.ts';
import { examples, outputOption } from './options.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface StatusFlags extends DaemonFlags {
  readonly detailedExitcode?: boolean;
}

const EXIT_NOTES =
  'The exit code is 1 when no daemon answers, when none of its passes has ended yet, or when something failed or is\n' +
  'refused; else 0, and with --detailed-exitcode 2, 4 or 6 as of "plan".';

export function statusCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('status')
    .summary('ask a running daemon how things stand')
    .description(
      'Ask a running daemon how every scope and job stands: in sync, delivering, paused, and why not.',
    )
    .addOption(outputOption(['text', 'json']))
    .option('--detailed-exitcode', 'answer 2 when changes are pending, 4 for drift, 6 for both');
  return withDaemon(command)
    .addHelpText(
      'after',
      examples([
        ['logpushd status', 'the daemon of the setting http'],
        ['logpushd status --url http://127.0.0.1:9090', 'another one, say behind a port-forward'],
        ['logpushd status --output json | jq .scopes', 'for scripts; the same as GET /api/v1/status'],
      ]) + `\n${EXIT_NOTES}\n`,
    )
    .action(async (flags: StatusFlags) => {
      finish(await status(flags, shell));
    });
}

async function status(flags: StatusFlags, shell: Shell): Promise<ExitCode> {
  const daemon = daemonFor(flags, shell);
  if (daemon === null) return 3;
  const answer = await asked(daemon, { method: 'GET', path: '/api/v1/status' }, shell);
  if (typeof answer === 'number') return answer;
  const { body } = answer;
  shell.out(flags.output === 'json' ? `${printableJson(body)}\n` : statusText(body, styleOf(shell, flags)));
  const { failed, pending, drift } = verdictOn(body);
  if (failed) return 1;
  if (flags.detailedExitcode !== true) return 0;
  if (pending && drift) return 6;
  return pending ? 2 : drift ? 4 : 0;
}
