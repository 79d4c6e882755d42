import { Command } from 'commander';

import { printableJson } from '../core/render/foreign-text.ts';
import { historyText } from '../core/render/history-text.ts';
import { asked, daemonFor, type DaemonFlags, withDaemon } from './daemon-address.ts';
import { examples, outputOption } from './options.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface HistoryFlags extends DaemonFlags {
  readonly job?: string;
  readonly limit?: string;
}

export function historyCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('history')
    .summary('ask a running daemon what has happened')
    .description(
      'Ask a running daemon for the latest changes, drifts and troubles, newest first: what, when, who, why. They outlive a restart.',
    )
    .argument('[scope]', 'only of this zone or account, by name or id')
    .option('--job <name>', 'only of this job')
    .option('--limit <number>', 'so many at most, up to 500 (default: 100)')
    .addOption(outputOption(['text', 'json']));
  return withDaemon(command)
    .addHelpText(
      'after',
      examples([
        ['logpushd history', 'what has happened of late, everywhere'],
        ['logpushd history example.com --job http-archive', 'to one job'],
        ['logpushd history --output json | jq .entries', 'for scripts; the same as GET /api/v1/history'],
      ]),
    )
    .action(async (scope: string | undefined, flags: HistoryFlags) => {
      finish(await history(scope, flags, shell));
    });
}

async function history(scope: string | undefined, flags: HistoryFlags, shell: Shell): Promise<ExitCode> {
  const daemon = daemonFor(flags, shell);
  if (daemon === null) return 3;
  const { job, limit } = flags;
  const query = {
    ...(scope !== undefined && { scope }),
    ...(job !== undefined && { job }),
    ...(limit !== undefined && { limit }),
  };
  const answer = await asked(daemon, { method: 'GET', path: '/api/v1/history', query }, shell);
  if (typeof answer === 'number') return answer;
  const { body } = answer;
  const narrowed = [scope, job].filter((one) => one !== undefined).join('/');
  const style = styleOf(shell, flags);
  shell.out(flags.output === 'json' ? `${printableJson(body)}\n` : historyText(body, narrowed, style));
  return 0;
}
