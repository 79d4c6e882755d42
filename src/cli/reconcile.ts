import { Command } from 'commander';

import { Part } from '../core/render/document-part.ts';
import { printableJson } from '../core/render/foreign-text.ts';
import { plural } from '../core/render/summary.ts';
import { asked, daemonFor, type DaemonFlags, TOKEN_NOTE, withDaemon } from './daemon-address.ts';
import { examples, outputOption } from './options.ts';
import type { ExitCode, Finish, Shell } from './shell.ts';

export function reconcileCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('reconcile')
    .summary('have a running daemon look at a scope, or at all, now')
    .description(
      'Have a running daemon read the manifest again and look at every zone and account now, ahead of its schedule; or look at ' +
        'one again. It does not wait for what comes of it. Without a daemon, "logpushd apply" does the same.',
    )
    .argument('[scope]', 'name or id of a zone or account (default: all)')
    .addOption(outputOption(['text', 'json']));
  return withDaemon(command)
    .addHelpText(
      'after',
      examples([
        ['logpushd reconcile', 'everything'],
        ['logpushd reconcile example.com', 'one zone'],
      ]) + TOKEN_NOTE,
    )
    .action(async (scope: string | undefined, flags: DaemonFlags) => {
      finish(await reconcile(scope, flags, shell));
    });
}

async function reconcile(scope: string | undefined, flags: DaemonFlags, shell: Shell): Promise<ExitCode> {
  const daemon = daemonFor(flags, shell);
  if (daemon === null) return 3;
  const query = scope === undefined ? {} : { scope };
  const answer = await asked(daemon, { method: 'POST', path: '/api/v1/reconcile', query }, shell);
  if (typeof answer === 'number') return answer;
  const { length } = Part.of(answer.body).at('queued').items;
  const what =
    scope === undefined ? 'All scopes are' : `${plural(length, 'scope')} ${length === 1 ? 'is' : 'are'}`;
  const text = `${what} looked at now. "logpushd status" shows what came of it.`;
  shell.out(`${flags.output === 'json' ? printableJson(answer.body) : text}\n`);
  return 0;
}
